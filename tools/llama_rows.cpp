// What ggml computes of a row of weights in Q4_K and Q6_K, most of what writing a token of a model in Q4_K_M takes, and
// activations in integers. Compiled into llama.cpp in place of its functions of the same names, which stay there as
// ..._of_ggml.
//
// Weights come from memory faster where they are asked for ahead: a row is shorter than what a processor needs to see
// that the next one follows. Where bytes are multiplied and added up in vectors of 512 bits (AVX-512 with VNNI), rows
// are computed in such vectors, too: ggml's are half as long. docs/load.md has what this is worth.

#include "ggml-quants.h"
#include "quants.h"

#include <immintrin.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
// GCC's own headers leave what is not used of a vector uninitialised, and GCC warns about it.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#ifdef ZHIWEN_RUN
#define WRITTEN(number) #number
#define IN_RUNS_OF(number) ", runs of " WRITTEN(number)
#define IN_RUNS IN_RUNS_OF(ZHIWEN_RUN)
#else
#define IN_RUNS ""
#endif

namespace {

// Bytes ahead: measured from 1,024 to 8,192, of which 4,096 was best with two threads on a server's processor.
constexpr int AHEAD = 4096;

inline void fetch_ahead(const void * at, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) _mm_prefetch((const char *) at + AHEAD + i, _MM_HINT_T0);
}

}  // namespace

extern "C" {

// By this models/llama/layout.py knows that llama.cpp was built with this file, which of the two ways it took, and how
// many rows a thread computes in a run (see llama_library.cmake).
GGML_API const char * zhiwen_rows(void);

// GCC 9 lacks some of what is called.
#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__FMA__) && defined(__F16C__) && \
    (defined(__clang__) || __GNUC__ >= 10)

const char * zhiwen_rows(void) { return "avx512-vnni" IN_RUNS; }

namespace {

// The 8 scales and the 8 minima of a block of Q4_K, of 6 bits each, as bytes, the scales first. The lower 4 bits of the
// last four of either stand in the last 4 bytes, the upper 2 above those of the first four.
inline __m128i scales_and_minima(const uint8_t * packed) {
    uint32_t first, second, rest;
    memcpy(&first, packed, 4);
    memcpy(&second, packed + 4, 4);
    memcpy(&rest, packed + 8, 4);
    const uint32_t scales = (rest & 0x0f0f0f0f) | ((first >> 2) & 0x30303030);
    const uint32_t minima = ((rest >> 4) & 0x0f0f0f0f) | ((second >> 2) & 0x30303030);
    return _mm_setr_epi32((int) (first & 0x3f3f3f3f), (int) scales, (int) (second & 0x3f3f3f3f), (int) minima);
}

// `first` in the lower 16 lanes, `second` in the upper.
inline __m512i halves(short first, short second) {
    return _mm512_inserti64x4(_mm512_set1_epi16(first), _mm256_set1_epi16(second), 1);
}

// The same 32 bytes in both halves.
inline __m512i both_halves(const void * at) {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *) at));
}

// `sum` and the products of 64 weights, unsigned, with as many activations, each times the scale that `which` picks of
// `scales`. No sum of two products leaves 16 bits: weights are below 64.
inline __m512i add_scaled(__m512i sum, __m512i weights, const int8_t * activations, __m512i scales, __m512i which) {
    const __m512i products = _mm512_maddubs_epi16(weights, _mm512_loadu_si512(activations));
    return _mm512_dpwssd_epi32(sum, products, _mm512_permutexvar_epi16(which, scales));
}

}  // namespace

void ggml_vec_dot_q4_K_q8_K(int n, float * s, size_t, const void * vx, size_t, const void * vy, size_t, int) {
    const auto * x = (const block_q4_K *) vx;
    const auto * y = (const block_q8_K *) vy;
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i nibbles = halves(0, 4);
    __m512 sum = _mm512_setzero_ps();
    __m256 minima = _mm256_setzero_ps();
    for (int i = 0; i < n / QK_K; i++) {
        fetch_ahead(&x[i], sizeof(x[i]));
        const __m256i given = _mm256_cvtepu8_epi16(scales_and_minima(x[i].scales));
        const __m512i scales = _mm512_castsi256_si512(given);
        __m512i sums[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
        for (int j = 0; j < 4; j++) {  // 64 weights in 32 bytes: half of them in the lower bits, half in the upper
            const __m512i weights = _mm512_and_si512(_mm512_srlv_epi16(both_halves(x[i].qs + 32 * j), nibbles), nibble);
            const __m512i which = halves((short) (2 * j), (short) (2 * j + 1));
            sums[j % 2] = add_scaled(sums[j % 2], weights, y[i].qs + 64 * j, scales, which);
        }
        const __m256i of_16 = _mm256_loadu_si256((const __m256i *) y[i].bsums);
        const __m128i of_32 = _mm_hadd_epi16(_mm256_castsi256_si128(of_16), _mm256_extracti128_si256(of_16, 1));
        const __m128i least = _mm_madd_epi16(_mm256_extracti128_si256(given, 1), of_32);
        const __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(sums[0], sums[1]));
        sum = _mm512_fmadd_ps(_mm512_set1_ps(y[i].d * _cvtsh_ss(x[i].d)), whole, sum);
        const __m256 all_least = _mm256_cvtepi32_ps(_mm256_zextsi128_si256(least));
        minima = _mm256_fmadd_ps(_mm256_set1_ps(y[i].d * _cvtsh_ss(x[i].dmin)), all_least, minima);
    }
    *s = _mm512_reduce_add_ps(_mm512_sub_ps(sum, _mm512_zextps256_ps512(minima)));
}

