// The end of the model: answer rows of the last layer -> logits -> loss, and back.
//
// Only rows whose next token is trained on are gathered, and they pass in chunks, so that no more
// than kRowsPerChunk rows of V logits exist at a time.
#pragma once

#include <span>
#include <vector>

#include "train/base_model.h"
#include "train/graph.h"
#include "train/token_rows.h"
#include "train/trained_weights.h"

namespace lorikeet::train {

inline constexpr int64_t kRowsPerChunk = 64;

// A row of the last layer's result and the token that should follow it.
struct Answer {
  int32_t row = 0;
  int32_t token = 0;
};

struct HeadInputs {
  const BaseModel* model = nullptr;
  ggml_tensor* transposed = nullptr;  // [V, C]; null: made in the graph
  ggml_tensor* x = nullptr;           // the last layer's result [C, T]
  const TrainedWeights* trained = nullptr;
  const TokenRows* token_rows = nullptr;
  ggml_tensor* dx = nullptr;  // null: loss only. Else rows of the answers are written
};

// The sum over `answers` of -log p(token). Where `dx` is wanted it gets the gradient of
// `weight` times that sum; its other rows are left alone.
double HeadLoss(Workspace& workspace, const HeadInputs& in, std::span<const Answer> answers,
                float weight);

// Logits of the given rows: [V, rows].
std::vector<float> HeadLogits(Workspace& workspace, const HeadInputs& in,
                              std::span<const int32_t> rows);

}  // namespace lorikeet::train
