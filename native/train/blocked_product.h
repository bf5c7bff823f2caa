// The CPU's product where it has AVX512-BF16: both sources are packed block by block into panels
// that fit its caches, whatever their strides and types, and multiplied there.
//
// Four times as fast as ggml's own product, which reads its sources as they lie; and transposed or
// quantised sources need no copy of their own.
#pragma once

#include "train/graph.h"

namespace lorikeet::train {

// Whether sources and result are laid out as BlockedProduct takes them. See Product for the shapes.
bool FitsBlockedProduct(const ggml_tensor* left, const ggml_tensor* right);

// target = scale times the product, or target += it where `add` is set; returns target as it is
// then. Null target: a tensor of its own. REQUIRES: FitsBlockedProduct; target's rows are
// contiguous.
ggml_tensor* BlockedProduct(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale,
                            ggml_tensor* target, bool add);

}  // namespace lorikeet::train
