// The operators of a Gemma layer, each beside its derivative.
//
// Both are written in forward operators that every ggml backend has: no OUT_PROD and none of the
// *_BACK operators, which are slow on the CPU and missing on Metal. A derivative takes what the
// operator read and the gradient `d...` of the loss with respect to its result.
#pragma once

#include "train/graph.h"

namespace lorikeet::train {

// y = x / sqrt(mean(x^2) + epsilon) * weight over dimension 0; `weight` may be null.
ggml_tensor* RmsNorm(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon);
ggml_tensor* RmsNormDerivative(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon,
                               ggml_tensor* dy);

// The parts of GELU (tanh form), x * sigma(z) with z = 2 sqrt(2 / pi) (x + 0.044715 x^3).
struct Gelu {
  ggml_tensor* value;
  ggml_tensor* sigma;
  ggml_tensor* square;  // x^2
};
Gelu MakeGelu(Graph& graph, ggml_tensor* x);
// d value / d x, elementwise.
ggml_tensor* GeluSlope(Graph& graph, const Gelu& gelu);

// cap * tanh(scale * x / cap).
ggml_tensor* SoftCap(Graph& graph, ggml_tensor* x, float scale, float cap);
// dx for `capped` = SoftCap(x, 1, cap) with respect to the scaled input: dy * (1 - (capped /
// cap)^2).
ggml_tensor* SoftCapDerivative(Graph& graph, ggml_tensor* capped, float cap, ggml_tensor* dy);

// sum over dimension 0 of a * b -> [1, ...]. Both contiguous.
ggml_tensor* RowDots(Graph& graph, ggml_tensor* a, ggml_tensor* b);

// Rotates x [D, heads, T] by its positions [T]; `inverse` rotates back, which is the derivative.
struct Rope {
  ggml_tensor* positions = nullptr;
  ggml_tensor* factors = nullptr;  // may be null
  int dimensions = 0;
  float base = 10000.0f;
  float scale = 1.0f;
};
ggml_tensor* Rotate(Graph& graph, ggml_tensor* x, const Rope& rope, bool inverse);

}  // namespace lorikeet::train
