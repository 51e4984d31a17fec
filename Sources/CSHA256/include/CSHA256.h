#ifndef CSHA256_H
#define CSHA256_H

#include <stddef.h>
#include <stdint.h>

// The inner function of SHA-256 (FIPS 180-4): takes `count` blocks of 64 bytes into the eight words of `state`. In C for
// the CPU's SHA instructions, which Swift cannot name: three to five times as fast as any code without them.
void csha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count);

// The same without special instructions, for CPUs that lack them and for tests that compare the two.
void csha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
