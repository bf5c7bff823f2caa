#include "addon/model_handle.h"

#include <atomic>

#include "addon/adapter_handle.h"
#include "addon/arguments.h"
#include "addon/context_handle.h"
#include "addon/grammar_handle.h"
#include "addon/values.h"

namespace lorikeet::addon {
namespace {

using engine::Model;

engine::ModelOptions ReadOptions(Napi::Value value) {
  Record record(value, "options");
  engine::ModelOptions options;
  options.path = record.String("path");
  options.gpu_backends = record.Strings("gpuBackends");
  options.gpu_layers = record.Integer("gpuLayers");
  options.memory_map = record.Bool("memoryMap");
  options.memory_lock = record.Bool("memoryLock");
  options.cache_folder = record.String("cacheFolder");
  return options;
}

// Reports progress of a load to JavaScript, at most one message under way at a time.
class ProgressReporter : public std::enable_shared_from_this<ProgressReporter> {
 public:
  ProgressReporter(std::shared_ptr<JsThread> thread, Napi::Function callback)
      : thread_(std::move(thread)), callback_(Napi::Persistent(callback)) {}

  // Any thread.
  void Report(float fraction) {
    fraction_.store(fraction);
    if (under_way_.exchange(true)) return;
    thread_->Post([weak = weak_from_this()](Napi::Env env) {
      if (auto self = weak.lock()) self->Deliver(env);
    });
  }

  // On the JavaScript thread: nothing is reported after it.
  void End() { callback_.Reset(); }

 private:
  void Deliver(Napi::Env env) {
    under_way_ = false;
    if (!callback_.IsEmpty()) callback_.Call({Napi::Number::New(env, fraction_.load())});
  }

  std::shared_ptr<JsThread> thread_;
  Napi::FunctionReference callback_;
  std::atomic<float> fraction_ = 0;
  std::atomic<bool> under_way_ = false;
};

}  // namespace

Napi::Function ModelHandle::Define(Napi::Env env) {
  return DefineClass(env, "NativeModel",
                     {InstanceMethod<&ModelHandle::Dispose>("dispose"),
                      InstanceMethod<&ModelHandle::Facts>("facts"),
                      InstanceMethod<&ModelHandle::SpecialToken>("specialToken"),
                      InstanceMethod<&ModelHandle::TokenText>("tokenText"),
                      InstanceMethod<&ModelHandle::TokenBytes>("tokenBytes"),
                      InstanceMethod<&ModelHandle::Tokenize>("tokenize"),
                      InstanceMethod<&ModelHandle::TokenizeAsync>("tokenizeAsync"),
                      InstanceMethod<&ModelHandle::Detokenize>("detokenize"),
                      InstanceMethod<&ModelHandle::LoadAdapter>("loadAdapter"),
                      InstanceMethod<&ModelHandle::CreateContext>("createContext"),
                      InstanceMethod<&ModelHandle::CompileGrammar>("compileGrammar")});
}

Napi::Value ModelHandle::Load(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    auto options = ReadOptions(info[0]);
    auto thread = AddonData::Of(env).thread();
    auto aborted = std::make_shared<std::atomic<bool>>(false);
    auto reporter =
        std::make_shared<ProgressReporter>(thread, FunctionArgument(info, 1, "onProgress"));
    uint64_t key = thread->AtTeardown([aborted] { *aborted = true; });

    auto work = [options, aborted, weak = std::weak_ptr(reporter)] {
      return Model::Load(options, [&](float fraction) {
        if (auto reporter = weak.lock()) reporter->Report(fraction);
        return !*aborted;
      });
    };
    auto convert = [](Napi::Env env, std::shared_ptr<Model>& model) -> Napi::Value {
      return model == nullptr ? env.Null() : Wrap(env, std::move(model));
    };
    Napi::Promise done =
        PromiseJob<std::shared_ptr<Model>>::Start(env, work, convert, [thread, key, reporter] {
          thread->Forget(key);
          reporter->End();
        });

    Napi::Object job = Napi::Object::New(env);
    job["done"] = done;
    job["abort"] = Napi::Function::New(
        env, [aborted](const Napi::CallbackInfo&) { *aborted = true; }, "abort");
    return job;
  });
}

