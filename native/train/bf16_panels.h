// Panels: the form in which the CPU multiplies matrices of BF16 fastest.
//
// A panel holds 16 vectors, two neighbouring elements of each side by side:
//   panel[length / 2][16][2]
// so that one AVX512-BF16 instruction adds 16 pairs of products. What is missing to 16 vectors or
// to an even length is zero. Rounding is to nearest even.
#pragma once

#include <cstdint>

namespace lorikeet::train {

inline constexpr int64_t kPanelVectors = 16;
// Columns that one call of MultiplyPanels makes at most.
inline constexpr int64_t kTileColumns = 8;

// Elements of a panel of vectors of `length`.
constexpr int64_t PanelSize(int64_t length) { return (length + 1) / 2 * 2 * kPanelVectors; }

// Whether this build has the instructions; the CPU must have them too: Device::has_bf16_products().
bool HasBf16Panels();

// Packs rows[i][0 ... length) as vector i. REQUIRES: count <= 16.
void PackRows(const float* const* rows, int64_t count, int64_t length, uint16_t* panel);

// Packs first[i + l * stride] as element l of vector i. REQUIRES: count <= 16.
void PackColumns(const float* first, int64_t stride, int64_t count, int64_t length,
                 uint16_t* panel);

// Where products go: element (i, j) is data[i + j * stride].
struct TileTarget {
  float* data = nullptr;
  int64_t stride = 0;
  int64_t rows = 0;     // at most 16 times the panels
  int64_t columns = 0;  // at most kTileColumns
  float scale = 1.0f;
  bool add = false;  // to what is there
};

// target[i, j] = scale times the sum over l of left[l, i] right[l, j]. `left`: one or two panels,
// one after the other; `right`: a panel, or its second half from vector 8 on.
void MultiplyPanels(int64_t length, const uint16_t* left, int panels, const uint16_t* right,
                    const TileTarget& target);

}  // namespace lorikeet::train
