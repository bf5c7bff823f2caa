// The hand-written backward pass against central differences of the forward pass.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "test.h"
#include "train/bf16_panels.h"
#include "train/random.h"
#include "train/tiny_model.h"

namespace lorikeet::train {
namespace {

using testing::FillB;
using testing::kExact;
using testing::TestDevice;
using testing::TinyBatch;
using testing::TinyShape;

constexpr int kSampled = 32;
constexpr float kStep = 2e-3f;

// Mean loss from F32 logits, summed in double.
double ExactLoss(Network& network, const Batch& batch) {
  std::vector<int32_t> rows;
  for (const Answer& answer : batch.answers) rows.push_back(answer.row);
  const std::vector<float> logits = network.Logits(batch, rows);
  const size_t V = logits.size() / rows.size();
  double loss = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const float* row = logits.data() + i * V;
    double sum = 0;
    for (size_t j = 0; j < V; ++j) sum += std::exp(static_cast<double>(row[j]));
    loss += std::log(sum) - row[batch.answers[i].token];
  }
  return loss / static_cast<double>(rows.size());
}

struct Setup {
  std::unique_ptr<BaseModel> model;
  std::unique_ptr<Adapter> adapter;
  std::unique_ptr<Network> network;
  Batch batch;

  explicit Setup(const std::string& architecture, NetworkOptions options = {},
                 ggml_type type = GGML_TYPE_F32, const Numerics& numerics = kExact) {
    model = BaseModel::Random(TestDevice(), TinyShape(architecture), type, 3);
    AdapterOptions adapter_options;
    adapter_options.rank = 4;
    adapter_options.alpha = 8;
    adapter = std::make_unique<Adapter>(TestDevice(), *model, adapter_options, 5);
    FillB(*adapter, 9);
    network = std::make_unique<Network>(TestDevice(), numerics, *model, *adapter, options);
    batch = TinyBatch(60, 11);
  }

  std::vector<std::vector<float>> Gradients(uint64_t row_seed = 0) {
    adapter->ClearGradients();
    network->Train(batch, 1.0f / static_cast<float>(batch.answers.size()), row_seed);
    std::vector<std::vector<float>> gradients;
    for (const ggml_tensor* gradient : adapter->gradients())
      gradients.push_back(Download(gradient));
    return gradients;
  }
};

void Set(ggml_tensor* tensor, const std::vector<float>& values) {
  ggml_backend_tensor_set(tensor, values.data(), 0, ggml_nbytes(tensor));
}

void CheckSampledEntries(const std::string& architecture) {
  Setup setup(architecture);
  const auto gradients = setup.Gradients();
  double worst = 0;
  for (size_t p = 0; p < gradients.size(); ++p) {
    ggml_tensor* parameter = setup.adapter->parameters()[p];
    const std::vector<float> values = Download(parameter);
    double largest = 0;
    for (float g : gradients[p]) largest = std::max(largest, std::fabs(static_cast<double>(g)));
    EXPECT(largest > 0);
    for (int s = 0; s < kSampled; ++s) {
      const size_t i = Hash(p, s) % values.size();
      std::vector<float> moved = values;
      moved[i] = values[i] + kStep;
      const double up = moved[i];
      Set(parameter, moved);
      const double loss_up = ExactLoss(*setup.network, setup.batch);
      moved[i] = values[i] - kStep;
      const double down = moved[i];
      Set(parameter, moved);
      const double loss_down = ExactLoss(*setup.network, setup.batch);
      const double numeric = (loss_up - loss_down) / (up - down);
      const double error = std::fabs(gradients[p][i] - numeric);
      worst = std::max(worst, error / (5e-3 * largest + 2e-6));
    }
    Set(parameter, values);
  }
  std::printf("  %s: worst sampled entry at %.3f of what is allowed\n", architecture.c_str(),
              worst);
  EXPECT(worst <= 1.0);
}

// Along the gradient's own direction all of it counts at once.
void CheckAlongGradient(const std::string& architecture, Network& network, const Batch& batch,
                        std::span<ggml_tensor* const> parameters,
                        std::span<ggml_tensor* const> gradient_tensors) {
  std::vector<std::vector<float>> gradients;
  for (const ggml_tensor* gradient : gradient_tensors) gradients.push_back(Download(gradient));
  double square = 0;
  for (const auto& gradient : gradients) {
    for (float g : gradient) square += static_cast<double>(g) * g;
  }
  const double norm = std::sqrt(square);
  std::vector<std::vector<float>> values;
  for (ggml_tensor* parameter : parameters) values.push_back(Download(parameter));
  auto loss_at = [&](double step) {
    for (size_t p = 0; p < values.size(); ++p) {
      std::vector<float> moved = values[p];
      for (size_t i = 0; i < moved.size(); ++i) {
        moved[i] += static_cast<float>(step * gradients[p][i] / norm);
      }
      Set(parameters[p], moved);
    }
    return ExactLoss(network, batch);
  };
  const double h = 4e-3;
  const double numeric =
      (8 * (loss_at(h) - loss_at(-h)) - (loss_at(2 * h) - loss_at(-2 * h))) / (12 * h);
  loss_at(0);  // as it was
  const double relative = std::fabs(numeric - norm) / norm;
  std::printf("  %s: along the gradient, relative error %.1e\n", architecture.c_str(), relative);
  EXPECT(relative <= 1e-3);
}

void CheckDirection(const std::string& architecture) {
  Setup setup(architecture);
  setup.Gradients();
  CheckAlongGradient(architecture, *setup.network, setup.batch, setup.adapter->parameters(),
                     setup.adapter->gradients());
}

double LargestDifference(const std::vector<std::vector<float>>& a,
                         const std::vector<std::vector<float>>& b) {
  double largest = 0;
  for (size_t p = 0; p < a.size(); ++p) {
    for (size_t i = 0; i < a[p].size(); ++i) {
      largest = std::max(largest, std::fabs(static_cast<double>(a[p][i]) - b[p][i]));
    }
  }
  return largest;
}

TEST("long/gemma3 gradients agree with central differences") { CheckSampledEntries("gemma3"); }
TEST("long/gemma2 gradients agree with central differences") { CheckSampledEntries("gemma2"); }
TEST("long/gemma4 gradients agree with central differences") { CheckSampledEntries("gemma4"); }

TEST("gemma3 gradients agree along their own direction") { CheckDirection("gemma3"); }
TEST("gemma2 gradients agree along their own direction") { CheckDirection("gemma2"); }
TEST("gemma4 gradients agree along their own direction") { CheckDirection("gemma4"); }

// Every matrix, norm and embedding at once.
TEST("gradients of all weights agree along their own direction") {
  for (const char* architecture : {"gemma2", "gemma3"}) {
    const auto model = BaseModel::Random(TestDevice(), TinyShape(architecture), GGML_TYPE_F32, 3);
    const TrainedWeights trained(TestDevice(), *model);
    Network network(TestDevice(), kExact, *model, trained, {});
    const Batch batch = TinyBatch(60, 11);
    network.Train(batch, 1.0f / static_cast<float>(batch.answers.size()), 0);
    for (const ggml_tensor* gradient : trained.gradients()) {
      const std::vector<float> values = Download(gradient);
      EXPECT(std::any_of(values.begin(), values.end(), [](float g) { return g != 0; }));
    }
    CheckAlongGradient(architecture, network, batch, trained.parameters(), trained.gradients());
  }
}

// Of the embedding's rows themselves: as what is read and as what is written.
TEST("gradients of trained tokens' rows agree with central differences") {
  for (const char* architecture : {"gemma2", "gemma3"}) {
    const auto model = BaseModel::Random(TestDevice(), TinyShape(architecture), GGML_TYPE_F32, 3);
    const Batch batch = TinyBatch(60, 11);
    AdapterOptions options{.rank = 4, .alpha = 8};
    options.tokens = {batch.tokens[5], batch.answers[0].token, 287};  // the last one is not there
    Adapter adapter(TestDevice(), *model, options, 5);
    FillB(adapter, 9);
    Network network(TestDevice(), kExact, *model, adapter, {});
    network.Train(batch, 1.0f / static_cast<float>(batch.answers.size()), 0);
    CheckAlongGradient(architecture, network, batch, adapter.parameters(), adapter.gradients());
    const TokenRows& rows = *adapter.token_rows();
    ggml_tensor* parameter = rows.rows();
    CheckAlongGradient(architecture, network, batch, std::span(&parameter, 1),
                       adapter.gradients().last(1));
  }
}

TEST("low memory gives the gradients that kept activations give") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    Setup kept(architecture, {.low_memory = false});
    Setup low(architecture, {.low_memory = true});
    EXPECT(LargestDifference(kept.Gradients(), low.Gradients()) < 1e-6);
  }
}

