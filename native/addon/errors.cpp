#include "addon/errors.h"

#include <string>

#include "addon/values.h"
#include "engine/grammar_error.h"
#include "train/error.h"

namespace lorikeet::addon {

Napi::Error ToJsError(Napi::Env env, const engine::Error& error) {
  Napi::Error result = Napi::Error::New(env, error.what());
  result.Set("code", Napi::String::New(env, error.code()));
  result.Set("details", ToJs(env, error.details()));
  return result;
}

Napi::Error ToJsError(Napi::Env env, std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const engine::Error& known) {
    return ToJsError(env, known);
  } catch (const grammar::GrammarError& known) {
    return ToJsError(env, engine::ToEngineError(known));
  } catch (const train::Error& known) {
    return ToJsError(env, engine::Error(train::Name(known.code()), known.what()));
  } catch (const std::bad_alloc&) {
    return ToJsError(env, engine::Error("NATIVE_FAILURE", "Not enough memory."));
  } catch (const std::exception& unknown) {
    return ToJsError(env, engine::Error("NATIVE_FAILURE", unknown.what()));
  } catch (...) {
    return ToJsError(env, engine::Error("NATIVE_FAILURE", "An unknown exception."));
  }
}

}  // namespace lorikeet::addon
