// The second, internal way to train: all of the model's weights move instead of an adapter.
//
// For small models made from scratch: gradients as large as the weights are kept in F32.
#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "train/base_model.h"
#include "train/graph.h"

namespace lorikeet::train {

class TrainedWeights {
 public:
  // REQUIRES: the model's weights are F32 and may be written.
  // Throws Error: kModelUnsupported (per-layer embeddings), kOutOfMemory.
  TrainedWeights(const Device& device, const BaseModel& model);

  // The sum of a weight's gradients; null for what is never trained.
  ggml_tensor* gradient(const ggml_tensor* weight) const;

  std::span<ggml_tensor* const> parameters() const { return parameters_; }
  std::span<ggml_tensor* const> gradients() const { return gradients_; }
  size_t bytes() const { return ggml_backend_buffer_get_size(buffer_.get()); }

  void ClearGradients() const { ggml_backend_buffer_clear(buffer_.get(), 0); }

  // Adds the gradient of x = scale E[token] to the embedding's; dx [C, tokens.size()]. On the host:
  // no forward operator adds to rows by index.
  void AddEmbeddingGradient(const ggml_tensor* embedding, const std::vector<int32_t>& tokens,
                            const ggml_tensor* dx, float scale) const;

 private:
  ContextPtr context_;
  BufferPtr buffer_;
  std::vector<ggml_tensor*> parameters_;
  std::vector<ggml_tensor*> gradients_;
  std::unordered_map<const ggml_tensor*, ggml_tensor*> gradient_of_;
};

// Adds dW [in, out] = dy x^T, from x [in, T] and dy [out, T].
void AddMatrixGradient(Graph& graph, ggml_tensor* sum, ggml_tensor* x, ggml_tensor* dy);

// dw [C] = sum over rows of dy * x / rms(x), from x and dy [C, ...].
void AddNormGradient(Graph& graph, ggml_tensor* sum, ggml_tensor* x, float epsilon,
                     ggml_tensor* dy);

}  // namespace lorikeet::train
