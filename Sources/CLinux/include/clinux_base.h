#ifndef CLINUX_BASE_H
#define CLINUX_BASE_H

// Without _GNU_SOURCE: Swift's Glibc module is compiled without it, and both must see the same declarations. What glibc
// keeps behind that macro is given here by the kernel's own value, under a name of ours.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define CLINUX_O_PATH 010000000
#define CLINUX_O_TMPFILE_BIT 020000000
#define CLINUX_AT_EMPTY_PATH 0x1000
#define CLINUX_AT_NO_AUTOMOUNT 0x800
#define CLINUX_AT_RECURSIVE 0x8000
#define CLINUX_F_ADD_SEALS 1033
#define CLINUX_F_GET_SEALS 1034
#define CLINUX_F_SETPIPE_SZ 1031
#define CLINUX_MFD_CLOEXEC 1U
#define CLINUX_MFD_ALLOW_SEALING 2U
#define CLINUX_MFD_EXEC 0x10U

// errno is a macro.
static inline int clinux_errno(void) { return errno; }

// glibc 2.36 has no wrapper for openat2(2).
static inline int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

// open(2), fcntl(2) and ioctl(2) are variadic.
static inline int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
static inline int clinux_fcntl(int fd, int command, long argument) { return fcntl(fd, command, argument); }
static inline int clinux_ioctl(int fd, unsigned long request, long argument) { return ioctl(fd, request, argument); }
static inline int clinux_ioctl_pointer(int fd, unsigned long request, void *argument) {
    return ioctl(fd, request, argument);
}

// Device numbers are built and taken apart by macros.
static inline uint64_t clinux_makedev(uint32_t major, uint32_t minor) { return makedev(major, minor); }
static inline uint32_t clinux_major(uint64_t device) { return major(device); }
static inline uint32_t clinux_minor(uint64_t device) { return minor(device); }

// struct stat's times are macros over timespec members; the type of st_nlink differs between architectures.
static inline int clinux_fstatat(int directory, const char *path, struct stat *result, int flags) {
    return fstatat(directory, path, result, flags);
}

// Functions that glibc declares with transparent unions or that shadow a type of the same name.
static inline int clinux_fstatfs(int fd, struct statfs *result) { return fstatfs(fd, result); }
static inline int clinux_statfs(const char *path, struct statfs *result) { return statfs(path, result); }
static inline int clinux_connect_unix(int fd, const struct sockaddr_un *address, socklen_t length) {
    return connect(fd, (const struct sockaddr *)address, length);
}
static inline int clinux_bind_unix(int fd, const struct sockaddr_un *address, socklen_t length) {
    return bind(fd, (const struct sockaddr *)address, length);
}

// Reads the directory's next entries in the kernel's own format (getdents64(2) has no portable wrapper).
static inline long clinux_getdents64(int fd, void *buffer, size_t size) {
    return syscall(SYS_getdents64, fd, buffer, size);
}

// fchmodat2(2), Linux 6.6, has no wrapper; with AT_EMPTY_PATH it changes what an O_PATH descriptor names.
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
static inline int clinux_fchmodat2(int directory, const char *path, mode_t mode, unsigned flags) {
    return (int)syscall(SYS_fchmodat2, directory, path, mode, flags);
}

#endif
