#ifndef CLINUX_TOOLS_H
#define CLINUX_TOOLS_H

#include "clinux_base.h"
#include <sys/mount.h>
#include <sys/ptrace.h>

static inline int clinux_bind_mount(const char *source, const char *target) {
    return mount(source, target, 0, MS_BIND, 0);
}
static inline long clinux_ptrace(unsigned long request, pid_t pid, unsigned long address, void *data) {
    return ptrace((enum __ptrace_request)request, pid, address, data);
}
#define CLINUX_WALL 0x40000000
#define CLINUX_PTRACE_SEIZE 0x4206
#define CLINUX_PTRACE_INTERRUPT 0x4207
#define CLINUX_PTRACE_DETACH 17
#define CLINUX_PTRACE_SECCOMP_GET_FILTER 0x420c

#endif
