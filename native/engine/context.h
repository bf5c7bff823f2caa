// Slots over one model, and the limits they share.
//
// A slot is a session's place: it keeps the tokens whose state is cached, for every adapter set
// apart. All running slots of a set are batched into one decode call on the model's engine thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/generation.h"
#include "engine/model.h"

namespace lorikeet::engine {

struct ContextState;  // lives on the engine thread
struct SlotState;     // lives on the engine thread

struct ContextOptions {
  int context_size = 0;      // tokens that one slot can hold
  int slots = 1;             // 1 to 64
  int batch_size = 512;      // most tokens of one decode call
  int threads = 1;           // of one decode call
  int max_adapter_sets = 1;  // with a live llama_context each
  // Sequences that lost their slot are kept in so much memory, then in a folder (UTF-8; empty: in
  // none) of so many bytes.
  uint64_t idle_bytes = 0;
  std::string snapshot_folder;
  uint64_t snapshot_bytes = 0;
};

// What the slot will be used for, so that the best of several free places is given: the one that
// `owner` had last, or else one that holds nothing but a beginning of the prompt, or else the one
// that was used longest ago; without an owner the one that holds most of the prompt. May be empty.
struct SlotHint {
  std::vector<llama_token> prompt;
  std::vector<ScaledAdapter> adapters;
  uint64_t owner = 0;  // 0: nobody in particular
};

// Bytes over all live adapter sets of a context.
struct ContextMemory {
  uint64_t cache_bytes = 0;
  uint64_t compute_bytes = 0;
};

// What a context did since it was made, over all slots and adapter sets.
struct ContextStats {
  int64_t decode_calls = 0;
  int64_t decoded_tokens = 0;  // by these calls: their quotient is how full they were
  int64_t prompt_tokens = 0;
  int64_t reused_tokens = 0;  // of them found in a cache
  int64_t generated_tokens = 0;
  int64_t forced_tokens = 0;   // of them
  int64_t guessed_tokens = 0;  // tried ahead of being drawn
  int64_t guessed_right = 0;   // of them drawn then
  int64_t held_tokens = 0;     // by all slots at present
  int64_t idle_bytes = 0;      // of sequences that were put aside in memory
  int adapter_sets = 0;        // that live
};

// A session's place in a context, reserved until it is closed.
class Slot {
 public:
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // Starts a generation on the engine thread; `sink` gets its events (see EventSink).
  //
  // Throws Error: BUSY - a generation runs on this slot; PROMPT_TOO_LONG - the prompt leaves no
  // room for one token; INVALID_OPTION - an empty prompt, an id outside the vocabulary, an adapter
  // or grammar of another model; DISPOSED - slot, context, model or adapter are closed.
  std::shared_ptr<Generation> Generate(GenerationOptions options, EventSink sink);

  // Writes what it holds to the snapshot folder, where there is one: soon, and not before what runs
  // on the slot has ended. Throws: DISPOSED.
  void Save();

  // Aborts its generation and gives the place back; what it holds may be reused by the next who
  // gets it. Idempotent; blocks until the engine thread has done so.
  void Close();

 private:
  friend struct ContextState;
  Slot(std::shared_ptr<Model> model, std::shared_ptr<ContextState> context,
       std::shared_ptr<SlotState> state);

  void AbortRunning();

  CountedObject counted_{ObjectKind::kSlot};
  std::shared_ptr<Model> model_;
  std::shared_ptr<ContextState> context_;
  std::shared_ptr<SlotState> state_;
  std::atomic<bool> closed_ = false;
  std::mutex running_mutex_;
  std::weak_ptr<Generation> running_;  // guarded by running_mutex_
};

class Context {
 public:
  // Reserves the memory of the set without adapters; blocks, so call it on a worker thread.
  //
  // Throws Error: CONTEXT_TOO_LARGE - cache and buffers need more memory than there is;
  // INVALID_OPTION; MODEL_LOAD_FAILED - the model generates no text; DISPOSED.
  static std::shared_ptr<Context> Create(const std::shared_ptr<Model>& model,
                                         const ContextOptions& options);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Tokens that one slot can hold.
  int context_size() const;
  int slots() const;
  ContextMemory Memory() const;
  ContextStats Stats() const;

  // Reserves a slot and hands it to `ready` on the engine thread, at once or, when all are taken,
  // as soon as one is freed; first come, first served. `ready` gets null when the context closes
  // first, and must return at once. Throws: DISPOSED.
  void AcquireSlot(SlotHint hint, std::function<void(std::shared_ptr<Slot>)> ready);

  // Nothing is put aside for this owner any more; it must not be 0. Any thread.
  void Forget(uint64_t owner);

  // Aborts all generations, closes all slots and frees every llama_context. Idempotent; blocks
  // until the engine thread has done so.
  void Close();

 private:
  Context(std::shared_ptr<Model> model, std::shared_ptr<ContextState> state);

  CountedObject counted_{ObjectKind::kContext};
  std::shared_ptr<Model> model_;
  std::shared_ptr<ContextState> state_;
};

}  // namespace lorikeet::engine
