// Rows of the embedding that are trained themselves: those of given tokens, such as a dialect's
// markers. The head is the embedding, so that a row moves as what is read and as what is written.
//
//   R [C, n]  in F32, starts as the base's rows; the base's own matrix stays as it is
#pragma once

#include <unordered_map>
#include <vector>

#include "train/base_model.h"
#include "train/graph.h"

namespace lorikeet::train {

class TokenRows {
 public:
  // Throws Error: kBadOption (a token twice or outside the vocabulary), kModelUnsupported (a head
  // of its own, or per-layer embeddings), kOutOfMemory.
  TokenRows(const Device& device, const BaseModel& model, const std::vector<int32_t>& tokens);

  const std::vector<int32_t>& tokens() const { return tokens_; }
  ggml_tensor* rows() const { return rows_; }          // R
  ggml_tensor* gradient() const { return gradient_; }  // [C, n]

  // What was learnt: R less the base's rows.
  std::vector<float> Change() const;
  void SetChange(const std::vector<float>& change);
  void ClearGradient() const;

  // Puts R into the rows of `embedded` [C, T] whose tokens are trained; returns the result.
  // `tokens` lives until the graph was computed.
  ggml_tensor* Replace(Graph& graph, ggml_tensor* embedded,
                       const std::vector<int32_t>& tokens) const;
  // Adds the gradient of x = scale * R to that of R, from dL/dx [C, T].
  void AddEmbeddingGradient(const std::vector<int32_t>& tokens, const ggml_tensor* dx,
                            float scale) const;

  // Places of the trained tokens in logits [V, n] as one list: n times all tokens.
  std::vector<int32_t> Places(int64_t V, int64_t n) const;

 private:
  std::vector<int32_t> tokens_;
  std::unordered_map<int32_t, int32_t> index_;
  std::vector<float> base_;
  ContextPtr context_;
  BufferPtr buffer_;
  ggml_tensor* rows_ = nullptr;
  ggml_tensor* gradient_ = nullptr;
};

}  // namespace lorikeet::train
