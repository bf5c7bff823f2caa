#include "train/transposed_weights.h"

#include <algorithm>

#include "train/product.h"

namespace lorikeet::train {
namespace {

// Rows of a matrix transposed at a time; a multiple of every quantised type's block.
constexpr int64_t kRowsAtOnce = 8192;

ggml_tensor* AsF32(Graph& graph, ggml_tensor* weight) {
  if (weight->type == GGML_TYPE_F32) return weight;
  return ggml_cast(graph.ctx(), weight, GGML_TYPE_F32);
}

// target[first ... first + rows, :] of W^T, from rows `first` on of W. Packed on the host: backends
// do not quantise into part of a row.
void TransposeRows(Workspace& workspace, ggml_tensor* weight, ggml_tensor* target, int64_t first,
                   int64_t rows) {
  Graph graph(workspace, 16);
  ggml_tensor* part =
      ggml_view_2d(graph.ctx(), weight, weight->ne[0], rows, weight->nb[1], first * weight->nb[1]);
  ggml_tensor* result =
      graph.Output(TurnedCopy(graph, AsF32(graph, part), GGML_TYPE_F32));  // [rows, in]
  graph.Compute();

  const std::vector<float> values = Download(result);
  const size_t row_bytes = ggml_row_size(target->type, rows);
  std::vector<char> packed(row_bytes * target->ne[1]);
  ggml_quantize_chunk(target->type, values.data(), packed.data(), 0, target->ne[1], rows, nullptr);
  for (int64_t i = 0; i < target->ne[1]; ++i) {
    ggml_backend_tensor_set(target, packed.data() + i * row_bytes,
                            i * target->nb[1] + ggml_row_size(target->type, first), row_bytes);
  }
}

ggml_type KeptType(const Numerics& numerics, const ggml_tensor* weight) {
  bool fits = weight->ne[1] % ggml_blck_size(numerics.transposed_weights) == 0;
  return fits ? numerics.transposed_weights : GGML_TYPE_F32;
}

}  // namespace

TransposedWeights::TransposedWeights(Workspace& workspace, const BaseModel& model) {
  std::vector<ggml_tensor*> weights;
  for (const LayerWeights& layer : model.layers) {
    for (ggml_tensor* weight : layer.matrix) {
      if (weight != nullptr) weights.push_back(weight);
    }
  }
  weights.push_back(model.head);
  context_ = NewContext(weights.size());
  for (ggml_tensor* weight : weights) {
    transposed_[weight] = ggml_new_tensor_2d(context_.get(), KeptType(workspace.numerics(), weight),
                                             weight->ne[1], weight->ne[0]);
  }
  buffer_ = workspace.device().Allocate(context_.get());
  ggml_backend_buffer_set_usage(buffer_.get(), GGML_BACKEND_BUFFER_USAGE_WEIGHTS);
  for (ggml_tensor* weight : weights) {
    for (int64_t first = 0; first < weight->ne[1]; first += kRowsAtOnce) {
      TransposeRows(workspace, weight, transposed_[weight], first,
                    std::min(kRowsAtOnce, weight->ne[1] - first));
    }
  }
}

ggml_tensor* TransposedWeights::of(const ggml_tensor* weight) const {
  auto found = transposed_.find(weight);
  return found == transposed_.end() ? nullptr : found->second;
}

size_t TransposedWeights::bytes() const { return ggml_backend_buffer_get_size(buffer_.get()); }

}  // namespace lorikeet::train
