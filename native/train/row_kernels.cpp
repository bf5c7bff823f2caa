#include "train/row_kernels.h"

#include <cmath>
#include <cstring>

#include "train/avx512.h"

#if LORIKEET_HAS_AVX512

namespace lorikeet::train {
namespace {

constexpr float kGeluLinear = 1.5957691216057308f;  // 2 sqrt(2 / pi)
constexpr float kGeluCubic = 0.044715f;

LORIKEET_AVX512 inline __m512 Load(const float* x, int64_t left) {
  return _mm512_maskz_loadu_ps(FirstLanes(left), x);
}
LORIKEET_AVX512 inline void Store(float* y, int64_t left, __m512 value) {
  _mm512_mask_storeu_ps(y, FirstLanes(left), value);
}
// 1 where there is no weight.
LORIKEET_AVX512 inline __m512 LoadWeight(const float* weight, int64_t i, int64_t left) {
  return weight == nullptr ? _mm512_set1_ps(1.0f) : Load(weight + i, left);
}
LORIKEET_AVX512 inline __m512 LoadAdded(const float* added, int64_t i, int64_t left) {
  return added == nullptr ? _mm512_setzero_ps() : Load(added + i, left);
}

// e^x within two units of the last place; 0 from -104 down. By 2^n e^r with |r| <= ln 2 / 2 and a
// Taylor polynomial of degree 7.
LORIKEET_AVX512 inline __m512 Exp(__m512 x) {
  // In this order NaN stays NaN.
  x = _mm512_min_ps(_mm512_set1_ps(88.0f), _mm512_max_ps(_mm512_set1_ps(-104.0f), x));
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)), 0);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
  __m512 p = _mm512_set1_ps(1.0f / 5040);
  for (float coefficient : {1.0f / 720, 1.0f / 120, 1.0f / 24, 1.0f / 6, 0.5f, 1.0f, 1.0f}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(coefficient));
  }
  return _mm512_scalef_ps(p, n);
}

LORIKEET_AVX512 inline __m512 Sigmoid(__m512 x) {
  const __m512 one = _mm512_set1_ps(1.0f);
  return _mm512_div_ps(one, _mm512_add_ps(one, Exp(_mm512_sub_ps(_mm512_setzero_ps(), x))));
}

// sigma(z) of GELU's x sigma(z) with z = 2 sqrt(2 / pi) (x + 0.044715 x^3).
LORIKEET_AVX512 inline __m512 GeluSigma(__m512 x, __m512 square) {
  const __m512 linear = _mm512_set1_ps(kGeluLinear);
  const __m512 slope = _mm512_fmadd_ps(square, _mm512_set1_ps(kGeluLinear * kGeluCubic), linear);
  return Sigmoid(_mm512_mul_ps(x, slope));
}

}  // namespace

LORIKEET_AVX512 float InverseRms(const float* x, float epsilon, int64_t n) {
  __m512 square = _mm512_setzero_ps();
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 v = Load(x + i, n - i);
    square = _mm512_fmadd_ps(v, v, square);
  }
  return 1.0f / std::sqrt(_mm512_reduce_add_ps(square) / static_cast<float>(n) + epsilon);
}

LORIKEET_AVX512 void NormRow(const float* x, const float* weight, const float* added, float epsilon,
                             int64_t n, float* y) {
  const __m512 inverse = _mm512_set1_ps(InverseRms(x, epsilon, n));
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 unit = _mm512_mul_ps(Load(x + i, n - i), inverse);
    const __m512 w = LoadWeight(weight, i, n - i);
    Store(y + i, n - i, _mm512_fmadd_ps(unit, w, LoadAdded(added, i, n - i)));
  }
}

LORIKEET_AVX512 void NormDerivativeRow(const float* x, const float* weight, const float* dy,
                                       const float* added, float epsilon, int64_t n, float* dx) {
  const float inverse = InverseRms(x, epsilon, n);
  __m512 dot = _mm512_setzero_ps();
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 g = _mm512_mul_ps(Load(dy + i, n - i), LoadWeight(weight, i, n - i));
    dot = _mm512_fmadd_ps(Load(x + i, n - i), g, dot);
  }
  const float mean = _mm512_reduce_add_ps(dot) * inverse * inverse / static_cast<float>(n);
  const __m512 scale = _mm512_set1_ps(inverse), shift = _mm512_set1_ps(mean);
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 g = _mm512_mul_ps(Load(dy + i, n - i), LoadWeight(weight, i, n - i));
    const __m512 rest = _mm512_fnmadd_ps(Load(x + i, n - i), shift, g);
    Store(dx + i, n - i, _mm512_fmadd_ps(rest, scale, LoadAdded(added, i, n - i)));
  }
}

LORIKEET_AVX512 void AddScaledProductRow(const float* x, const float* dy, float scale, int64_t n,
                                         float* sum) {
  const __m512 factor = _mm512_set1_ps(scale);
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 scaled = _mm512_mul_ps(Load(x + i, n - i), factor);
    Store(sum + i, n - i, _mm512_fmadd_ps(scaled, Load(dy + i, n - i), Load(sum + i, n - i)));
  }
}

LORIKEET_AVX512 void GatedGeluRow(const float* gate, const float* up, int64_t n, float* y) {
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 x = Load(gate + i, n - i);
    const __m512 value = _mm512_mul_ps(x, GeluSigma(x, _mm512_mul_ps(x, x)));
    Store(y + i, n - i, _mm512_mul_ps(value, Load(up + i, n - i)));
  }
}

