#include "train/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lorikeet::train {
namespace {

// Larger blocks waste products above the diagonal, smaller ones pay more per operator.
constexpr int64_t kQueriesPerBlock = 128;

int64_t FirstKey(const std::vector<int32_t>& samples, int64_t window, int64_t query) {
  int64_t key = query;
  while (key > 0 && samples[key - 1] == samples[query] &&
         (window == 0 || query - (key - 1) < window)) {
    --key;
  }
  return key;
}

// Rows of x [D, heads, T] as [D, rows, G, K] with K * G = heads, without a copy.
ggml_tensor* Rows(Graph& graph, ggml_tensor* x, int64_t first, int64_t end, int64_t K) {
  const int64_t G = x->ne[1] / K;
  ggml_tensor* rows = ggml_view_4d(graph.ctx(), x, x->ne[0], G, K, end - first, x->nb[1],
                                   G * x->nb[1], x->nb[2], first * x->nb[2]);
  return ggml_permute(graph.ctx(), rows, 0, 2, 3, 1);
}

ggml_tensor* Queries(Graph& graph, ggml_tensor* x, const QueryBlock& block, int64_t K) {
  return Rows(graph, x, block.first, block.end, K);  // [D, queries, G, K]
}
ggml_tensor* Keys(Graph& graph, ggml_tensor* x, const QueryBlock& block) {
  return Rows(graph, x, block.first_key, block.end, x->ne[1]);  // [D, keys, 1, K]
}

struct Scores {
  ggml_tensor* capped;         // null without a soft cap
  ggml_tensor* probabilities;  // [keys, queries, G, K]
};

// softmax(cap(scale k q) + mask) of one block.
Scores Attend(Graph& graph, const QueryBlock& block, const AttentionOptions& options,
              ggml_tensor* keys, ggml_tensor* queries) {
  ggml_tensor* scores = Product(graph, keys, queries, options.scale);
  ggml_tensor* capped = options.cap > 0 ? SoftCap(graph, scores, options.cap) : nullptr;
  if (capped != nullptr) scores = capped;
  return {capped, graph.numerics().own_operators
                      ? SoftmaxRows(graph, scores, block.visible)
                      : ggml_soft_max_ext(graph.ctx(), scores, block.mask, 1.0f, 0.0f)};
}

// dS = P * (dP - sum over keys of P dP), and that sum is dO . O: one of `dots` [1, H, T] each.
ggml_tensor* ScoresDerivative(Graph& graph, const QueryBlock& block,
                              const AttentionOptions& options, const Scores& scores,
                              ggml_tensor* dp, ggml_tensor* dots) {
  if (graph.numerics().own_operators) {
    return SoftmaxDerivativeRows(graph, scores.probabilities, dp, scores.capped, options.cap,
                                 block.visible);
  }
  ggml_context* ctx = graph.ctx();
  ggml_tensor* rest = ggml_sub(ctx, dp, Queries(graph, dots, block, dp->ne[3]));
  ggml_tensor* ds = ggml_mul(ctx, rest, scores.probabilities);
  if (scores.capped == nullptr) return ds;
  return SoftCapDerivative(graph, scores.capped, options.cap, ds);
}

}  // namespace

AttentionPlan::AttentionPlan(const Workspace& workspace, const std::vector<int32_t>& samples,
                             int64_t window) {
  const auto T = static_cast<int64_t>(samples.size());
  for (int64_t first = 0; first < T; first += kQueriesPerBlock) {
    QueryBlock block;
    block.first = first;
    block.end = std::min(T, first + kQueriesPerBlock);
    block.first_key = FirstKey(samples, window, first) / kTokenAlignment * kTokenAlignment;
    for (int64_t query = block.first; query < block.end; ++query) {
      const int64_t key = FirstKey(samples, window, query);
      block.visible.push_back({key - block.first_key, query + 1 - block.first_key});
    }
    blocks_.push_back(block);
  }
  if (!workspace.numerics().own_operators) MakeMasks(workspace.device());
}

void AttentionPlan::MakeMasks(const Device& device) {
  context_ = NewContext(blocks_.size());
  for (QueryBlock& block : blocks_) {
    block.mask = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F16, block.end - block.first_key,
                                    block.end - block.first);
  }
  buffer_ = device.Allocate(context_.get());
  const ggml_fp16_t visible = ggml_fp32_to_fp16(0.0f);
  const ggml_fp16_t hidden = ggml_fp32_to_fp16(-std::numeric_limits<float>::infinity());
  for (const QueryBlock& block : blocks_) {
    std::vector<ggml_fp16_t> mask(ggml_nelements(block.mask), hidden);
    auto row = mask.begin();
    for (const VisibleKeys& keys : block.visible) {
      std::fill(row + keys.begin, row + keys.end, visible);
      row += block.mask->ne[0];
    }
    ggml_backend_tensor_set(block.mask, mask.data(), 0, ggml_nbytes(block.mask));
  }
}

void AttentionForward(Graph& graph, const AttentionPlan& plan, const AttentionOptions& options,
                      ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* attended) {
  const int64_t K = k->ne[1];
  for (const QueryBlock& block : plan.blocks()) {
    ggml_tensor* p =
        Attend(graph, block, options, Keys(graph, k, block), Queries(graph, q, block, K))
            .probabilities;
    WriteProduct(graph, Turned(graph, Keys(graph, v, block)), p, 1.0f,
                 Queries(graph, attended, block, K));
  }
}

// With P = softmax(S), S = cap(scale k q), O = P v:
//   dP = v dO,  dq = scale dS k,  dk = scale dS^T q,  dv = P^T dO.
void AttentionBackward(Graph& graph, const AttentionPlan& plan, const AttentionOptions& options,
                       ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* attended,
                       ggml_tensor* d_attended, ggml_tensor* dq, ggml_tensor* dk, ggml_tensor* dv) {
  const int64_t K = k->ne[1];
  ggml_tensor* dots =
      graph.numerics().own_operators ? nullptr : RowDots(graph, d_attended, attended);
  for (const QueryBlock& block : plan.blocks()) {
    ggml_tensor* keys = Keys(graph, k, block);           // [D, keys, 1, K]
    ggml_tensor* queries = Queries(graph, q, block, K);  // [D, queries, G, K]
    ggml_tensor* d_out = Queries(graph, d_attended, block, K);
    Scores scores = Attend(graph, block, options, keys, queries);
    ggml_tensor* p = scores.probabilities;

    ggml_tensor* dp = Product(graph, Keys(graph, v, block), d_out);
    ggml_tensor* ds = ScoresDerivative(graph, block, options, scores, dp, dots);

    WriteProduct(graph, Turned(graph, keys), ds, options.scale, Queries(graph, dq, block, K));
    AddProduct(graph, Keys(graph, dk, block), Turned(graph, queries), Turned(graph, ds),
               options.scale);
    AddProduct(graph, Keys(graph, dv, block), Turned(graph, d_out), Turned(graph, p));
  }
}

}  // namespace lorikeet::train
