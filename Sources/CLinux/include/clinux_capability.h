#ifndef CLINUX_CAPABILITY_H
#define CLINUX_CAPABILITY_H

#include "clinux_base.h"
#include <linux/capability.h>

// capset(2) and capget(2) have no wrappers in the C library. `pid` 0 is the calling thread.
static inline int clinux_capset(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(inheritable >> 32)}};
    return (int)syscall(SYS_capset, &header, data);
}
static inline int clinux_capget(pid_t pid, uint64_t *effective, uint64_t *permitted, uint64_t *inheritable) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = pid};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    int answer = (int)syscall(SYS_capget, &header, data);
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    *inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return answer;
}

#define CLINUX_PR_GET_KEEPCAPS 7
#define CLINUX_PR_SET_KEEPCAPS 8
#define CLINUX_PR_CAPBSET_READ 23
#define CLINUX_PR_CAPBSET_DROP 24
#define CLINUX_PR_GET_SECUREBITS 27
#define CLINUX_PR_SET_SECUREBITS 28
#define CLINUX_PR_CAP_AMBIENT 47
#define CLINUX_PR_CAP_AMBIENT_IS_SET 1UL
#define CLINUX_PR_CAP_AMBIENT_RAISE 2UL
#define CLINUX_PR_CAP_AMBIENT_CLEAR_ALL 4UL

#endif
