#ifndef CLINUX_BPF_H
#define CLINUX_BPF_H

#include "clinux_base.h"
#include <linux/bpf.h>
#include <sys/syscall.h>

// bpf(2) has no wrapper, and its argument is a union of anonymous structs, which Swift cannot fill.
static inline int clinux_bpf(int command, union bpf_attr *attributes) {
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static inline int clinux_bpf_load_device_program(const uint64_t *instructions, uint32_t count, const char *name) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uint64_t)(uintptr_t) "Apache-2.0";
    strncpy(attributes.prog_name, name, sizeof attributes.prog_name - 1);
    return clinux_bpf(BPF_PROG_LOAD, &attributes);
}

// With BPF_F_ALLOW_MULTI, programs of others on the same cgroup and on those above and below it hold as well.
static inline int clinux_bpf_attach_device_program(int cgroup, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    return clinux_bpf(BPF_PROG_ATTACH, &attributes);
}

static inline int clinux_bpf_detach_device_program(int cgroup, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return clinux_bpf(BPF_PROG_DETACH, &attributes);
}

// The ids of the programs on the cgroup itself; `count` is the room before and the number after the call.
static inline int clinux_bpf_query_device_programs(int cgroup, uint32_t *ids, uint32_t *count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = (uint32_t)cgroup;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attributes.query.prog_cnt = *count;
    int answer = clinux_bpf(BPF_PROG_QUERY, &attributes);
    *count = answer == 0 ? attributes.query.prog_cnt : 0;
    return answer;
}

static inline int clinux_bpf_open_program(uint32_t id) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_id = id;
    return clinux_bpf(BPF_PROG_GET_FD_BY_ID, &attributes);
}

// 1 if the program was loaded under this name, 0 if not, -1 on failure.
static inline int clinux_bpf_program_is_named(int program, const char *name) {
    struct bpf_prog_info info;
    memset(&info, 0, sizeof info);
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.info.bpf_fd = (uint32_t)program;
    attributes.info.info = (uint64_t)(uintptr_t)&info;
    attributes.info.info_len = sizeof info;
    if (clinux_bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes) == -1)
        return -1;
    return strncmp(info.name, name, sizeof info.name) == 0;
}

#endif
