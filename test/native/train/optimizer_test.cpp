// The schedule and AdamW against values worked out by hand and recorded from PyTorch's definitions.
#include "train/optimizer.h"

#include <cmath>

#include "test.h"
#include "train/graph.h"
#include "train/schedule.h"
#include "train/tiny_model.h"

namespace lorikeet::train {
namespace {

bool Near(double a, double b, double tolerance = 1e-6) { return std::fabs(a - b) <= tolerance; }

TEST("the rate rises over the warm-up and falls as its kind says") {
  Schedule schedule{ScheduleKind::kCosine, 1.0f, 10, 110};
  EXPECT(Near(LearningRate(schedule, 0), 0.0));
  EXPECT(Near(LearningRate(schedule, 5), 0.5));
  EXPECT(Near(LearningRate(schedule, 10), 1.0));
  EXPECT(Near(LearningRate(schedule, 60), 0.5));
  EXPECT(Near(LearningRate(schedule, 110), 0.0));
  EXPECT(Near(LearningRate(schedule, 500), 0.0));
  schedule.kind = ScheduleKind::kLinear;
  EXPECT(Near(LearningRate(schedule, 35), 0.75));
  EXPECT(Near(LearningRate(schedule, 110), 0.0));
  schedule.kind = ScheduleKind::kConstant;
  EXPECT(Near(LearningRate(schedule, 110), 1.0));
}

struct Parameters {
  ContextPtr context = NewContext(2);
  ggml_tensor* w = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, 2);
  ggml_tensor* g = ggml_new_tensor_1d(context.get(), GGML_TYPE_F32, 2);
  BufferPtr buffer = testing::TestDevice().Allocate(context.get());
  std::vector<ggml_tensor*> all_w{w}, all_g{g};

  void Set(std::vector<float> values, std::vector<float> gradient) {
    ggml_backend_tensor_set(w, values.data(), 0, ggml_nbytes(w));
    ggml_backend_tensor_set(g, gradient.data(), 0, ggml_nbytes(g));
  }
};

// A first step moves every weight by the rate, whatever its gradient's size.
TEST("the first step has the size of the rate, after decay") {
  Parameters p;
  p.Set({1.0f, -2.0f}, {0.3f, -0.004f});
  Optimizer optimizer(testing::TestDevice(), p.all_w, p.all_g,
                      {.weight_decay = 0.1f, .max_grad_norm = 0.0f});
  optimizer.Step(0, 0.01, optimizer.GradientNorm());
  const std::vector<float> w = Download(p.w);
  EXPECT(Near(w[0], 1.0 * (1 - 0.001) - 0.01));
  EXPECT(Near(w[1], -2.0 * (1 - 0.001) + 0.01));
}

TEST("the second step follows the moments") {
  Parameters p;
  p.Set({0.0f, 0.0f}, {1.0f, 1.0f});
  Optimizer optimizer(testing::TestDevice(), p.all_w, p.all_g, {.max_grad_norm = 0.0f});
  optimizer.Step(0, 0.1, 0);
  p.Set({0.0f, 0.0f}, {-1.0f, 3.0f});
  optimizer.Step(1, 0.1, 0);
  auto expected = [](double g) {
    const double m = (0.9 * 0.1 + 0.1 * g) / (1 - 0.81);
    const double v = (0.999 * 0.001 + 0.001 * g * g) / (1 - 0.999 * 0.999);
    return -0.1 * m / (std::sqrt(v) + 1e-8);
  };
  EXPECT(Near(Download(p.w)[0], expected(-1)));
  EXPECT(Near(Download(p.w)[1], expected(3)));
}

TEST("gradients are clipped by their common norm") {
  Parameters p;
  p.Set({0.0f, 0.0f}, {3.0f, 4.0f});
  Optimizer optimizer(testing::TestDevice(), p.all_w, p.all_g, {.max_grad_norm = 1.0f});
  EXPECT(Near(optimizer.GradientNorm(), 5.0));
  optimizer.Step(0, 0.1, 5.0);
  EXPECT(Near(optimizer.first()[0], 0.06));
  EXPECT(Near(optimizer.first()[1], 0.08));
}

}  // namespace
}  // namespace lorikeet::train
