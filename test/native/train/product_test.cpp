// Products by panels and by ggml's operator, against sums in double.
#include "train/product.h"

#include <cmath>

#include "test.h"
#include "train/bf16_panels.h"
#include "train/error.h"
#include "train/random.h"
#include "train/tiny_model.h"

namespace lorikeet::train {
namespace {

using testing::kExact;
using testing::TestDevice;

constexpr Numerics kBlocked{.left = GGML_TYPE_BF16, .right = GGML_TYPE_BF16, .own_operators = true};

std::vector<float> Values(int64_t count, uint64_t seed) {
  std::vector<float> values(count);
  for (int64_t i = 0; i < count; ++i) values[i] = Uniform(Hash(seed, i));
  return values;
}

// What both sources are cut from.
struct Tensors {
  ContextPtr context = NewContext(8);
  BufferPtr buffer;
  ggml_tensor* left;
  ggml_tensor* right;
  ggml_tensor* target;
};

struct Shape {
  int64_t k, m, t;
  int64_t g = 1, n = 1;
  bool sums = false;
  bool turn_left = false, turn_right = false;
  ggml_type type = GGML_TYPE_F32;
};

Tensors Make(const Shape& s) {
  Tensors tensors;
  ggml_context* ctx = tensors.context.get();
  const int64_t left_g = s.sums ? s.g : 1;
  tensors.left = s.turn_left ? ggml_new_tensor_4d(ctx, s.type, s.m, s.k, left_g, s.n)
                             : ggml_new_tensor_4d(ctx, s.type, s.k, s.m, left_g, s.n);
  tensors.right = s.turn_right ? ggml_new_tensor_4d(ctx, GGML_TYPE_F32, s.t, s.k, s.g, s.n)
                               : ggml_new_tensor_4d(ctx, GGML_TYPE_F32, s.k, s.t, s.g, s.n);
  tensors.target = ggml_new_tensor_4d(ctx, GGML_TYPE_F32, s.m, s.t, s.sums ? 1 : s.g, s.n);
  tensors.buffer = TestDevice().Allocate(ctx);
  uint64_t seed = 1;
  for (ggml_tensor* tensor : {tensors.left, tensors.right, tensors.target}) {
    const std::vector<float> values = Values(ggml_nelements(tensor), seed++);
    std::vector<char> bytes(ggml_nbytes(tensor));
    ggml_quantize_chunk(tensor->type, values.data(), bytes.data(), 0, ggml_nrows(tensor),
                        tensor->ne[0], nullptr);
    ggml_backend_tensor_set(tensor, bytes.data(), 0, bytes.size());
  }
  return tensors;
}

// As F32, in the order of the tensor's memory.
std::vector<float> Decoded(const ggml_tensor* tensor) {
  std::vector<char> bytes(ggml_nbytes(tensor));
  ggml_backend_tensor_get(tensor, bytes.data(), 0, bytes.size());
  std::vector<float> values(ggml_nelements(tensor));
  if (tensor->type == GGML_TYPE_F32) return Download(tensor);
  ggml_get_type_traits(tensor->type)->to_float(bytes.data(), values.data(), values.size());
  return values;
}

// Element (l, i) of matrix (g, n) of a source that may be turned.
struct Reader {
  std::vector<float> values;
  int64_t k, vectors, g;
  bool turned;
  double operator()(int64_t l, int64_t i, int64_t at_g, int64_t at_n) const {
    const int64_t matrix = (at_n * g + at_g) * k * vectors;
    return values[matrix + (turned ? l * vectors + i : i * k + l)];
  }
};

// The largest difference to target + scale times the product, beside the largest element.
double RelativeError(const Shape& s, const Numerics& numerics) {
  const float scale = 0.5f;
  Tensors tensors = Make(s);
  const std::vector<float> before = Download(tensors.target);
  const Reader left{Decoded(tensors.left), s.k, s.m, s.sums ? s.g : 1, s.turn_left};
  const Reader right{Decoded(tensors.right), s.k, s.t, s.g, s.turn_right};
  Workspace workspace(TestDevice(), numerics);
  Graph graph(workspace, 64);
  ggml_tensor* a = s.turn_left ? Turned(graph, tensors.left) : tensors.left;
  ggml_tensor* b = s.turn_right ? Turned(graph, tensors.right) : tensors.right;
  ggml_tensor* alone = graph.Output(Product(graph, a, b, scale));
  AddProduct(graph, tensors.target, a, b, scale);
  graph.Compute();
  const std::vector<float> product = Download(alone), after = Download(tensors.target);

  double error = 0, largest = 0;
  size_t at = 0;
  for (int64_t n = 0; n < s.n; ++n) {
    for (int64_t g = 0; g < (s.sums ? 1 : s.g); ++g) {
      for (int64_t j = 0; j < s.t; ++j) {
        for (int64_t i = 0; i < s.m; ++i, ++at) {
          double sum = 0;
          for (int64_t h = s.sums ? 0 : g; h < (s.sums ? s.g : g + 1); ++h) {
            for (int64_t l = 0; l < s.k; ++l) {
              sum += left(l, i, s.sums ? h : 0, n) * right(l, j, h, n);
            }
          }
          error = std::max(error, std::fabs(product[at] - scale * sum));
          error = std::max(error, std::fabs(after[at] - (before[at] + scale * sum)));
          largest = std::max(largest, std::fabs(scale * sum));
        }
      }
    }
  }
  return error / largest;
}

// Lengths, rows and columns beside the sizes of tiles, panels and blocks.
const Shape kShapes[] = {
    {.k = 64, .m = 32, .t = 32},
    {.k = 3, .m = 5, .t = 7},
    {.k = 16, .m = 640, .t = 48},
    {.k = 300, .m = 270, .t = 530},
    {.k = 33, .m = 17, .t = 9, .turn_left = true},
    {.k = 40, .m = 16, .t = 100, .turn_left = true, .turn_right = true},
    {.k = 64, .m = 96, .t = 32, .g = 2, .n = 3},
    {.k = 96, .m = 64, .t = 32, .g = 4, .n = 2, .turn_left = true},
    {.k = 32,
     .m = 64,
     .t = 96,
     .g = 3,
     .n = 2,
     .sums = true,
     .turn_left = true,
     .turn_right = true},
    {.k = 320, .m = 50, .t = 20, .type = GGML_TYPE_Q8_0},
    {.k = 20, .m = 320, .t = 20, .turn_left = true, .type = GGML_TYPE_Q8_0},
    {.k = 32, .m = 32, .t = 8, .turn_left = true, .type = GGML_TYPE_Q8_0},
    {.k = 512, .m = 40, .t = 8, .type = GGML_TYPE_Q4_K},
    {.k = 300, .m = 512, .t = 8, .turn_left = true, .type = GGML_TYPE_Q6_K},
    {.k = 70, .m = 40, .t = 8, .type = GGML_TYPE_F16},
    {.k = 40, .m = 70, .t = 8, .turn_left = true, .type = GGML_TYPE_BF16},
};

TEST("plain products of strided and quantised sources are sums of products") {
  for (const Shape& shape : kShapes) {
    // ggml rounds the right source to the left one's type.
    const double allowed = shape.type == GGML_TYPE_F32 ? 1e-5 : 2e-2;
    EXPECT(RelativeError(shape, kExact) < allowed);
  }
}

TEST("products by panels are sums of products, but for BF16's digits") {
  if (!TestDevice().has_bf16_products() || !HasBf16Panels()) return;
  for (const Shape& shape : kShapes) EXPECT(RelativeError(shape, kBlocked) < 6e-3);
}

}  // namespace
}  // namespace lorikeet::train
