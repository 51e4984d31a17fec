#ifndef CLINUX_MOUNT_H
#define CLINUX_MOUNT_H

#include "clinux_base.h"
#include <sys/mount.h>
#include <sys/syscall.h>

static inline int clinux_pivot_root(const char *new_root, const char *put_old) {
    return (int)syscall(SYS_pivot_root, new_root, put_old);
}
// chroot(2) hides behind a feature macro.
static inline int clinux_chroot(const char *path) { return (int)syscall(SYS_chroot, path); }
static inline int clinux_fsopen(const char *type, unsigned flags) { return (int)syscall(SYS_fsopen, type, flags); }
static inline int clinux_fsconfig(int fd, unsigned command, const char *key, const void *value, int aux) {
    return (int)syscall(SYS_fsconfig, fd, command, key, value, aux);
}
static inline int clinux_fsmount(int fd, unsigned flags, unsigned attributes) {
    return (int)syscall(SYS_fsmount, fd, flags, attributes);
}
static inline int clinux_open_tree(int directory, const char *path, unsigned flags) {
    return (int)syscall(SYS_open_tree, directory, path, flags);
}
static inline int clinux_move_mount(int from, const char *from_path, int to, const char *to_path, unsigned flags) {
    return (int)syscall(SYS_move_mount, from, from_path, to, to_path, flags);
}
// struct mount_attr of glibc 2.36, by its fields.
static inline int clinux_mount_setattr(
    int directory, const char *path, unsigned flags, uint64_t set, uint64_t clear, uint64_t propagation, uint64_t userns)
{
    struct { uint64_t set, clear, propagation, userns; } attributes = {set, clear, propagation, userns};
    return (int)syscall(SYS_mount_setattr, directory, path, flags, &attributes, sizeof attributes);
}

#endif
