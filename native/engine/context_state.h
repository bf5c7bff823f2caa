// The slots of one context and the scheduler that batches their generations.
//
// THREADS: the engine thread only, but for what is marked.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "engine/adapter_set.h"
#include "engine/context.h"
#include "engine/engine_thread.h"
#include "engine/generation_run.h"
#include "engine/state_store.h"
#include "engine/thread_pool.h"

namespace lorikeet::engine {

// One of a context's places for a sequence.
struct SlotState {
  int index = 0;
  bool taken = false;
  uint64_t owner = 0;      // who had it last: see SlotHint
  uint64_t last_used = 0;  // by the context's clock; 0: never
  std::unique_ptr<GenerationRun> run;
  uint64_t begun = 0;               // when `run` came, by the context's clock
  AdapterSet* set = nullptr;        // where `run` decodes; null: it waits for its set
  std::vector<size_t> checkpoints;  // lengths of the prompt at which one is kept, ascending
  std::atomic<bool> busy = false;   // any thread: from Generate to the end of the generation
};

struct ContextState : Stepper, std::enable_shared_from_this<ContextState> {
 public:
  // Any thread. Throws as Context::Create.
  static std::shared_ptr<ContextState> Create(std::shared_ptr<Model> model, ContextOptions options);

  const ContextOptions& options() const { return options_; }
  // Any thread.
  ContextMemory memory() const { return {cache_bytes_.load(), compute_bytes_.load()}; }
  // Any thread.
  ContextStats stats() const {
    std::lock_guard lock(stats_mutex_);
    return stats_;
  }
  bool closed() const { return closed_.load(); }
  // Makes what computes now end early. Any thread.
  void MarkClosed() { closed_ = true; }

  void AcquireSlot(SlotHint hint, std::function<void(std::shared_ptr<Slot>)> ready);
  void ReleaseSlot(SlotState& slot);
  void SaveSlot(SlotState& slot);
  void Forget(uint64_t owner);
  // REQUIRES: slot.busy was set by the caller and no generation runs on it.
  void StartGeneration(SlotState& slot, std::unique_ptr<GenerationRun> run);

  bool Step() override;
  void ReleaseAdapter(const Adapter* adapter) override;
  void Shutdown() override;

 private:
  // A run's share of a decode call.
  struct Part {
    SlotState* slot;
    size_t count;  // tokens, without guesses
    // Rows of the logits after the last token and after each guess; -1: not asked for. Empty: more
    // tokens are to come.
    std::vector<int> logits_rows;
  };
  struct Waiting {
    SlotHint hint;
    std::function<void(std::shared_ptr<Slot>)> ready;
  };

  // How well a free place suits, the better the larger: a rank, then what counts within it.
  using Fit = std::pair<int, int64_t>;

  ContextState(std::shared_ptr<Model> model, ContextOptions options);

  void StartWaiting();
  size_t TakePrefix(AdapterSet& set, SlotState& slot);
  void PutAside(const AdapterSet& set, SequenceCache& cache, size_t kept);
  void SaveShared(const AdapterSet& set, const SlotState& slot);
  uint64_t KeyOf(const AdapterSet& set) const;
  static void PlanCheckpoints(SlotState& slot, size_t cached, size_t common);
  AdapterSet* SetFor(const std::vector<ScaledAdapter>& adapters);
  AdapterSet* FindSet(const std::vector<ScaledAdapter>& adapters);
  bool MakeRoomForSet();
  void CloseSet(AdapterSet* set);
  void EndInterrupted();
  AdapterSet* NextSet();
  std::vector<Part> Plan(AdapterSet& set, DecodeBatch& batch);
  void AddPart(AdapterSet& set, DecodeBatch& batch, SlotState& slot, size_t most,
               std::vector<Part>& parts);
  void AddGuesses(AdapterSet& set, DecodeBatch& batch, std::vector<Part>& parts);
  void TakeLogits(AdapterSet& set, const Part& part);
  void Deliver(AdapterSet& set, const std::vector<Part>& parts);
  void Undo(AdapterSet& set, const std::vector<Part>& parts);
  void EndIfOver(SlotState& slot);
  static bool ShouldAbort(void* state);
  bool Interrupted() const;
  std::vector<SlotState*> RunningIn(const AdapterSet& set);
  SlotState* ChooseSlot(const SlotHint& hint);
  void GiveTo(SlotState& slot, const Waiting& waiting);
  Fit FitOf(const SlotState& slot, const SlotHint& hint);
  void CountMemory();
  void CountCall(size_t tokens);
  void CountEnd(const GenerationRun& run);

  std::shared_ptr<Model> model_;
  ContextOptions options_;
  ThreadPool threads_;
  std::vector<std::shared_ptr<SlotState>> slots_;
  std::vector<std::unique_ptr<AdapterSet>> sets_;  // the one used last at the end
  std::deque<Waiting> waiting_;
  uint64_t clock_ = 0;           // counts what happens to slots
  std::vector<Part> computing_;  // the parts of the decode call that runs now
  uint64_t model_key_;
  StateStore store_;
  std::atomic<uint64_t> cache_bytes_ = 0;
  std::atomic<uint64_t> compute_bytes_ = 0;
  std::atomic<bool> closed_ = false;
  mutable std::mutex stats_mutex_;
  ContextStats stats_;  // guarded by stats_mutex_
};

}  // namespace lorikeet::engine
