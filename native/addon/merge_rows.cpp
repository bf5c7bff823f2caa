#include "addon/merge_rows.h"

#include <string>

#include "addon/arguments.h"
#include "addon/promise_job.h"
#include "addon/values.h"
#include "train/merge_rows.h"

namespace lorikeet::addon {

Napi::Value MergeRows(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Record record(info[0], "source");
    auto work = [from = static_cast<ggml_type>(record.Integer("type")),
                 to = static_cast<ggml_type>(record.Integer("outputType")),
                 bytes = record.Bytes("bytes"), in = record.Whole("rowLength"),
                 rank = record.Whole("rank"), a = record.Floats("a"), b = record.Floats("b"),
                 strength = static_cast<float>(record.Number("strength"))] {
      return train::MergeRows(from, bytes, in, to, {rank, a, b, strength});
    };
    return PromiseJob<std::vector<uint8_t>>::Start(
        info.Env(), work, [](Napi::Env env, std::vector<uint8_t>& merged) -> Napi::Value {
          return BytesToJs(env, std::string(merged.begin(), merged.end()));
        });
  });
}

}  // namespace lorikeet::addon
