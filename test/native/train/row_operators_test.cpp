// The CPU's operators of our own against the same formulas in ggml's operators.
#include "train/row_operators.h"

#include <cmath>
#include <functional>

#include "test.h"
#include "train/attention.h"
#include "train/bf16_panels.h"
#include "train/random.h"
#include "train/tiny_model.h"
#include "train/trained_weights.h"

namespace lorikeet::train {
namespace {

using testing::kExact;
using testing::TestDevice;

constexpr Numerics kOwn{.own_operators = true};
// Not a multiple of the 16 lanes.
constexpr int64_t kWidth = 43;
constexpr int64_t kRows = 7;

struct Inputs {
  ContextPtr context = NewContext(8);
  BufferPtr buffer;
  ggml_tensor *x, *y, *d, *weight, *sum;

  Inputs() {
    ggml_context* ctx = context.get();
    x = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, kWidth, kRows);
    y = ggml_dup_tensor(ctx, x);
    d = ggml_dup_tensor(ctx, x);
    weight = ggml_new_tensor_1d(ctx, GGML_TYPE_F32, kWidth);
    sum = ggml_dup_tensor(ctx, weight);
    buffer = TestDevice().Allocate(ctx);
    uint64_t seed = 1;
    for (ggml_tensor* tensor : {x, y, d, weight, sum}) {
      std::vector<float> values(ggml_nelements(tensor));
      for (size_t i = 0; i < values.size(); ++i) values[i] = 4 * Uniform(Hash(seed, i));
      ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
      ++seed;
    }
  }
};

using Build = std::function<std::vector<ggml_tensor*>(Graph&, const Inputs&)>;

// What `build` names as its results, one after the other.
std::vector<float> Results(const Numerics& numerics, const Build& build) {
  const Inputs inputs;
  Workspace workspace(TestDevice(), numerics);
  Graph graph(workspace, 128);
  std::vector<ggml_tensor*> results = build(graph, inputs);
  for (ggml_tensor*& result : results) {
    result = graph.Output(ggml_cont(graph.ctx(), result));
  }
  graph.Compute();
  std::vector<float> all;
  for (const ggml_tensor* result : results) {
    const std::vector<float> values = Download(result);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

void ExpectAlike(const Build& build) {
  if (!TestDevice().has_bf16_products() || !HasBf16Panels()) return;
  const std::vector<float> expected = Results(kExact, build), actual = Results(kOwn, build);
  ASSERT(expected.size() == actual.size());
  double largest = 0, difference = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(expected[i])));
    difference = std::max(difference, std::fabs(static_cast<double>(expected[i]) - actual[i]));
  }
  EXPECT(largest > 0);
  EXPECT(difference <= 1e-5 * largest);
}

TEST("norms and their derivatives, with and without weight and addend") {
  ExpectAlike([](Graph& graph, const Inputs& in) -> std::vector<ggml_tensor*> {
    return {RmsNorm(graph, in.x, in.weight, 1e-6f), RmsNorm(graph, in.x, nullptr, 1e-6f, in.y),
            RmsNormDerivative(graph, in.x, in.weight, 1e-6f, in.d, in.y),
            RmsNormDerivative(graph, in.x, nullptr, 1e-6f, in.d)};
  });
}

TEST("gradients of norms' weights") {
  ExpectAlike([](Graph& graph, const Inputs& in) -> std::vector<ggml_tensor*> {
    AddNormGradient(graph, in.sum, in.x, 1e-6f, in.d);
    return {in.sum};
  });
}

TEST("gated GELU and its derivative") {
  ExpectAlike([](Graph& graph, const Inputs& in) -> std::vector<ggml_tensor*> {
    const GatedGelu gelu = MakeGatedGelu(graph, in.x, in.y);
    const GatedGeluGradients gradients = GatedGeluDerivative(graph, gelu, in.d);
    return {gelu.value, gradients.gate, gradients.up};
  });
}

TEST("soft caps") {
  ExpectAlike([](Graph& graph, const Inputs& in) -> std::vector<ggml_tensor*> {
    return {SoftCap(graph, in.x, 3.0f)};
  });
}

// Packed samples, with and without a window and a cap, in products of F32 and of BF16.
TEST("attention over packed samples and its derivatives") {
  if (!TestDevice().has_bf16_products() || !HasBf16Panels()) return;
  constexpr int64_t D = 16, H = 4, K = 2, T = 160;
  std::vector<int32_t> samples(T);
  for (int64_t t = 0; t < T; ++t) samples[t] = t < 50 ? 0 : t < 130 ? 1 : 2;
  for (int64_t window : {0, 20}) {
    for (float cap : {0.0f, 5.0f}) {
      std::vector<float> results[2];
      const Numerics numerics[] = {kExact, kOwn};
      for (int i = 0; i < 2; ++i) {
        Workspace workspace(TestDevice(), numerics[i]);
        const AttentionPlan plan(workspace, samples, window);
        const ContextPtr context = NewContext(8);
        ggml_tensor* tensors[8];
        for (int j = 0; j < 8; ++j) {
          const bool is_key = j == 1 || j == 2 || j == 6 || j == 7;  // k, v, dk, dv
          tensors[j] = ggml_new_tensor_3d(context.get(), GGML_TYPE_F32, D, is_key ? K : H, T);
        }
        const BufferPtr buffer = TestDevice().Allocate(context.get());
        for (int j = 0; j < 8; ++j) {
          std::vector<float> values(ggml_nelements(tensors[j]), 0.0f);
          for (size_t v = 0; j < 4 && v < values.size(); ++v) values[v] = Uniform(Hash(j, v));
          ggml_backend_tensor_set(tensors[j], values.data(), 0, ggml_nbytes(tensors[j]));
        }
        auto& [q, k, v, d_attended, attended, dq, dk, dv] = tensors;
        Graph graph(workspace, 512);
        AttentionForward(graph, plan, {0.25f, cap}, q, k, v, attended);
        AttentionBackward(graph, plan, {0.25f, cap}, q, k, v, attended, d_attended, dq, dk, dv);
        graph.Compute();
        for (ggml_tensor* result : {attended, dq, dk, dv}) {
          const std::vector<float> values = Download(result);
          results[i].insert(results[i].end(), values.begin(), values.end());
        }
      }
      double dot = 0, aa = 0, bb = 0;
      for (size_t i = 0; i < results[0].size(); ++i) {
        dot += static_cast<double>(results[0][i]) * results[1][i];
        aa += static_cast<double>(results[0][i]) * results[0][i];
        bb += static_cast<double>(results[1][i]) * results[1][i];
      }
      // BF16 has three digits.
      EXPECT(dot / std::sqrt(aa * bb) > 0.99995);
    }
  }
}

}  // namespace
}  // namespace lorikeet::train
