// Products of matrices, whatever the strides and types of their sources.
//
//   left [k, m, 1, n]   right [k, t, g, n]  ->  [m, t, g, n]:  sum over k of left[k, m] right[k, t]
//   left [k, m, g, n]   right [k, t, g, n]  ->  [m, t, 1, n]:  sum over k and g
//
// A source's elements lie side by side along its first dimension, or, where it is turned, along its
// second.
#pragma once

#include "train/graph.h"

namespace lorikeet::train {

// x [a, b, ...] as [b, a, ...], without a copy.
ggml_tensor* Turned(Graph& graph, ggml_tensor* x);

// Whether the second dimension's elements lie side by side. In a quantised matrix of one block a
// row the strides do not tell, so there it is asked whether `x` was made by Turned.
bool IsTurned(const ggml_tensor* x);

// As Turned, contiguous and of `type` (F32 or BF16). REQUIRES: x is F32.
ggml_tensor* TurnedCopy(Graph& graph, ggml_tensor* x, ggml_type type);

// scale times the product.
ggml_tensor* Product(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale = 1.0f);

// Computes target = scale times the product, in the order of calls.
void WriteProduct(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale,
                  ggml_tensor* target);

// sum += scale times the product; returns the sum. What read the sum before was added to the graph
// before.
ggml_tensor* AddProduct(Graph& graph, ggml_tensor* sum, ggml_tensor* left, ggml_tensor* right,
                        float scale = 1.0f);

}  // namespace lorikeet::train
