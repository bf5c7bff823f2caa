#include "addon/trainer_arguments.h"

#include <array>
#include <string_view>

#include "addon/arguments.h"
#include "engine/error.h"

namespace lorikeet::addon {
namespace {

template <typename Value>
struct Name {
  std::string_view text;
  Value value;
};

constexpr std::array kPrecisions = {
    Name{"auto", train::Precision::kAuto},
    Name{"exact", train::Precision::kExact},
    Name{"mixed", train::Precision::kMixed},
};
constexpr std::array kSchedules = {
    Name{"constant", train::ScheduleKind::kConstant},
    Name{"linear", train::ScheduleKind::kLinear},
    Name{"cosine", train::ScheduleKind::kCosine},
};
constexpr std::array kAdapterTypes = {
    Name{"f16", train::AdapterFileType::kF16},
    Name{"f32", train::AdapterFileType::kF32},
};
constexpr std::array kMatrixTypes = {
    Name{"F32", GGML_TYPE_F32},   Name{"F16", GGML_TYPE_F16},   Name{"BF16", GGML_TYPE_BF16},
    Name{"Q8_0", GGML_TYPE_Q8_0}, Name{"Q4_0", GGML_TYPE_Q4_0},
};

template <typename Names>
auto Find(const Names& names, const char* what, const std::string& text) {
  for (const auto& name : names) {
    if (name.text == text) return name.value;
  }
  throw engine::Error("INVALID_OPTION",
                      std::string("Expected ") + what + " to be known, got \"" + text + "\".");
}

std::vector<train::Target> ReadTargets(const std::vector<std::string>& names) {
  std::vector<train::Target> targets;
  for (const std::string& name : names) {
    int target = 0;
    while (target < train::kTargets &&
           name != train::TensorName(static_cast<train::Target>(target))) {
      ++target;
    }
    if (target == train::kTargets) {
      throw engine::Error("INVALID_OPTION",
                          "Expected options.targets to be known, got \"" + name + "\".");
    }
    targets.push_back(static_cast<train::Target>(target));
  }
  return targets;
}

}  // namespace

train::TrainerOptions ReadTrainerOptions(Napi::Value value) {
  const Record record(value, "options");
  train::TrainerOptions options;
  options.device = record.String("device");
  options.threads = record.Integer("threads");
  options.precision = Find(kPrecisions, "options.precision", record.String("precision"));
  options.low_memory = record.Bool("lowMemory");
  options.all_weights = record.Bool("allWeights");
  options.adapter.rank = record.Integer("rank");
  options.adapter.alpha = static_cast<float>(record.Number("alpha"));
  options.adapter.rank_stabilised = record.Bool("rankStabilised");
  options.adapter.targets = ReadTargets(record.Strings("targets"));
  options.optimizer.weight_decay = static_cast<float>(record.Number("weightDecay"));
  options.optimizer.max_grad_norm = static_cast<float>(record.Number("maxGradNorm"));
  options.schedule.kind = Find(kSchedules, "options.schedule", record.String("schedule"));
  options.schedule.learning_rate = static_cast<float>(record.Number("learningRate"));
  options.schedule.warmup_steps = record.Whole("warmupSteps");
  options.schedule.total_steps = record.Whole("totalSteps");
  options.dropout = static_cast<float>(record.Number("dropout"));
  options.seed = static_cast<uint64_t>(record.Whole("seed"));
  options.max_length = record.Integer("maxLength");
  return options;
}

train::Batch ReadRow(Napi::Value value) {
  const Record record(value, "row");
  train::Batch batch;
  batch.tokens = record.Int32s("tokens");
  batch.samples = record.Int32s("samples");
  const std::vector<uint8_t> trained = record.Bytes("trained");
  const size_t count = batch.tokens.size();
  if (trained.size() != count || batch.samples.size() != count) {
    throw engine::Error("INVALID_OPTION",
                        "Expected row.trained and row.samples to be as long as row.tokens.");
  }
  for (size_t i = 0; i < count; ++i) {
    const bool begins = i == 0 || batch.samples[i] != batch.samples[i - 1];
    batch.positions.push_back(begins ? 0 : batch.positions.back() + 1);
    if (begins || trained[i] == 0) continue;
    batch.answers.push_back({static_cast<int32_t>(i) - 1, batch.tokens[i]});
  }
  return batch;
}

std::vector<train::Batch> ReadRows(Napi::Value value) {
  if (!value.IsArray()) {
    throw engine::Error("INVALID_OPTION", "Expected argument \"rows\" to be an array.");
  }
  const auto array = value.As<Napi::Array>();
  std::vector<train::Batch> rows;
  for (uint32_t i = 0; i < array.Length(); ++i) rows.push_back(ReadRow(array[i]));
  return rows;
}

train::AdapterFileType ReadAdapterType(const std::string& name) {
  return Find(kAdapterTypes, "the type", name);
}

ggml_type ReadMatrixType(const std::string& name) {
  return Find(kMatrixTypes, "the matrix type", name);
}

std::map<std::string, std::string> ReadTexts(Napi::Value value, const char* what) {
  const Record record(value, what);
  std::map<std::string, std::string> texts;
  const Napi::Array keys = value.As<Napi::Object>().GetPropertyNames();
  for (uint32_t i = 0; i < keys.Length(); ++i) {
    const std::string key = keys.Get(i).As<Napi::String>();
    texts[key] = record.String(key.c_str());
  }
  return texts;
}

}  // namespace lorikeet::addon
