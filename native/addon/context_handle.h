// The JavaScript handle of a context: see NativeContext in src/native/addon.ts.
#pragma once

#include "addon/handle.h"
#include "engine/context.h"

namespace lorikeet::addon {

class ContextHandle : public Handle<ContextHandle, engine::Context> {
 public:
  static constexpr const char* kWhat = "context";
  static Napi::Function Define(Napi::Env env);
  using Handle::Handle;

 private:
  Napi::Value Dispose(const Napi::CallbackInfo& info) { return DisposeTarget(info); }
  Napi::Value Facts(const Napi::CallbackInfo& info);
  Napi::Value Memory(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  Napi::Value AcquireSlot(const Napi::CallbackInfo& info);
  Napi::Value Forget(const Napi::CallbackInfo& info);
};

}  // namespace lorikeet::addon
