#ifndef CLINUX_TREE_H
#define CLINUX_TREE_H

#include "clinux_base.h"
#include <sys/syscall.h>

#define CLINUX_RENAME_NOREPLACE 1U

// glibc declares renameat2(2) and syncfs(2) with _GNU_SOURCE only.
static inline int clinux_renameat2(int from, const char *name, int to, const char *new_name, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, name, to, new_name, flags);
}
static inline int clinux_syncfs(int fd) { return (int)syscall(SYS_syncfs, fd); }

// struct stat's times are macros over timespec members.
static inline struct timespec clinux_stat_atime(const struct stat *status) { return status->st_atim; }
static inline struct timespec clinux_stat_mtime(const struct stat *status) { return status->st_mtim; }

// copy_file_range(2) is behind _GNU_SOURCE; FICLONE is a macro with a cast.
#define CLINUX_FICLONE 0x40049409UL
static inline long clinux_copy_file_range(int from, int to, size_t length) {
    return syscall(SYS_copy_file_range, from, (void *)0, to, (void *)0, length, 0);
}

// SEEK_DATA and SEEK_HOLE are behind _GNU_SOURCE.
#define CLINUX_SEEK_DATA 3
#define CLINUX_SEEK_HOLE 4

#endif
