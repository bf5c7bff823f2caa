// llama.cpp's own batched decoding: many sequences in one llama_decode per token, greedy.
//
//   batch LIBRARIES MODEL THREADS CONTEXT MAX_TOKENS SEQUENCES unified|split < prompts
//   batch LIBRARIES MODEL THREADS CONTEXT FIRST MORE read
//
// The second reads FIRST tokens, then MORE tokens again and again, and decodes single tokens:
//   {"read_ms": median of MORE tokens with logits after the last, "step_ms": of one token}
// Of the first, prompts are lines; the first SEQUENCES of them are used, BOS put before them. Each
// prompt is read in one call, then all sequences decode together. Prints
//   {"tokens_per_second", "step_ms", "prompt_ms", "tokens": [[ids] of each sequence]}
// where the first is the total of all sequences over the steps after the prompts, step_ms the
// median of these steps, and prompt_ms the time of the first prompt.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "ggml-backend.h"
#include "llama.h"

namespace {

using Clock = std::chrono::steady_clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

[[noreturn]] void Fail(const std::string& message) {
  std::cerr << message << "\n";
  std::exit(1);
}

std::vector<llama_token> Tokenize(const llama_vocab* vocabulary, const std::string& text) {
  std::vector<llama_token> tokens(text.size() + 2);
  const int count = llama_tokenize(vocabulary, text.data(), static_cast<int>(text.size()),
                                   tokens.data(), static_cast<int>(tokens.size()), true, false);
  if (count < 0) Fail("cannot tokenise");
  tokens.resize(count);
  return tokens;
}

// A llama_batch whose rows are added one by one.
class Batch {
 public:
  explicit Batch(int capacity) : batch_(llama_batch_init(capacity, 0, 1)) {}
  ~Batch() { llama_batch_free(batch_); }
  void Clear() { batch_.n_tokens = 0; }
  void Add(llama_token token, llama_pos position, llama_seq_id sequence, bool logits) {
    const int row = batch_.n_tokens++;
    batch_.token[row] = token;
    batch_.pos[row] = position;
    batch_.n_seq_id[row] = 1;
    batch_.seq_id[row][0] = sequence;
    batch_.logits[row] = logits ? 1 : 0;
  }
  const llama_batch& get() const { return batch_; }

 private:
  llama_batch batch_;
};

struct Sequence {
  std::vector<llama_token> tokens;  // generated
  llama_pos position = 0;
};

double Median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

using ContextPointer = std::unique_ptr<llama_context, decltype(&llama_free)>;

ContextPointer OpenContext(llama_model* model, llama_context_params params) {
  ContextPointer context(llama_init_from_model(model, params), llama_free);
  if (!context) Fail("cannot create a context");
  return context;
}

// The milliseconds of reading `count` tokens at `position`, which are forgotten again.
double TimeRead(llama_context* context, Batch& batch, int position, int count) {
  batch.Clear();
  for (int i = 0; i < count; i++) batch.Add(1000 + i, position + i, 0, i + 1 == count);
  const Clock::time_point start = Clock::now();
  if (llama_decode(context, batch.get())) Fail("cannot decode");
  if (llama_get_logits_ith(context, -1) == nullptr) Fail("no logits");
  const double took = MillisecondsSince(start);
  llama_memory_seq_rm(llama_get_memory(context), 0, position, -1);
  return took;
}

void Read(llama_model* model, llama_context_params params, int first, int more) {
  constexpr int kRuns = 9;
  params.n_outputs_max = 1;
  const ContextPointer context = OpenContext(model, params);
  Batch batch(static_cast<int>(params.n_batch));
  for (int at = 0; at < first; at += 512) {
    batch.Clear();
    for (int i = at; i < std::min(at + 512, first); i++) batch.Add(1000 + i, i, 0, false);
    if (llama_decode(context.get(), batch.get())) Fail("cannot decode");
  }
  std::vector<double> reads, steps;
  for (int run = 0; run < kRuns; run++) {
    reads.push_back(TimeRead(context.get(), batch, first, more));
    steps.push_back(TimeRead(context.get(), batch, first, 1));
  }
  std::cout << "{\"read_ms\":" << Median(reads) << ",\"step_ms\":" << Median(steps) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8)
    Fail("usage: batch LIBRARIES MODEL THREADS CONTEXT MAX_TOKENS SEQUENCES unified|split");
  const int threads = std::atoi(argv[3]), context_size = std::atoi(argv[4]);
  const int limit = std::atoi(argv[5]), count = std::atoi(argv[6]);
  llama_log_set(
      [](ggml_log_level level, const char* text, void*) {
        if (level == GGML_LOG_LEVEL_ERROR) std::cerr << text;
      },
      nullptr);
  ggml_backend_load_all_from_path(argv[1]);
  llama_model_params model_params = llama_model_default_params();
  model_params.n_gpu_layers = 0;
  const std::unique_ptr<llama_model, decltype(&llama_model_free)> model(
      llama_model_load_from_file(argv[2], model_params), llama_model_free);
  if (!model) Fail("cannot load the model");
  const llama_vocab* vocabulary = llama_model_get_vocab(model.get());
  const int vocabulary_size = llama_vocab_n_tokens(vocabulary);

