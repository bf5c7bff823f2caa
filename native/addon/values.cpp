#include "addon/values.h"

#include <cstring>
#include <type_traits>

#include "addon/errors.h"

namespace lorikeet::addon {
namespace {

using addon::ToJs;

template <typename T>
Napi::Value ScalarToJs(Napi::Env env, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return Napi::Boolean::New(env, value);
  } else if constexpr (std::is_arithmetic_v<T>) {
    return Napi::Number::New(env, static_cast<double>(value));
  } else {
    return Napi::String::New(env, value);
  }
}

Napi::Value ToJs(Napi::Env env, const engine::MetadataValue& value) {
  return std::visit(
      [env](const auto& held) -> Napi::Value {
        using T = std::decay_t<decltype(held)>;
        if constexpr (std::is_same_v<T, engine::MetadataArray>) {
          Napi::Array array = Napi::Array::New(env, held.size());
          for (uint32_t i = 0; i < held.size(); i++) {
            array[i] =
                std::visit([env](const auto& scalar) { return ScalarToJs(env, scalar); }, held[i]);
          }
          return array;
        } else if constexpr (std::is_same_v<T, engine::LongArray>) {
          Napi::Object object = Napi::Object::New(env);
          object["type"] = held.type;
          object["length"] = static_cast<double>(held.length);
          return object;
        } else {
          return ScalarToJs(env, held);
        }
      },
      value);
}

Napi::Value ToJs(Napi::Env env, const engine::GenerationResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object["reason"] = engine::StopReasonName(result.reason);
  object["stop"] = result.stop ? Napi::Value(Napi::String::New(env, *result.stop)) : env.Null();
  object["tokens"] = ToJs(env, result.tokens);
  object["promptTokens"] = result.prompt_tokens;
  object["reusedTokens"] = result.reused_tokens;
  object["generatedTokens"] = result.generated_tokens;
  object["forcedTokens"] = result.forced_tokens;
  object["guessedTokens"] = result.guessed_tokens;
  object["guessedRight"] = result.guessed_right;
  object["promptMs"] = result.prompt_ms;
  object["generationMs"] = result.generation_ms;
  Napi::Array warnings = Napi::Array::New(env, result.warnings.size());
  for (uint32_t i = 0; i < result.warnings.size(); i++) warnings[i] = result.warnings[i];
  object["warnings"] = warnings;
  object["failure"] = result.failure ? ToJsError(env, *result.failure).Value() : env.Null();
  return object;
}

struct EventToJs {
  Napi::Env env;

  Napi::Value operator()(const engine::PromptEvent& event) const {
    Napi::Object object = Typed("prompt");
    object["processed"] = event.processed;
    object["total"] = event.total;
    return object;
  }
  Napi::Value operator()(const engine::TextEvent& event) const {
    Napi::Object object = Typed("text");
    object["text"] = event.text;
    object["tokens"] = ToJs(env, event.tokens);
    return object;
  }
  Napi::Value operator()(const engine::TokenEvent& event) const {
    Napi::Object object = Typed("token");
    object["token"] = event.token;
    object["text"] = event.text;
    return object;
  }
  Napi::Value operator()(const engine::EndEvent& event) const {
    Napi::Object object = Typed("end");
    object["result"] = ToJs(env, event.result);
    return object;
  }

  Napi::Object Typed(const char* type) const {
    Napi::Object object = Napi::Object::New(env);
    object["type"] = type;
    return object;
  }
};

}  // namespace

Napi::Value ToJs(Napi::Env env, const engine::Metadata& metadata) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [key, value] : metadata) object[key] = ToJs(env, value);
  return object;
}

Napi::Value ToJs(Napi::Env env, const std::vector<engine::TensorInfo>& tensors) {
  Napi::Array array = Napi::Array::New(env, tensors.size());
  for (uint32_t i = 0; i < tensors.size(); i++) {
    Napi::Array shape = Napi::Array::New(env, tensors[i].shape.size());
    for (uint32_t d = 0; d < tensors[i].shape.size(); d++) {
      shape[d] = static_cast<double>(tensors[i].shape[d]);
    }
    Napi::Object object = Napi::Object::New(env);
    object["name"] = tensors[i].name;
    object["type"] = engine::TensorTypeName(tensors[i].type);
    object["shape"] = shape;
    array[i] = object;
  }
  return array;
}

Napi::Value ToJs(Napi::Env env, const engine::GgufHeader& header) {
  Napi::Array files = Napi::Array::New(env, header.files.size());
  for (uint32_t i = 0; i < header.files.size(); i++) files[i] = header.files[i];
  Napi::Object object = Napi::Object::New(env);
  object["version"] = header.version;
  object["sizeBytes"] = static_cast<double>(header.size_bytes);
  object["metadata"] = ToJs(env, header.metadata);
  object["tensors"] = ToJs(env, header.tensors);
  object["parameterCount"] = static_cast<double>(header.parameter_count);
  object["files"] = files;
  return object;
}

Napi::Value ToJs(Napi::Env env, const std::vector<engine::Device>& devices) {
  Napi::Array array = Napi::Array::New(env, devices.size());
  for (uint32_t i = 0; i < devices.size(); i++) {
    Napi::Object object = Napi::Object::New(env);
    object["name"] = devices[i].name;
    object["description"] = devices[i].description;
    object["kind"] = devices[i].kind;
    object["backend"] = devices[i].backend;
    object["memoryTotalBytes"] = static_cast<double>(devices[i].memory_total_bytes);
    object["memoryFreeBytes"] = static_cast<double>(devices[i].memory_free_bytes);
    array[i] = object;
  }
  return array;
}

Napi::Value ToJs(Napi::Env env, const engine::GenerationEvent& event) {
  return std::visit(EventToJs{env}, event);
}

Napi::Value ToJs(Napi::Env env, const engine::Details& details) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [key, value] : details) {
    object[key] = std::visit([env](const auto& held) { return ScalarToJs(env, held); }, value);
  }
  return object;
}

Napi::Value ToJs(Napi::Env env, const std::vector<int32_t>& numbers) {
  auto array = Napi::Int32Array::New(env, numbers.size());
  if (!numbers.empty()) std::memcpy(array.Data(), numbers.data(), numbers.size() * sizeof(int32_t));
  return array;
}

Napi::Value BytesToJs(Napi::Env env, const std::string& bytes) {
  auto array = Napi::Uint8Array::New(env, bytes.size());
  if (!bytes.empty()) std::memcpy(array.Data(), bytes.data(), bytes.size());
  return array;
}

}  // namespace lorikeet::addon
