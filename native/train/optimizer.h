// AdamW with clipping by global norm, on the host: the parameters are few beside the model.
//
//   g <- g min(1, max_norm / (|g| + 1e-6))                  |g| over all parameters
//   m <- beta1 m + (1 - beta1) g     v <- beta2 v + (1 - beta2) g^2
//   w <- w - rate weight_decay w - rate m^ / (sqrt(v^) + epsilon)
//   with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t)     (Loshchilov, Hutter 2019)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "train/device.h"

namespace lorikeet::train {

struct OptimizerOptions {
  float beta1 = 0.9f;
  float beta2 = 0.999f;
  float epsilon = 1e-8f;
  float weight_decay = 0.0f;
  float max_grad_norm = 1.0f;  // 0: no clipping
};

class Optimizer {
 public:
  // `parameters` and `gradients` have the same shapes, F32, lie on `device` and outlive the
  // optimiser.
  Optimizer(const Device& device, std::span<ggml_tensor* const> parameters,
            std::span<ggml_tensor* const> gradients, const OptimizerOptions& options);

  // |g| over all gradients.
  double GradientNorm() const;

  // Moves the parameters. `step` counts from 0; `norm` is GradientNorm().
  void Step(int64_t step, double rate, double norm);

  // First and second moments of all parameters, in their order.
  std::vector<float>& first() { return first_; }
  std::vector<float>& second() { return second_; }

 private:
  // Elements [begin, end) of a tensor, from `offset` on of all.
  struct Piece {
    size_t tensor = 0;
    int64_t begin = 0;
    int64_t end = 0;
    int64_t offset = 0;
  };

  // Calls work(piece, its number) for every piece, on the device's threads.
  void ForPieces(const std::function<void(const Piece&, size_t)>& work) const;

  const Device& device_;
  std::span<ggml_tensor* const> parameters_;
  std::span<ggml_tensor* const> gradients_;
  OptimizerOptions options_;
  std::vector<Piece> pieces_;
  std::vector<float> first_;   // m
  std::vector<float> second_;  // v
};

}  // namespace lorikeet::train
