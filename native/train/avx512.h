// What the CPU's operators of our own share: the instructions that they are compiled for.
#pragma once

#if defined(__x86_64__) || defined(_M_X64)
#define LORIKEET_HAS_AVX512 1
#ifdef _MSC_VER
#define LORIKEET_AVX512
#else
// Of single functions: the rest of the library runs on every CPU.
#define LORIKEET_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16")))
#endif
#if defined(__GNUC__) && !defined(__clang__)
// In GCC's own header: its bug 105593.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <immintrin.h>

#include <cstdint>

namespace lorikeet::train {

// The first `count` of 16 lanes.
inline __mmask16 FirstLanes(int64_t count) {
  return static_cast<__mmask16>(count >= 16 ? 0xffff : count <= 0 ? 0 : (1 << count) - 1);
}

}  // namespace lorikeet::train

#else
#define LORIKEET_HAS_AVX512 0
#endif
