#ifndef CLINUX_STREAM_H
#define CLINUX_STREAM_H

#include "clinux_base.h"

#define CLINUX_SIOCOUTQ 0x5411UL
#define CLINUX_MREMAP_MAYMOVE 1

// Swift's search for a byte goes one at a time; memchr(3) looks at 32. Returns -1 if there is none.
static inline ptrdiff_t clinux_find_byte(const void *bytes, size_t count, int byte) {
    const char *found = (const char *)memchr(bytes, byte, count);
    return found ? found - (const char *)bytes : -1;
}

// MAP_FAILED is a cast; a null pointer says the same here. mremap(2) is behind _GNU_SOURCE.
static inline void *clinux_map_anonymous(size_t size) {
    void *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? 0 : memory;
}
static inline void *clinux_remap(void *memory, size_t old_size, size_t new_size) {
    long moved = syscall(SYS_mremap, memory, old_size, new_size, CLINUX_MREMAP_MAYMOVE, (void *)0);
    return moved == -1 ? 0 : (void *)moved;
}

#endif
