// A frozen matrix with its adapter: y = W x + s B (A (m * x)), where s is the adapter's strength
// and m the dropout mask of its input.
//
//   W [in, out]   A [in, r]   B [r, out]   x [in, T]   y [out, T]   u = s A (m * x) [r, T]
#pragma once

#include "train/adapter.h"
#include "train/product.h"

namespace lorikeet::train {

struct Linear {
  ggml_tensor* weight = nullptr;      // [in, out]
  ggml_tensor* transposed = nullptr;  // [out, in], kept; null: made in the graph
  const AdapterPair* adapter = nullptr;
  ggml_tensor* weight_gradient = nullptr;  // where W itself is trained
};

// What the layers' matrices share.
struct LinearInput {
  ggml_tensor* x = nullptr;
  ggml_tensor* dropped = nullptr;  // m * x; x without dropout
};

// u, or null without an adapter.
ggml_tensor* AdapterInner(Graph& graph, const Linear& linear, const LinearInput& input);
ggml_tensor* LinearForward(Graph& graph, const Linear& linear, const LinearInput& input,
                           ggml_tensor* inner);

// The gradients of one matrix: adds those of A and B to the adapter's sums.
class LinearBackward {
 public:
  // `mask` is m, or null. With `want_dx` unset only the adapter's gradients are made.
  LinearBackward(Graph& graph, const LinearInput& input, ggml_tensor* mask, bool want_dx);

  // For one of the matrices that read `input`.
  void Add(const Linear& linear, ggml_tensor* inner, ggml_tensor* dy);

  // dL/dx over all matrices added [in, T]; null where it was not wanted.
  ggml_tensor* dx();

 private:
  Graph& graph_;
  LinearInput input_;
  ggml_tensor* mask_;
  bool want_dx_;
  ggml_tensor* dx_ = nullptr;
  ggml_tensor* d_dropped_ = nullptr;
};

}  // namespace lorikeet::train
