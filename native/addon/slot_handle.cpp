#include "addon/slot_handle.h"

#include "addon/adapter_handle.h"
#include "addon/arguments.h"
#include "addon/event_batches.h"
#include "addon/grammar_handle.h"

namespace lorikeet::addon {
namespace {

engine::SamplingOptions ReadSampling(Napi::Value value, const char* what) {
  Record record(value, what);
  engine::SamplingOptions sampling;
  sampling.temperature = static_cast<float>(record.Number("temperature"));
  sampling.top_k = record.Integer("topK");
  sampling.top_p = static_cast<float>(record.Number("topP"));
  sampling.min_p = static_cast<float>(record.Number("minP"));
  sampling.repeat_penalty = static_cast<float>(record.Number("repeatPenalty"));
  sampling.repeat_last_tokens = record.Integer("repeatLastTokens");
  sampling.seed = record.Unsigned("seed");
  return sampling;
}

engine::GenerationOptions ReadOptions(Napi::Value value) {
  Record record(value, "options");
  engine::GenerationOptions options;
  options.prompt = record.Int32s("prompt");
  options.shared_tokens = record.Integer("sharedTokens");
  options.adapters = ReadAdapters(record.Array("adapters"));
  options.max_tokens = record.Integer("maxTokens");
  options.time_limit_ms = record.Integer("timeLimitMs");
  options.sampling = ReadSampling(record.Get("sampling"), "sampling");
  options.grammar_sampling = ReadSampling(record.Get("grammarSampling"), "grammarSampling");
  options.stop_tokens = record.Int32s("stopTokens");
  options.stop_texts = record.Strings("stopTexts");
  if (!record.Get("grammar").IsNull()) {
    options.grammar = GrammarHandle::TargetOf(record.Get("grammar"), "grammar")->grammar;
  }
  options.trigger_tokens = record.Int32s("triggerTokens");
  options.trigger_texts = record.Strings("triggerTexts");
  options.report_tokens = record.Int32s("reportTokens");
  options.banned_tokens = record.Int32s("bannedTokens");
  options.forced = record.Bool("forced");
  options.guess = record.Bool("guess");
  return options;
}

}  // namespace

Napi::Function SlotHandle::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeSlot",
      {InstanceMethod<&SlotHandle::Dispose>("dispose"), InstanceMethod<&SlotHandle::Save>("save"),
       InstanceMethod<&SlotHandle::Generate>("generate")});
}

// save(): void
Napi::Value SlotHandle::Save(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    target()->Save();
    return info.Env().Undefined();
  });
}

// generate(options: NativeGenerationOptions, onEvents): NativeGeneration
Napi::Value SlotHandle::Generate(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    auto options = ReadOptions(info[0]);
    auto batches = EventBatches::Create(env, FunctionArgument(info, 1, "onEvents"));
    std::shared_ptr<engine::Generation> generation;
    try {
      generation = target()->Generate(std::move(options), EventBatches::Sink(batches));
    } catch (...) {
      EventBatches::Cancel(env, batches);
      throw;
    }
    Napi::Object handle = Napi::Object::New(env);
    handle["abort"] = Napi::Function::New(
        env,
        [weak = std::weak_ptr(generation)](const Napi::CallbackInfo&) {
          if (auto generation = weak.lock()) generation->Abort();
        },
        "abort");
    return handle;
  });
}

}  // namespace lorikeet::addon
