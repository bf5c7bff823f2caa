#include "train/product.h"

#include "train/blocked_product.h"
#include "train/transpose.h"

namespace lorikeet::train {
namespace {

bool IsBlocked(Graph& graph, const ggml_tensor* left, const ggml_tensor* right) {
  return graph.numerics().own_operators && FitsBlockedProduct(left, right);
}

// Below this length BF16 products are not fast.
constexpr int64_t kShortLength = 32;

ggml_tensor* AsF32(Graph& graph, ggml_tensor* x) {
  return x->type == GGML_TYPE_F32 ? x : ggml_cast(graph.ctx(), x, GGML_TYPE_F32);
}

ggml_tensor* Contiguous(Graph& graph, ggml_tensor* x) {
  return ggml_is_contiguous(x) ? x : ggml_cont(graph.ctx(), x);
}

ggml_tensor* LeftSource(Graph& graph, ggml_tensor* x, ggml_type type) {
  if (IsTurned(x)) return TurnedCopy(graph, AsF32(graph, Turned(graph, x)), type);
  if (x->type == GGML_TYPE_F32 && x->type != type) return ggml_cast(graph.ctx(), x, type);
  return Contiguous(graph, x);
}

ggml_tensor* RightSource(Graph& graph, ggml_tensor* x, ggml_type type) {
  return IsTurned(x) ? TurnedCopy(graph, Turned(graph, x), type) : Contiguous(graph, x);
}

// x [k, n, g, batch] -> [k * g, n, 1, batch].
ggml_tensor* WithSummedDimension(Graph& graph, ggml_tensor* x) {
  if (x->ne[2] == 1) return x;
  ggml_tensor* y = Contiguous(graph, Turned(graph, x));
  y = ggml_reshape_4d(graph.ctx(), y, x->ne[1], x->ne[0] * x->ne[2], 1, x->ne[3]);
  return Turned(graph, y);
}

// Both sources with zeros up to a length that the CPU's fast F32 product takes.
void Pad(Graph& graph, ggml_tensor*& left, ggml_tensor*& right) {
  constexpr int64_t kFastLength = 16;
  const int64_t missing = (kFastLength - left->ne[0] % kFastLength) % kFastLength;
  if (missing == 0 || left->type != GGML_TYPE_F32 || !graph.device().is_cpu()) return;
  for (ggml_tensor** source : {&left, &right}) {
    *source = ggml_pad(graph.ctx(), *source, static_cast<int>(missing), 0, 0, 0);
  }
}

// By ggml's own operator.
ggml_tensor* PlainProduct(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale) {
  ggml_context* ctx = graph.ctx();
  if (left->ne[2] == right->ne[2]) {
    left = WithSummedDimension(graph, left);
    right = WithSummedDimension(graph, right);
  }
  const bool is_short = left->ne[0] < kShortLength;
  const int64_t t = right->ne[1], g = right->ne[2], batch = right->ne[3];
  left = LeftSource(graph, left, is_short ? GGML_TYPE_F32 : graph.numerics().left);
  right = RightSource(graph, right, is_short ? GGML_TYPE_F32 : graph.numerics().right);
  right = ggml_reshape_4d(ctx, right, right->ne[0], t * g, 1, batch);
  Pad(graph, left, right);
  ggml_tensor* y = ggml_mul_mat(ctx, left, right);
  if (scale != 1.0f) y = ggml_scale(ctx, y, scale);
  return ggml_reshape_4d(ctx, y, y->ne[0], t, g, batch);
}

}  // namespace

ggml_tensor* Turned(Graph& graph, ggml_tensor* x) {
  return ggml_permute(graph.ctx(), x, 1, 0, 2, 3);
}

bool IsTurned(const ggml_tensor* x) {
  return x->type == GGML_TYPE_F32 ? x->nb[0] > x->nb[1] : x->op == GGML_OP_PERMUTE;
}

ggml_tensor* TurnedCopy(Graph& graph, ggml_tensor* x, ggml_type type) {
  if (graph.device().is_cpu()) return TransposeByTiles(graph, x, type);
  ggml_tensor* view = Turned(graph, x);
  return type == x->type ? ggml_cont(graph.ctx(), view) : ggml_cast(graph.ctx(), view, type);
}

ggml_tensor* Product(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale) {
  return IsBlocked(graph, left, right) ? BlockedProduct(graph, left, right, scale, nullptr, false)
                                       : PlainProduct(graph, left, right, scale);
}

void WriteProduct(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale,
                  ggml_tensor* target) {
  if (IsBlocked(graph, left, right)) {
    graph.Add(BlockedProduct(graph, left, right, scale, target, false));
  } else {
    graph.Write(PlainProduct(graph, left, right, scale), target);
  }
}

ggml_tensor* AddProduct(Graph& graph, ggml_tensor* sum, ggml_tensor* left, ggml_tensor* right,
                        float scale) {
  ggml_tensor* after =
      IsBlocked(graph, left, right)
          ? BlockedProduct(graph, left, right, scale, sum, true)
          : ggml_add_inplace(graph.ctx(), sum, PlainProduct(graph, left, right, scale));
  graph.Add(after);
  return after;
}

}  // namespace lorikeet::train
