// What most tests of the engine need: files, a loaded tiny model, a generation run to its end.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "engine/context.h"
#include "engine/model.h"
#include "engine/support/tiny_model.h"
#include "test.h"

namespace lorikeet::testing {

// Registers the CPU backend once.
void LoadTestBackends();

// A path for a file of this test run; the folder is deleted at the end of the process.
std::string TempPath(const std::string& name);

// The path of a tiny model, written at first use.
std::string TinyModelPath(const TinyModelOptions& options = {});
std::shared_ptr<engine::Model> LoadTiny(const TinyModelOptions& options = {});
std::shared_ptr<engine::Model> LoadModelFile(const std::string& path);
std::string TinyAdapterPath(const TinyAdapterOptions& options);

// One thread, a batch of 64, three adapter sets.
engine::ContextOptions SmallContext(int slots = 1, int context_size = 256);

std::shared_ptr<engine::Slot> Acquire(engine::Context& context, engine::SlotHint hint = {});

// What a generation reported.
struct Report {
  engine::GenerationResult result;
  std::string text;
  std::vector<llama_token> tokens;  // of text events
  std::vector<std::string> reported;
  int prompt_events = 0;
  int ends = 0;
};

// A generation that runs; Wait gives its report.
class Running {
 public:
  // `on_step` is called on the engine thread before each batch of events.
  Running(engine::Slot& slot, engine::GenerationOptions options,
          std::function<void()> on_step = nullptr);
  Report Wait();
  engine::Generation& handle() { return *handle_; }

 private:
  struct State;
  std::shared_ptr<State> state_;
  std::future<void> ended_;
  std::shared_ptr<engine::Generation> handle_;
};

Report Generate(engine::Slot& slot, const engine::GenerationOptions& options);

// The same, aborted when it has a batch of events to tell for the `step`-th time, counted from 0.
Report GenerateAborted(engine::Slot& slot, const engine::GenerationOptions& options, int step);

// Greedy, with the text's tokens after BOS as the prompt, no stop tokens.
engine::GenerationOptions Ask(const engine::Model& model, const std::string& text, int max_tokens);

// Whether a plain loop over llama.cpp (one sequence, the prompt in one batch) would write `tokens`
// greedily. Kernels round differently for different batch sizes, so a token counts as the best
// where its logit lies within 1e-3 of it.
bool IsGreedy(const engine::Model& model, std::vector<llama_token> prompt,
              std::vector<llama_token> tokens,
              const std::vector<engine::ScaledAdapter>& adapters = {});

// The code of the Error that `body` throws; "" where it throws none.
std::string CodeOf(const std::function<void()>& body);

}  // namespace lorikeet::testing
