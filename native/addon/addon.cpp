// The addon's exports: see NativeAddon in src/native/addon.ts.
#include <napi.h>

#include "addon/addon_data.h"
#include "addon/arguments.h"
#include "addon/grammar_handle.h"
#include "addon/merge_rows.h"
#include "addon/model_handle.h"
#include "addon/promise_job.h"
#include "addon/trainer_handle.h"
#include "addon/values.h"
#include "engine/backends.h"
#include "engine/gguf_header.h"
#include "engine/object_count.h"

namespace lorikeet::addon {
namespace {

// loadBackends(folders: string[]): Promise<void>
Napi::Value LoadBackends(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Object wrapped = Napi::Object::New(info.Env());
    wrapped["folders"] = info[0];
    auto folders = Record(wrapped, "arguments").Strings("folders");
    return StartPromiseJob(info.Env(), [folders] { engine::LoadBackends(folders); });
  });
}

// loadBackend(library: string): Promise<void>
Napi::Value LoadBackend(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto library = StringArgument(info, 0, "library");
    return StartPromiseJob(info.Env(), [library] { engine::LoadBackend(library); });
  });
}

// devices(): NativeDevice[]
Napi::Value Devices(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value { return ToJs(info.Env(), engine::Devices()); });
}

// systemInfo(): string
Napi::Value SystemInfo(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), engine::SystemInfo());
  });
}

// readFileInfo(path: string): Promise<NativeFileInfo>
Napi::Value ReadFileInfo(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [path = StringArgument(info, 0, "path")] { return engine::ReadGgufHeader(path); };
    return PromiseJob<engine::GgufHeader>::Start(
        info.Env(), work,
        [](Napi::Env env, engine::GgufHeader& header) { return ToJs(env, header); });
  });
}

// objectCounts(): Record<string, number>
Napi::Value ObjectCounts(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    Napi::Object counts = Napi::Object::New(info.Env());
    for (const auto& [kind, count] : engine::ObjectCounts()) {
      counts[kind] = static_cast<double>(count);
    }
    return counts;
  });
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData(JsThread::Create(env)));
  exports["loadBackends"] = Napi::Function::New(env, LoadBackends, "loadBackends");
  exports["loadBackend"] = Napi::Function::New(env, LoadBackend, "loadBackend");
  exports["devices"] = Napi::Function::New(env, Devices, "devices");
  exports["systemInfo"] = Napi::Function::New(env, SystemInfo, "systemInfo");
  exports["readFileInfo"] = Napi::Function::New(env, ReadFileInfo, "readFileInfo");
  exports["loadModel"] = Napi::Function::New(env, ModelHandle::Load, "loadModel");
  exports["compileGrammar"] =
      Napi::Function::New(env, GrammarHandle::CompileForBytes, "compileGrammar");
  exports["openTrainer"] = Napi::Function::New(env, TrainerHandle::Open, "openTrainer");
  exports["mergeRows"] = Napi::Function::New(env, MergeRows, "mergeRows");
  exports["objectCounts"] = Napi::Function::New(env, ObjectCounts, "objectCounts");
  return exports;
}

}  // namespace
}  // namespace lorikeet::addon

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return lorikeet::addon::Init(env, exports);
}

NODE_API_MODULE(lorikeet, InitAddon)
