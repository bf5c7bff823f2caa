#include "engine/context_state.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/grammar_error.h"
#include "engine/memory_estimate.h"
#include "engine/snapshot_file.h"
#include "engine/system_memory.h"
#include "ggml.h"
#include "grammar/error.h"
#include "grammar/hash_index.h"

namespace lorikeet::engine {
namespace {

// A run that wants no more tokens than this is decoding; its tokens go into every batch.
constexpr size_t kShortPart = 64;
// A loss counts as little up to this part of what is kept.
constexpr int64_t kSmallPart = 8;

// What state depends on beside adapters: the model's files and the version of llama.cpp.
uint64_t ModelKey(const Model& model) {
  uint64_t key = 1;
  for (const std::string& file : model.header().files) {
    key = grammar::MixHash(key, FileFingerprint(file));
  }
  for (const char* text : {ggml_version(), ggml_commit()}) {
    for (; *text != 0; text++) key = grammar::MixHash(key, static_cast<uint8_t>(*text));
  }
  return grammar::MixHash(key, static_cast<uint64_t>(model.gpu_layer_count()));
}

}  // namespace

std::shared_ptr<ContextState> ContextState::Create(std::shared_ptr<Model> model,
                                                   ContextOptions options) {
  std::shared_ptr<ContextState> state(new ContextState(std::move(model), options));
  state->sets_.push_back(
      AdapterSet::Open(*state->model_, {}, options, state->threads_, ShouldAbort, state.get()));
  state->CountMemory();
  return state;
}

ContextState::ContextState(std::shared_ptr<Model> model, ContextOptions options)
    : model_(std::move(model)),
      options_(options),
      threads_(options.threads),
      model_key_(ModelKey(*model_)),
      store_({options.idle_bytes, options.snapshot_folder, options.snapshot_bytes},
             WindowCells(*model_, options) > 0) {
  for (int i = 0; i < options_.slots; i++) {
    slots_.push_back(std::make_shared<SlotState>());
    slots_.back()->index = i;
  }
}

// One decode call for the adapter set whose turn it is:
//
//   for each run of the set: add its next tokens to the batch
//   decode
//   for each run: note what is cached now; sample where its tokens are through; report
bool ContextState::Step() {
  StartWaiting();
  EndInterrupted();
  AdapterSet* set = NextSet();
  if (set == nullptr) return false;
  DecodeBatch batch;
  computing_ = Plan(*set, batch);
  std::string error;
  const DecodeStatus status = set->Decode(batch, error);
  const std::vector<Part> parts = std::exchange(computing_, {});
  CountMemory();
  if (status == DecodeStatus::kDone) {
    CountCall(batch.size());
    Deliver(*set, parts);
    return true;
  }
  // Those that were not aborted are decoded again with the next step.
  Undo(*set, parts);
  if (status == DecodeStatus::kFailed) {
    for (const Part& part : parts) {
      part.slot->run->Fail(Error("DECODE_FAILED", "llama.cpp could not decode: " + error + "."));
      EndIfOver(*part.slot);
    }
  }
  return true;
}

// Gives runs without a set theirs, first come, first served. One for which there is no room waits
// until a set is idle, and those after it wait too: else new runs would keep the live sets busy for
// ever.
void ContextState::StartWaiting() {
  std::vector<SlotState*> waiting;
  for (const auto& slot : slots_) {
    if (slot->run && slot->set == nullptr) waiting.push_back(slot.get());
  }
  std::ranges::sort(waiting, {}, &SlotState::begun);
  for (SlotState* slot : waiting) {
    try {
      slot->set = SetFor(slot->run->adapters());
      if (slot->set == nullptr) return;
      slot->run->Start(TakePrefix(*slot->set, *slot));
    } catch (const Error& error) {
      slot->run->Fail(error);
    } catch (const grammar::GrammarError& error) {
      slot->run->Fail(ToEngineError(error));
    } catch (const std::exception& error) {
      slot->run->Fail(Error("NATIVE_FAILURE", error.what()));
    }
    EndIfOver(*slot);
  }
}

// Null: all live sets are in use, and there may be no more of them.
AdapterSet* ContextState::SetFor(const std::vector<ScaledAdapter>& adapters) {
  if (AdapterSet* live = FindSet(adapters)) return live;
  if (!MakeRoomForSet()) return nullptr;
  sets_.push_back(AdapterSet::Open(*model_, adapters, options_, threads_, ShouldAbort, this));
  CountMemory();
  return sets_.back().get();
}

AdapterSet* ContextState::FindSet(const std::vector<ScaledAdapter>& adapters) {
  for (const auto& set : sets_) {
    if (SameAdapters(set->adapters(), adapters)) return set.get();
  }
  return nullptr;
}

// Closes the idle set that was used longest ago, where there are too many.
bool ContextState::MakeRoomForSet() {
  if (sets_.size() < static_cast<size_t>(options_.max_adapter_sets)) return true;
  for (const auto& set : sets_) {
    if (!RunningIn(*set).empty()) continue;
    CloseSet(set.get());
    return true;
  }
  return false;
}

void ContextState::CloseSet(AdapterSet* set) {
  for (const auto& slot : slots_) PutAside(*set, set->cache(slot->index), 0);
  std::erase_if(sets_, [&](const auto& one) { return one.get() == set; });
  CountMemory();
}

void ContextState::EndInterrupted() {
  for (const auto& slot : slots_) {
    if (!slot->run) continue;
    if (const auto reason = slot->run->Interruption()) {
      slot->run->End(*reason);
      EndIfOver(*slot);
    }
  }
}

// Sets take turns: the one used longest ago that has a run comes next.
AdapterSet* ContextState::NextSet() {
  for (auto set = sets_.begin(); set != sets_.end(); ++set) {
    if (RunningIn(**set).empty()) continue;
    std::rotate(set, set + 1, sets_.end());
    return sets_.back().get();
  }
  return nullptr;
}

// Single tokens and forced ones go first and whole; what is left of the call is shared among the
// prompts, so that a long prompt keeps nobody waiting for more than about 100 ms.
std::vector<ContextState::Part> ContextState::Plan(AdapterSet& set, DecodeBatch& batch) {
  std::vector<Part> parts;
  std::vector<SlotState*> prompts;
  for (SlotState* slot : RunningIn(set)) {
    const size_t wanted = slot->run->tokens().size() - set.cache(slot->index).size();
    if (slot->run->is_open()) {
      AddPart(set, batch, *slot, 1, parts);
    } else if (wanted > kShortPart) {
      prompts.push_back(slot);
    } else {
      AddPart(set, batch, *slot, wanted, parts);
    }
  }
  if (prompts.empty()) AddGuesses(set, batch, parts);
  const size_t room = static_cast<size_t>(options_.batch_size) - batch.size();
  const bool alone = batch.size() == 0 && prompts.size() == 1;
  size_t budget = std::min(set.ChunkLimit(alone), room);
  for (size_t i = 0; i < prompts.size(); i++) {
    const size_t before = batch.size();
    AddPart(set, batch, *prompts[i], budget / (prompts.size() - i), parts);
    budget -= batch.size() - before;
  }
  return parts;
}

// Adds the next tokens of a run: at most `most`, and no more than fit into the call.
void ContextState::AddPart(AdapterSet& set, DecodeBatch& batch, SlotState& slot, size_t most,
                           std::vector<Part>& parts) {
  const SequenceCache& cache = set.cache(slot.index);
  const auto& tokens = slot.run->tokens();
  most = std::min(most, static_cast<size_t>(options_.batch_size) - batch.size());
  size_t count = std::min(tokens.size() - cache.size(), most);
  const auto checkpoint = std::ranges::upper_bound(slot.checkpoints, cache.size());
  if (checkpoint != slot.checkpoints.end()) count = std::min(count, *checkpoint - cache.size());
  if (count == 0) return;
  Part part{&slot, count, {}};
  for (size_t i = 0; i < count; i++) {
    const size_t position = cache.size() + i;
    const bool last = position + 1 == tokens.size();
    const int row = batch.Add(tokens[position], static_cast<llama_pos>(position), slot.index, last);
    if (last) part.logits_rows = {row};
  }
  parts.push_back(std::move(part));
}

// Adds what the runs guess behind their tokens. The whole call is computed in one piece then: a
// second piece could take the cells that fell out of a window because of wrong guesses.
void ContextState::AddGuesses(AdapterSet& set, DecodeBatch& batch, std::vector<Part>& parts) {
  size_t left = set.GuessLimit(batch.size());
  const auto draws = [](const Part& part) { return !part.logits_rows.empty(); };
  auto expected = static_cast<double>(std::ranges::count_if(parts, draws));
  for (size_t i = 0; i < parts.size(); i++) {
    Part& part = parts[i];
    if (part.logits_rows.empty() || !set.cache(part.slot->index).CanTakeBack()) continue;
    GenerationRun& run = *part.slot->run;
    const size_t most = std::min(kGuessesOfSlot, left / (parts.size() - i));
    const auto& [guess, gained] = run.Guess({most, batch.size(), expected}, set.costs());
    expected += gained - 1;
    for (size_t j = 0; j < guess.size(); j++) {
      const bool drawn_after = j + 1 == guess.size() || !guess[j + 1].forced;
      const auto position = static_cast<llama_pos>(run.tokens().size() + j);
      const int row = batch.Add(guess[j].token, position, part.slot->index, drawn_after);
      part.logits_rows.push_back(drawn_after ? row : -1);
    }
    left -= guess.size();
  }
}

void ContextState::Deliver(AdapterSet& set, const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    GenerationRun& run = *part.slot->run;
    SequenceCache& cache = set.cache(part.slot->index);
    cache.Append(std::span(run.tokens()).subspan(cache.size(), part.count));
    if (std::ranges::binary_search(part.slot->checkpoints, cache.size())) cache.SaveCheckpoint();
    if (run.in_prompt()) SaveShared(set, *part.slot);
    run.OnPromptProgress(cache.size());
    try {
      if (!part.logits_rows.empty()) TakeLogits(set, part);
    } catch (const grammar::GrammarError& error) {
      run.Fail(ToEngineError(error));
    } catch (const std::exception& error) {
      run.Fail(Error("NATIVE_FAILURE", error.what()));
    }
    if (part.logits_rows.size() > 1) cache.DropUnknown();
    if (run.ended()) {
      EndIfOver(*part.slot);
    } else {
      run.Flush(cache.size());
    }
  }
}

