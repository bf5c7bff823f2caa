#include "train/linear.h"

#include "train/trained_weights.h"

namespace lorikeet::train {
namespace {

// sum + the product; the sum is overwritten.
ggml_tensor* Added(Graph& graph, ggml_tensor* sum, ggml_tensor* left, ggml_tensor* right) {
  return sum == nullptr ? Product(graph, left, right) : AddProduct(graph, sum, left, right);
}

}  // namespace

ggml_tensor* AdapterInner(Graph& graph, const Linear& linear, const LinearInput& input) {
  if (linear.adapter == nullptr) return nullptr;
  return Product(graph, linear.adapter->a, input.dropped, linear.adapter->strength);
}

ggml_tensor* LinearForward(Graph& graph, const Linear& linear, const LinearInput& input,
                           ggml_tensor* inner) {
  ggml_tensor* y = Product(graph, linear.weight, input.x);
  return inner == nullptr ? y : AddProduct(graph, y, linear.adapter->b, inner);
}

LinearBackward::LinearBackward(Graph& graph, const LinearInput& input, ggml_tensor* mask,
                               bool want_dx)
    : graph_(graph), input_(input), mask_(mask), want_dx_(want_dx) {}

void LinearBackward::Add(const Linear& linear, ggml_tensor* inner, ggml_tensor* dy) {
  if (want_dx_) {
    ggml_tensor* transposed =
        linear.transposed != nullptr ? linear.transposed : Turned(graph_, linear.weight);
    dx_ = Added(graph_, dx_, transposed, dy);  // W^T dy [in, T]
  }
  if (linear.weight_gradient != nullptr) {
    AddMatrixGradient(graph_, linear.weight_gradient, input_.x, dy);
  }
  if (linear.adapter == nullptr) return;
  const AdapterPair& pair = *linear.adapter;

  // v = s B^T dy [r, T]
  ggml_tensor* v = Product(graph_, Turned(graph_, pair.b), dy, pair.strength);
  AddMatrixGradient(graph_, pair.grad_b, inner, dy);          // dB = dy u^T [r, out]
  AddMatrixGradient(graph_, pair.grad_a, input_.dropped, v);  // dA = v (m * x)^T [in, r]
  if (!want_dx_) return;
  ggml_tensor*& sum = mask_ == nullptr ? dx_ : d_dropped_;
  sum = Added(graph_, sum, Turned(graph_, pair.a), v);  // A^T v [in, T]
}

ggml_tensor* LinearBackward::dx() {
  if (d_dropped_ == nullptr) return dx_;
  ggml_context* ctx = graph_.ctx();
  return ggml_add(ctx, dx_, ggml_mul(ctx, d_dropped_, mask_));
}

}  // namespace lorikeet::train
