#include "train/trainer.h"

#include <algorithm>
#include <cmath>

#include "train/atomic_file.h"
#include "train/bf16_panels.h"
#include "train/checkpoint.h"
#include "train/error.h"
#include "train/model_file.h"
#include "train/random.h"

namespace lorikeet::train {
namespace {

void CheckOptions(const TrainerOptions& options) {
  auto require = [](bool holds, const char* message) {
    if (!holds) throw Error(ErrorCode::kBadOption, message);
  };
  require(options.threads >= 1 && options.threads <= 512, "Expected threads to be from 1 to 512.");
  require(options.dropout >= 0 && options.dropout < 1, "Expected dropout to be from 0 to below 1.");
  require(options.max_length >= 2, "Expected maxLength to be at least 2.");
  require(std::isfinite(options.schedule.learning_rate) && options.schedule.learning_rate >= 0,
          "Expected learningRate to be a number from 0 on.");
  require(options.schedule.warmup_steps >= 0 && options.schedule.total_steps >= 1,
          "Expected at least one step, and no negative warm-up.");
  const OptimizerOptions& o = options.optimizer;
  require(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1,
          "Expected beta1 and beta2 to be from 0 to below 1.");
  require(o.epsilon > 0 && o.weight_decay >= 0 && o.max_grad_norm >= 0,
          "Expected epsilon above 0, weightDecay and maxGradNorm from 0 on.");
}

Numerics ChooseNumerics(const Device& device, const BaseModel& model, Precision precision) {
  const bool exact_base = model.layers[0].of(Target::kQuery)->type == GGML_TYPE_F32;
  if (precision == Precision::kExact || (precision == Precision::kAuto && exact_base)) return {};
  Numerics numerics;
  if (!device.is_cpu()) {
    numerics.transposed_weights = GGML_TYPE_BF16;
    return numerics;
  }
  numerics.transposed_weights = GGML_TYPE_Q8_0;
  if (device.has_bf16_products()) numerics.left = numerics.right = GGML_TYPE_BF16;
  numerics.own_operators = device.has_bf16_products() && HasBf16Panels();
  return numerics;
}

// Adds numbers to a hash, one after the other.
class Fingerprinter {
 public:
  void Add(double value) { hash_ = Checksum(hash_, &value, sizeof(value)); }
  void Add(const std::string& text) {
    for (char c : text) Add(static_cast<double>(c));
  }
  uint64_t hash() const { return hash_; }

