#include "train/blocked_product.h"

#include <algorithm>
#include <memory>

#include "train/bf16_panels.h"
#include "train/product.h"
#include "train/row_kernels.h"

namespace lorikeet::train {
namespace {

// A block of the left source stays in the second-level cache beside one of the right source.
constexpr int64_t kBlockLength = 256;   // elements of a vector; a multiple of every quantised block
constexpr int64_t kBlockRows = 256;     // vectors of the left source
constexpr int64_t kBlockColumns = 512;  // vectors of the right source

struct Options {
  int sources = 0;  // place of the left one; the right one follows
  float scale = 1.0f;
  bool add = false;
};

struct Scratch {
  alignas(64) uint16_t left[kBlockRows * kBlockLength];
  alignas(64) uint16_t right[kBlockColumns * kBlockLength];
  alignas(64) float decoded[kPanelVectors * kBlockLength];
};

// Each of the backend's threads has its own.
Scratch& ThreadScratch() {
  static thread_local const auto scratch = std::make_unique<Scratch>();
  return *scratch;
}

// Vectors along dimension 1, and along dimension 2 too unless that one is summed over.
struct Source {
  const ggml_tensor* x;
  const char* data;  // of the matrix at hand

  const char* Vector(int64_t i) const {
    return data + i % x->ne[1] * x->nb[1] + i / x->ne[1] * x->nb[2];
  }
};

void PackF32(const Source& source, int64_t first, int64_t count, int64_t begin, int64_t length,
             uint16_t* panel) {
  const ggml_tensor* x = source.x;
  if (IsTurned(x)) {
    const char* at = source.data + begin * x->nb[0] + first * x->nb[1];
    PackColumns(reinterpret_cast<const float*>(at), x->nb[0] / sizeof(float), count, length, panel);
    return;
  }
  const float* rows[kPanelVectors];
  for (int64_t i = 0; i < count; ++i) {
    rows[i] = reinterpret_cast<const float*>(source.Vector(first + i)) + begin;
  }
  PackRows(rows, count, length, panel);
}

void Decode(const ggml_tensor* x, const char* row, int64_t begin, int64_t count, float* values) {
  const char* at = row + begin / ggml_blck_size(x->type) * ggml_type_size(x->type);
  if (x->type == GGML_TYPE_Q8_0) {
    DecodeQ8(at, count, values);
  } else {
    ggml_get_type_traits(x->type)->to_float(at, values, count);
  }
}

// `count` vectors as panels, from a source of another type than F32.
void PackDecoded(const Source& source, int64_t first, int64_t count, int64_t begin, int64_t length,
                 Scratch& scratch) {
  const ggml_tensor* x = source.x;
  float* decoded = scratch.decoded;
  const int64_t panel = PanelSize(length);
  if (IsTurned(x)) {
    for (int64_t l = 0; l < length; l += kPanelVectors) {
      const int64_t rows = std::min(kPanelVectors, length - l);
      for (int64_t i = 0; i < rows; ++i) {
        Decode(x, source.data + (begin + l + i) * x->nb[0], first, count, decoded + i * kBlockRows);
      }
      for (int64_t v = 0; v < count; v += kPanelVectors) {
        PackColumns(decoded + v, kBlockRows, std::min(kPanelVectors, count - v), rows,
                    scratch.left + v / kPanelVectors * panel + l * kPanelVectors);
      }
    }
    return;
  }
  for (int64_t v = 0; v < count; v += kPanelVectors) {
    const int64_t vectors = std::min(kPanelVectors, count - v);
    const float* rows[kPanelVectors];
    for (int64_t i = 0; i < vectors; ++i) {
      rows[i] = decoded + i * kBlockLength;
      Decode(x, source.Vector(first + v + i), begin, length, decoded + i * kBlockLength);
    }
    PackRows(rows, vectors, length, scratch.left + v / kPanelVectors * panel);
  }
}

void PackLeft(const Source& source, int64_t first, int64_t count, int64_t begin, int64_t length,
              Scratch& scratch) {
  if (source.x->type != GGML_TYPE_F32) {
    PackDecoded(source, first, count, begin, length, scratch);
    return;
  }
  for (int64_t v = 0; v < count; v += kPanelVectors) {
    PackF32(source, first + v, std::min(kPanelVectors, count - v), begin, length,
            scratch.left + v / kPanelVectors * PanelSize(length));
  }
}

void PackRight(const Source& source, int64_t first, int64_t count, int64_t begin, int64_t length,
               Scratch& scratch) {
  for (int64_t v = 0; v < count; v += kPanelVectors) {
    PackF32(source, first + v, std::min(kPanelVectors, count - v), begin, length,
            scratch.right + v / kPanelVectors * PanelSize(length));
  }
}

struct Range {
  int64_t begin = 0;
  int64_t end = 0;
};

// The part of a thread along [0, size), in whole units.
Range Part(int64_t size, int64_t unit, int thread, int threads) {
  const int64_t units = (size + unit - 1) / unit;
  return {std::min(size, units * thread / threads * unit),
          std::min(size, units * (thread + 1) / threads * unit)};
}

// What one thread computes: `rows` of the left source by `columns` of the right one.
struct Share {
  Range rows;
  Range columns;

