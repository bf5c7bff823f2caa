// The JavaScript handle of a slot: see NativeSlot in src/native/addon.ts.
#pragma once

#include "addon/handle.h"
#include "engine/context.h"

namespace lorikeet::addon {

class SlotHandle : public Handle<SlotHandle, engine::Slot> {
 public:
  static constexpr const char* kWhat = "slot";
  static Napi::Function Define(Napi::Env env);
  using Handle::Handle;

 private:
  Napi::Value Dispose(const Napi::CallbackInfo& info) { return DisposeTarget(info); }
  Napi::Value Save(const Napi::CallbackInfo& info);
  Napi::Value Generate(const Napi::CallbackInfo& info);
};

}  // namespace lorikeet::addon
