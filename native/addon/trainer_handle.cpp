#include "addon/trainer_handle.h"

#include <cstring>
#include <utility>

#include "addon/arguments.h"
#include "addon/trainer_arguments.h"

namespace lorikeet::addon {
namespace {

using train::Trainer;

// Runs `work` with the trainer on a pool thread; `convert` makes a JavaScript value of its result.
template <typename Result>
Napi::Promise Start(Napi::Env env, std::shared_ptr<TrainerTarget> target,
                    std::function<Result(Trainer&)> work,
                    typename PromiseJob<Result>::Convert convert) {
  return PromiseJob<Result>::Start(
      env,
      [target = std::move(target), work = std::move(work)]() -> Result {
        std::lock_guard lock(target->mutex);
        if (target->trainer == nullptr) {
          throw engine::Error("DISPOSED", "This trainer was disposed. Open another one.");
        }
        return work(*target->trainer);
      },
      std::move(convert));
}

Napi::Promise StartSilent(Napi::Env env, std::shared_ptr<TrainerTarget> target,
                          std::function<void(Trainer&)> work) {
  struct Nothing {};
  return Start<Nothing>(
      env, std::move(target),
      [work = std::move(work)](Trainer& trainer) {
        work(trainer);
        return Nothing{};
      },
      [](Napi::Env env, Nothing&) { return env.Undefined(); });
}

Napi::Value StepToJs(Napi::Env env, const train::StepResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object["step"] = static_cast<double>(result.step);
  object["loss"] = result.loss;
  object["gradNorm"] = result.grad_norm;
  object["learningRate"] = result.learning_rate;
  object["tokens"] = static_cast<double>(result.tokens);
  object["trainedTokens"] = static_cast<double>(result.trained_tokens);
  return object;
}

Napi::Value MemoryToJs(Napi::Env env, const train::MemoryUse& memory) {
  Napi::Object object = Napi::Object::New(env);
  object["weightBytes"] = static_cast<double>(memory.weights);
  object["transposedBytes"] = static_cast<double>(memory.transposed_weights);
  object["trainedBytes"] = static_cast<double>(memory.trained);
  object["bufferBytes"] = static_cast<double>(memory.buffers);
  return object;
}

Napi::Value FloatsToJs(Napi::Env env, const std::vector<float>& values) {
  auto array = Napi::Float32Array::New(env, values.size());
  if (!values.empty()) std::memcpy(array.Data(), values.data(), values.size() * sizeof(float));
  return array;
}

}  // namespace

Napi::Function TrainerHandle::Define(Napi::Env env) {
  return DefineClass(
      env, "NativeTrainer",
      {InstanceMethod<&TrainerHandle::Dispose>("dispose"),
       InstanceMethod<&TrainerHandle::Facts>("facts"), InstanceMethod<&TrainerHandle::Step>("step"),
       InstanceMethod<&TrainerHandle::Evaluate>("evaluate"),
       InstanceMethod<&TrainerHandle::Logits>("logits"),
       InstanceMethod<&TrainerHandle::SaveAdapter>("saveAdapter"),
       InstanceMethod<&TrainerHandle::LoadInitialAdapter>("loadInitialAdapter"),
       InstanceMethod<&TrainerHandle::SaveModel>("saveModel"),
       InstanceMethod<&TrainerHandle::SaveCheckpoint>("saveCheckpoint"),
       InstanceMethod<&TrainerHandle::LoadCheckpoint>("loadCheckpoint")});
}

Napi::Value TrainerHandle::Open(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const train::TrainerOptions options = ReadTrainerOptions(info[0]);
    const std::string model = Record(info[0], "options").String("model");
    auto work = [options, model] {
      auto target = std::make_shared<TrainerTarget>();
      target->trainer = std::make_unique<Trainer>(model, options);
      return target;
    };
    return PromiseJob<std::shared_ptr<TrainerTarget>>::Start(
        info.Env(), work, [](Napi::Env env, std::shared_ptr<TrainerTarget>& target) {
          return Wrap(env, std::move(target));
        });
  });
}

