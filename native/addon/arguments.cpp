#include "addon/arguments.h"

#include <cmath>
#include <limits>

#include "engine/error.h"

namespace lorikeet::addon {
namespace {

[[noreturn]] void FailArgument(const char* name, const char* expected) {
  throw engine::Error("INVALID_OPTION",
                      std::string("Expected argument \"") + name + "\" to be " + expected + ".");
}

std::vector<int32_t> CopyInt32s(const Napi::Value& value) {
  auto array = value.As<Napi::Int32Array>();
  return std::vector<int32_t>(array.Data(), array.Data() + array.ElementLength());
}

bool IsArrayOf(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

bool IsWhole(double number, double least, double most) {
  return number >= least && number <= most && std::trunc(number) == number;
}

}  // namespace

Record::Record(Napi::Value value, const char* what) : what_(what) {
  if (!value.IsObject()) FailArgument(what, "an object");
  object_ = value.As<Napi::Object>();
}

void Record::Fail(const char* key, const char* expected) const {
  throw engine::Error("INVALID_OPTION",
                      std::string("Expected ") + what_ + "." + key + " to be " + expected + ".");
}

Napi::Value Record::Get(const char* key) const { return object_.Get(key); }

bool Record::Bool(const char* key) const {
  Napi::Value value = Get(key);
  if (!value.IsBoolean()) Fail(key, "a boolean");
  return value.As<Napi::Boolean>();
}

double Record::Number(const char* key) const {
  Napi::Value value = Get(key);
  if (!value.IsNumber()) Fail(key, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

int32_t Record::Integer(const char* key) const {
  double number = Number(key);
  using Limits = std::numeric_limits<int32_t>;
  if (!IsWhole(number, Limits::min(), Limits::max())) Fail(key, "a whole number of 32 bits");
  return static_cast<int32_t>(number);
}

uint32_t Record::Unsigned(const char* key) const {
  double number = Number(key);
  if (!IsWhole(number, 0, std::numeric_limits<uint32_t>::max())) {
    Fail(key, "a whole number from 0 to 4294967295");
  }
  return static_cast<uint32_t>(number);
}

int64_t Record::Whole(const char* key) const {
  double number = Number(key);
  if (!IsWhole(number, 0, 9007199254740991.0)) Fail(key, "a whole number from 0 to 2^53 - 1");
  return static_cast<int64_t>(number);
}

std::string Record::String(const char* key) const {
  Napi::Value value = Get(key);
  if (!value.IsString()) Fail(key, "a string");
  return value.As<Napi::String>();
}

Napi::Array Record::Array(const char* key) const {
  Napi::Value value = Get(key);
  if (!value.IsArray()) Fail(key, "an array");
  return value.As<Napi::Array>();
}

std::vector<std::string> Record::Strings(const char* key) const {
  Napi::Array array = Array(key);
  std::vector<std::string> strings;
  for (uint32_t i = 0; i < array.Length(); i++) {
    Napi::Value value = array[i];
    if (!value.IsString()) Fail(key, "an array of strings");
    strings.push_back(value.As<Napi::String>());
  }
  return strings;
}

std::vector<int32_t> Record::Int32s(const char* key) const {
  Napi::Value value = Get(key);
  if (!IsArrayOf(value, napi_int32_array)) Fail(key, "an Int32Array");
  return CopyInt32s(value);
}

std::vector<uint8_t> Record::Bytes(const char* key) const {
  Napi::Value value = Get(key);
  if (!IsArrayOf(value, napi_uint8_array)) Fail(key, "a Uint8Array");
  auto array = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(array.Data(), array.Data() + array.ElementLength());
}

std::vector<float> Record::Floats(const char* key) const {
  Napi::Value value = Get(key);
  if (!IsArrayOf(value, napi_float32_array)) Fail(key, "a Float32Array");
  auto array = value.As<Napi::Float32Array>();
  return std::vector<float>(array.Data(), array.Data() + array.ElementLength());
}

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) FailArgument(name, "a string");
  return info[index].As<Napi::String>();
}

bool BoolArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsBoolean()) FailArgument(name, "a boolean");
  return info[index].As<Napi::Boolean>();
}

int32_t IntegerArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  using Limits = std::numeric_limits<int32_t>;
  if (!info[index].IsNumber() ||
      !IsWhole(info[index].As<Napi::Number>().DoubleValue(), Limits::min(), Limits::max())) {
    FailArgument(name, "a whole number of 32 bits");
  }
  return info[index].As<Napi::Number>().Int32Value();
}

std::vector<int32_t> Int32sArgument(const Napi::CallbackInfo& info, size_t index,
                                    const char* name) {
  if (!IsArrayOf(info[index], napi_int32_array)) FailArgument(name, "an Int32Array");
  return CopyInt32s(info[index]);
}

Napi::Function FunctionArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsFunction()) FailArgument(name, "a function");
  return info[index].As<Napi::Function>();
}

}  // namespace lorikeet::addon
