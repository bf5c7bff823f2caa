// The trained parameters: A and B of every chosen matrix, and rows of tokens where they are asked
// for, with the sums of their gradients.
//
//   A [in, r]  starts uniform in +-1 / sqrt(in)  (Kaiming with a = sqrt 5, as PEFT)
//   B [r, out] starts at zero, so that an untrained adapter changes nothing
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/base_model.h"
#include "train/token_rows.h"

namespace lorikeet::train {

struct AdapterOptions {
  int rank = 16;
  float alpha = 16.0f;
  // Strength alpha / sqrt(r) instead of alpha / r.
  bool rank_stabilised = false;
  // Empty: every matrix of a layer.
  std::vector<Target> targets;
  // Tokens whose rows of the embedding are trained too; see TokenRows.
  std::vector<int32_t> tokens;
};

struct AdapterPair {
  std::string weight_name;  // such as "blk.0.attn_q.weight"
  ggml_tensor* a = nullptr;
  ggml_tensor* b = nullptr;
  ggml_tensor* grad_a = nullptr;
  ggml_tensor* grad_b = nullptr;
  float strength = 1.0f;
};

class Adapter {
 public:
  // Throws Error: kBadOption, kModelUnsupported, kOutOfMemory.
  Adapter(const Device& device, const BaseModel& model, const AdapterOptions& options,
          uint64_t seed);

  const AdapterOptions& options() const { return options_; }
  float strength() const { return strength_; }
  const std::vector<AdapterPair>& pairs() const { return pairs_; }
  // Null where the matrix has no adapter.
  const AdapterPair* of(int layer, Target target) const;

  // Null where no rows of tokens are trained.
  TokenRows* token_rows() const { return token_rows_.get(); }

  // All parameters, in the order A, B of each pair; the rows of tokens come last.
  std::span<ggml_tensor* const> parameters() const { return parameters_; }
  // Of the same order and shapes.
  std::span<ggml_tensor* const> gradients() const { return gradients_; }

  void ClearGradients();

 private:
  AdapterOptions options_;
  float strength_ = 1.0f;
  ContextPtr context_;
  ContextPtr gradient_context_;
  BufferPtr buffer_;
  BufferPtr gradient_buffer_;
  std::vector<AdapterPair> pairs_;
  std::unique_ptr<TokenRows> token_rows_;
  std::vector<int> index_;  // [layers * kTargets], -1: none
  std::vector<ggml_tensor*> parameters_;
  std::vector<ggml_tensor*> gradients_;
};

}  // namespace lorikeet::train
