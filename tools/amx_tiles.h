/* Included before every source of llama.cpp: a tile configuration that GCC cannot drop.

   GCC declares that the instruction which loads the configuration of the AMX tiles reads 8 bytes of it (see
   _tile_loadconfig in its amxtileintrin.h), so at -O3 it leaves out the stores of the other 56. The next
   instruction on a tile is then an illegal one, and the process dies with its first prompt, on every Intel
   processor with AMX. See https://github.com/ggml-org/llama.cpp/pull/26954. */
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>

static inline void zhiwen_tile_loadconfig(const void *config) {
    __asm__ volatile("ldtilecfg\t%0" ::"m"(*(const char(*)[64])config));
}

#define _tile_loadconfig(config) zhiwen_tile_loadconfig(config)
#endif