  llama_context_params params = llama_context_default_params();
  params.n_threads = params.n_threads_batch = threads;
  if (argv[7] == std::string("read")) {
    params.n_ctx = context_size;
    Read(model.get(), params, limit, count);
    return 0;
  }
  params.n_ctx = context_size * count;
  params.n_seq_max = params.n_outputs_max = count;
  params.kv_unified = argv[7] == std::string("unified");
  const ContextPointer context = OpenContext(model.get(), params);
  const auto likeliest = [&](int row) {
    const float* logits = llama_get_logits_ith(context.get(), row);
    return static_cast<llama_token>(std::max_element(logits, logits + vocabulary_size) - logits);
  };

  Batch batch(static_cast<int>(params.n_batch));
  std::vector<Sequence> sequences(count);
  double prompt_ms = 0;
  for (int s = 0; s < count; s++) {
    std::string line;
    if (!std::getline(std::cin, line)) Fail("too few prompts");
    const auto prompt = Tokenize(vocabulary, line);
    batch.Clear();
    for (llama_token token : prompt) {
      const llama_pos position = sequences[s].position++;
      batch.Add(token, position, s, static_cast<size_t>(sequences[s].position) == prompt.size());
    }
    const Clock::time_point start = Clock::now();
    if (llama_decode(context.get(), batch.get())) Fail("cannot decode a prompt");
    sequences[s].tokens.push_back(likeliest(-1));
    if (s == 0) prompt_ms = MillisecondsSince(start);
  }

  std::vector<double> steps;
  const Clock::time_point start = Clock::now();
  for (int step = 1; step < limit; step++) {
    const Clock::time_point step_start = Clock::now();
    batch.Clear();
    for (int s = 0; s < count; s++) {
      batch.Add(sequences[s].tokens.back(), sequences[s].position++, s, true);
    }
    if (llama_decode(context.get(), batch.get())) Fail("cannot decode");
    for (int s = 0; s < count; s++) sequences[s].tokens.push_back(likeliest(s));
    steps.push_back(MillisecondsSince(step_start));
  }
  const double speed =
      1000.0 * count * static_cast<double>(steps.size()) / MillisecondsSince(start);
  std::nth_element(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(steps.size() / 2),
                   steps.end());
  std::cout << "{\"tokens_per_second\":" << speed << ",\"step_ms\":" << Median(steps)
            << ",\"prompt_ms\":" << prompt_ms << ",\"tokens\":[";
  for (int s = 0; s < count; s++) {
    std::cout << (s ? ",[" : "[");
    for (size_t i = 0; i < sequences[s].tokens.size(); i++) {
      std::cout << (i ? "," : "") << sequences[s].tokens[i];
    }
    std::cout << "]";
  }
  std::cout << "]}\n";
}
