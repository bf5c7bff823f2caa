#include "engine/memory_estimate.h"

#include <algorithm>
#include <cstdlib>

#include "engine/byte_reader.h"
#include "engine/error.h"
#include "engine/log.h"
#include "engine/system_memory.h"

namespace lorikeet::engine {
namespace {

constexpr uint64_t kCellPadding = 256;
constexpr double kValueBytes = 2;  // 16-bit cache
// Each row of logits is a megabyte in the compute buffer where there are 262,144 tokens, so more
// slots than this share their guesses.
constexpr uint32_t kGuessingSlots = 4;

bool HasRecurrentState(const Model& model) {
  return llama_model_is_recurrent(model.get()) || llama_model_is_hybrid(model.get());
}

uint64_t PadCells(uint64_t cells) {
  return (cells + kCellPadding - 1) / kCellPadding * kCellPadding;
}

// An upper bound: every layer keeps every cell, and the buffers hold a mask and a batch of
// activations. Layers with a sliding window keep far less.
double UpperBound(const Model& model, const ContextOptions& options) {
  const GgufHeader& header = model.header();
  const std::string prefix = model.architecture() + ".";
  const ContextShape shape = ShapeOf(model, options);
  const double width = llama_model_n_embd(model.get());
  const int64_t heads = std::max<int64_t>(header.Integer(prefix + "attention.head_count", 1), 1);
  const int64_t cache_heads = header.Integer(prefix + "attention.head_count_kv", heads);
  const int64_t head_width = static_cast<int64_t>(width) / heads;
  const double value_count =
      static_cast<double>(cache_heads) *
      static_cast<double>(header.Integer(prefix + "attention.key_length", head_width) +
                          header.Integer(prefix + "attention.value_length", head_width));
  const double cells = shape.cells;
  const double batch = shape.compute_batch;
  return cells * model.layer_count() * value_count * kValueBytes + cells * batch * kValueBytes +
         batch * width * 64 + 8.0 * shape.outputs * model.vocabulary_size();
}

// Bytes that one cell takes in layers without and with a sliding window, as a tiny context of
// llama.cpp's own reports them.
struct CellBytes {
  double full = 0;
  double window = 0;
};

CellBytes MeasureCells(const Model& model) {
  LogCapture log;
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = parameters.n_batch = parameters.n_ubatch = kCellPadding;
  parameters.n_outputs_max = 1;
  const llama_context_ptr context(llama_init_from_model(model.get(), parameters));
  // "size =    4.50 MiB (   256 cells,  18 layers, ...": one line for each of the two caches, the
  // one without a window first.
  CellBytes bytes;
  bool first = true;
  for (const LogCapture::Line& line : log.lines()) {
    const size_t found = line.text.find("size =");
    if (found == std::string::npos || line.text.find("cells,") == std::string::npos) continue;
    const double mebibytes = std::strtod(line.text.c_str() + found + 6, nullptr);
    (first ? bytes.full : bytes.window) = mebibytes * 1024 * 1024 / kCellPadding;
    first = false;
  }
  return bytes;
}

double Estimate(const Model& model, const ContextOptions& options) {
  const CellBytes bytes = MeasureCells(model);
  if (bytes.full == 0) return UpperBound(model, options);
  const ContextShape shape = ShapeOf(model, options);
  const size_t window = WindowCells(model, options);
  return shape.cells * bytes.full +
         static_cast<double>(window > 0 ? window : shape.cells) * bytes.window +
         static_cast<double>(shape.cells) * shape.compute_batch * kValueBytes;
}

[[noreturn]] void TooLarge(const ContextOptions& options, double needed, double available) {
  throw Error("CONTEXT_TOO_LARGE",
              "Expected a context of " + std::to_string(options.slots) + " slots of " +
                  std::to_string(options.context_size) + " tokens to fit into memory: it needs " +
                  PrintBytes(static_cast<uint64_t>(needed)) + ", " +
                  PrintBytes(static_cast<uint64_t>(available)) +
                  " are free. Lower \"contextSize\" or \"slots\".",
              {{"contextSize", int64_t{options.context_size}},
               {"slots", int64_t{options.slots}},
               {"neededBytes", needed},
               {"availableBytes", available}});
}

}  // namespace

ContextShape ShapeOf(const Model& model, const ContextOptions& options) {
  // CPUs read prompts no faster in larger pieces (270M, measured: 1.50 s at 128, 1.59 s at 512),
  // and the attention mask of a piece spans all cells.
  const int compute_batch = model.gpu_layer_count() > 0 ? 512 : 128;
  // All slots share one buffer: a common beginning can be shared without a copy, and slots whose
  // numbers do not follow each other decode in one piece. The price is 3 % at four slots.
  const uint64_t cells =
      PadCells(static_cast<uint64_t>(options.context_size)) * static_cast<uint64_t>(options.slots);
  const uint32_t slots = static_cast<uint32_t>(options.slots);
  const uint32_t guesses = HasRecurrentState(model) ? 0
                                                    : std::min(slots, kGuessingSlots) *
                                                          static_cast<uint32_t>(kGuessesOfSlot);
  // One row of logits for each slot and each guess; left at 0 llama.cpp reserves a row for every
  // token of a batch.
  return {static_cast<uint32_t>(cells),
          static_cast<uint32_t>(std::min(options.batch_size, compute_batch)), guesses,
          slots + guesses, true};
}

size_t WindowCells(const Model& model, const ContextOptions& options) {
  const int window = llama_model_n_swa(model.get());
  if (window <= 0) return HasRecurrentState(model) ? 1 : 0;
  const uint64_t wanted = PadCells(static_cast<uint64_t>(window) * options.slots +
                                   ShapeOf(model, options).compute_batch);
  return std::min<uint64_t>(wanted, ShapeOf(model, options).cells);
}

void CheckContextMemory(const Model& model, const ContextOptions& options) {
  const double available = static_cast<double>(AvailableMemoryBytes());
  if (UpperBound(model, options) <= available) return;
  const double needed = Estimate(model, options);
  // On a GPU llama.cpp fails in order by itself.
  if (needed > available && model.gpu_layer_count() == 0) TooLarge(options, needed, available);
}

void ThrowContextFailure(const Model& model, const ContextOptions& options,
                         const std::string& errors) {
  if (errors.find("alloc") != std::string::npos) {
    TooLarge(options, UpperBound(model, options), static_cast<double>(AvailableMemoryBytes()));
  }
  throw Error(
      "MODEL_LOAD_FAILED",
      "Expected llama.cpp to run \"" + model.header().files[0] + "\", but it said: " + errors + ".",
      {{"path", model.header().files[0]}});
}

}  // namespace lorikeet::engine
