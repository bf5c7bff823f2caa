// GGUF adapters as llama.cpp reads them.
//
//   general.type = "adapter"   general.architecture = the base's   adapter.type = "lora"
//   adapter.lora.alpha: llama.cpp's strength is scale * alpha / rank, so alpha = strength * rank,
//   which carries rank-stabilised strengths too
//   <tensor>.lora_a [in, r]    <tensor>.lora_b [r, out]
// and where rows of tokens are trained, what llama.cpp has no place for: it refuses such a file,
// and `lorikeet merge` folds it into a model.
//   lorikeet.trained_tokens: their ids, int32 [n]
//   token_embd.weight.change [C, n] in F32: what is added to their rows
#pragma once

#include <map>
#include <string>

#include "train/adapter.h"

namespace lorikeet::train {

enum class AdapterFileType { kF16, kF32 };

// Writes `path` whole or not at all. `metadata` holds further string keys, such as
// "lorikeet.dialect". The same adapter gives the same bytes. Throws Error: kWriteFailed.
void WriteAdapter(const Adapter& adapter, const std::string& architecture, const std::string& path,
                  AdapterFileType type, const std::map<std::string, std::string>& metadata);

// Sets the parameters of `adapter` to those in `path`, which must have its rank, strength and
// tensors. Throws Error: kFileUnreadable, kBadOption.
void ReadAdapter(const std::string& path, const Adapter& adapter, const std::string& architecture);

}  // namespace lorikeet::train
