#include "constants.h"

// Which of the CPU's own instructions there are is asked once; the answer cannot change, so that a race is harmless.
static int unknown_no_yes;

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

static int has_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & (1u << 29))) return 0; // SHA
    return __get_cpuid(1, &a, &b, &c, &d) && (c & (1u << 9)) && (c & (1u << 19)); // SSSE3, SSE4.1
}

// Four rounds use four message words; `m[i & 3]` holds words 4i to 4i+3. The instructions keep the state as ABEF and CDGH.
__attribute__((target("sha,ssse3,sse4.1")))
static void accelerated(uint32_t state[8], const uint8_t *blocks, size_t count) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bULL, 0x0405060700010203ULL);
    __m128i dcba = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
    __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
    __m128i abef = _mm_alignr_epi8(dcba, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, dcba, 0xF0);
    for (; count--; blocks += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh, m[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                m[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), big_endian);
            } else {
                __m128i middle = _mm_alignr_epi8(m[(i + 3) & 3], m[(i + 2) & 3], 4);
                __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(m[i & 3], m[(i + 1) & 3]), middle);
                m[i & 3] = _mm_sha256msg2_epu32(sum, m[(i + 3) & 3]);
            }
            __m128i words = _mm_add_epi32(m[i & 3], _mm_load_si128((const __m128i *)(csha256_constants + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, words);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(words, 0x0E));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    __m128i feba = _mm_shuffle_epi32(abef, 0x1B), dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#elif defined(__aarch64__)

#include <arm_neon.h>
#include <sys/auxv.h>

static int has_instructions(void) { return (getauxval(AT_HWCAP) & (1ul << 6)) != 0; } // HWCAP_SHA2

__attribute__((target("sha2")))
static void accelerated(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4);
    for (; count--; blocks += 64) {
        uint32x4_t abcd_before = abcd, efgh_before = efgh, m[4];
#pragma clang loop unroll(full)
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                m[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(blocks + 16 * i)));
            } else {
                uint32x4_t sum = vsha256su0q_u32(m[i & 3], m[(i + 1) & 3]);
                m[i & 3] = vsha256su1q_u32(sum, m[(i + 2) & 3], m[(i + 3) & 3]);
            }
            uint32x4_t words = vaddq_u32(m[i & 3], vld1q_u32(csha256_constants + 4 * i));
            uint32x4_t before = abcd;
            abcd = vsha256hq_u32(abcd, efgh, words);
            efgh = vsha256h2q_u32(efgh, before, words);
        }
        abcd = vaddq_u32(abcd, abcd_before);
        efgh = vaddq_u32(efgh, efgh_before);
    }
    vst1q_u32(state, abcd);
    vst1q_u32(state + 4, efgh);
}

#else

static int has_instructions(void) { return 0; }
static void accelerated(uint32_t state[8], const uint8_t *blocks, size_t count) {
    csha256_blocks_portable(state, blocks, count);
}

#endif

void csha256_blocks(uint32_t state[8], const uint8_t *blocks, size_t count) {
    if (__atomic_load_n(&unknown_no_yes, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(&unknown_no_yes, has_instructions() ? 2 : 1, __ATOMIC_RELAXED);
    if (__atomic_load_n(&unknown_no_yes, __ATOMIC_RELAXED) == 2)
        accelerated(state, blocks, count);
    else
        csha256_blocks_portable(state, blocks, count);
}