 private:
  uint64_t hash_ = kChecksumStart;
};

std::vector<float> Gather(std::span<ggml_tensor* const> tensors) {
  std::vector<float> all;
  for (const ggml_tensor* tensor : tensors) {
    const std::vector<float> values = Download(tensor);
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

void Scatter(const std::vector<float>& all, std::span<ggml_tensor* const> tensors) {
  const float* at = all.data();
  for (ggml_tensor* tensor : tensors) {
    ggml_backend_tensor_set(tensor, at, 0, ggml_nbytes(tensor));
    at += ggml_nelements(tensor);
  }
}

}  // namespace

Trainer::Trainer(const std::string& model_path, const TrainerOptions& options) : options_(options) {
  CheckOptions(options);
  device_ = std::make_unique<Device>(options.device, options.threads);
  model_ = options.all_weights ? BaseModel::LoadForTraining(*device_, model_path)
                               : BaseModel::Load(*device_, model_path);
  Open();
}

Trainer::Trainer(std::unique_ptr<Device> device, std::unique_ptr<BaseModel> model,
                 const TrainerOptions& options)
    : options_(options), device_(std::move(device)), model_(std::move(model)) {
  CheckOptions(options);
  Open();
}

void Trainer::Open() {
  const Numerics numerics = ChooseNumerics(*device_, *model_, options_.precision);
  const NetworkOptions network{options_.low_memory, options_.dropout, options_.seed};
  if (options_.all_weights) {
    trained_ = std::make_unique<TrainedWeights>(*device_, *model_);
    network_ = std::make_unique<Network>(*device_, numerics, *model_, *trained_, network);
  } else {
    adapter_ = std::make_unique<Adapter>(*device_, *model_, options_.adapter, options_.seed);
    network_ = std::make_unique<Network>(*device_, numerics, *model_, *adapter_, network);
  }
  optimizer_ = std::make_unique<Optimizer>(*device_, parameters(), gradients(), options_.optimizer);
}

std::span<ggml_tensor* const> Trainer::parameters() const {
  return adapter_ ? adapter_->parameters() : trained_->parameters();
}

std::span<ggml_tensor* const> Trainer::gradients() const {
  return adapter_ ? adapter_->gradients() : trained_->gradients();
}

StepResult Trainer::Step(std::span<const Batch> rows) {
  StepResult result;
  for (const Batch& row : rows) {
    CheckBatch(row, model_->shape.V, options_.max_length);
    result.tokens += row.size();
    result.trained_tokens += static_cast<int64_t>(row.answers.size());
  }
  if (rows.empty()) throw Error(ErrorCode::kBadBatch, "Expected at least one row for a step.");

  adapter_ ? adapter_->ClearGradients() : trained_->ClearGradients();
  const float weight = 1.0f / static_cast<float>(result.trained_tokens);
  uint64_t row_seed = rows_;
  for (const Batch& row : rows) result.loss += network_->Train(row, weight, row_seed++);
  result.loss /= static_cast<double>(result.trained_tokens);
  result.grad_norm = optimizer_->GradientNorm();
  if (!std::isfinite(result.loss) || !std::isfinite(result.grad_norm)) {
    throw Error(ErrorCode::kLossNotFinite,
                "The loss or its gradient is not finite in step " + std::to_string(steps_ + 1) +
                    ". Lower the learning rate, or go on from a checkpoint.");
  }
  result.learning_rate = LearningRate(options_.schedule, steps_);
  optimizer_->Step(steps_, result.learning_rate, result.grad_norm);
  rows_ = row_seed;
  result.step = ++steps_;
  return result;
}

double Trainer::Evaluate(std::span<const Batch> rows) {
  double loss = 0;
  size_t trained = 0;
  for (const Batch& row : rows) {
    CheckBatch(row, model_->shape.V, options_.max_length);
    loss += network_->Loss(row);
    trained += row.answers.size();
  }
  return trained == 0 ? 0 : loss / static_cast<double>(trained);
}

std::vector<float> Trainer::Logits(const Batch& batch, const std::vector<int32_t>& rows) {
  CheckTokens(batch, model_->shape.V, options_.max_length);
  const bool inside = std::all_of(rows.begin(), rows.end(),
                                  [&](int32_t row) { return row >= 0 && row < batch.size(); });
  if (rows.empty() || !inside) {
    throw Error(ErrorCode::kBadBatch, "Expected row numbers inside the row of tokens.");
  }
  return network_->Logits(batch, rows);
}

void Trainer::SaveAdapter(const std::string& path, AdapterFileType type,
                          const std::map<std::string, std::string>& metadata) const {
  RequireAdapter();
  WriteAdapter(*adapter_, model_->shape.architecture, path, type, metadata);
}

void Trainer::LoadInitialAdapter(const std::string& path) {
  RequireAdapter();
  ReadAdapter(path, *adapter_, model_->shape.architecture);
}

void Trainer::RequireAdapter() const {
  if (adapter_) return;
  throw Error(ErrorCode::kBadOption, "All weights are trained: there is no adapter.");
}

void Trainer::SaveModel(const std::string& metadata_path, const std::string& path,
                        ggml_type matrix_type) const {
  if (adapter_) {
    throw Error(ErrorCode::kBadOption, "An adapter is trained: the model's weights are as before.");
  }
  WriteModel(*model_, metadata_path, path, matrix_type);
}

void Trainer::SaveCheckpoint(const std::string& path, const std::string& caller_state) {
  Checkpoint checkpoint;
  checkpoint.fingerprint = Fingerprint();
  checkpoint.steps = static_cast<uint64_t>(steps_);
  checkpoint.rows = rows_;
  checkpoint.caller_state = caller_state;
  checkpoint.parameters = Gather(parameters());
  checkpoint.first = optimizer_->first();
  checkpoint.second = optimizer_->second();
  WriteCheckpoint(checkpoint, path);
}

std::string Trainer::LoadCheckpoint(const std::string& path) {
  Checkpoint checkpoint = ReadCheckpoint(path);
  const bool fits = checkpoint.fingerprint == Fingerprint() &&
                    checkpoint.parameters.size() == optimizer_->first().size();
  if (!fits) {
    throw Error(ErrorCode::kCheckpointMismatch,
                "The checkpoint \"" + path +
                    "\" was made with other options or another model. Start without it.");
  }
  Scatter(checkpoint.parameters, parameters());
  optimizer_->first() = std::move(checkpoint.first);
  optimizer_->second() = std::move(checkpoint.second);
  steps_ = static_cast<int64_t>(checkpoint.steps);
  rows_ = checkpoint.rows;
  return checkpoint.caller_state;
}

// Of everything that the next steps depend on, but where and how fast they run.
uint64_t Trainer::Fingerprint() const {
  Fingerprinter print;
  print.Add(model_->shape.architecture);
  for (ggml_tensor* t = ggml_get_first_tensor(model_->tensors()); t != nullptr;
       t = ggml_get_next_tensor(model_->tensors(), t)) {
    unsigned char sample[64] = {};
    ggml_backend_tensor_get(t, sample, 0, std::min(sizeof(sample), ggml_nbytes(t)));
    print.Add(t->name);
    print.Add(static_cast<double>(t->type));
    // Trained weights have moved since the run began.
    if (!options_.all_weights) print.Add(std::string(std::begin(sample), std::end(sample)));
  }
  print.Add(static_cast<double>(options_.precision));
  if (adapter_) {
    print.Add(options_.adapter.rank);
    print.Add(adapter_->strength());
    for (const AdapterPair& pair : adapter_->pairs()) print.Add(pair.weight_name);
    for (int32_t token : options_.adapter.tokens) print.Add(static_cast<double>(token));
  }
  const OptimizerOptions& o = options_.optimizer;
  for (float value : {o.beta1, o.beta2, o.epsilon, o.weight_decay, o.max_grad_norm}) {
    print.Add(value);
  }
  print.Add(static_cast<double>(options_.schedule.kind));
  print.Add(options_.schedule.learning_rate);
  print.Add(static_cast<double>(options_.schedule.warmup_steps));
  print.Add(static_cast<double>(options_.schedule.total_steps));
  print.Add(options_.dropout);
  print.Add(static_cast<double>(options_.seed));
  return print.hash();
}

MemoryUse Trainer::memory() const {
  MemoryUse use;
  use.weights = model_->bytes();
  use.transposed_weights = network_->transposed_bytes();
  size_t trained = 0;
  for (const ggml_tensor* parameter : parameters()) trained += ggml_nbytes(parameter);
  use.trained = 4 * trained;
  use.buffers = network_->buffer_bytes();
  return use;
}

}  // namespace lorikeet::train
