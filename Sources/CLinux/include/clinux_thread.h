#ifndef CLINUX_THREAD_H
#define CLINUX_THREAD_H

#include "clinux_base.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc declares gettid(2) only with _GNU_SOURCE.
static inline int clinux_gettid(void) { return (int)syscall(SYS_gettid); }

// A mutex with its condition: the initialisers are macros, and Swift cannot give either a fixed address by itself.
struct clinux_turnstile {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};
static inline int clinux_turnstile_init(struct clinux_turnstile *turnstile) {
    int failed = pthread_mutex_init(&turnstile->mutex, (void *)0);
    return failed ? failed : pthread_cond_init(&turnstile->changed, (void *)0);
}
static inline void clinux_turnstile_destroy(struct clinux_turnstile *turnstile) {
    pthread_cond_destroy(&turnstile->changed);
    pthread_mutex_destroy(&turnstile->mutex);
}
static inline void clinux_turnstile_lock(struct clinux_turnstile *turnstile) { pthread_mutex_lock(&turnstile->mutex); }
static inline void clinux_turnstile_unlock(struct clinux_turnstile *turnstile) {
    pthread_mutex_unlock(&turnstile->mutex);
}
static inline void clinux_turnstile_wait(struct clinux_turnstile *turnstile) {
    pthread_cond_wait(&turnstile->changed, &turnstile->mutex);
}
static inline void clinux_turnstile_signal(struct clinux_turnstile *turnstile) {
    pthread_cond_broadcast(&turnstile->changed);
}

// Starts a detached thread that takes no signals: they stay with the threads that expect them. Returns an error number.
static inline int clinux_thread_detached(void *(*body)(void *), void *context) {
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    int failed = pthread_attr_init(&attributes);
    if (failed) return failed;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &attributes, body, context);
    pthread_sigmask(SIG_SETMASK, &before, (void *)0);
    pthread_attr_destroy(&attributes);
    return failed;
}

#endif