// Lets a run draw; guesses that came true stay in the cache.
void ContextState::TakeLogits(AdapterSet& set, const Part& part) {
  const size_t vocabulary = static_cast<size_t>(llama_vocab_n_tokens(model_->vocab()));
  GenerationRun& run = *part.slot->run;
  SequenceCache& cache = set.cache(part.slot->index);
  const auto logits_after = [&](size_t guesses) -> std::span<float> {
    const int row = part.logits_rows[guesses];
    return row < 0 ? std::span<float>() : std::span(set.Logits(row), vocabulary);
  };
  const auto can_go_back = [&](size_t tokens) { return cache.Reach(tokens) == tokens; };
  const Kept kept = run.OnLogits(logits_after, part.count, can_go_back);
  cache.Append(std::span(run.tokens()).subspan(cache.size(), kept.guesses));
  if (kept.tokens) cache.CutBack(*kept.tokens);
}

// After a call that was cut short the sequences hold an unknown part of it.
void ContextState::Undo(AdapterSet& set, const std::vector<Part>& parts) {
  for (const Part& part : parts) set.cache(part.slot->index).DropUnknown();
}

void ContextState::EndIfOver(SlotState& slot) {
  if (!slot.run || !slot.run->ended()) return;
  const std::unique_ptr<GenerationRun> run = std::move(slot.run);
  const size_t cached = slot.set == nullptr ? 0 : slot.set->cache(slot.index).size();
  slot.set = nullptr;
  slot.busy = false;
  CountEnd(*run);
  run->AddWarnings(store_.TakeWarnings());
  run->Flush(cached);
}