  // In products of one length; packing a vector costs as much as some forty of them.
  static int64_t Cost(int64_t rows, int64_t columns) {
    constexpr int64_t kPackingCost = 40;
    return rows * columns + kPackingCost * (rows + columns);
  }
};

// Along the source whose split costs less.
Share ShareOf(const ggml_tensor* left, int64_t columns, int thread, int threads) {
  const int64_t rows = left->ne[1];
  // A turned source's quantised blocks lie along its rows.
  const int64_t block = IsTurned(left) ? ggml_blck_size(left->type) : 1;
  const int64_t unit = std::max(2 * kPanelVectors, block);
  const Range most_rows = Part(rows, unit, threads - 1, threads);
  const Range most_columns = Part(columns, kPanelVectors, threads - 1, threads);
  const bool by_rows = Share::Cost(most_rows.end - most_rows.begin, columns) <=
                       Share::Cost(rows, most_columns.end - most_columns.begin);
  return by_rows ? Share{Part(rows, unit, thread, threads), {0, columns}}
                 : Share{{0, rows}, Part(columns, kPanelVectors, thread, threads)};
}

class Job {
 public:
  Job(ggml_tensor* target, const Options& options)
      : target_(target),
        options_(options),
        left_(target->src[options.sources]),
        right_(target->src[options.sources + 1]),
        scratch_(ThreadScratch()) {}

  void Run(int thread, int threads) {
    const Share share = ShareOf(left_, target_->ne[1] * target_->ne[2], thread, threads);
    for (int64_t matrix = 0; matrix < target_->ne[3]; ++matrix) {
      for (int64_t first = share.columns.begin; first < share.columns.end; first += kBlockColumns) {
        const int64_t end = std::min(share.columns.end, first + kBlockColumns);
        Columns(matrix, share.rows, {first, end});
      }
    }
  }

 private:
  // All terms of a block of columns.
  void Columns(int64_t matrix, const Range& rows, const Range& columns) {
    bool add = options_.add;
    for (int64_t sum = 0; sum < left_->ne[2]; ++sum) {
      const Source left{left_, At(left_, matrix, sum)};
      const Source right{right_, At(right_, matrix, sum)};
      for (int64_t begin = 0; begin < left_->ne[0]; begin += kBlockLength) {
        const int64_t length = std::min(kBlockLength, left_->ne[0] - begin);
        PackRight(right, columns.begin, columns.end - columns.begin, begin, length, scratch_);
        for (int64_t row = rows.begin; row < rows.end; row += kBlockRows) {
          const int64_t count = std::min(kBlockRows, rows.end - row);
          PackLeft(left, row, count, begin, length, scratch_);
          Multiply(matrix, {row, row + count}, columns, length, add);
        }
        add = true;
      }
    }
  }

  static const char* At(const ggml_tensor* x, int64_t matrix, int64_t sum) {
    return static_cast<const char*>(x->data) + matrix * x->nb[3] + sum * x->nb[2];
  }

  // Two panels of the left block stay in the first-level cache while the right block passes.
  void Multiply(int64_t matrix, const Range& rows, const Range& columns, int64_t length, bool add) {
    const int64_t panel = PanelSize(length);
    for (int64_t row = rows.begin; row < rows.end; row += 2 * kPanelVectors) {
      const int64_t count = std::min(2 * kPanelVectors, rows.end - row);
      const uint16_t* left = scratch_.left + (row - rows.begin) / kPanelVectors * panel;
      for (int64_t column = columns.begin; column < columns.end; column += kTileColumns) {
        const int64_t offset = column - columns.begin;
        const uint16_t* right =
            scratch_.right + offset / kPanelVectors * panel + offset % kPanelVectors * 2;
        char* at = static_cast<char*>(target_->data) + row * sizeof(float) +
                   column % target_->ne[1] * target_->nb[1] +
                   column / target_->ne[1] * target_->nb[2] + matrix * target_->nb[3];
        MultiplyPanels(
            length, left, count > kPanelVectors ? 2 : 1, right,
            {reinterpret_cast<float*>(at), static_cast<int64_t>(target_->nb[1] / sizeof(float)),
             count, std::min(kTileColumns, columns.end - column), options_.scale, add});
      }
    }
  }

  ggml_tensor* target_;
  const Options& options_;
  const ggml_tensor* left_;
  const ggml_tensor* right_;
  Scratch& scratch_;
};

void Run(ggml_tensor* target, int thread, int threads, void* options) {
  Job(target, *static_cast<const Options*>(options)).Run(thread, threads);
}

}  // namespace

bool FitsBlockedProduct(const ggml_tensor* left, const ggml_tensor* right) {
  auto has_rows = [](const ggml_tensor* x) {
    const size_t element = ggml_type_size(x->type);
    return x->nb[0] == element || x->nb[1] == element;
  };
  const bool decodable =
      left->type == GGML_TYPE_F32 || (ggml_get_type_traits(left->type)->to_float != nullptr &&
                                      left->ne[2] == 1 && left->ne[3] == 1);
  // No panel or tile reaches over the end of dimension 1.
  const bool sums = left->ne[2] == right->ne[2];
  const bool whole_panels = right->ne[1] % kPanelVectors == 0 || sums;
  return decodable && right->type == GGML_TYPE_F32 && has_rows(left) && has_rows(right) &&
         whole_panels;
}

ggml_tensor* BlockedProduct(Graph& graph, ggml_tensor* left, ggml_tensor* right, float scale,
                            ggml_tensor* target, bool add) {
  graph.CountProduct(2.0 * static_cast<double>(left->ne[1]) *
                     static_cast<double>(ggml_nelements(right)));
  ggml_tensor* sources[] = {left, right};
  if (target != nullptr) {
    return ggml_custom_inplace(graph.ctx(), target, sources, 2, Run, GGML_N_TASKS_MAX,
                               graph.Keep(Options{1, scale, add}));
  }
  const bool sums = left->ne[2] == right->ne[2];
  return ggml_custom_4d(graph.ctx(), GGML_TYPE_F32, left->ne[1], right->ne[1],
                        sums ? 1 : right->ne[2], right->ne[3], sources, 2, Run, GGML_N_TASKS_MAX,
                        graph.Keep(Options{0, scale, false}));
}

}  // namespace lorikeet::train
