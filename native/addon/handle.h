// What every JavaScript handle of a native object has in common.
#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "addon/addon_data.h"
#include "addon/errors.h"
#include "addon/promise_job.h"

namespace lorikeet::addon {

// A JavaScript object that owns a shared_ptr to a native `Target` with an idempotent, blocking
// Close(). `Derived` has a static `Napi::Function Define(Napi::Env)` and a `kWhat` for messages.
//
// Handles are made by Wrap alone: the class is not exported, and its constructor takes only the
// External that Wrap gives it.
template <typename Derived, typename Target>
class Handle : public Napi::ObjectWrap<Derived> {
 public:
  static Napi::Value Wrap(Napi::Env env, std::shared_ptr<Target> target) {
    auto carrier = Napi::External<std::shared_ptr<Target>>::New(env, &target);
    return AddonData::Of(env).Class<Derived>(env).New({carrier});
  }

  // The target behind `value`. Throws INVALID_OPTION where it is no such handle, DISPOSED where it
  // was disposed; `what` names the argument.
  static std::shared_ptr<Target> TargetOf(Napi::Value value, const char* what) {
    Napi::Env env = value.Env();
    if (!value.IsObject() ||
        !value.As<Napi::Object>().InstanceOf(AddonData::Of(env).Class<Derived>(env))) {
      throw engine::Error("INVALID_OPTION",
                          std::string("Expected \"") + what + "\" to be a " + Derived::kWhat + ".");
    }
    return Derived::Unwrap(value.As<Napi::Object>())->target();
  }

  explicit Handle(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Derived>(info) {
    if (info.Length() != 1 || !info[0].IsExternal()) {
      throw Napi::TypeError::New(info.Env(), "Handles are made by the library only");
    }
    target_ = *info[0].As<Napi::External<std::shared_ptr<Target>>>().Data();
    thread_ = AddonData::Of(info.Env()).thread();
    std::weak_ptr<Target> weak = target_;
    teardown_key_ = thread_->AtTeardown([weak] {
      if (auto target = weak.lock()) target->Close();
    });
  }

  // Closing may wait for the engine thread, so a collected handle closes on a pool thread.
  void Finalize(Napi::Env env) override {
    thread_->Forget(teardown_key_);
    if (target_ == nullptr) return;
    if (thread_->open()) {
      CloseElsewhere(env);
    } else {
      target_->Close();
    }
  }

  // dispose(): Promise<void>
  Napi::Value DisposeTarget(const Napi::CallbackInfo& info) {
    return Guarded(info.Env(), [&]() -> Napi::Value { return CloseElsewhere(info.Env()); });
  }

 protected:
  // Throws DISPOSED.
  const std::shared_ptr<Target>& target() const {
    if (target_ == nullptr) {
      throw engine::Error(
          "DISPOSED", std::string("This ") + Derived::kWhat + " was disposed. Open another one.");
    }
    return target_;
  }

 private:
  // The last reference goes there too, since freeing is slow as well.
  Napi::Promise CloseElsewhere(Napi::Env env) {
    return StartPromiseJob(env, [target = std::exchange(target_, nullptr)]() mutable {
      if (target == nullptr) return;
      target->Close();
      target.reset();
    });
  }

  std::shared_ptr<Target> target_;
  std::shared_ptr<JsThread> thread_;
  uint64_t teardown_key_ = 0;
};

}  // namespace lorikeet::addon
