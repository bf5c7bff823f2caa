// Reads what JavaScript passes. The TypeScript side has filled in defaults and checked ranges; here
// only what protects memory is checked again: kinds, and that nothing is missing.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lorikeet::addon {

// One flat record. Each reader throws engine::Error INVALID_OPTION that names the field.
class Record {
 public:
  // `what` names the record in messages and must outlive it.
  Record(Napi::Value value, const char* what);

  bool Bool(const char* key) const;
  double Number(const char* key) const;
  // A whole number that fits 32 bits.
  int32_t Integer(const char* key) const;
  uint32_t Unsigned(const char* key) const;
  // A whole number from 0 to 2^53 - 1.
  int64_t Whole(const char* key) const;
  std::string String(const char* key) const;
  std::vector<std::string> Strings(const char* key) const;
  std::vector<int32_t> Int32s(const char* key) const;
  std::vector<uint8_t> Bytes(const char* key) const;
  std::vector<float> Floats(const char* key) const;
  Napi::Array Array(const char* key) const;
  Napi::Value Get(const char* key) const;
  Napi::Env Env() const { return object_.Env(); }

 private:
  [[noreturn]] void Fail(const char* key, const char* expected) const;

  Napi::Object object_;
  const char* what_;
};

// Positional arguments; `name` names the argument in messages.
std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
bool BoolArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
int32_t IntegerArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
std::vector<int32_t> Int32sArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
Napi::Function FunctionArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace lorikeet::addon
