// What a context will need, known before llama.cpp allocates it: memory that is promised but not
// there makes the machine swap, or ends the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/context.h"
#include "engine/model.h"

namespace lorikeet::engine {

// Most guesses of one slot in a call: kernels multiply eight rows well together.
inline constexpr size_t kGuessesOfSlot = 7;

// How the cache of an adapter set is laid out.
struct ContextShape {
  uint32_t cells = 0;          // n_ctx
  uint32_t compute_batch = 0;  // n_ubatch
  uint32_t guesses = 0;        // that one call may hold; 0: wrong ones could not be taken back
  uint32_t outputs = 0;        // n_outputs_max
  bool unified = false;        // kv_unified
};
ContextShape ShapeOf(const Model& model, const ContextOptions& options);

// Cells that layers with a sliding window have; 0 where every length can be cut back to.
size_t WindowCells(const Model& model, const ContextOptions& options);

// Throws Error: CONTEXT_TOO_LARGE - cache and buffers need more than the memory that is free.
void CheckContextMemory(const Model& model, const ContextOptions& options);

// Throws what the failure of llama_init_from_model with these errors in the log means.
[[noreturn]] void ThrowContextFailure(const Model& model, const ContextOptions& options,
                                      const std::string& errors);

}  // namespace lorikeet::engine
