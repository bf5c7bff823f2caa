// A set of scaled adapters with the llama_context that is kept for it, and the caches of its slots.
//
// State that was computed with some adapters is worthless with others, and changing the adapters of
// a llama_context rebuilds its scheduler, so each set has a context of its own over the same
// weights.
//
// THREADS: created on any thread, used by the engine thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/adapter.h"
#include "engine/context.h"
#include "engine/decode_batch.h"
#include "engine/decode_costs.h"
#include "engine/generation.h"
#include "engine/log.h"
#include "engine/memory_estimate.h"
#include "engine/object_count.h"
#include "engine/sequence_cache.h"
#include "engine/thread_pool.h"
#include "llama-cpp.h"

namespace lorikeet::engine {

// The same set however it was named: by adapter, each once, scales added, zeros left out.
std::vector<ScaledAdapter> NormalizeAdapters(std::vector<ScaledAdapter> adapters);
bool SameAdapters(const std::vector<ScaledAdapter>& a, const std::vector<ScaledAdapter>& b);

enum class DecodeStatus { kDone, kInterrupted, kFailed };

class AdapterSet {
 public:
  // `adapters` normalised. `interrupted` is asked while the CPU computes; it must outlive the set.
  //
  // Throws Error: CONTEXT_TOO_LARGE, MODEL_LOAD_FAILED - llama.cpp refuses the model or the
  // adapters.
  static std::unique_ptr<AdapterSet> Open(Model& model, std::vector<ScaledAdapter> adapters,
                                          const ContextOptions& options, const ThreadPool& threads,
                                          ggml_abort_callback interrupted, void* interrupted_data);

  const std::vector<ScaledAdapter>& adapters() const { return adapters_; }
  bool Uses(const Adapter* adapter) const;
  SequenceCache& cache(int slot) { return caches_[static_cast<size_t>(slot)]; }
  const SequenceCache& cache(int slot) const { return caches_[static_cast<size_t>(slot)]; }
  ContextMemory memory() const { return memory_; }

  // Decodes; the caches do not change. After anything but kDone they must be cut back to their
  // size. kFailed: `error` says why in llama.cpp's words.
  DecodeStatus Decode(DecodeBatch& batch, std::string& error);
  // The logits of a row that asked for them, `vocabulary` of them; may be changed in place.
  float* Logits(int row);

  // The most prompt tokens that one decode call should take, so that it lasts about 100 ms.
  // `alone`: nobody waits meanwhile, so it may be a little longer on slow machines.
  size_t ChunkLimit(bool alone) const;

  // The guesses that may be added to a call of so many tokens.
  size_t GuessLimit(size_t call_tokens) const;
  const DecodeCosts& costs() const { return costs_; }

 private:
  AdapterSet() = default;
  void ReadSizes(const std::vector<LogCapture::Line>& lines);
  void MeasureSpeed(size_t tokens, double milliseconds);

  CountedObject counted_{ObjectKind::kLlamaContext};
  std::vector<ScaledAdapter> adapters_;
  llama_context_ptr context_;
  std::vector<SequenceCache> caches_;
  ContextMemory memory_;
  size_t batch_size_ = 0;
  ContextShape shape_;
  DecodeCosts costs_;
  double tokens_per_ms_ = 0;  // of prompts; 0: not measured yet
};

}  // namespace lorikeet::engine
