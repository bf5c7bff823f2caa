// The operators of a Gemma layer, each beside its derivative.
//
// Both are written in forward operators that every ggml backend has: no OUT_PROD and none of the
// *_BACK operators, which are slow on the CPU and missing on Metal. A derivative takes what the
// operator read and the gradient `d...` of the loss with respect to its result.
#pragma once

#include "train/graph.h"

namespace lorikeet::train {

// y = x / sqrt(mean(x^2) + epsilon) * weight + added over dimension 0; `weight`, `added` may be
// null.
ggml_tensor* RmsNorm(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon,
                     ggml_tensor* added = nullptr);
// dx + added.
ggml_tensor* RmsNormDerivative(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon,
                               ggml_tensor* dy, ggml_tensor* added = nullptr);

// GELU (tanh form) of `gate`, times `up`: x * sigma(z) with z = 2 sqrt(2 / pi) (x + 0.044715 x^3).
struct GatedGelu {
  ggml_tensor* gate;
  ggml_tensor* up;
  ggml_tensor* value;  // the result
  // Parts that the derivative reads; null where one operator makes them all.
  ggml_tensor* gelu;
  ggml_tensor* sigma;
  ggml_tensor* square;  // gate^2
};
GatedGelu MakeGatedGelu(Graph& graph, ggml_tensor* gate, ggml_tensor* up);

struct GatedGeluGradients {
  ggml_tensor* gate;
  ggml_tensor* up;
};
GatedGeluGradients GatedGeluDerivative(Graph& graph, const GatedGelu& forward, ggml_tensor* d);

// cap * tanh(x / cap).
ggml_tensor* SoftCap(Graph& graph, ggml_tensor* x, float cap);
// dx for `capped` = SoftCap(x, cap): dy * (1 - (capped / cap)^2).
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
