#ifndef CLINUX_TRACE_H
#define CLINUX_TRACE_H

#include "clinux_base.h"
#include "clinux_tools.h"
#include <sys/uio.h>
#include <sys/wait.h>

// The requests are an enumeration in C, and those of linux/ptrace.h clash with sys/ptrace.h.
#define CLINUX_PTRACE_SYSCALL 24
#define CLINUX_PTRACE_LISTEN 0x4208
#define CLINUX_PTRACE_GETEVENTMSG 0x4201
#define CLINUX_PTRACE_GET_SYSCALL_INFO 0x420e
#define CLINUX_PTRACE_O_TRACESYSGOOD 0x01
#define CLINUX_PTRACE_O_TRACEFORK 0x02
#define CLINUX_PTRACE_O_TRACEVFORK 0x04
#define CLINUX_PTRACE_O_TRACECLONE 0x08
#define CLINUX_PTRACE_O_TRACEEXEC 0x10
#define CLINUX_PTRACE_EVENT_FORK 1
#define CLINUX_PTRACE_EVENT_VFORK 2
#define CLINUX_PTRACE_EVENT_CLONE 3
#define CLINUX_PTRACE_EVENT_EXEC 4
#define CLINUX_PTRACE_EVENT_STOP 128

// process_vm_readv(2) hides behind _GNU_SOURCE.
static inline long clinux_read_memory(pid_t pid, uint64_t address, void *buffer, size_t size) {
    struct iovec own = {.iov_base = buffer, .iov_len = size};
    struct iovec other = {.iov_base = (void *)(uintptr_t)address, .iov_len = size};
    return syscall(SYS_process_vm_readv, pid, &own, 1UL, &other, 1UL, 0UL);
}
static inline int clinux_wait_traced(int flags, int *status) { return wait4(-1, status, flags | CLINUX_WALL, (void *)0); }

#endif
