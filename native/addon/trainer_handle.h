// The JavaScript handle of a training run: see NativeTrainer in src/native/addon.ts.
#pragma once

#include <memory>
#include <mutex>

#include "addon/handle.h"
#include "train/trainer.h"

namespace lorikeet::addon {

// A trainer is not safe for several threads: whoever uses it holds the mutex.
struct TrainerTarget {
  std::mutex mutex;
  std::unique_ptr<train::Trainer> trainer;  // null once closed

  void Close() {
    std::lock_guard lock(mutex);
    trainer.reset();
  }
};

class TrainerHandle : public Handle<TrainerHandle, TrainerTarget> {
 public:
  static constexpr const char* kWhat = "trainer";
  static Napi::Function Define(Napi::Env env);
  using Handle::Handle;

  // openTrainer(options: NativeTrainerOptions): Promise<NativeTrainer>
  static Napi::Value Open(const Napi::CallbackInfo& info);

 private:
  Napi::Value Dispose(const Napi::CallbackInfo& info) { return DisposeTarget(info); }
  Napi::Value Facts(const Napi::CallbackInfo& info);
  Napi::Value Step(const Napi::CallbackInfo& info);
  Napi::Value Evaluate(const Napi::CallbackInfo& info);
  Napi::Value Logits(const Napi::CallbackInfo& info);
  Napi::Value SaveAdapter(const Napi::CallbackInfo& info);
  Napi::Value LoadInitialAdapter(const Napi::CallbackInfo& info);
  Napi::Value SaveModel(const Napi::CallbackInfo& info);
  Napi::Value SaveCheckpoint(const Napi::CallbackInfo& info);
  Napi::Value LoadCheckpoint(const Napi::CallbackInfo& info);
};

}  // namespace lorikeet::addon
