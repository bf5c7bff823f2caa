#include "train/merge_rows.h"

#include <algorithm>

#include "train/error.h"

namespace lorikeet::train {
namespace {

// Throws kModelUnsupported.
void CheckTypes(ggml_type from, ggml_type to, int64_t in) {
  for (ggml_type type : {from, to}) {
    const bool known = type >= 0 && type < GGML_TYPE_COUNT && ggml_blck_size(type) > 0 &&
                       (type == GGML_TYPE_F32 || ggml_get_type_traits(type)->to_float != nullptr);
    if (!known || in % ggml_blck_size(type) != 0) {
      throw Error(ErrorCode::kModelUnsupported, "Rows of " + std::to_string(in) +
                                                    " elements cannot be read or written as type " +
                                                    std::to_string(type) + ".");
    }
  }
  // ggml has no encoder of weights for the types that only activations take in products.
  const bool encodable = to == GGML_TYPE_F32 || to == GGML_TYPE_F16 || to == GGML_TYPE_BF16 ||
                         (ggml_is_quantized(to) && to != GGML_TYPE_Q8_1 && to != GGML_TYPE_Q8_K);
  if (!encodable || ggml_quantize_requires_imatrix(to)) {
    throw Error(ErrorCode::kModelUnsupported,
                std::string("Weights cannot be written as ") + ggml_type_name(to) +
                    " without calibration. Choose another type for the merged weights.");
  }
}

void Decode(ggml_type type, const uint8_t* row, std::vector<float>& values) {
  if (type == GGML_TYPE_F32) {
    const float* floats = reinterpret_cast<const float*>(row);
    values.assign(floats, floats + values.size());
  } else {
    ggml_get_type_traits(type)->to_float(row, values.data(), static_cast<int64_t>(values.size()));
  }
}

}  // namespace

std::vector<uint8_t> MergeRows(ggml_type from, std::span<const uint8_t> rows, int64_t in,
                               ggml_type to, const LowRankUpdate& update) {
  if (in < 1) throw Error(ErrorCode::kBadOption, "Expected rows of at least one element.");
  CheckTypes(from, to, in);
  const size_t row_bytes = ggml_row_size(from, in);
  const size_t count = rows.size() / row_bytes;
  const auto r = static_cast<size_t>(update.rank);
  if (update.rank < 0 || rows.size() % row_bytes != 0 || update.b.size() != count * r ||
      update.a.size() != static_cast<size_t>(in) * r) {
    throw Error(ErrorCode::kBadOption, "Expected whole rows and a pair of their sizes.");
  }
  if (r == 0 && from == to) return {rows.begin(), rows.end()};

  std::vector<uint8_t> merged(ggml_row_size(to, in) * count);
  std::vector<float> values(static_cast<size_t>(in));
  for (size_t row = 0; row < count; ++row) {
    const std::span<const float> factors = update.b.subspan(row * r, r);
    const bool is_changed =
        std::any_of(factors.begin(), factors.end(), [](float b) { return b != 0; });
    if (!is_changed && from == to) {
      std::copy_n(rows.data() + row * row_bytes, row_bytes, merged.data() + row * row_bytes);
      continue;
    }
    Decode(from, rows.data() + row * row_bytes, values);
    for (size_t k = 0; k < r; ++k) {
      const float factor = update.strength * factors[k];
      const float* a = update.a.data() + k * values.size();
      for (size_t i = 0; i < values.size(); ++i) values[i] += factor * a[i];
    }
    ggml_quantize_chunk(to, values.data(), merged.data() + row * ggml_row_size(to, in), 0, 1, in,
                        nullptr);
  }
  return merged;
}

}  // namespace lorikeet::train
