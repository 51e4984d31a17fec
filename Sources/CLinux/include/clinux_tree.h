#ifndef CLINUX_TREE_H
#define CLINUX_TREE_H

#include "clinux_base.h"
#include <sys/syscall.h>

// glibc declares syncfs(2) with _GNU_SOURCE only.
static inline int clinux_syncfs(int fd) { return (int)syscall(SYS_syncfs, fd); }

// struct stat's times are macros over timespec members.
static inline struct timespec clinux_stat_atime(const struct stat *status) { return status->st_atim; }
static inline struct timespec clinux_stat_mtime(const struct stat *status) { return status->st_mtim; }
static inline struct timespec clinux_stat_ctime(const struct stat *status) { return status->st_ctim; }

// fcntl(2): leases are behind _GNU_SOURCE.
#define CLINUX_F_SETSIG 10
#define CLINUX_F_SETLEASE 1024

// statx(2) hides behind _GNU_SOURCE. It fills 256 bytes, of which the second eight are the attributes.
static inline int clinux_file_attributes(int fd, uint64_t *attributes) {
    uint64_t words[32] = {0};
    int result = (int)syscall(SYS_statx, fd, "", 0x1000 /* AT_EMPTY_PATH */, 0U, words);
    *attributes = words[1];
    return result;
}

// ioctl(2)'s FICLONE is a macro with a cast.
#define CLINUX_FICLONE 0x40049409UL

// SEEK_DATA and SEEK_HOLE are behind _GNU_SOURCE.
#define CLINUX_SEEK_DATA 3
#define CLINUX_SEEK_HOLE 4

#endif
