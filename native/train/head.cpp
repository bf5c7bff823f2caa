#include "train/head.h"

#include <algorithm>
#include <cmath>

#include "train/operators.h"
#include "train/product.h"

namespace lorikeet::train {
namespace {

// Below this, F32 has no digits of a probability left and the loss is taken from the logits.
constexpr float kSmallestExactProbability = 1e-30f;
// Columns of the head transposed at a time where its transpose is not kept.
constexpr int64_t kTransposedColumns = 32768;

struct HeadForward {
  ggml_tensor* rows;    // answer rows of x [C, n]
  ggml_tensor* normed;  // [C, n]
  ggml_tensor* logits;  // [V, n], soft-capped
  ggml_tensor* places;  // of the trained tokens in `logits`, see TokenRows; null without
};

// `values` [tokens, n] in the places of the trained tokens' logits.
ggml_tensor* SetPlaces(Graph& graph, ggml_tensor* logits, ggml_tensor* values,
                       ggml_tensor* places) {
  ggml_context* ctx = graph.ctx();
  const int64_t V = logits->ne[0], n = logits->ne[1];
  ggml_tensor* set = ggml_set_rows(ctx, ggml_reshape_2d(ctx, logits, 1, V * n),
                                   ggml_reshape_2d(ctx, values, 1, ggml_nelements(values)), places);
  return ggml_reshape_2d(ctx, set, V, n);
}

ggml_tensor* PlacesInput(Graph& graph, const TokenRows& token_rows, int64_t V, int64_t n) {
  const auto* places = graph.Keep(token_rows.Places(V, n));
  return graph.Input(GGML_TYPE_I32, {static_cast<int64_t>(places->size())}, places->data());
}

HeadForward Forward(Graph& graph, const HeadInputs& in, ggml_tensor* row_ids) {
  const ModelShape& shape = in.model->shape;
  HeadForward forward = {};
  forward.rows = ggml_get_rows(graph.ctx(), in.x, row_ids);
  forward.normed = RmsNorm(graph, forward.rows, in.model->output_norm, shape.epsilon);
  forward.logits = Product(graph, in.model->head, forward.normed);
  if (in.token_rows != nullptr) {
    forward.places = PlacesInput(graph, *in.token_rows, shape.V, row_ids->ne[0]);
    ggml_tensor* own = Product(graph, in.token_rows->rows(), forward.normed);  // [tokens, n]
    forward.logits = SetPlaces(graph, forward.logits, own, forward.places);
  }
  if (shape.final_cap > 0) forward.logits = SoftCap(graph, forward.logits, shape.final_cap);
  return forward;
}

// W^T dlogits [C, n], by slices of V where W^T is made on the way.
ggml_tensor* BackThroughHead(Graph& graph, const HeadInputs& in, ggml_tensor* dlogits) {
  if (in.transposed != nullptr) return Product(graph, in.transposed, dlogits);
  ggml_context* ctx = graph.ctx();
  ggml_tensor* head = in.model->head;
  if (graph.numerics().own_operators) return Product(graph, Turned(graph, head), dlogits);
  ggml_tensor* sum = nullptr;
  for (int64_t first = 0; first < head->ne[1]; first += kTransposedColumns) {
    const int64_t columns = std::min(kTransposedColumns, head->ne[1] - first);
    ggml_tensor* slice =
        ggml_view_2d(ctx, head, head->ne[0], columns, head->nb[1], first * head->nb[1]);
    ggml_tensor* d =
        ggml_view_2d(ctx, dlogits, columns, dlogits->ne[1], dlogits->nb[1], first * sizeof(float));
    ggml_tensor* term = Product(graph, Turned(graph, slice), d);
    sum = sum == nullptr ? term : ggml_add(ctx, sum, term);
    graph.Add(sum);  // in this order, so that one slice lives at a time
  }
  return sum;
}

// d(-log p)/dlogits = p - onehot, and through the soft cap. `p` is overwritten.
ggml_tensor* LogitsGradient(Graph& graph, const HeadInputs& in, const HeadForward& forward,
                            ggml_tensor* p, ggml_tensor* p_answer, ggml_tensor* answer_ids) {
  ggml_context* ctx = graph.ctx();
  const int64_t V = p->ne[0], n = p->ne[1];
  ggml_tensor* at_answer = ggml_scale_bias(ctx, p_answer, 1.0f, -1.0f);  // [1, n]
  ggml_tensor* d = ggml_set_rows(ctx, ggml_reshape_2d(ctx, p, 1, V * n), at_answer, answer_ids);
  d = ggml_reshape_2d(ctx, d, V, n);
  const float cap = in.model->shape.final_cap;
  return cap > 0 ? SoftCapDerivative(graph, forward.logits, cap, d) : d;
}

// dL/dnormed [C, n] for `weight` times the loss. Trained tokens take their part of `dlogits`: it
// goes through their own rows, whose gradient is added to.
ggml_tensor* NormedGradient(Graph& graph, const HeadInputs& in, const HeadForward& forward,
                            ggml_tensor* dlogits, float weight) {
  ggml_context* ctx = graph.ctx();
  if (in.token_rows == nullptr) return ggml_scale(ctx, BackThroughHead(graph, in, dlogits), weight);
  const TokenRows& own = *in.token_rows;
  const auto tokens = static_cast<int64_t>(own.tokens().size());
  ggml_tensor* flat = ggml_reshape_2d(ctx, dlogits, 1, ggml_nelements(dlogits));
  ggml_tensor* d_own = ggml_get_rows(ctx, flat, forward.places);
  d_own = ggml_scale(ctx, ggml_reshape_2d(ctx, d_own, tokens, dlogits->ne[1]), weight);
  graph.Add(d_own);  // before its places are overwritten
  dlogits = SetPlaces(graph, dlogits, ggml_fill(ctx, d_own, 0.0f), forward.places);
  AddMatrixGradient(graph, own.gradient(), forward.normed, d_own);
  ggml_tensor* d_normed = ggml_scale(ctx, BackThroughHead(graph, in, dlogits), weight);
  return AddProduct(graph, d_normed, Turned(graph, own.rows()), d_own);
}

double LossFromLogits(const float* logits, int64_t V, int32_t token) {
  const double largest = *std::max_element(logits, logits + V);
  double sum = 0;
  for (int64_t i = 0; i < V; ++i) sum += std::exp(logits[i] - largest);
  return std::log(sum) + largest - logits[token];
}

double ChunkLoss(Workspace& workspace, const HeadInputs& in, std::span<const Answer> answers,
                 float weight) {
  Graph graph(workspace, 512);
  ggml_context* ctx = graph.ctx();
  const auto n = static_cast<int64_t>(answers.size());
  const int64_t V = in.model->shape.V;
  std::vector<int32_t> rows, flat;
  for (const Answer& answer : answers) {
    flat.push_back(static_cast<int32_t>(rows.size() * V + answer.token));
    rows.push_back(answer.row);
  }
  ggml_tensor* row_ids = graph.Input(GGML_TYPE_I32, {n}, rows.data());
  ggml_tensor* answer_ids = graph.Input(GGML_TYPE_I32, {n}, flat.data());

  HeadForward forward = Forward(graph, in, row_ids);
  ggml_tensor* p = ggml_soft_max(ctx, forward.logits);
  ggml_tensor* p_answer = ggml_get_rows(ctx, ggml_reshape_2d(ctx, p, 1, V * n), answer_ids);
  graph.Output(p_answer);
  if (in.dx != nullptr) {
    ggml_tensor* dlogits = LogitsGradient(graph, in, forward, p, p_answer, answer_ids);
    ggml_tensor* d_normed = NormedGradient(graph, in, forward, dlogits, weight);
    if (in.trained != nullptr) {
      AddMatrixGradient(graph, in.trained->gradient(in.model->head),
                        ggml_scale(ctx, forward.normed, weight), dlogits);
      AddNormGradient(graph, in.trained->gradient(in.model->output_norm), forward.rows,
                      in.model->shape.epsilon, d_normed);
    }
    ggml_tensor* d_rows = RmsNormDerivative(graph, forward.rows, in.model->output_norm,
                                            in.model->shape.epsilon, d_normed);
    graph.Add(ggml_set_rows(ctx, in.dx, d_rows, row_ids));
  }
  graph.Compute();

  const std::vector<float> probabilities = Download(p_answer);
  double loss = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (probabilities[i] >= kSmallestExactProbability) {
      loss -= std::log(static_cast<double>(probabilities[i]));
    } else {
      const std::vector<float> logits = HeadLogits(workspace, in, std::span(&rows[i], 1));
      loss += LossFromLogits(logits.data(), V, answers[i].token);
    }
  }
  return loss;
}

}  // namespace

double HeadLoss(Workspace& workspace, const HeadInputs& in, std::span<const Answer> answers,
                float weight) {
  double loss = 0;
  for (size_t first = 0; first < answers.size(); first += kRowsPerChunk) {
    const size_t count = std::min<size_t>(kRowsPerChunk, answers.size() - first);
    loss += ChunkLoss(workspace, in, answers.subspan(first, count), weight);
  }
  return loss;
}

std::vector<float> HeadLogits(Workspace& workspace, const HeadInputs& in,
                              std::span<const int32_t> rows) {
  Graph graph(workspace, 64);
  ggml_tensor* row_ids =
      graph.Input(GGML_TYPE_I32, {static_cast<int64_t>(rows.size())}, rows.data());
  ggml_tensor* logits = graph.Output(Forward(graph, in, row_ids).logits);
  graph.Compute();
  return Download(logits);
}

}  // namespace lorikeet::train
