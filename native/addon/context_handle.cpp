#include "addon/context_handle.h"

#include "addon/adapter_handle.h"
#include "addon/arguments.h"
#include "addon/slot_handle.h"

namespace lorikeet::addon {
namespace {

// A promise that waits for a slot. A deferred owns nothing that would have to be freed on the
// JavaScript thread, so a waiter may be dropped anywhere at teardown.
class SlotWaiter {
 public:
  explicit SlotWaiter(Napi::Env env) : deferred_(Napi::Promise::Deferred::New(env)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

  void Settle(Napi::Env env, std::shared_ptr<engine::Slot> slot) {
    if (slot == nullptr) {
      deferred_.Reject(ToJsError(env, engine::Error("DISPOSED",
                                                    "The context was disposed while a slot was "
                                                    "waited for."))
                           .Value());
    } else {
      deferred_.Resolve(SlotHandle::Wrap(env, std::move(slot)));
    }
  }

 private:
  Napi::Promise::Deferred deferred_;
};

}  // namespace

Napi::Function ContextHandle::Define(Napi::Env env) {
  return DefineClass(env, "NativeContext",
                     {InstanceMethod<&ContextHandle::Dispose>("dispose"),
                      InstanceMethod<&ContextHandle::Facts>("facts"),
                      InstanceMethod<&ContextHandle::Memory>("memory"),
                      InstanceMethod<&ContextHandle::Stats>("stats"),
                      InstanceMethod<&ContextHandle::AcquireSlot>("acquireSlot"),
                      InstanceMethod<&ContextHandle::Forget>("forget")});
}

// facts(): { contextSize, slots }
Napi::Value ContextHandle::Facts(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Object facts = Napi::Object::New(info.Env());
    facts["contextSize"] = target()->context_size();
    facts["slots"] = target()->slots();
    return facts;
  });
}

// memory(): { cacheBytes, computeBytes }
Napi::Value ContextHandle::Memory(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    engine::ContextMemory memory = target()->Memory();
    Napi::Object object = Napi::Object::New(info.Env());
    object["cacheBytes"] = static_cast<double>(memory.cache_bytes);
    object["computeBytes"] = static_cast<double>(memory.compute_bytes);
    return object;
  });
}

// stats(): NativeContextStats
Napi::Value ContextHandle::Stats(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const engine::ContextStats stats = target()->Stats();
    Napi::Object object = Napi::Object::New(info.Env());
    const auto set = [&](const char* name, int64_t value) {
      object[name] = static_cast<double>(value);
    };
    set("decodeCalls", stats.decode_calls);
    set("decodedTokens", stats.decoded_tokens);
    set("promptTokens", stats.prompt_tokens);
    set("reusedTokens", stats.reused_tokens);
    set("generatedTokens", stats.generated_tokens);
    set("forcedTokens", stats.forced_tokens);
    set("guessedTokens", stats.guessed_tokens);
    set("guessedRight", stats.guessed_right);
    set("heldTokens", stats.held_tokens);
    set("idleBytes", stats.idle_bytes);
    set("adapterSets", stats.adapter_sets);
    return object;
  });
}

// acquireSlot(hint: NativeSlotHint): Promise<NativeSlot>
Napi::Value ContextHandle::AcquireSlot(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    Record record(info[0], "hint");
    engine::SlotHint hint{record.Int32s("prompt"), ReadAdapters(record.Array("adapters")),
                          record.Unsigned("owner")};
    auto thread = AddonData::Of(env).thread();
    auto waiter = std::make_shared<SlotWaiter>(env);
    Napi::Promise promise = waiter->promise();
    thread->Hold(env);
    try {
      target()->AcquireSlot(std::move(hint), [thread, waiter](std::shared_ptr<engine::Slot> slot) {
        thread->Post([thread, waiter, slot](Napi::Env env) {
          thread->Release(env);
          waiter->Settle(env, slot);
        });
      });
    } catch (...) {
      thread->Release(env);
      throw;
    }
    return promise;
  });
}

// forget(whom: { owner }): void
Napi::Value ContextHandle::Forget(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    target()->Forget(Record(info[0], "whom").Unsigned("owner"));
    return info.Env().Undefined();
  });
}

}  // namespace lorikeet::addon
