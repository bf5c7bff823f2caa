#include "train/adapter.h"

#include <algorithm>
#include <cmath>

#include "train/error.h"
#include "train/random.h"

namespace lorikeet::train {
namespace {

constexpr int kMaxRank = 512;

void CheckOptions(const AdapterOptions& options) {
  if (options.rank < 1 || options.rank > kMaxRank) {
    throw Error(ErrorCode::kBadOption, "Expected rank to be from 1 to " + std::to_string(kMaxRank) +
                                           ", got " + std::to_string(options.rank) + ".");
  }
  if (!std::isfinite(options.alpha) || options.alpha <= 0) {
    throw Error(ErrorCode::kBadOption, "Expected alpha to be a number above 0.");
  }
}

bool IsChosen(const AdapterOptions& options, Target target) {
  return options.targets.empty() ||
         std::find(options.targets.begin(), options.targets.end(), target) != options.targets.end();
}

}  // namespace

Adapter::Adapter(const Device& device, const BaseModel& model, const AdapterOptions& options,
                 uint64_t seed)
    : options_(options) {
  CheckOptions(options);
  const float r = static_cast<float>(options.rank);
  strength_ = options.alpha / (options.rank_stabilised ? std::sqrt(r) : r);

  const size_t matrices = model.layers.size() * kTargets;
  context_ = NewContext(2 * matrices);
  gradient_context_ = NewContext(2 * matrices);
  index_.assign(matrices, -1);
  for (size_t layer = 0; layer < model.layers.size(); ++layer) {
    for (int t = 0; t < kTargets; ++t) {
      const ggml_tensor* weight = model.layers[layer].matrix[t];
      if (weight == nullptr || !IsChosen(options, static_cast<Target>(t))) continue;
      AdapterPair pair;
      pair.weight_name = weight->name;
      pair.strength = strength_;
      pair.a = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, weight->ne[0], options.rank);
      pair.b = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, options.rank, weight->ne[1]);
      pair.grad_a = ggml_dup_tensor(gradient_context_.get(), pair.a);
      pair.grad_b = ggml_dup_tensor(gradient_context_.get(), pair.b);
      index_[layer * kTargets + t] = static_cast<int>(pairs_.size());
      pairs_.push_back(pair);
    }
  }
  if (pairs_.empty()) {
    throw Error(ErrorCode::kBadOption, "Expected at least one target module that the model has.");
  }
  buffer_ = device.Allocate(context_.get());
  gradient_buffer_ = device.Allocate(gradient_context_.get());
  ClearGradients();

  uint64_t pair_index = 0;
  for (const AdapterPair& pair : pairs_) {
    parameters_.insert(parameters_.end(), {pair.a, pair.b});
    gradients_.insert(gradients_.end(), {pair.grad_a, pair.grad_b});
    const uint64_t pair_seed = Hash(seed, pair_index++);
    const float width = 1.0f / std::sqrt(static_cast<float>(pair.a->ne[0]));
    std::vector<float> a(ggml_nelements(pair.a));
    for (size_t i = 0; i < a.size(); ++i) a[i] = width * Uniform(Hash(pair_seed, i));
    ggml_backend_tensor_set(pair.a, a.data(), 0, ggml_nbytes(pair.a));
    ggml_backend_tensor_memset(pair.b, 0, 0, ggml_nbytes(pair.b));
  }
  if (options.tokens.empty()) return;
  token_rows_ = std::make_unique<TokenRows>(device, model, options.tokens);
  parameters_.push_back(token_rows_->rows());
  gradients_.push_back(token_rows_->gradient());
}

const AdapterPair* Adapter::of(int layer, Target target) const {
  int index = index_[layer * kTargets + static_cast<int>(target)];
  return index < 0 ? nullptr : &pairs_[index];
}

void Adapter::ClearGradients() {
  ggml_backend_buffer_clear(gradient_buffer_.get(), 0);
  if (token_rows_) token_rows_->ClearGradient();
}

}  // namespace lorikeet::train
