#include "engine/support/fixture.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "engine/backends.h"
#include "engine/error.h"

namespace lorikeet::testing {
namespace {

namespace fs = std::filesystem;

class TempFolder {
 public:
  TempFolder()
      : path_(fs::temp_directory_path() / ("lorikeet-engine-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~TempFolder() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

void LoadTestBackends() {
  const char* folder = std::getenv("LORIKEET_LLAMA_LIBRARIES");
  engine::LoadBackends({folder == nullptr ? "" : folder});
}

std::string TempPath(const std::string& name) {
  static const TempFolder folder;
  return (folder.path() / name).string();
}

std::string TinyModelPath(const TinyModelOptions& options) {
  const std::string path = TempPath(options.architecture + "-" + std::to_string(options.seed) +
                                    "-" + std::to_string(options.embedding_length) + "-" +
                                    std::to_string(options.layers) + ".gguf");
  if (!fs::exists(path)) WriteTinyModel(path, options);
  return path;
}

std::shared_ptr<engine::Model> LoadModelFile(const std::string& path) {
  LoadTestBackends();
  engine::ModelOptions options;
  options.path = path;
  return engine::Model::Load(options, nullptr);
}

std::shared_ptr<engine::Model> LoadTiny(const TinyModelOptions& options) {
  return LoadModelFile(TinyModelPath(options));
}

std::string TinyAdapterPath(const TinyAdapterOptions& options) {
  static int count = 0;
  const std::string path = TempPath("adapter-" + std::to_string(count++) + ".gguf");
  WriteTinyAdapter(path, options);
  return path;
}

engine::ContextOptions SmallContext(int slots, int context_size) {
  engine::ContextOptions options;
  options.context_size = context_size;
  options.slots = slots;
  options.batch_size = 64;
  options.threads = 1;
  options.max_adapter_sets = 3;
  return options;
}

std::shared_ptr<engine::Slot> Acquire(engine::Context& context, engine::SlotHint hint) {
  auto promise = std::make_shared<std::promise<std::shared_ptr<engine::Slot>>>();
  context.AcquireSlot(std::move(hint), [promise](auto slot) { promise->set_value(slot); });
  return promise->get_future().get();
}

struct Running::State {
  Report report;
  std::promise<void> ended;
  std::function<void()> on_step;

  void Take(const engine::GenerationEvent& event) {
    if (std::holds_alternative<engine::PromptEvent>(event)) report.prompt_events++;
    if (const auto* text = std::get_if<engine::TextEvent>(&event)) {
      report.text += text->text;
      report.tokens.insert(report.tokens.end(), text->tokens.begin(), text->tokens.end());
    }
    if (const auto* token = std::get_if<engine::TokenEvent>(&event)) {
      report.reported.push_back(token->text);
    }
    if (const auto* end = std::get_if<engine::EndEvent>(&event)) {
      report.result = end->result;
      report.ends++;
      ended.set_value();
    }
  }
};

Running::Running(engine::Slot& slot, engine::GenerationOptions options,
                 std::function<void()> on_step)
    : state_(std::make_shared<State>()) {
  state_->on_step = std::move(on_step);
  ended_ = state_->ended.get_future();
  handle_ = slot.Generate(std::move(options),
                          [state = state_](std::vector<engine::GenerationEvent> events) {
                            if (state->on_step) state->on_step();
                            for (const auto& event : events) state->Take(event);
                          });
}

Report Running::Wait() {
  ended_.get();
  return state_->report;
}

Report Generate(engine::Slot& slot, const engine::GenerationOptions& options) {
  return Running(slot, options).Wait();
}

Report GenerateAborted(engine::Slot& slot, const engine::GenerationOptions& options, int step) {
  auto steps = std::make_shared<int>(0);
  std::promise<engine::Generation*> handle;
  const auto known = handle.get_future().share();
  Running running(slot, options, [steps, step, known] {
    if ((*steps)++ == step) known.get()->Abort();
  });
  handle.set_value(&running.handle());
  return running.Wait();
}

engine::GenerationOptions Ask(const engine::Model& model, const std::string& text, int max_tokens) {
  engine::GenerationOptions options;
  options.prompt = model.Tokenize(text, false);
  options.prompt.insert(options.prompt.begin(), kBos);
  options.max_tokens = max_tokens;
  return options;
}

bool IsGreedy(const engine::Model& model, std::vector<llama_token> prompt,
              std::vector<llama_token> tokens, const std::vector<engine::ScaledAdapter>& adapters) {
  constexpr float kTolerance = 1e-2f;  // of rounding, see docs/decisions/0013
  llama_context_params parameters = llama_context_default_params();
  parameters.n_ctx = 1024;
  parameters.n_threads = parameters.n_threads_batch = 1;
  const llama_context_ptr context(llama_init_from_model(model.get(), parameters));
  std::vector<llama_adapter_lora*> loras;
  std::vector<float> scales;
  for (const auto& one : adapters) {
    loras.push_back(one.adapter->get());
    scales.push_back(one.scale);
  }
  llama_set_adapters_lora(context.get(), loras.data(), loras.size(), scales.data());
  for (size_t at = 0; at < prompt.size();) {
    const size_t count = std::min<size_t>(prompt.size() - at, 512);
    llama_decode(context.get(),
                 llama_batch_get_one(prompt.data() + at, static_cast<int32_t>(count)));
    at += count;
  }
  for (llama_token& token : tokens) {
    const float* logits = llama_get_logits_ith(context.get(), -1);
    const float best = *std::max_element(logits, logits + model.vocabulary_size());
    if (logits[token] < best - kTolerance) return false;
    if (llama_decode(context.get(), llama_batch_get_one(&token, 1)) != 0) return false;
  }
  return !tokens.empty();
}

std::string CodeOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const engine::Error& error) {
    return error.code();
  }
  return "";
}

}  // namespace lorikeet::testing