void ggml_vec_dot_q6_K_q8_K(int n, float * s, size_t, const void * vx, size_t, const void * vy, size_t, int) {
    const auto * x = (const block_q6_K *) vx;
    const auto * y = (const block_q8_K *) vy;
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i upper = _mm512_set1_epi8(0x30);
    // A scale is of 16 weights, which are 8 sums of two: the lanes of the first four scales.
    const __m512i first = _mm512_inserti64x4(
        _mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi16(1), _mm_setzero_si128())),
        _mm256_set_m128i(_mm_set1_epi16(3), _mm_set1_epi16(2)), 1);
    __m512 sum = _mm512_setzero_ps();
    for (int i = 0; i < n / QK_K; i++) {
        fetch_ahead(&x[i], sizeof(x[i]));
        const __m256i given = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *) x[i].scales));
        const __m512i scales = _mm512_castsi256_si512(given);
        // What is stored is 32 more than what is meant.
        const __m256i more = _mm256_madd_epi16(given, _mm256_loadu_si256((const __m256i *) y[i].bsums));
        __m512i sums[2] = {
            _mm512_setzero_si512(),
            _mm512_zextsi256_si512(_mm256_sub_epi32(_mm256_setzero_si256(), _mm256_slli_epi32(more, 5)))};
        for (int j = 0; j < 2; j++) {  // 128 weights: 4 bits of each in 64 bytes, 2 bits of each in 32
            const __m512i low = _mm512_loadu_si512(x[i].ql + 64 * j);
            const __m512i high = both_halves(x[i].qh + 32 * j);
            const __m512i a = _mm512_or_si512(
                _mm512_and_si512(low, nibble), _mm512_and_si512(_mm512_sllv_epi16(high, halves(4, 2)), upper));
            const __m512i b = _mm512_or_si512(
                _mm512_and_si512(_mm512_srli_epi16(low, 4), nibble),
                _mm512_and_si512(_mm512_srlv_epi16(high, halves(0, 2)), upper));
            const __m512i which = _mm512_add_epi16(first, _mm512_set1_epi16((short) (8 * j)));
            sums[0] = add_scaled(sums[0], a, y[i].qs + 128 * j, scales, which);
            sums[1] = add_scaled(
                sums[1], b, y[i].qs + 128 * j + 64, scales, _mm512_add_epi16(which, _mm512_set1_epi16(4)));
        }
        const __m512 whole = _mm512_cvtepi32_ps(_mm512_add_epi32(sums[0], sums[1]));
        sum = _mm512_fmadd_ps(_mm512_set1_ps(y[i].d * _cvtsh_ss(x[i].d)), whole, sum);
    }
    *s = _mm512_reduce_add_ps(sum);
}

// The same as quantize_row_q8_K_ref, to the bit: the first of the largest is -127. (Of a block of zeros that leaves the
// sums as they were, which nothing uses.)
void quantize_row_q8_K(const float * x, void * vy, int64_t k) {
    auto * y = (block_q8_K *) vy;
    for (int64_t i = 0; i < k / QK_K; i++, x += QK_K) {
        __m512 most = _mm512_setzero_ps();
        for (int j = 0; j < QK_K; j += 16) most = _mm512_max_ps(_mm512_abs_ps(_mm512_loadu_ps(x + j)), most);
        const float largest = _mm512_reduce_max_ps(most);
        if (!(largest > 0)) {
            memset(&y[i], 0, sizeof(y[i]));
            continue;
        }
        int at = 0;
        for (int j = QK_K - 16; j >= 0; j -= 16) {
            const __m512 sizes = _mm512_abs_ps(_mm512_loadu_ps(x + j));
            const __mmask16 found = _mm512_cmp_ps_mask(sizes, _mm512_set1_ps(largest), _CMP_EQ_OQ);
            if (found) at = j + __builtin_ctz(found);
        }
        const float scale = -127.f / x[at];
        for (int j = 0; j < QK_K; j += 16) {
            const __m512i near = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_set1_ps(scale), _mm512_loadu_ps(x + j)));
            const __m512i whole = _mm512_min_epi32(near, _mm512_set1_epi32(127));
            _mm_storeu_si128((__m128i *) (y[i].qs + j), _mm512_cvtepi32_epi8(whole));
            y[i].bsums[j / 16] = (int16_t) _mm512_reduce_add_epi32(whole);
        }
        y[i].d = 1 / scale;
    }
}

#else

const char * zhiwen_rows(void) { return "ahead" IN_RUNS; }

void ggml_vec_dot_q4_K_q8_K_of_ggml(int, float *, size_t, const void *, size_t, const void *, size_t, int);
void ggml_vec_dot_q6_K_q8_K_of_ggml(int, float *, size_t, const void *, size_t, const void *, size_t, int);
void quantize_row_q8_K_of_ggml(const float *, void *, int64_t);

void ggml_vec_dot_q4_K_q8_K(
    int n, float * s, size_t bs, const void * vx, size_t bx, const void * vy, size_t by, int nrc) {
    fetch_ahead(vx, n / QK_K * sizeof(block_q4_K));
    ggml_vec_dot_q4_K_q8_K_of_ggml(n, s, bs, vx, bx, vy, by, nrc);
}

void ggml_vec_dot_q6_K_q8_K(
    int n, float * s, size_t bs, const void * vx, size_t bx, const void * vy, size_t by, int nrc) {
    fetch_ahead(vx, n / QK_K * sizeof(block_q6_K));
    ggml_vec_dot_q6_K_q8_K_of_ggml(n, s, bs, vx, bx, vy, by, nrc);
}

void quantize_row_q8_K(const float * x, void * y, int64_t k) { quantize_row_q8_K_of_ggml(x, y, k); }

#endif

}
