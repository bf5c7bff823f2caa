// Causal attention over packed samples, in blocks of queries.
//
// A block of queries sees one range of keys: from the first key that any of them sees to its own
// end. So memory grows with T, not T^2, and what lies above the diagonal, before the window or in
// another sample is not computed at all. Probabilities are not kept: the backward pass makes each
// block's anew.
//
//   q, attended [D, H, T]   k, v [D, K, T]   probabilities of one block [keys, queries, G, K]
#pragma once

#include <vector>

#include "train/operators.h"
#include "train/product.h"
#include "train/row_operators.h"
#include "train/shape.h"

namespace lorikeet::train {

// Query blocks start and end at multiples of this, and so do key ranges.
inline constexpr int64_t kTokenAlignment = 32;

// One block of queries: rows [first, end) see keys [first_key, end), each of them those that
// `visible` says, counted from first_key.
struct QueryBlock {
  int64_t first = 0;
  int64_t end = 0;
  int64_t first_key = 0;
  std::vector<VisibleKeys> visible;
  // The same for ggml's softmax: F16 [end - first_key, end - first], 0 or -infinity.
  ggml_tensor* mask = nullptr;
};

// The blocks of one row of T tokens for one window (0: none).
class AttentionPlan {
 public:
  // `samples[t]` numbers the sample that token t belongs to; a sample's tokens are adjacent.
  // REQUIRES: samples.size() is a multiple of kTokenAlignment.
  AttentionPlan(const Workspace& workspace, const std::vector<int32_t>& samples, int64_t window);

  const std::vector<QueryBlock>& blocks() const { return blocks_; }
  size_t bytes() const { return buffer_ ? ggml_backend_buffer_get_size(buffer_.get()) : 0; }

 private:
  void MakeMasks(const Device& device);

  std::vector<QueryBlock> blocks_;
  ContextPtr context_;
  BufferPtr buffer_;
};

struct AttentionOptions {
  float scale = 1.0f;
  float cap = 0.0f;  // 0: no soft cap
};

// Writes the attended values to `attended` [D, H, T], which must not be computed otherwise.
void AttentionForward(Graph& graph, const AttentionPlan& plan, const AttentionOptions& options,
                      ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* attended);

// Writes dq [D, H, T] and adds to dk, dv [D, K, T].
void AttentionBackward(Graph& graph, const AttentionPlan& plan, const AttentionOptions& options,
                       ggml_tensor* q, ggml_tensor* k, ggml_tensor* v, ggml_tensor* attended,
                       ggml_tensor* d_attended, ggml_tensor* dq, ggml_tensor* dk, ggml_tensor* dv);

}  // namespace lorikeet::train
