// Reads what a trainer is given: its options, rows of tokens, names of number types.
#pragma once

#include <napi.h>

#include <map>
#include <string>
#include <vector>

#include "train/trainer.h"

namespace lorikeet::addon {

// NativeTrainerOptions. Throws engine::Error INVALID_OPTION.
train::TrainerOptions ReadTrainerOptions(Napi::Value value);

// NativeTrainingRow, and an array of them. Throws engine::Error INVALID_OPTION.
train::Batch ReadRow(Napi::Value value);
std::vector<train::Batch> ReadRows(Napi::Value value);

// "f16" or "f32". Throws engine::Error INVALID_OPTION.
train::AdapterFileType ReadAdapterType(const std::string& name);

// The number type of matrices in a model file. Throws engine::Error INVALID_OPTION.
ggml_type ReadMatrixType(const std::string& name);

// A record of strings. Throws engine::Error INVALID_OPTION.
std::map<std::string, std::string> ReadTexts(Napi::Value value, const char* what);

}  // namespace lorikeet::addon
