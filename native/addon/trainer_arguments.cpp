#include "addon/trainer_arguments.h"

#include <array>

#include "addon/arguments.h"
#include "addon/named_values.h"
#include "engine/error.h"

namespace lorikeet::addon {
namespace {

constexpr std::array kPrecisions = {
    Named{"auto", train::Precision::kAuto},
    Named{"exact", train::Precision::kExact},
    Named{"mixed", train::Precision::kMixed},
};
constexpr std::array kSchedules = {
    Named{"constant", train::ScheduleKind::kConstant},
    Named{"linear", train::ScheduleKind::kLinear},
    Named{"cosine", train::ScheduleKind::kCosine},
};
constexpr std::array kAdapterTypes = {
    Named{"f16", train::AdapterFileType::kF16},
    Named{"f32", train::AdapterFileType::kF32},
};
constexpr std::array kMatrixTypes = {
    Named{"F32", GGML_TYPE_F32},   Named{"F16", GGML_TYPE_F16},   Named{"BF16", GGML_TYPE_BF16},
    Named{"Q8_0", GGML_TYPE_Q8_0}, Named{"Q4_0", GGML_TYPE_Q4_0},
};

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
  options.precision = FindNamed(kPrecisions, "options.precision", record.String("precision"));
  options.low_memory = record.Bool("lowMemory");
  options.all_weights = record.Bool("allWeights");
  options.adapter.rank = record.Integer("rank");
  options.adapter.alpha = static_cast<float>(record.Number("alpha"));
  options.adapter.rank_stabilised = record.Bool("rankStabilised");
  options.adapter.targets = ReadTargets(record.Strings("targets"));
  options.adapter.tokens = record.Int32s("tokenRows");
  options.optimizer.weight_decay = static_cast<float>(record.Number("weightDecay"));
  options.optimizer.max_grad_norm = static_cast<float>(record.Number("maxGradNorm"));
  options.schedule.kind = FindNamed(kSchedules, "options.schedule", record.String("schedule"));
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
  return FindNamed(kAdapterTypes, "the type", name);
}

ggml_type ReadMatrixType(const std::string& name) {
  return FindNamed(kMatrixTypes, "the matrix type", name);
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