// gelu' = sigma + gelu (1 - sigma) dz/dx.
LORIKEET_AVX512 void GatedGeluDerivativeRow(const float* gate, const float* up, const float* d,
                                            int64_t n, float* d_gate, float* d_up) {
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 x = Load(gate + i, n - i), square = _mm512_mul_ps(x, x);
    const __m512 sigma = GeluSigma(x, square), value = _mm512_mul_ps(x, sigma);
    const __m512 dz = _mm512_fmadd_ps(square, _mm512_set1_ps(3.0f * kGeluLinear * kGeluCubic),
                                      _mm512_set1_ps(kGeluLinear));
    const __m512 rest = _mm512_fnmadd_ps(value, sigma, value);  // gelu (1 - sigma)
    const __m512 slope = _mm512_fmadd_ps(rest, dz, sigma);
    const __m512 dy = Load(d + i, n - i);
    Store(d_gate + i, n - i, _mm512_mul_ps(_mm512_mul_ps(dy, Load(up + i, n - i)), slope));
    Store(d_up + i, n - i, _mm512_mul_ps(dy, value));
  }
}

// tanh(u) = 2 sigma(2 u) - 1.
LORIKEET_AVX512 void SoftCapRow(const float* x, float cap, int64_t n, float* y) {
  const __m512 twice = _mm512_set1_ps(2.0f / cap), width = _mm512_set1_ps(2.0f * cap);
  for (int64_t i = 0; i < n; i += 16) {
    const __m512 sigma = Sigmoid(_mm512_mul_ps(Load(x + i, n - i), twice));
    Store(y + i, n - i, _mm512_fmsub_ps(sigma, width, _mm512_set1_ps(cap)));
  }
}

LORIKEET_AVX512 void SoftmaxRow(const float* x, int64_t begin, int64_t end, int64_t n, float* p) {
  __m512 largest = _mm512_set1_ps(-INFINITY);
  for (int64_t i = begin; i < end; i += 16) {
    largest = _mm512_mask_max_ps(largest, FirstLanes(end - i), largest, Load(x + i, end - i));
  }
  const __m512 shift = _mm512_set1_ps(_mm512_reduce_max_ps(largest));
  __m512 sum = _mm512_setzero_ps();
  for (int64_t i = begin; i < end; i += 16) {
    const __m512 e = Exp(_mm512_sub_ps(Load(x + i, end - i), shift));
    sum = _mm512_mask_add_ps(sum, FirstLanes(end - i), sum, e);
    Store(p + i, end - i, e);
  }
  const __m512 scale = _mm512_set1_ps(1.0f / _mm512_reduce_add_ps(sum));
  for (int64_t i = begin; i < end; i += 16) {
    Store(p + i, end - i, _mm512_mul_ps(Load(p + i, end - i), scale));
  }
  std::memset(p, 0, begin * sizeof(float));
  std::memset(p + end, 0, (n - end) * sizeof(float));
}

LORIKEET_AVX512 void SoftmaxDerivativeRow(const float* p, const float* dp, const float* capped,
                                          float cap, int64_t begin, int64_t end, int64_t n,
                                          float* ds) {
  __m512 dot = _mm512_setzero_ps();
  for (int64_t i = begin; i < end; i += 16) {
    dot = _mm512_fmadd_ps(Load(p + i, end - i), Load(dp + i, end - i), dot);
  }
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(dot));
  const __m512 one = _mm512_set1_ps(1.0f), inverse = _mm512_set1_ps(1.0f / cap);
  for (int64_t i = begin; i < end; i += 16) {
    __m512 d = _mm512_mul_ps(Load(p + i, end - i), _mm512_sub_ps(Load(dp + i, end - i), mean));
    if (capped != nullptr) {
      const __m512 tanh = _mm512_mul_ps(Load(capped + i, end - i), inverse);
      d = _mm512_mul_ps(d, _mm512_fnmadd_ps(tanh, tanh, one));
    }
    Store(ds + i, end - i, d);
  }
  std::memset(ds, 0, begin * sizeof(float));
  std::memset(ds + end, 0, (n - end) * sizeof(float));
}

// A block is a scale in F16 and 32 signed bytes.
LORIKEET_AVX512 void DecodeQ8(const void* blocks, int64_t n, float* y) {
  constexpr int64_t kValues = 32, kScaleBytes = 2;
  const char* block = static_cast<const char*>(blocks);
  for (int64_t i = 0; i < n; i += kValues, block += kScaleBytes + kValues) {
    int16_t half;
    std::memcpy(&half, block, sizeof(half));
    const __m512 scale = _mm512_cvtph_ps(_mm256_set1_epi16(half));
    for (int64_t j = 0; j < kValues; j += 16) {
      __m128i bytes;
      std::memcpy(&bytes, block + kScaleBytes + j, sizeof(bytes));
      const __m512 values = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(bytes));
      _mm512_storeu_ps(y + i + j, _mm512_mul_ps(values, scale));
    }
  }
}

}  // namespace lorikeet::train

#else  // other CPUs: never called

namespace lorikeet::train {

void NormRow(const float*, const float*, const float*, float, int64_t, float*) {}
void NormDerivativeRow(const float*, const float*, const float*, const float*, float, int64_t,
                       float*) {}
float InverseRms(const float*, float, int64_t) { return 0; }
void AddScaledProductRow(const float*, const float*, float, int64_t, float*) {}
void GatedGeluRow(const float*, const float*, int64_t, float*) {}
void GatedGeluDerivativeRow(const float*, const float*, const float*, int64_t, float*, float*) {}
void SoftCapRow(const float*, float, int64_t, float*) {}
void SoftmaxRow(const float*, int64_t, int64_t, int64_t, float*) {}
void SoftmaxDerivativeRow(const float*, const float*, const float*, float, int64_t, int64_t,
                          int64_t, float*) {}
void DecodeQ8(const void*, int64_t, float*) {}

}  // namespace lorikeet::train

#endif
