#include "train/trained_weights.h"

#include <cstring>

#include "train/error.h"
#include "train/product.h"
#include "train/row_operators.h"

namespace lorikeet::train {

TrainedWeights::TrainedWeights(const Device& device, const BaseModel& model) {
  if (model.shape.P > 0) {
    throw Error(ErrorCode::kModelUnsupported,
                "Models with per-layer embeddings train by adapter only.");
  }
  context_ = NewContext(16 + 20 * model.layers.size());
  for (ggml_tensor* weight = ggml_get_first_tensor(model.tensors()); weight != nullptr;
       weight = ggml_get_next_tensor(model.tensors(), weight)) {
    if (std::strcmp(weight->name, "rope_freqs.weight") == 0) continue;
    ggml_tensor* gradient = ggml_dup_tensor(context_.get(), weight);
    parameters_.push_back(weight);
    gradients_.push_back(gradient);
    gradient_of_[weight] = gradient;
  }
  buffer_ = device.Allocate(context_.get());
  ClearGradients();
}

ggml_tensor* TrainedWeights::gradient(const ggml_tensor* weight) const {
  auto found = gradient_of_.find(weight);
  return found == gradient_of_.end() ? nullptr : found->second;
}

void TrainedWeights::AddEmbeddingGradient(const ggml_tensor* embedding,
                                          const std::vector<int32_t>& tokens, const ggml_tensor* dx,
                                          float scale) const {
  ggml_tensor* sum = gradient(embedding);
  const int64_t C = sum->ne[0];
  const std::vector<float> rows = Download(dx);
  std::vector<float> row(C);
  for (size_t t = 0; t < tokens.size(); ++t) {
    const size_t offset = tokens[t] * sum->nb[1];
    ggml_backend_tensor_get(sum, row.data(), offset, sum->nb[1]);
    for (int64_t i = 0; i < C; ++i) row[i] += scale * rows[t * C + i];
    ggml_backend_tensor_set(sum, row.data(), offset, sum->nb[1]);
  }
}

void AddMatrixGradient(Graph& graph, ggml_tensor* sum, ggml_tensor* x, ggml_tensor* dy) {
  AddProduct(graph, sum, Turned(graph, x), Turned(graph, dy));
}

void AddNormGradient(Graph& graph, ggml_tensor* sum, ggml_tensor* x, float epsilon,
                     ggml_tensor* dy) {
  if (graph.numerics().own_operators) {
    AddNormGradientRows(graph, sum, x, dy, epsilon);
    return;
  }
  ggml_context* ctx = graph.ctx();
  const int64_t rows = ggml_nrows(x);
  ggml_tensor* terms = ggml_mul(ctx, ggml_rms_norm(ctx, x, epsilon), dy);
  ggml_tensor* by_column = Turned(graph, ggml_reshape_2d(ctx, terms, x->ne[0], rows));
  ggml_tensor* ones = ggml_fill(ctx, ggml_new_tensor_2d(ctx, GGML_TYPE_F32, rows, 1), 1.0f);
  AddProduct(graph, sum, by_column, ones);
}

}  // namespace lorikeet::train
