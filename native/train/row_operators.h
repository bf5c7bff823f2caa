// Operators of a layer as single passes over rows, for the CPU alone: see operators.h for what they
// compute and for the other backends.
//
// ggml's own elementwise operators read and write whole tensors for each step of a formula.
#pragma once

#include <vector>

#include "train/graph.h"

namespace lorikeet::train {

// Keys [begin, end) of a block that a query sees.
struct VisibleKeys {
  int64_t begin = 0;
  int64_t end = 0;
};

// REQUIRES of all: the graph runs on a CPU with the instructions of HasBf16Panels(). `weight`,
// `added` and `capped` may be null.
ggml_tensor* NormRows(Graph& graph, ggml_tensor* x, ggml_tensor* weight, ggml_tensor* added,
                      float epsilon);
ggml_tensor* NormDerivativeRows(Graph& graph, ggml_tensor* x, ggml_tensor* weight, ggml_tensor* dy,
                                ggml_tensor* added, float epsilon);
// Adds the gradient of `weight` to `sum`.
void AddNormGradientRows(Graph& graph, ggml_tensor* sum, ggml_tensor* x, ggml_tensor* dy,
                         float epsilon);

// gelu(gate) * up.
ggml_tensor* GatedGeluRows(Graph& graph, ggml_tensor* gate, ggml_tensor* up);
// Its gradients beside each other, those of `gate` first: [F, T, 2] from [F, T].
ggml_tensor* GatedGeluDerivativeRows(Graph& graph, ggml_tensor* gate, ggml_tensor* up,
                                     ggml_tensor* d);

ggml_tensor* SoftCapRows(Graph& graph, ggml_tensor* x, float cap);

// Softmax of scores [keys, queries, ...], where query i sees visible[i]. `visible` lives until the
// graph was computed.
ggml_tensor* SoftmaxRows(Graph& graph, ggml_tensor* scores,
                         const std::vector<VisibleKeys>& visible);
// From p = softmax(S) and dL/dp to dL/dS; through the soft cap too, where `capped` is S.
ggml_tensor* SoftmaxDerivativeRows(Graph& graph, ggml_tensor* p, ggml_tensor* dp,
                                   ggml_tensor* capped, float cap,
                                   const std::vector<VisibleKeys>& visible);

}  // namespace lorikeet::train