// facts(): Promise<NativeTrainerFacts>
Napi::Value TrainerHandle::Facts(const Napi::CallbackInfo& info) {
  struct State {
    std::string architecture, device;
    int64_t vocabulary_size = 0, steps_done = 0;
    train::MemoryUse memory;
  };
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Start<State>(
        info.Env(), target(),
        [](Trainer& trainer) {
          return State{trainer.shape().architecture, trainer.device().name(), trainer.shape().V,
                       trainer.steps_done(), trainer.memory()};
        },
        [](Napi::Env env, State& state) -> Napi::Value {
          Napi::Object facts = Napi::Object::New(env);
          facts["architecture"] = state.architecture;
          facts["device"] = state.device;
          facts["vocabularySize"] = static_cast<double>(state.vocabulary_size);
          facts["stepsDone"] = static_cast<double>(state.steps_done);
          facts["memory"] = MemoryToJs(env, state.memory);
          return facts;
        });
  });
}

// step(rows: NativeTrainingRow[]): Promise<NativeTrainingStep>
Napi::Value TrainerHandle::Step(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Start<train::StepResult>(
        info.Env(), target(),
        [rows = ReadRows(info[0])](Trainer& trainer) { return trainer.Step(rows); }, StepToJs);
  });
}

// evaluate(rows: NativeTrainingRow[]): Promise<number>
Napi::Value TrainerHandle::Evaluate(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Start<double>(
        info.Env(), target(),
        [rows = ReadRows(info[0])](Trainer& trainer) { return trainer.Evaluate(rows); },
        [](Napi::Env env, double& loss) -> Napi::Value { return Napi::Number::New(env, loss); });
  });
}

// logits(row: NativeTrainingRow, at: Int32Array): Promise<Float32Array>
Napi::Value TrainerHandle::Logits(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [row = ReadRow(info[0]), at = Int32sArgument(info, 1, "at")](Trainer& trainer) {
      return trainer.Logits(row, at);
    };
    return Start<std::vector<float>>(info.Env(), target(), work, FloatsToJs);
  });
}

// saveAdapter(path: string, type: "f16" | "f32", metadata: Record<string, string>): Promise<void>
Napi::Value TrainerHandle::SaveAdapter(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto path = StringArgument(info, 0, "path");
    auto type = ReadAdapterType(StringArgument(info, 1, "type"));
    auto metadata = ReadTexts(info[2], "metadata");
    return StartSilent(info.Env(), target(), [path, type, metadata](Trainer& trainer) {
      trainer.SaveAdapter(path, type, metadata);
    });
  });
}

// loadInitialAdapter(path: string): Promise<void>
Napi::Value TrainerHandle::LoadInitialAdapter(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return StartSilent(info.Env(), target(),
                       [path = StringArgument(info, 0, "path")](Trainer& trainer) {
                         trainer.LoadInitialAdapter(path);
                       });
  });
}

// saveModel(metadataPath: string, path: string, matrixType: string): Promise<void>
Napi::Value TrainerHandle::SaveModel(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto metadata = StringArgument(info, 0, "metadataPath");
    auto path = StringArgument(info, 1, "path");
    auto type = ReadMatrixType(StringArgument(info, 2, "matrixType"));
    return StartSilent(info.Env(), target(), [metadata, path, type](Trainer& trainer) {
      trainer.SaveModel(metadata, path, type);
    });
  });
}

// saveCheckpoint(path: string, state: string): Promise<void>
Napi::Value TrainerHandle::SaveCheckpoint(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto path = StringArgument(info, 0, "path");
    auto state = StringArgument(info, 1, "state");
    return StartSilent(info.Env(), target(),
                       [path, state](Trainer& trainer) { trainer.SaveCheckpoint(path, state); });
  });
}

// loadCheckpoint(path: string): Promise<string>
Napi::Value TrainerHandle::LoadCheckpoint(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Start<std::string>(
        info.Env(), target(),
        [path = StringArgument(info, 0, "path")](Trainer& trainer) {
          return trainer.LoadCheckpoint(path);
        },
        [](Napi::Env env, std::string& state) -> Napi::Value {
          return Napi::String::New(env, state);
        });
  });
}

}  // namespace lorikeet::addon
