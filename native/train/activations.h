// What the forward pass leaves for the backward pass, by layer.
//
// With kept activations a layer's matrices are multiplied once; without, the backward pass of a
// layer first repeats its forward pass from the layer's input. What is cheap to repeat (norms,
// rotations, GELU, probabilities) is repeated either way.
#pragma once

#include <vector>

#include "train/adapter.h"
#include "train/graph.h"
#include "train/shape.h"

namespace lorikeet::train {

class Activations {
 public:
  // The results of a layer that are kept; the results of its matrices come first, in Target's
  // order.
  static constexpr int kAttended = kTargets;
  static constexpr int kInner = kTargets + 1;  // u of each matrix
  static constexpr int kSlots = kInner + kTargets;

  // Throws Error: kOutOfMemory.
  Activations(const Device& device, const BaseModel& model, const Adapter* adapter, int64_t T);

  // Null where the layer has no such result.
  ggml_tensor* of(int layer, int slot) const { return slots_[layer * kSlots + slot]; }
  size_t bytes() const { return ggml_backend_buffer_get_size(buffer_.get()); }

 private:
  ContextPtr context_;
  BufferPtr buffer_;
  std::vector<ggml_tensor*> slots_;
};

// How one layer's graph treats the kept activations.
class Memo {
 public:
  enum class Mode { kNone, kStore, kRecall };

  Memo() = default;
  Memo(const Activations& activations, int layer, Mode mode)
      : activations_(&activations), layer_(layer), mode_(mode) {}

  bool recalls() const { return mode_ == Mode::kRecall; }

  // The kept result of `slot`; or the result of `make`, which is then kept if results are stored.
  template <typename Make>
  ggml_tensor* Keep(Graph& graph, int slot, Make make) const {
    ggml_tensor* kept = mode_ == Mode::kNone ? nullptr : activations_->of(layer_, slot);
    if (kept != nullptr && recalls()) return kept;
    ggml_tensor* made = make();
    if (kept == nullptr || made == nullptr) return made;
    // The operator writes straight into the kept memory.
    ggml_tensor* whole = made->view_src == nullptr ? made : made->view_src;
    ggml_backend_tensor_alloc(kept->buffer, whole, kept->data);
    graph.Add(made);
    return made;
  }

 private:
  const Activations* activations_ = nullptr;
  int layer_ = 0;
  Mode mode_ = Mode::kNone;
};

}  // namespace lorikeet::train