// facts(): everything about the model that does not change, in one record.
Napi::Value ModelHandle::Facts(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    const Model& model = *target();
    const char* chat_template = model.chat_template();
    Napi::Object facts = Napi::Object::New(env);
    facts["architecture"] = model.architecture();
    facts["description"] = model.description();
    facts["sizeBytes"] = static_cast<double>(model.size_bytes());
    facts["parameterCount"] = static_cast<double>(model.parameter_count());
    facts["trainedContextSize"] = model.trained_context_size();
    facts["layerCount"] = model.layer_count();
    facts["gpuLayerCount"] = model.gpu_layer_count();
    facts["vocabularySize"] = model.vocabulary_size();
    facts["bosToken"] = model.bos_token();
    facts["addBos"] = model.add_bos();
    facts["endTokens"] = ToJs(env, model.end_tokens());
    facts["metadata"] = ToJs(env, model.header().metadata);
    facts["chatTemplate"] =
        chat_template == nullptr ? env.Null() : Napi::String::New(env, chat_template);
    return facts;
  });
}

// specialToken(text: string): number
Napi::Value ModelHandle::SpecialToken(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::Number::New(info.Env(), target()->SpecialToken(StringArgument(info, 0, "text")));
  });
}

// tokenText(token: number): string
Napi::Value ModelHandle::TokenText(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), target()->TokenText(IntegerArgument(info, 0, "token")));
  });
}

// tokenBytes(token: number): Uint8Array
Napi::Value ModelHandle::TokenBytes(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return BytesToJs(info.Env(), target()->TokenBytes(IntegerArgument(info, 0, "token")));
  });
}

// tokenize(text: string, special: boolean): Int32Array
Napi::Value ModelHandle::Tokenize(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return ToJs(info.Env(), target()->Tokenize(StringArgument(info, 0, "text"),
                                               BoolArgument(info, 1, "special")));
  });
}

// tokenizeAsync(text: string, special: boolean): Promise<Int32Array>
Napi::Value ModelHandle::TokenizeAsync(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [model = target(), text = StringArgument(info, 0, "text"),
                 special = BoolArgument(info, 1, "special")] {
      return model->Tokenize(text, special);
    };
    return PromiseJob<std::vector<llama_token>>::Start(
        info.Env(), work,
        [](Napi::Env env, std::vector<llama_token>& tokens) { return ToJs(env, tokens); });
  });
}

// detokenize(tokens: Int32Array, special: boolean): string
Napi::Value ModelHandle::Detokenize(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), target()->Detokenize(Int32sArgument(info, 0, "tokens"),
                                                              BoolArgument(info, 1, "special")));
  });
}

// loadAdapter(path: string): Promise<NativeAdapter>
Napi::Value ModelHandle::LoadAdapter(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [model = target(), path = StringArgument(info, 0, "path")] {
      return engine::Adapter::Load(model, path);
    };
    return PromiseJob<std::shared_ptr<engine::Adapter>>::Start(
        info.Env(), work, [](Napi::Env env, std::shared_ptr<engine::Adapter>& adapter) {
          return AdapterHandle::Wrap(env, std::move(adapter));
        });
  });
}

// createContext(options: NativeContextOptions): Promise<NativeContext>
Napi::Value ModelHandle::CreateContext(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Record record(info[0], "options");
    engine::ContextOptions options;
    options.context_size = record.Integer("contextSize");
    options.slots = record.Integer("slots");
    options.batch_size = record.Integer("batchSize");
    options.threads = record.Integer("threads");
    options.max_adapter_sets = record.Integer("maxAdapterSets");
    options.idle_bytes = static_cast<uint64_t>(record.Whole("idleBytes"));
    options.snapshot_folder = record.String("snapshotFolder");
    options.snapshot_bytes = static_cast<uint64_t>(record.Whole("snapshotBytes"));
    auto work = [model = target(), options] { return engine::Context::Create(model, options); };
    return PromiseJob<std::shared_ptr<engine::Context>>::Start(
        info.Env(), work, [](Napi::Env env, std::shared_ptr<engine::Context>& context) {
          return ContextHandle::Wrap(env, std::move(context));
        });
  });
}

// compileGrammar(source: NativeGrammarSource): Promise<NativeGrammar>
Napi::Value ModelHandle::CompileGrammar(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return GrammarHandle::Compile(info.Env(), target(), info[0]);
  });
}

}  // namespace lorikeet::addon
