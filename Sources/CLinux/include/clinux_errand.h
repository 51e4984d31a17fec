#ifndef CLINUX_ERRAND_H
#define CLINUX_ERRAND_H

#include <stddef.h>

// What clinux_errand_start made: for clinux_errand_end.
struct clinux_errand {
    int pid;
    void *memory;
    size_t size;
};

// A process that shares this one's memory, keeps none of its descriptors but these, sends `length` bytes to the kernel on the
// netlink socket `socket` (unless that is -1), and ends. -1 with errno if there can be none.
int clinux_errand_start(
    struct clinux_errand *errand, int socket, const void *bytes, size_t length, const int *kept, size_t count);
// Whether it has ended; its memory is given back then.
int clinux_errand_end(const struct clinux_errand *errand);

#endif
