#include "engine/adapter_set.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "engine/error.h"
#include "engine/log.h"
#include "engine/memory_estimate.h"

namespace lorikeet::engine {
namespace {

constexpr double kChunkMs = 100;
// Prompt tokens are multiplied in groups; smaller calls cost more for each token.
constexpr size_t kSharedGroup = 32;
constexpr size_t kLoneGroup = 64;
constexpr size_t kFirstChunk = 128;  // before anything was measured
// Decode calls below this many tokens say nothing about the speed of prompts.
constexpr size_t kMeasuredTokens = 16;

llama_context_params Parameters(const Model& model, const ContextOptions& options) {
  const ContextShape shape = ShapeOf(model, options);
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = shape.cells;
  parameters.n_batch = static_cast<uint32_t>(options.batch_size);
  parameters.n_ubatch = shape.compute_batch;
  parameters.n_seq_max = static_cast<uint32_t>(options.slots);
  parameters.n_outputs_max = shape.outputs;
  parameters.n_threads = options.threads;
  parameters.n_threads_batch = options.threads;
  parameters.kv_unified = shape.unified;
  parameters.swa_full = false;
  parameters.no_perf = true;
  return parameters;
}

// "CPU compute buffer size =   20.02 MiB" -> bytes; 0 where the line says something else.
uint64_t SizeIn(const std::string& line, const char* name) {
  const size_t found = line.find(name);
  if (found == std::string::npos) return 0;
  const double mebibytes = std::strtod(line.c_str() + found + std::string(name).size(), nullptr);
  return static_cast<uint64_t>(mebibytes * 1024 * 1024);
}

}  // namespace

std::vector<ScaledAdapter> NormalizeAdapters(std::vector<ScaledAdapter> adapters) {
  std::ranges::sort(adapters, {}, [](const ScaledAdapter& one) { return one.adapter.get(); });
  std::vector<ScaledAdapter> merged;
  for (ScaledAdapter& one : adapters) {
    if (!merged.empty() && merged.back().adapter == one.adapter) {
      merged.back().scale += one.scale;
    } else {
      merged.push_back(std::move(one));
    }
  }
  std::erase_if(merged, [](const ScaledAdapter& one) { return one.scale == 0; });
  return merged;
}

bool SameAdapters(const std::vector<ScaledAdapter>& a, const std::vector<ScaledAdapter>& b) {
  return std::ranges::equal(a, b, [](const ScaledAdapter& x, const ScaledAdapter& y) {
    return x.adapter == y.adapter && x.scale == y.scale;
  });
}

std::unique_ptr<AdapterSet> AdapterSet::Open(Model& model, std::vector<ScaledAdapter> adapters,
                                             const ContextOptions& options,
                                             const ThreadPool& threads,
                                             ggml_abort_callback interrupted,
                                             void* interrupted_data) {
  CheckContextMemory(model, options);
  std::unique_ptr<AdapterSet> set(new AdapterSet);
  set->adapters_ = std::move(adapters);
  set->batch_size_ = static_cast<size_t>(options.batch_size);
  set->shape_ = ShapeOf(model, options);
  LogCapture log;
  llama_context_params parameters = Parameters(model, options);
  parameters.abort_callback = interrupted;
  parameters.abort_callback_data = interrupted_data;
  set->context_.reset(llama_init_from_model(model.get(), parameters));
  if (!set->context_) ThrowContextFailure(model, options, log.Errors());
  if (threads.get() != nullptr) {
    llama_attach_threadpool(set->context_.get(), threads.get(), threads.get());
  }
  std::vector<llama_adapter_lora*> loras;
  std::vector<float> scales;
  for (const ScaledAdapter& one : set->adapters_) {
    loras.push_back(one.adapter->get());
    scales.push_back(one.scale);
  }
  if (llama_set_adapters_lora(set->context_.get(), loras.data(), loras.size(), scales.data()) !=
      0) {
    ThrowContextFailure(model, options, log.Errors());
  }
  const size_t window_cells = WindowCells(model, options);
  for (int slot = 0; slot < options.slots; slot++) {
    set->caches_.emplace_back(set->context_.get(), slot, window_cells);
  }
  set->ReadSizes(log.lines());
  return set;
}

bool AdapterSet::Uses(const Adapter* adapter) const {
  return std::ranges::any_of(
      adapters_, [&](const ScaledAdapter& one) { return one.adapter.get() == adapter; });
}

DecodeStatus AdapterSet::Decode(DecodeBatch& batch, std::string& error) {
  LogCapture log;
  const auto start = std::chrono::steady_clock::now();
  int32_t status = 0;
  try {
    status = llama_decode(context_.get(), batch.Get());
    llama_synchronize(context_.get());
  } catch (const std::exception& thrown) {
    error = thrown.what();
    return DecodeStatus::kFailed;
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  if (!log.lines().empty()) ReadSizes(log.lines());
  if (status == 0) {
    MeasureSpeed(batch.size(), took.count());
    if (batch.outputs() == batch.size()) costs_.Record(batch.size(), took.count());
    return DecodeStatus::kDone;
  }
  if (status == 2) return DecodeStatus::kInterrupted;
  error = "llama_decode returned " + std::to_string(status) +
          (log.Errors().empty() ? "" : ": " + log.Errors());
  return DecodeStatus::kFailed;
}

float* AdapterSet::Logits(int row) { return llama_get_logits_ith(context_.get(), row); }

size_t AdapterSet::ChunkLimit(bool alone) const {
  const size_t group = alone ? kLoneGroup : kSharedGroup;
  size_t limit = kFirstChunk;
  if (tokens_per_ms_ > 0) limit = static_cast<size_t>(tokens_per_ms_ * kChunkMs) / group * group;
  return std::clamp(limit, std::min(group, batch_size_), batch_size_);
}

size_t AdapterSet::GuessLimit(size_t call_tokens) const {
  const size_t piece = shape_.compute_batch;
  return call_tokens > piece ? 0 : std::min<size_t>(shape_.guesses, piece - call_tokens);
}

// The scheduler is built anew with the first decode call after adapters were set, so sizes may
// come again, and the last ones count.
void AdapterSet::ReadSizes(const std::vector<LogCapture::Line>& lines) {
  uint64_t cache = 0, compute = 0;
  for (const LogCapture::Line& line : lines) {
    cache += SizeIn(line.text, "KV buffer size =") + SizeIn(line.text, "RS buffer size =");
    compute += SizeIn(line.text, "compute buffer size =");
  }
  if (cache > 0) memory_.cache_bytes = cache;
  if (compute > 0) memory_.compute_bytes = compute;
}

void AdapterSet::MeasureSpeed(size_t tokens, double milliseconds) {
  if (tokens < kMeasuredTokens || milliseconds <= 0) return;
  const double speed = static_cast<double>(tokens) / milliseconds;
  tokens_per_ms_ = tokens_per_ms_ == 0 ? speed : 0.7 * tokens_per_ms_ + 0.3 * speed;
}

}  // namespace lorikeet::engine
