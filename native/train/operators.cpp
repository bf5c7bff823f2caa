#include "train/operators.h"

#include <cmath>

#include "train/row_operators.h"

namespace lorikeet::train {
namespace {

constexpr float kGeluLinear = 1.5957691216057308f;  // 2 sqrt(2 / pi)
constexpr float kGeluCubic = 0.044715f;
// Keeps silu(x) / x defined at x = 0; far below the spacing of any value it is added to.
constexpr float kTiny = 1e-20f;

// 1 / (1 + exp(-x)) as silu(x) / x: SILU runs vectorised on all threads, SIGMOID and TANH do not.
ggml_tensor* Sigmoid(Graph& graph, ggml_tensor* x) {
  return ggml_div(graph.ctx(), ggml_silu(graph.ctx(), x), x);
}

ggml_tensor* Added(Graph& graph, ggml_tensor* x, ggml_tensor* added) {
  return added == nullptr ? x : ggml_add(graph.ctx(), x, added);
}

// sigma + gelu * (1 - sigma) * dz/dx.
ggml_tensor* GeluSlope(Graph& graph, const GatedGelu& gelu) {
  ggml_context* ctx = graph.ctx();
  ggml_tensor* dz = ggml_scale_bias(ctx, gelu.square, 3.0f * kGeluLinear * kGeluCubic, kGeluLinear);
  ggml_tensor* rest = ggml_scale_bias(ctx, gelu.sigma, -1.0f, 1.0f);
  return ggml_add(ctx, ggml_mul(ctx, ggml_mul(ctx, gelu.gelu, rest), dz), gelu.sigma);
}

}  // namespace

ggml_tensor* RmsNorm(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon,
                     ggml_tensor* added) {
  if (graph.numerics().own_operators) return NormRows(graph, x, weight, added, epsilon);
  ggml_tensor* unit = ggml_rms_norm(graph.ctx(), x, epsilon);
  return Added(graph, weight == nullptr ? unit : ggml_mul(graph.ctx(), unit, weight), added);
}

// dx = (g - n * mean(n * g)) / rms with n = x / rms and g = dy * weight.
ggml_tensor* RmsNormDerivative(Graph& graph, ggml_tensor* x, ggml_tensor* weight, float epsilon,
                               ggml_tensor* dy, ggml_tensor* added) {
  if (graph.numerics().own_operators) {
    return NormDerivativeRows(graph, x, weight, dy, added, epsilon);
  }
  ggml_context* ctx = graph.ctx();
  const float inverse_width = 1.0f / static_cast<float>(x->ne[0]);
  ggml_tensor* n = ggml_rms_norm(ctx, x, epsilon);
  ggml_tensor* g = weight == nullptr ? dy : ggml_mul(ctx, dy, weight);
  ggml_tensor* mean = ggml_scale(ctx, RowDots(graph, n, g), -inverse_width);
  ggml_tensor* rms =
      ggml_sqrt(ctx, ggml_scale_bias(ctx, RowDots(graph, x, x), inverse_width, epsilon));
  return Added(graph, ggml_div(ctx, ggml_add(ctx, ggml_mul(ctx, n, mean), g), rms), added);
}

GatedGelu MakeGatedGelu(Graph& graph, ggml_tensor* gate, ggml_tensor* up) {
  GatedGelu made{.gate = gate, .up = up};
  if (graph.numerics().own_operators) {
    made.value = GatedGeluRows(graph, gate, up);
    return made;
  }
  ggml_context* ctx = graph.ctx();
  ggml_tensor* shifted = ggml_scale_bias(ctx, gate, 1.0f, kTiny);
  made.square = ggml_mul(ctx, shifted, shifted);
  ggml_tensor* z = ggml_mul(
      ctx, shifted, ggml_scale_bias(ctx, made.square, kGeluLinear * kGeluCubic, kGeluLinear));
  made.sigma = Sigmoid(graph, z);
  made.gelu =
      graph.numerics().tabulated_gelu ? ggml_gelu(ctx, gate) : ggml_mul(ctx, shifted, made.sigma);
  made.value = ggml_mul(ctx, made.gelu, up);
  return made;
}

GatedGeluGradients GatedGeluDerivative(Graph& graph, const GatedGelu& forward, ggml_tensor* d) {
  ggml_context* ctx = graph.ctx();
  if (graph.numerics().own_operators) {
    ggml_tensor* both = GatedGeluDerivativeRows(graph, forward.gate, forward.up, d);
    auto half = [&](size_t offset) {
      return ggml_view_2d(ctx, both, both->ne[0], both->ne[1], both->nb[1], offset);
    };
    return {half(0), half(both->nb[2])};
  }
  return {ggml_mul(ctx, ggml_mul(ctx, d, forward.up), GeluSlope(graph, forward)),
          ggml_mul(ctx, d, forward.gelu)};
}

// The CPU's TANH runs on one thread, 80 times slower than SILU. 2 sigmoid(2 u) - 1 loses digits of
// small u, which BF16 products do not have anyway.
ggml_tensor* SoftCap(Graph& graph, ggml_tensor* x, float cap) {
  if (graph.numerics().own_operators) return SoftCapRows(graph, x, cap);
  const bool exact = graph.numerics().left == GGML_TYPE_F32;
  if (exact || !graph.device().is_cpu()) {
    ggml_tensor* tanh = ggml_tanh(graph.ctx(), ggml_scale(graph.ctx(), x, 1.0f / cap));
    return ggml_scale(graph.ctx(), tanh, cap);
  }
  ggml_tensor* twice = ggml_scale_bias(graph.ctx(), x, 2.0f / cap, kTiny);
  return ggml_scale_bias(graph.ctx(), Sigmoid(graph, twice), 2.0f * cap, -cap);
}

ggml_tensor* SoftCapDerivative(Graph& graph, ggml_tensor* capped, float cap, ggml_tensor* dy) {
  ggml_context* ctx = graph.ctx();
  ggml_tensor* slope =
      ggml_scale_bias(ctx, ggml_mul(ctx, capped, capped), -1.0f / (cap * cap), 1.0f);
  return ggml_mul(ctx, dy, slope);
}

// One MUL_MAT per row: [n, 1] by [n, 1].
ggml_tensor* RowDots(Graph& graph, ggml_tensor* a, ggml_tensor* b) {
  ggml_context* ctx = graph.ctx();
  const int64_t n = a->ne[0], rows = ggml_nrows(a);
  ggml_tensor* dots =
      ggml_mul_mat(ctx, ggml_reshape_3d(ctx, a, n, 1, rows), ggml_reshape_3d(ctx, b, n, 1, rows));
  return ggml_reshape_4d(ctx, dots, 1, a->ne[1], a->ne[2], a->ne[3]);
}

// A negative frequency scale turns every angle round.
ggml_tensor* Rotate(Graph& graph, ggml_tensor* x, const Rope& rope, bool inverse) {
  return ggml_rope_ext(graph.ctx(), x, rope.positions, rope.factors, rope.dimensions,
                       GGML_ROPE_TYPE_NEOX, 0, rope.base, inverse ? -rope.scale : rope.scale, 0.0f,
                       1.0f, 32.0f, 1.0f);
}

}  // namespace lorikeet::train
