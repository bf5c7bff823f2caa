// The JavaScript handle of a compiled grammar: see NativeGrammar in src/native/addon.ts.
#pragma once

#include <memory>
#include <utility>

#include "addon/handle.h"
#include "engine/model.h"
#include "grammar/grammar.h"

namespace lorikeet::addon {

// A grammar has nothing to stop: generations that use it keep it alive.
struct GrammarTarget {
  std::shared_ptr<const grammar::Grammar> grammar;
  void Close() {}
};

class GrammarHandle : public Handle<GrammarHandle, GrammarTarget> {
 public:
  static constexpr const char* kWhat = "grammar";
  static Napi::Function Define(Napi::Env env);
  using Handle::Handle;

  // Compiles a NativeGrammarSource on a pool thread; a promise of the handle.
  static Napi::Value Compile(Napi::Env env, std::shared_ptr<engine::Model> model,
                             Napi::Value source);

  // The addon's own compileGrammar: over the 256 bytes instead of a model's vocabulary.
  static Napi::Value CompileForBytes(const Napi::CallbackInfo& info);

 private:
  Napi::Value Dispose(const Napi::CallbackInfo& info) { return DisposeTarget(info); }
  Napi::Value Unenforced(const Napi::CallbackInfo& info);
  Napi::Value Print(const Napi::CallbackInfo& info);
  Napi::Value Check(const Napi::CallbackInfo& info);
};

}  // namespace lorikeet::addon