bool ContextState::ShouldAbort(void* state) {
  return static_cast<const ContextState*>(state)->Interrupted();
}

// Whether what computes now is in vain, or a prompt in it is: single tokens of an aborted run are
// not worth decoding the others again.
bool ContextState::Interrupted() const {
  if (closed_ || model_->thread().stopping()) return !computing_.empty();
  size_t aborted = 0;
  for (const Part& part : computing_) {
    if (!part.slot->run->handle().aborted()) continue;
    if (part.count > kShortPart) return true;
    aborted++;
  }
  return aborted > 0 && aborted == computing_.size();
}

std::vector<SlotState*> ContextState::RunningIn(const AdapterSet& set) {
  std::vector<SlotState*> running;
  for (const auto& slot : slots_) {
    if (slot->run && slot->set == &set) running.push_back(slot.get());
  }
  return running;
}

void ContextState::StartGeneration(SlotState& slot, std::unique_ptr<GenerationRun> run) {
  slot.run = std::move(run);
  slot.begun = ++clock_;
  if (closed_) {
    slot.run->End(StopReason::kAborted);
    EndIfOver(slot);
  }
}

void ContextState::AcquireSlot(SlotHint hint, std::function<void(std::shared_ptr<Slot>)> ready) {
  if (closed_) return ready(nullptr);
  const Waiting waiting{std::move(hint), std::move(ready)};
  if (SlotState* slot = ChooseSlot(waiting.hint)) {
    GiveTo(*slot, waiting);
  } else {
    waiting_.push_back(waiting);
  }
}

