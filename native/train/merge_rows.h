// Folding an adapter's pair into rows of a matrix, whatever number types it has before and after.
#pragma once

#include <ggml.h>

#include <cstdint>
#include <span>
#include <vector>

namespace lorikeet::train {

// W += strength B A for some rows of W [in, rows]: A [in, r], B [r, rows]. r may be 0.
struct LowRankUpdate {
  int64_t rank = 0;
  std::span<const float> a;
  std::span<const float> b;
  float strength = 1.0f;
};

// Decodes `rows` of `in` elements, adds the update and encodes them as `to`. Rows that nothing is
// added to keep their bytes where the type stays.
// Throws Error: kModelUnsupported (a type that cannot be decoded or needs a calibration to be
// encoded), kBadOption (sizes that do not fit each other).
std::vector<uint8_t> MergeRows(ggml_type from, std::span<const uint8_t> rows, int64_t in,
                               ggml_type to, const LowRankUpdate& update);

}  // namespace lorikeet::train
