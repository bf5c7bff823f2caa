#include "train/token_rows.h"

#include "train/error.h"

namespace lorikeet::train {
namespace {

std::vector<float> DecodeRow(const ggml_tensor* matrix, int32_t row) {
  std::vector<char> bytes(matrix->nb[1]);
  ggml_backend_tensor_get(matrix, bytes.data(), row * matrix->nb[1], bytes.size());
  std::vector<float> values(matrix->ne[0]);
  if (matrix->type == GGML_TYPE_F32) {
    std::copy_n(reinterpret_cast<const float*>(bytes.data()), values.size(), values.begin());
  } else {
    ggml_get_type_traits(matrix->type)->to_float(bytes.data(), values.data(), matrix->ne[0]);
  }
  return values;
}

void CheckModel(const BaseModel& model) {
  const char* reason = model.head != model.embedding ? "a head of its own"
                       : model.shape.P > 0           ? "per-layer embeddings"
                                                     : nullptr;
  if (reason == nullptr) return;
  throw Error(ErrorCode::kModelUnsupported, std::string("Rows of tokens cannot be trained in a "
                                                        "model with ") +
                                                reason + ". Train without them.");
}

}  // namespace

TokenRows::TokenRows(const Device& device, const BaseModel& model,
                     const std::vector<int32_t>& tokens)
    : tokens_(tokens), context_(NewContext(2)) {
  CheckModel(model);
  for (int32_t token : tokens) {
    const bool inside = token >= 0 && token < model.shape.V;
    if (!inside || !index_.emplace(token, static_cast<int32_t>(index_.size())).second) {
      throw Error(ErrorCode::kBadOption, "Expected the trained tokens to be different ids below " +
                                             std::to_string(model.shape.V) + ", got " +
                                             std::to_string(token) + ".");
    }
    const std::vector<float> row = DecodeRow(model.embedding, token);
    base_.insert(base_.end(), row.begin(), row.end());
  }
  rows_ = ggml_new_tensor_2d(context_.get(), GGML_TYPE_F32, model.shape.C,
                             static_cast<int64_t>(tokens.size()));
  gradient_ = ggml_dup_tensor(context_.get(), rows_);
  buffer_ = device.Allocate(context_.get());
  ggml_backend_tensor_set(rows_, base_.data(), 0, ggml_nbytes(rows_));
  ClearGradient();
}

std::vector<float> TokenRows::Change() const {
  std::vector<float> change = Download(rows_);
  for (size_t i = 0; i < change.size(); ++i) change[i] -= base_[i];
  return change;
}

void TokenRows::SetChange(const std::vector<float>& change) {
  std::vector<float> rows = base_;
  for (size_t i = 0; i < rows.size(); ++i) rows[i] += change[i];
  ggml_backend_tensor_set(rows_, rows.data(), 0, ggml_nbytes(rows_));
}

void TokenRows::ClearGradient() const {
  ggml_backend_tensor_memset(gradient_, 0, 0, ggml_nbytes(gradient_));
}

ggml_tensor* TokenRows::Replace(Graph& graph, ggml_tensor* embedded,
                                const std::vector<int32_t>& tokens) const {
  std::vector<int32_t> places, indices;
  for (size_t t = 0; t < tokens.size(); ++t) {
    const auto found = index_.find(tokens[t]);
    if (found == index_.end()) continue;
    places.push_back(static_cast<int32_t>(t));
    indices.push_back(found->second);
  }
  if (places.empty()) return embedded;
  auto input = [&](std::vector<int32_t> ids) {
    const auto* kept = graph.Keep(std::move(ids));
    return graph.Input(GGML_TYPE_I32, {static_cast<int64_t>(kept->size())}, kept->data());
  };
  ggml_context* ctx = graph.ctx();
  ggml_tensor* own = ggml_get_rows(ctx, rows_, input(std::move(indices)));
  return ggml_set_rows(ctx, embedded, own, input(std::move(places)));
}

void TokenRows::AddEmbeddingGradient(const std::vector<int32_t>& tokens, const ggml_tensor* dx,
                                     float scale) const {
  const int64_t C = rows_->ne[0];
  std::vector<float> sum = Download(gradient_);
  const std::vector<float> rows = Download(dx);
  for (size_t t = 0; t < tokens.size(); ++t) {
    const auto found = index_.find(tokens[t]);
    if (found == index_.end()) continue;
    for (int64_t i = 0; i < C; ++i) sum[found->second * C + i] += scale * rows[t * C + i];
  }
  ggml_backend_tensor_set(gradient_, sum.data(), 0, ggml_nbytes(gradient_));
}

std::vector<int32_t> TokenRows::Places(int64_t V, int64_t n) const {
  std::vector<int32_t> places;
  for (int64_t row = 0; row < n; ++row) {
    for (int32_t token : tokens_) places.push_back(static_cast<int32_t>(row * V + token));
  }
  return places;
}

}  // namespace lorikeet::train
