#include "train/optimizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/graph.h"

namespace lorikeet::train {
namespace {

constexpr int64_t kPieceSize = 16384;

// The values of tensors in the host's memory: in place on the CPU, else copies.
class HostValues {
 public:
  HostValues(const Device& device, std::span<ggml_tensor* const> tensors) : tensors_(tensors) {
    for (ggml_tensor* tensor : tensors) {
      if (!device.is_cpu()) copies_.push_back(Download(tensor));
      values_.push_back(device.is_cpu() ? static_cast<float*>(tensor->data)
                                        : copies_.back().data());
    }
  }

  float* of(size_t tensor) const { return values_[tensor]; }

  void WriteBack() const {
    for (size_t i = 0; i < copies_.size(); ++i) {
      ggml_backend_tensor_set(tensors_[i], copies_[i].data(), 0, ggml_nbytes(tensors_[i]));
    }
  }

 private:
  std::span<ggml_tensor* const> tensors_;
  std::vector<std::vector<float>> copies_;
  std::vector<float*> values_;
};

}  // namespace

Optimizer::Optimizer(const Device& device, std::span<ggml_tensor* const> parameters,
                     std::span<ggml_tensor* const> gradients, const OptimizerOptions& options)
    : device_(device), parameters_(parameters), gradients_(gradients), options_(options) {
  int64_t count = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const int64_t size = ggml_nelements(parameters[i]);
    for (int64_t begin = 0; begin < size; begin += kPieceSize) {
      pieces_.push_back({i, begin, std::min(size, begin + kPieceSize), count + begin});
    }
    count += size;
  }
  first_.assign(count, 0.0f);
  second_.assign(count, 0.0f);
}

void Optimizer::ForPieces(const std::function<void(const Piece&, size_t)>& work) const {
  RunOnThreads(device_, [&](int thread, int threads) {
    const size_t end = pieces_.size() * (thread + 1) / threads;
    for (size_t i = pieces_.size() * thread / threads; i < end; ++i) work(pieces_[i], i);
  });
}

// Piece by piece, so that the order of the sum does not depend on the threads.
double Optimizer::GradientNorm() const {
  const HostValues gradients(device_, gradients_);
  std::vector<double> squares(pieces_.size(), 0.0);
  ForPieces([&](const Piece& piece, size_t number) {
    const float* g = gradients.of(piece.tensor);
    double square = 0;
    for (int64_t i = piece.begin; i < piece.end; ++i) square += static_cast<double>(g[i]) * g[i];
    squares[number] = square;
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

void Optimizer::Step(int64_t step, double rate, double norm) {
  const double t = static_cast<double>(step + 1);
  const double clip =
      options_.max_grad_norm > 0 ? std::min(1.0, options_.max_grad_norm / (norm + 1e-6)) : 1.0;
  const auto scale = static_cast<float>(clip);
  const auto decay = static_cast<float>(1.0 - rate * options_.weight_decay);
  const auto size = static_cast<float>(rate / (1.0 - std::pow(options_.beta1, t)));
  const auto unbias = static_cast<float>(1.0 / std::sqrt(1.0 - std::pow(options_.beta2, t)));
  const float beta1 = options_.beta1, beta2 = options_.beta2, epsilon = options_.epsilon;
  const HostValues parameters(device_, parameters_), gradients(device_, gradients_);
  ForPieces([&](const Piece& piece, size_t) {
    float* w = parameters.of(piece.tensor) + piece.begin;
    const float* gradient = gradients.of(piece.tensor) + piece.begin;
    float* m = first_.data() + piece.offset;
    float* v = second_.data() + piece.offset;
    for (int64_t i = 0; i < piece.end - piece.begin; ++i) {
      const float g = gradient[i] * scale;
      m[i] = beta1 * m[i] + (1.0f - beta1) * g;
      v[i] = beta2 * v[i] + (1.0f - beta2) * g * g;
      w[i] = w[i] * decay - size * m[i] / (std::sqrt(v[i]) * unbias + epsilon);
    }
  });
  parameters.WriteBack();
}

}  // namespace lorikeet::train