// Null: none is free.
SlotState* ContextState::ChooseSlot(const SlotHint& hint) {
  SlotState* best = nullptr;
  Fit best_fit;
  for (const auto& slot : slots_) {
    if (slot->taken) continue;
    if (hint.owner != 0 && slot->owner == hint.owner) return slot.get();
    const Fit fit = FitOf(*slot, hint);
    if (best != nullptr && fit <= best_fit) continue;
    best = slot.get();
    best_fit = fit;
  }
  return best;
}

// For an owner first a place that loses nothing, of several the one that holds most of the prompt;
// then one that loses little beside what it holds, as the answer to this very prompt; then the one
// that was used longest ago. For nobody in particular the one that holds most of the prompt, so
// that the same prompt is computed in the same cells each time.
ContextState::Fit ContextState::FitOf(const SlotState& slot, const SlotHint& hint) {
  const auto adapters = NormalizeAdapters(hint.adapters);
  int64_t match = 0, loss = 0;
  for (const auto& set : sets_) {
    const SequenceCache& cache = set->cache(slot.index);
    const bool same = SameAdapters(set->adapters(), adapters);
    const size_t common = same ? cache.CommonPrefix(hint.prompt) : 0;
    match += static_cast<int64_t>(common);
    loss += static_cast<int64_t>(cache.size() - common);
  }
  if (hint.owner == 0) return {0, match};
  if (loss == 0) return {2, match};
  if (loss * kSmallPart < match) return {1, -loss};
  return {0, -static_cast<int64_t>(slot.last_used)};
}

void ContextState::ReleaseSlot(SlotState& slot) {
  if (slot.run) {
    slot.run->End(StopReason::kAborted);
    EndIfOver(slot);
  }
  slot.taken = false;
  if (waiting_.empty() || closed_) return;
  const Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  GiveTo(slot, next);
}

void ContextState::Forget(uint64_t owner) {
  for (const auto& set : sets_) {
    for (const auto& slot : slots_) set->cache(slot->index).Forget(owner);
  }
}

void ContextState::ReleaseAdapter(const Adapter* adapter) {
  for (const auto& slot : slots_) {
    if (!slot->run) continue;
    const auto& used = slot->run->adapters();
    if (std::ranges::any_of(used, [&](const auto& one) { return one.adapter.get() == adapter; })) {
      slot->run->End(StopReason::kAborted);
      EndIfOver(*slot);
    }
  }
  std::erase_if(sets_, [&](const auto& set) { return set->Uses(adapter); });
  CountMemory();
}

void ContextState::Shutdown() {
  closed_ = true;
  for (const auto& slot : slots_) {
    if (!slot->run) continue;
    slot->run->End(StopReason::kAborted);
    EndIfOver(*slot);
  }
  sets_.clear();
  ReturnFreeMemory();
  CountMemory();
  for (const Waiting& one : std::exchange(waiting_, {})) one.ready(nullptr);
}

void ContextState::CountCall(size_t tokens) {
  std::lock_guard lock(stats_mutex_);
  stats_.decode_calls++;
  stats_.decoded_tokens += static_cast<int64_t>(tokens);
}

void ContextState::CountEnd(const GenerationRun& run) {
  int64_t held = 0;
  for (const auto& set : sets_) {
    for (const auto& slot : slots_) held += static_cast<int64_t>(set->cache(slot->index).size());
  }
  std::lock_guard lock(stats_mutex_);
  stats_.prompt_tokens += static_cast<int64_t>(run.prompt_size());
  stats_.reused_tokens += static_cast<int64_t>(run.reused());
  stats_.generated_tokens += run.generated();
  stats_.forced_tokens += run.forced();
  stats_.guessed_tokens += run.guessed();
  stats_.guessed_right += run.guessed_right();
  stats_.held_tokens = held;
  stats_.idle_bytes = static_cast<int64_t>(store_.memory_bytes());
  stats_.adapter_sets = static_cast<int>(sets_.size());
}

void ContextState::CountMemory() {
  ContextMemory sum;
  for (const auto& set : sets_) {
    sum.cache_bytes += set->memory().cache_bytes;
    sum.compute_bytes += set->memory().compute_bytes;
  }
  cache_bytes_ = sum.cache_bytes;
  compute_bytes_ = sum.compute_bytes;
}

}  // namespace lorikeet::engine
