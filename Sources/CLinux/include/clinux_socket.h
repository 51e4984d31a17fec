#ifndef CLINUX_SOCKET_H
#define CLINUX_SOCKET_H

#include "clinux_base.h"
#include <spawn.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#define CLINUX_SPLICE_F_MOVE 1U
#define CLINUX_SPLICE_F_NONBLOCK 2U
#define CLINUX_SPLICE_F_MORE 4U
#define CLINUX_MSG_CMSG_CLOEXEC 0x40000000
#define CLINUX_MSG_NOSIGNAL 0x4000
#define CLINUX_MSG_DONTWAIT 0x40
#define CLINUX_MSG_PEEK 0x2
#define CLINUX_MSG_CTRUNC 0x8
#define CLINUX_MSG_TRUNC 0x20
#define CLINUX_SOCK_STREAM 1
#define CLINUX_SOCK_DGRAM 2
#define CLINUX_SOCK_SEQPACKET 5
#define CLINUX_SOCK_CLOEXEC 02000000
#define CLINUX_SOCK_NONBLOCK 04000
// The kernel's limit on descriptors in one message (SCM_MAX_FD).
#define CLINUX_SCM_MAX_FD 253
#define CLINUX_RENAME_NOREPLACE 1U
#define CLINUX_RENAME_EXCHANGE 2U

// glibc declares these only with _GNU_SOURCE.
static inline int clinux_pipe2(int ends[2], int flags) { return (int)syscall(SYS_pipe2, ends, flags); }
static inline int clinux_accept4(int fd, int flags) { return (int)syscall(SYS_accept4, fd, (void *)0, (void *)0, flags); }
static inline int clinux_memfd_create(const char *name, unsigned flags) {
    return (int)syscall(SYS_memfd_create, name, flags);
}
static inline int clinux_renameat2(int from, const char *old, int to, const char *new_name, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, old, to, new_name, flags);
}
static inline ssize_t clinux_splice(int from, int to, size_t count, unsigned flags) {
    return syscall(SYS_splice, from, (void *)0, to, (void *)0, count, flags);
}
static inline ssize_t clinux_copy_file_range(int from, int to, size_t count) {
    return syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, count, 0);
}
static inline int clinux_dup3(int from, int to, int flags) { return (int)syscall(SYS_dup3, from, to, flags); }

// Swift sees struct flock where the function of the same name is meant.
static inline int clinux_flock(int fd, int operation) { return flock(fd, operation); }

// struct sockaddr_un's path is an array of 108 characters, which Swift sees as a tuple.
static inline socklen_t clinux_unix_address(struct sockaddr_un *address, const char *path, size_t length) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length > sizeof address->sun_path) length = sizeof address->sun_path;
    memcpy(address->sun_path, path, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
}

// struct ucred is behind _GNU_SOURCE.
struct clinux_peer_credentials { pid_t pid; uid_t uid; gid_t gid; };
static inline int clinux_peer_credentials(int fd, struct clinux_peer_credentials *result) {
    socklen_t length = sizeof *result;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, result, &length);
}

// The control message of SCM_RIGHTS is laid out by macros.
static inline ssize_t clinux_send_descriptors(
    int fd, const void *bytes, size_t length, const int *descriptors, size_t count, int flags)
{
    union { struct cmsghdr align; char space[CMSG_SPACE(sizeof(int) * CLINUX_SCM_MAX_FD)]; } control;
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > CLINUX_SCM_MAX_FD) { errno = EINVAL; return -1; }
    if (count > 0) {
        memset(&control, 0, CMSG_SPACE(sizeof(int) * count));
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * count);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * count);
    }
    return sendmsg(fd, &message, flags);
}

// `descriptors` has room for CLINUX_SCM_MAX_FD, all that one message can carry.
static inline ssize_t clinux_receive_descriptors(
    int fd, void *bytes, size_t length, int *descriptors, size_t *count, int *message_flags, int flags)
{
    union { struct cmsghdr align; char space[CMSG_SPACE(sizeof(int) * CLINUX_SCM_MAX_FD)]; } control;
    struct iovec part = {.iov_base = bytes, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    *count = 0;
    *message_flags = 0;
    ssize_t received = recvmsg(fd, &message, flags);
    if (received < 0) return received;
    *message_flags = message.msg_flags;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t here = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        if (here > CLINUX_SCM_MAX_FD - *count) here = CLINUX_SCM_MAX_FD - *count;
        memcpy(descriptors + *count, CMSG_DATA(header), here * sizeof(int));
        *count += here;
    }
    return received;
}

// The kernel's signal set is one 64-bit word; glibc's has 1024 bits and leaves out two signals of its own.
static inline int clinux_sigprocmask(int how, const uint64_t *set, uint64_t *old) {
    return (int)syscall(SYS_rt_sigprocmask, how, set, old, sizeof *set);
}
static inline int clinux_signalfd(int fd, uint64_t set, int flags) {
    return (int)syscall(SYS_signalfd4, fd, &set, sizeof set, flags);
}
// The handlers SIG_DFL and SIG_IGN are casts.
static inline int clinux_signal_default(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }
static inline int clinux_signal_ignore(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
static inline int clinux_sigtimedwait(uint64_t set, const struct timespec *timeout) {
    return (int)syscall(SYS_rt_sigtimedwait, &set, (void *)0, timeout, sizeof set);
}

// glibc declares these extensions of posix_spawn(3) only with _GNU_SOURCE.
#define CLINUX_POSIX_SPAWN_SETSID 0x80
int posix_spawn_file_actions_addfchdir_np(posix_spawn_file_actions_t *, int);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);

#endif
