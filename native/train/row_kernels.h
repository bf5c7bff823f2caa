// Elementwise operators and reductions over rows of floats, each in one pass through memory.
//
// Compiled for AVX-512; where HasBf16Panels() is false they are never called. No row overlaps
// another but where said.
#pragma once

#include <cstdint>

namespace lorikeet::train {

// y = x / sqrt(mean(x^2) + epsilon) * weight + added over `n` floats. `weight`, `added` may be
// null.
void NormRow(const float* x, const float* weight, const float* added, float epsilon, int64_t n,
             float* y);

// dx = (g - n mean(n g)) / rms + added with n = x / rms, g = dy * weight. `weight`, `added` may be
// null.
void NormDerivativeRow(const float* x, const float* weight, const float* dy, const float* added,
                       float epsilon, int64_t n, float* dx);

// 1 / sqrt(mean(x^2) + epsilon).
float InverseRms(const float* x, float epsilon, int64_t n);

// sum += scale * x * dy.
void AddScaledProductRow(const float* x, const float* dy, float scale, int64_t n, float* sum);

// y = gelu(gate) * up, GELU in its tanh form.
void GatedGeluRow(const float* gate, const float* up, int64_t n, float* y);

// From d = dL/dy: d_gate = d * up * gelu'(gate), d_up = d * gelu(gate).
void GatedGeluDerivativeRow(const float* gate, const float* up, const float* d, int64_t n,
                            float* d_gate, float* d_up);

// y = cap * tanh(x / cap). `y` may be `x`.
void SoftCapRow(const float* x, float cap, int64_t n, float* y);

// p = softmax of x over [begin, end), zero elsewhere. `p` may be `x`.
void SoftmaxRow(const float* x, int64_t begin, int64_t end, int64_t n, float* p);

// ds = p * (dp - sum(p dp)) over [begin, end), zero elsewhere; where `capped` is given, times
// 1 - (capped / cap)^2. `ds` may be `dp`.
void SoftmaxDerivativeRow(const float* p, const float* dp, const float* capped, float cap,
                          int64_t begin, int64_t end, int64_t n, float* ds);

// Decodes `n` values of type Q8_0, 32 to a block.
void DecodeQ8(const void* blocks, int64_t n, float* y);

}  // namespace lorikeet::train
