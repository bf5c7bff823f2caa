// W^T of the frozen matrices, which dL/dx = W^T dL/dy needs row by row.
//
// Kept for the whole run (Q8_0 on the CPU, where a quantised matrix is multiplied fastest), or made
// anew in each graph when memory matters more than time.
#pragma once

#include <unordered_map>

#include "train/base_model.h"
#include "train/graph.h"

namespace lorikeet::train {

class TransposedWeights {
 public:
  // All layers' matrices and the head. Throws Error: kOutOfMemory.
  TransposedWeights(Workspace& workspace, const BaseModel& model);

  ggml_tensor* of(const ggml_tensor* weight) const;
  size_t bytes() const;

 private:
  ContextPtr context_;
  BufferPtr buffer_;
  std::unordered_map<const ggml_tensor*, ggml_tensor*> transposed_;
};

}  // namespace lorikeet::train
