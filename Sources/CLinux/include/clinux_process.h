#ifndef CLINUX_PROCESS_H
#define CLINUX_PROCESS_H

#include "clinux_base.h"
#include <grp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

// Swift refuses the variable itself, which any thread could change; glibc declares it only with _GNU_SOURCE.
extern char **environ;
static inline char **clinux_environ(void) { return environ; }

// Swift refuses to import fork(2).
static inline pid_t clinux_fork(void) { return fork(); }

// The flags of clone(2), unshare(2) and setns(2), and clone3(2)'s arguments: linux/sched.h clashes with glibc's sched.h.
#define CLINUX_CLONE_NEWTIME 0x00000080ULL
#define CLINUX_CLONE_PIDFD 0x00001000ULL
#define CLINUX_CLONE_PARENT 0x00008000ULL
#define CLINUX_CLONE_NEWNS 0x00020000ULL
#define CLINUX_CLONE_NEWCGROUP 0x02000000ULL
#define CLINUX_CLONE_NEWUTS 0x04000000ULL
#define CLINUX_CLONE_NEWIPC 0x08000000ULL
#define CLINUX_CLONE_NEWUSER 0x10000000ULL
#define CLINUX_CLONE_NEWPID 0x20000000ULL
#define CLINUX_CLONE_NEWNET 0x40000000ULL
#define CLINUX_CLONE_INTO_CGROUP 0x200000000ULL
struct clone_args {
    uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};
static inline int clinux_unshare(uint64_t flags) { return (int)syscall(SYS_unshare, flags); }
static inline int clinux_setns(int fd, int flags) { return (int)syscall(SYS_setns, fd, flags); }

// clone3(2) has no wrapper. Returns twice, like fork; the caller has one thread and gives no stack.
static inline long clinux_clone3(struct clone_args *arguments) {
    return syscall(SYS_clone3, arguments, sizeof *arguments);
}

// The raw calls change this thread alone; glibc's wrappers signal every thread, which a static runtime never needs.
static inline int clinux_setresuid(uid_t r, uid_t e, uid_t s) { return (int)syscall(SYS_setresuid, r, e, s); }
static inline int clinux_setresgid(gid_t r, gid_t e, gid_t s) { return (int)syscall(SYS_setresgid, r, e, s); }
static inline int clinux_setgroups(size_t count, const gid_t *list) {
    return (int)syscall(SYS_setgroups, count, list);
}

// prctl(2) is variadic.
static inline int clinux_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
    return prctl(option, a, b, c, d);
}

// waitid(2)'s siginfo_t fields are macros; this hands out what a waiter needs.
struct clinux_wait_result {
    pid_t pid;
    int code;   // CLD_EXITED, CLD_KILLED, CLD_DUMPED, ...
    int status; // exit status or signal
};
static inline int clinux_waitid(idtype_t type, id_t id, int options, struct clinux_wait_result *result) {
    siginfo_t info;
    info.si_pid = 0;
    int answer = waitid(type, id, &info, options);
    result->pid = info.si_pid;
    result->code = info.si_code;
    result->status = info.si_status;
    return answer;
}

static inline int clinux_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }
static inline int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (void *)0, 0);
}
static inline int clinux_pidfd_getfd(int pidfd, int number) {
    return (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
}
static inline int clinux_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
// glibc's enumeration of resources is not an int in C++ and Swift.
static inline int clinux_prlimit(pid_t pid, int resource, const struct rlimit *new_limit, struct rlimit *old_limit) {
    return (int)syscall(SYS_prlimit64, pid, resource, new_limit, old_limit);
}
static inline int clinux_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags) {
    return (int)syscall(SYS_execveat, fd, path, argv, envp, flags);
}
#ifndef SYS_ioprio_set
#define SYS_ioprio_set 251
#endif
static inline int clinux_ioprio_set(int which, int who, int priority) {
    return (int)syscall(SYS_ioprio_set, which, who, priority);
}

// sched_setattr(2) has no wrapper in glibc 2.36, nor a struct outside linux/sched/types.h, which clashes with sched.h.
struct clinux_sched_attr {
    uint32_t size, sched_policy;
    uint64_t sched_flags;
    int32_t sched_nice;
    uint32_t sched_priority;
    uint64_t sched_runtime, sched_deadline, sched_period;
    uint32_t sched_util_min, sched_util_max;
};
static inline int clinux_sched_setattr(pid_t pid, struct clinux_sched_attr *attributes, unsigned flags) {
    attributes->size = sizeof *attributes;
    return (int)syscall(SYS_sched_setattr, pid, attributes, flags);
}
static inline int clinux_sched_setaffinity(pid_t pid, size_t size, const uint8_t *mask) {
    return (int)syscall(SYS_sched_setaffinity, pid, size, mask);
}
// getcwd(3) of glibc turns the kernel's "(unreachable)" into an error.
static inline long clinux_getcwd(char *buffer, size_t size) { return syscall(SYS_getcwd, buffer, size); }
// Both hide behind feature macros.
static inline int clinux_sethostname(const char *name, size_t size) {
    return (int)syscall(SYS_sethostname, name, size);
}
static inline int clinux_setdomainname(const char *name, size_t size) {
    return (int)syscall(SYS_setdomainname, name, size);
}
static inline int clinux_personality(unsigned long persona) { return (int)syscall(SYS_personality, persona); }
static inline int clinux_set_mempolicy(int mode, const unsigned long *mask, unsigned long bits) {
    return (int)syscall(SYS_set_mempolicy, mode, mask, bits);
}
static inline long clinux_keyctl_join(const char *name) {
    return syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, name, 0, 0, 0);
}
static inline long clinux_keyctl_describe(int key, char *buffer, size_t size) {
    return syscall(SYS_keyctl, 6 /* KEYCTL_DESCRIBE */, key, buffer, size, 0);
}
static inline long clinux_keyctl_setperm(int key, uint32_t permissions) {
    return syscall(SYS_keyctl, 5 /* KEYCTL_SETPERM */, key, permissions, 0, 0);
}

#endif