// Cosine of the angle between two gradients over all parameters.
double Cosine(const std::vector<std::vector<float>>& a, const std::vector<std::vector<float>>& b) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t p = 0; p < a.size(); ++p) {
    for (size_t i = 0; i < a[p].size(); ++i) {
      dot += static_cast<double>(a[p][i]) * b[p][i];
      aa += static_cast<double>(a[p][i]) * a[p][i];
      bb += static_cast<double>(b[p][i]) * b[p][i];
    }
  }
  return dot / std::sqrt(aa * bb);
}

// Blocks of 32 are half of a tiny model's width, and gemma4 does not scale its scores down: more
// rounding than a real model sees.
TEST("mixed products keep the gradient's direction") {
  std::vector<Numerics> mixed = {{GGML_TYPE_F32, GGML_TYPE_F32, GGML_TYPE_Q8_0}};
  if (TestDevice().has_bf16_products()) {
    mixed.push_back({GGML_TYPE_BF16, GGML_TYPE_BF16, GGML_TYPE_Q8_0});
    mixed.push_back({GGML_TYPE_BF16, GGML_TYPE_BF16, GGML_TYPE_Q8_0, HasBf16Panels()});
  }
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    const auto exact = Setup(architecture, {}, GGML_TYPE_Q8_0).Gradients();
    for (const Numerics& numerics : mixed) {
      const double cosine =
          Cosine(exact, Setup(architecture, {}, GGML_TYPE_Q8_0, numerics).Gradients());
      std::printf("  %s: cosine %.5f\n", architecture, cosine);
      EXPECT(cosine > 0.985);
    }
  }
}

TEST("low memory draws the same dropout masks forward and backward") {
  Setup kept("gemma3", {.low_memory = false, .dropout = 0.3f, .seed = 4});
  Setup low("gemma3", {.low_memory = true, .dropout = 0.3f, .seed = 4});
  const auto first = kept.Gradients(1);
  EXPECT(LargestDifference(first, low.Gradients(1)) < 1e-6);
  EXPECT(LargestDifference(first, kept.Gradients(2)) > 1e-4);
}

}  // namespace
}  // namespace lorikeet::train
