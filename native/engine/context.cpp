#include "engine/context.h"

#include <algorithm>

#include "engine/context_state.h"
#include "engine/engine_thread.h"
#include "engine/error.h"
#include "grammar/grammar.h"

namespace lorikeet::engine {
namespace {

constexpr int kMaxContextSize = 1 << 24;
constexpr int kMaxSlots = 64;
constexpr int kMaxThreads = 512;

Error Disposed(const std::string& what) {
  return Error("DISPOSED",
               "Expected the " + what + " to be open, but it was disposed. Open another one.");
}

void CheckRange(const char* name, int value, int least, int most) {
  if (value >= least && value <= most) return;
  throw Error("INVALID_OPTION",
              "Expected option \"" + std::string(name) + "\" to be " + std::to_string(least) +
                  " to " + std::to_string(most) + ", got " + std::to_string(value) + ".",
              {{"option", name}, {"value", int64_t{value}}});
}

void CheckOptions(const ContextOptions& options) {
  CheckRange("contextSize", options.context_size, 1, kMaxContextSize);
  CheckRange("slots", options.slots, 1, kMaxSlots);
  CheckRange("batchSize", options.batch_size, options.slots, kMaxContextSize);
  CheckRange("threads", options.threads, 1, kMaxThreads);
  CheckRange("maxAdapterSets", options.max_adapter_sets, 1, 1 << 10);
}

// llama.cpp ends the process over a context of a model that has no decoder.
void CheckGenerates(const Model& model) {
  if (llama_model_has_decoder(model.get()) && !llama_model_has_encoder(model.get()) &&
      !llama_model_is_diffusion(model.get()) && model.vocabulary_size() > 0) {
    return;
  }
  throw Error(
      "MODEL_LOAD_FAILED",
      "Expected a model that generates text token by token, got one of the architecture \"" +
          model.architecture() + "\". Take a chat model.",
      {{"architecture", model.architecture()}});
}

void CheckTokens(const Model& model, const char* option, const std::vector<llama_token>& tokens) {
  const auto wrong = std::ranges::find_if(
      tokens, [&](llama_token id) { return id < 0 || id >= model.vocabulary_size(); });
  if (wrong == tokens.end()) return;
  throw Error("INVALID_OPTION",
              "Expected option \"" + std::string(option) + "\" to hold token ids below " +
                  std::to_string(model.vocabulary_size()) + ", got " + std::to_string(*wrong) + ".",
              {{"option", option}, {"token", int64_t{*wrong}}});
}

void CheckAdapters(const Model& model, const std::vector<ScaledAdapter>& adapters) {
  for (const ScaledAdapter& one : adapters) {
    if (one.adapter->closed()) throw Disposed("adapter");
    if (one.adapter->model().get() != &model) {
      throw Error("INVALID_OPTION",
                  "Expected adapters that were loaded for this model, got one of another. Load \"" +
                      one.adapter->path() + "\" with this model.",
                  {{"option", "adapters"}});
    }
  }
}

void CheckPrompt(const std::vector<llama_token>& prompt, int context_size) {
  if (prompt.empty()) {
    throw Error("INVALID_OPTION", "Expected a prompt of at least one token, got none.",
                {{"option", "prompt"}});
  }
  if (prompt.size() < static_cast<size_t>(context_size)) return;
  throw Error("PROMPT_TOO_LONG",
              "Expected a prompt of fewer than " + std::to_string(context_size) +
                  " tokens, which is what a slot holds, got " + std::to_string(prompt.size()) +
                  ". Shorten the conversation or raise \"contextSize\".",
              {{"promptTokens", static_cast<int64_t>(prompt.size())},
               {"contextSize", int64_t{context_size}}});
}

void CheckGeneration(Model& model, const GenerationOptions& options, int context_size) {
  CheckPrompt(options.prompt, context_size);
  CheckTokens(model, "prompt", options.prompt);
  CheckTokens(model, "stopTokens", options.stop_tokens);
  CheckTokens(model, "bannedTokens", options.banned_tokens);
  CheckTokens(model, "triggerTokens", options.trigger_tokens);
  CheckTokens(model, "reportTokens", options.report_tokens);
  CheckAdapters(model, options.adapters);
  if (options.grammar && &options.grammar->vocabulary() != model.GrammarVocabulary().get()) {
    throw Error("INVALID_OPTION",
                "Expected a grammar that was compiled for this model, got one of another.",
                {{"option", "grammar"}});
  }
}

}  // namespace

std::shared_ptr<Context> Context::Create(const std::shared_ptr<Model>& model,
                                         const ContextOptions& options) {
  if (model->closed()) throw Disposed("model");
  CheckOptions(options);
  CheckGenerates(*model);
  auto state = ContextState::Create(model, options);
  if (!model->thread().Run([&] { model->thread().Add(state); })) throw Disposed("model");
  return std::shared_ptr<Context>(new Context(model, std::move(state)));
}

Context::Context(std::shared_ptr<Model> model, std::shared_ptr<ContextState> state)
    : model_(std::move(model)), state_(std::move(state)) {}

Context::~Context() {
  if (state_->closed()) return;
  state_->MarkClosed();
  // The command is the last to hold the state, and the state holds the model.
  model_->thread().Post([state = std::move(state_), thread = &model_->thread()] {
    thread->Remove(state.get());
    state->Shutdown();
  });
}

int Context::context_size() const { return state_->options().context_size; }
int Context::slots() const { return state_->options().slots; }
ContextMemory Context::Memory() const { return state_->memory(); }
ContextStats Context::Stats() const { return state_->stats(); }

void Context::AcquireSlot(SlotHint hint, std::function<void(std::shared_ptr<Slot>)> ready) {
  if (state_->closed()) throw Disposed("context");
  auto command = [state = state_, hint = std::move(hint), ready = std::move(ready)]() mutable {
    state->AcquireSlot(std::move(hint), std::move(ready));
  };
  if (!model_->thread().Post(std::move(command))) throw Disposed("model");
}

void Context::Forget(uint64_t owner) {
  model_->thread().Post([state = state_, owner] { state->Forget(owner); });
}

void Context::Close() {
  state_->MarkClosed();
  EngineThread& thread = model_->thread();
  thread.Run([&] {
    thread.Remove(state_.get());
    state_->Shutdown();
  });
}

Slot::Slot(std::shared_ptr<Model> model, std::shared_ptr<ContextState> context,
           std::shared_ptr<SlotState> state)
    : model_(std::move(model)), context_(std::move(context)), state_(std::move(state)) {}

Slot::~Slot() {
  if (closed_) return;
  AbortRunning();
  model_->thread().Post(
      [context = std::move(context_), state = std::move(state_)] { context->ReleaseSlot(*state); });
}

std::shared_ptr<Generation> Slot::Generate(GenerationOptions options, EventSink sink) {
  if (closed_) throw Disposed("slot");
  if (context_->closed()) throw Disposed("context");
  CheckGeneration(*model_, options, context_->options().context_size);
  options.adapters = NormalizeAdapters(std::move(options.adapters));
  if (state_->busy.exchange(true)) {
    throw Error(
        "BUSY",
        "Expected one generation at a time on a slot, but one runs. Wait for its end, abort "
        "it, or use another slot.");
  }
  auto handle = std::make_shared<Generation>();
  auto run = std::make_shared<std::unique_ptr<GenerationRun>>(std::make_unique<GenerationRun>(
      model_, std::move(options), static_cast<size_t>(context_->options().context_size), handle,
      std::move(sink)));
  const bool posted = model_->thread().Post([context = context_, state = state_, run] {
    context->StartGeneration(*state, std::move(*run));
  });
  if (!posted) {
    state_->busy = false;
    throw Disposed("model");
  }
  std::lock_guard lock(running_mutex_);
  running_ = handle;
  return handle;
}

void Slot::Save() {
  if (closed_) throw Disposed("slot");
  model_->thread().Post([context = context_, state = state_] { context->SaveSlot(*state); });
}

void Slot::Close() {
  if (closed_.exchange(true)) return;
  AbortRunning();
  model_->thread().Run([&] { context_->ReleaseSlot(*state_); });
}

// So that a decode call in the middle of a prompt ends early.
void Slot::AbortRunning() {
  std::lock_guard lock(running_mutex_);
  if (const auto running = running_.lock()) running->Abort();
}

// Here, because only Slot's friends may make one.
void ContextState::GiveTo(SlotState& slot, const Waiting& waiting) {
  slot.taken = true;
  slot.owner = waiting.hint.owner;
  slot.last_used = ++clock_;
  waiting.ready(std::shared_ptr<Slot>(new Slot(model_, shared_from_this(), slots_[slot.index])));
}

}  // namespace lorikeet::engine
