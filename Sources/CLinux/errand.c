// For clone(2), which glibc declares only so. The declarations of errand.c are nobody else's.
#define _GNU_SOURCE
#include "clinux_errand.h"

// The new process has no errno of its own: it is on the same thread's storage as its parent, which goes on.
#include "../CProtect/calls.h"

#include <errno.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { stackSize = 16384 };

// Lies at the beginning of the errand's memory, its stack behind it.
struct order {
    int socket;
    size_t length;
    size_t count;
    // In ascending order.
    const int *kept;
    const unsigned char *bytes;
};

static int run(void *argument) {
    const struct order *order = argument;
    // Others wait for the end of streams and for locks.
    unsigned first = 0;
    for (size_t place = 0; place < order->count; place++) {
        unsigned number = (unsigned)order->kept[place];
        if (number > first) call(SYS_close_range, first, number - 1, 0, 0, 0);
        first = number + 1;
    }
    call(SYS_close_range, first, ~0U, 0, 0, 0);
    call(SYS_chdir, (long)"/", 0, 0, 0, 0);
    call(SYS_prctl, PR_SET_NAME, (long)"brig-errand", 0, 0, 0);
    // Whom a netlink socket sends to if nothing else is said is the kernel.
    if (order->socket >= 0) call(SYS_write, order->socket, (long)order->bytes, (long)order->length, 0, 0);
    return 0;
}

int clinux_errand_start(
    struct clinux_errand *errand, int socket, const void *bytes, size_t length, const int *kept, size_t count) {
    size_t size = stackSize + sizeof(struct order) + length + (count + 1) * sizeof(int);
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -1;
    struct order *order = (struct order *)(memory + stackSize);
    int *numbers = (int *)(order + 1);
    size_t used = 0;
    memcpy(numbers, kept, count * sizeof(int));
    used = count;
    if (socket >= 0) numbers[used++] = socket;
    for (size_t end = 1; end < used; end++) {
        int number = numbers[end];
        size_t place = end;
        for (; place > 0 && numbers[place - 1] > number; place--) numbers[place] = numbers[place - 1];
        numbers[place] = number;
    }
    unsigned char *message = (unsigned char *)(numbers + count + 1);
    memcpy(message, bytes, length);
    *order = (struct order){.socket = socket, .length = length, .count = used, .kept = numbers, .bytes = message};

    // Handlers of this program must not run there.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    // No signal at its end: nobody who waits for his own children meets it.
    int pid = clone(run, memory + stackSize, CLONE_VM, order);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (pid < 0) {
        munmap(memory, size);
        errno = error;
        return -1;
    }
    *errand = (struct clinux_errand){.pid = pid, .memory = memory, .size = size};
    return 0;
}

int clinux_errand_end(const struct clinux_errand *errand) {
    if (waitpid(errand->pid, NULL, __WALL | WNOHANG) == 0) return 0;
    munmap(errand->memory, errand->size);
    return 1;
}
