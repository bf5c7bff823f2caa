// One ggml graph from its first operator to its results.
//
// A graph is built, computed once and dropped; all graphs of a trainer share one Workspace, whose
// memory grows to the largest of them.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "train/device.h"

namespace lorikeet::train {

// The number formats of products. `left` and `right` are the types of MUL_MAT's two sources where
// they are made by a graph: BF16 where the CPU multiplies it fast, else F32.
struct Numerics {
  ggml_type left = GGML_TYPE_F32;
  ggml_type right = GGML_TYPE_F32;
  ggml_type transposed_weights = GGML_TYPE_F32;
  // The CPU's operators of our own, for AVX512-BF16: products by panels (see BlockedProduct), which
  // need no transposed weights, and elementwise operators in one pass (see row_operators.h).
  bool own_operators = false;
  // GELU from llama.cpp's F16 table in the forward pass: for comparing logits only.
  bool tabulated_gelu = false;
};

// Memory and counters shared by the graphs of one trainer.
class Workspace {
 public:
  Workspace(const Device& device, const Numerics& numerics);

  const Device& device() const { return device_; }
  const Numerics& numerics() const { return numerics_; }
  // Bytes of the largest graph's tensors so far.
  size_t peak_bytes() const;
  // Floating-point operations of all products so far: 2 k m n each.
  double product_operations() const { return product_operations_; }

 private:
  friend class Graph;
  const Device& device_;
  Numerics numerics_;
  AllocatorPtr allocator_;
  double product_operations_ = 0;
};

class Graph {
 public:
  Graph(Workspace& workspace, size_t max_nodes);

  ggml_context* ctx() const { return context_.get(); }
  const Numerics& numerics() const { return workspace_.numerics(); }
  const Device& device() const { return workspace_.device(); }
  ggml_cgraph* cgraph() const { return graph_; }

  // A tensor whose bytes are copied from `data` before the graph runs; `data` must live until then.
  ggml_tensor* Input(ggml_type type, std::initializer_list<int64_t> shape, const void* data);
  // Computes `tensor` after everything that was added before.
  void Add(ggml_tensor* tensor);
  // Copies `source` into `target` (of the same shape) in the order of calls.
  void Write(ggml_tensor* source, ggml_tensor* target);
  // As Add, and keeps the memory readable after Compute.
  ggml_tensor* Output(ggml_tensor* tensor);

  // A copy of `value` that lives as long as the graph: the parameters of an operator of our own.
  template <typename T>
  T* Keep(T value) {
    auto kept = std::make_shared<T>(std::move(value));
    kept_.push_back(kept);
    return kept.get();
  }

  // Counts the floating-point operations of a product by an operator of our own.
  void CountProduct(double operations) { own_products_ += operations; }

  // Throws Error: kOutOfMemory, kComputeFailed.
  void Compute();

 private:
  struct Upload {
    ggml_tensor* tensor;
    const void* data;
  };
  double ProductOperations() const;

  Workspace& workspace_;
  ContextPtr context_;
  ggml_cgraph* graph_ = nullptr;
  std::vector<Upload> uploads_;
  std::vector<std::shared_ptr<void>> kept_;
  double own_products_ = 0;
};

// Reads a computed F32 tensor.
std::vector<float> Download(const ggml_tensor* tensor);

}  // namespace lorikeet::train
