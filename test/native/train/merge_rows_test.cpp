// Folding a pair into rows of every number type that weights come in.
#include "train/merge_rows.h"

#include <cmath>
#include <cstring>

#include "test.h"
#include "train/error.h"
#include "train/random.h"

namespace lorikeet::train {
namespace {

constexpr int64_t kIn = 256;
constexpr int64_t kRows = 3;
constexpr int64_t kRank = 2;

std::vector<float> RandomFloats(size_t count, uint64_t seed) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = Uniform(Hash(seed, i));
  return values;
}

std::vector<uint8_t> BytesOf(const std::vector<float>& values) {
  std::vector<uint8_t> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<float> FloatsOf(ggml_type type, const std::vector<uint8_t>& bytes) {
  const std::vector<uint8_t> decoded = MergeRows(type, bytes, kIn, GGML_TYPE_F32, {});
  std::vector<float> values(decoded.size() / sizeof(float));
  std::memcpy(values.data(), decoded.data(), decoded.size());
  return values;
}

template <typename Work>
bool Refuses(ErrorCode code, Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code() == code;
  }
  return false;
}

TEST("rows of every type get the product of the pair added") {
  const std::vector<float> w = RandomFloats(kIn * kRows, 1);
  const std::vector<float> a = RandomFloats(kIn * kRank, 2);
  const std::vector<float> b = RandomFloats(kRank * kRows, 3);
  const LowRankUpdate update{kRank, a, b, 0.5f};
  for (ggml_type type : {GGML_TYPE_F32, GGML_TYPE_F16, GGML_TYPE_BF16, GGML_TYPE_Q8_0,
                         GGML_TYPE_Q4_0, GGML_TYPE_Q4_K, GGML_TYPE_Q5_K, GGML_TYPE_Q6_K}) {
    const std::vector<uint8_t> base = MergeRows(GGML_TYPE_F32, BytesOf(w), kIn, type, {});
    EXPECT_EQ(base.size(), ggml_row_size(type, kIn) * kRows);
    const std::vector<float> before = FloatsOf(type, base);
    const std::vector<float> after = FloatsOf(type, MergeRows(type, base, kIn, type, update));
    double error = 0, change = 0;
    for (int64_t i = 0; i < kIn * kRows; ++i) {
      double expected = before[i];
      for (int64_t k = 0; k < kRank; ++k) {
        expected += 0.5 * b[i / kIn * kRank + k] * a[k * kIn + i % kIn];
      }
      error = std::max(error, std::fabs(after[i] - expected));
      change = std::max(change, std::fabs(expected - before[i]));
    }
    EXPECT(change > 0.3);
    EXPECT(error < (type == GGML_TYPE_F32 ? 1e-6 : 0.2));
  }
}

TEST("rows without an update keep their bytes") {
  const std::vector<uint8_t> base =
      MergeRows(GGML_TYPE_F32, BytesOf(RandomFloats(kIn * kRows, 1)), kIn, GGML_TYPE_Q4_K, {});
  EXPECT(MergeRows(GGML_TYPE_Q4_K, base, kIn, GGML_TYPE_Q4_K, {}) == base);
}

TEST("types that cannot be written and sizes that do not fit are refused") {
  const std::vector<uint8_t> rows = BytesOf(RandomFloats(kIn * kRows, 1));
  for (ggml_type type : {GGML_TYPE_I8, GGML_TYPE_IQ2_XXS, GGML_TYPE_Q8_K, GGML_TYPE_COUNT}) {
    EXPECT(Refuses(ErrorCode::kModelUnsupported,
                   [&] { MergeRows(GGML_TYPE_F32, rows, kIn, type, {}); }));
  }
  EXPECT(Refuses(ErrorCode::kModelUnsupported,
                 [&] { MergeRows(GGML_TYPE_F32, rows, 100, GGML_TYPE_Q4_0, {}); }));
  EXPECT(Refuses(ErrorCode::kBadOption,
                 [&] { MergeRows(GGML_TYPE_F32, rows, 0, GGML_TYPE_F32, {}); }));
  const std::vector<float> a(kIn), b(kRows - 1);
  EXPECT(Refuses(ErrorCode::kBadOption,
                 [&] { MergeRows(GGML_TYPE_F32, rows, kIn, GGML_TYPE_F32, {1, a, b, 1.0f}); }));
}

}  // namespace
}  // namespace lorikeet::train
