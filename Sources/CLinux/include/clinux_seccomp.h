#ifndef CLINUX_SECCOMP_H
#define CLINUX_SECCOMP_H

#include "clinux_base.h"
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

// seccomp(2) has no wrapper. Answers a descriptor where a listener was asked for.
static inline int clinux_seccomp_load(unsigned flags, const void *instructions, unsigned short count) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)instructions};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// 0 if the kernel knows the action, EOPNOTSUPP otherwise (Linux 4.14).
static inline int clinux_seccomp_action_available(uint32_t action) {
    return (int)syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

// Loads nothing: EFAULT says that the kernel knows the flags, EINVAL that it does not (seccomp(2), notes).
static inline int clinux_seccomp_probe_flags(unsigned flags) {
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (void *)0);
}

#endif
