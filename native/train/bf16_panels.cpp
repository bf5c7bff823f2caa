#include "train/bf16_panels.h"

#include <cstring>

#include "train/avx512.h"

#if LORIKEET_HAS_AVX512

namespace lorikeet::train {
namespace {

LORIKEET_AVX512 inline __m512i Pairs(__m512 low, __m512 high) {
  __m512i bits;
  const __m512bh both = _mm512_cvtne2ps_pbh(high, low);
  std::memcpy(&bits, &both, sizeof(bits));
  return bits;
}

// rows[i][j] -> rows[j][i] of 16 x 16 pairs.
LORIKEET_AVX512 inline void TransposePairs(__m512i (&rows)[16]) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    rows[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    rows[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    rows[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    rows[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(rows[i], rows[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(rows[i + 8], rows[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    rows[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    rows[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    rows[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    rows[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

// Panels x 16 rows of kTileColumns columns; the sums stay in registers.
template <int kPanels>
LORIKEET_AVX512 void Multiply(int64_t length, const uint16_t* left, const uint16_t* right,
                              const TileTarget& target) {
  const int64_t pairs = (length + 1) / 2, panel = PanelSize(length);
  __m512 sum[kTileColumns][kPanels];
  for (auto& column : sum) {
    for (__m512& part : column) part = _mm512_setzero_ps();
  }
  for (int64_t p = 0; p < pairs; ++p) {
    __m512bh a[kPanels];
    for (int i = 0; i < kPanels; ++i) {
      std::memcpy(&a[i], left + i * panel + p * 2 * kPanelVectors, sizeof(a[i]));
    }
    for (int64_t j = 0; j < kTileColumns; ++j) {
      int32_t pair;
      std::memcpy(&pair, right + p * 2 * kPanelVectors + 2 * j, sizeof(pair));
      const __m512i both = _mm512_set1_epi32(pair);
      __m512bh b;
      std::memcpy(&b, &both, sizeof(b));
      for (int i = 0; i < kPanels; ++i) sum[j][i] = _mm512_dpbf16_ps(sum[j][i], a[i], b);
    }
  }
  const __m512 scale = _mm512_set1_ps(target.scale);
  for (int64_t j = 0; j < target.columns; ++j) {
    for (int i = 0; i < kPanels; ++i) {
      const __mmask16 mask = FirstLanes(target.rows - 16 * i);
      float* at = target.data + j * target.stride + 16 * i;
      const __m512 before = target.add ? _mm512_maskz_loadu_ps(mask, at) : _mm512_setzero_ps();
      _mm512_mask_storeu_ps(at, mask, _mm512_fmadd_ps(sum[j][i], scale, before));
    }
  }
}

}  // namespace

bool HasBf16Panels() { return true; }

LORIKEET_AVX512 void PackRows(const float* const* rows, int64_t count, int64_t length,
                              uint16_t* panel) {
  const int64_t pairs = (length + 1) / 2;
  for (int64_t l = 0; l < length; l += 32) {
    __m512i block[16];
    const __mmask16 low = FirstLanes(length - l), high = FirstLanes(length - l - 16);
    for (int64_t i = 0; i < 16; ++i) {
      block[i] = i < count ? Pairs(_mm512_maskz_loadu_ps(low, rows[i] + l),
                                   _mm512_maskz_loadu_ps(high, rows[i] + l + 16))
                           : _mm512_setzero_si512();
    }
    TransposePairs(block);
    for (int64_t p = 0; p < 16 && l / 2 + p < pairs; ++p) {
      _mm512_storeu_si512(panel + (l / 2 + p) * 2 * kPanelVectors, block[p]);
    }
  }
}

LORIKEET_AVX512 void PackColumns(const float* first, int64_t stride, int64_t count, int64_t length,
                                 uint16_t* panel) {
  alignas(64) static constexpr uint16_t kInterleave[32] = {
      0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
      8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i interleave = _mm512_load_si512(kInterleave);
  const __mmask16 mask = FirstLanes(count);
  for (int64_t l = 0; l < length; l += 2) {
    const __m512 even = _mm512_maskz_loadu_ps(mask, first + l * stride);
    const __m512 odd = l + 1 < length ? _mm512_maskz_loadu_ps(mask, first + (l + 1) * stride)
                                      : _mm512_setzero_ps();
    _mm512_storeu_si512(panel + l * kPanelVectors,
                        _mm512_permutexvar_epi16(interleave, Pairs(even, odd)));
  }
}

void MultiplyPanels(int64_t length, const uint16_t* left, int panels, const uint16_t* right,
                    const TileTarget& target) {
  panels == 2 ? Multiply<2>(length, left, right, target) : Multiply<1>(length, left, right, target);
}

}  // namespace lorikeet::train

#else  // other CPUs: never called

namespace lorikeet::train {

bool HasBf16Panels() { return false; }
void PackRows(const float* const*, int64_t, int64_t, uint16_t*) {}
void PackColumns(const float*, int64_t, int64_t, int64_t, uint16_t*) {}
void MultiplyPanels(int64_t, const uint16_t*, int, const uint16_t*, const TileTarget&) {}

}  // namespace lorikeet::train

#endif
