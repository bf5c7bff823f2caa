#include "engine/model.h"

#include <algorithm>
#include <limits>

#include "engine/engine_thread.h"
#include "engine/error.h"
#include "engine/gpu_layers.h"
#include "engine/log.h"
#include "engine/model_check.h"
#include "engine/utf8.h"
#include "engine/vocabulary_image.h"

namespace lorikeet::engine {
namespace {

llama_load_mode LoadMode(const ModelOptions& options) {
  if (options.memory_map) {
    return options.memory_lock ? LLAMA_LOAD_MODE_MMAP_MLOCK : LLAMA_LOAD_MODE_MMAP;
  }
  return options.memory_lock ? LLAMA_LOAD_MODE_MLOCK : LLAMA_LOAD_MODE_NONE;
}

struct Progress {
  const std::function<bool(float)>& report;
  bool aborted = false;

  // False: stop.
  bool Report(float fraction) {
    if (report && !aborted) aborted = !report(fraction);
    return !aborted;
  }
};

// Null: aborted, or failed with the reason in the log.
llama_model_ptr LoadWeights(const GgufHeader& header, const ModelOptions& options,
                            const GpuPlan& plan, Progress& progress) {
  std::vector<ggml_backend_dev_t> devices = plan.devices;
  devices.push_back(nullptr);
  llama_model_params parameters = llama_model_default_params();
  parameters.devices = devices.data();
  parameters.n_gpu_layers = plan.layers;
  parameters.load_mode = LoadMode(options);
  parameters.progress_callback_user_data = &progress;
  parameters.progress_callback = [](float fraction, void* data) {
    return static_cast<Progress*>(data)->Report(fraction);
  };
  std::vector<const char*> files;
  for (const std::string& file : header.files) files.push_back(file.c_str());
  if (files.size() == 1) return llama_model_ptr(llama_model_load_from_file(files[0], parameters));
  return llama_model_ptr(llama_model_load_from_splits(files.data(), files.size(), parameters));
}

// A way to call llama.cpp's functions that fill a buffer and return the length, or minus what they
// need.
template <typename Item, typename Fill>
void FillBuffer(std::basic_string<Item>& buffer, Fill fill) {
  buffer.resize(std::max<size_t>(buffer.capacity(), 16));
  int32_t length = fill(buffer.data(), static_cast<int32_t>(buffer.size()));
  if (length < 0) {
    buffer.resize(static_cast<size_t>(-length));
    length = fill(buffer.data(), static_cast<int32_t>(buffer.size()));
  }
  buffer.resize(static_cast<size_t>(std::max(length, 0)));
}

}  // namespace

std::shared_ptr<Model> Model::Load(const ModelOptions& options,
                                   const std::function<bool(float)>& on_progress) {
  Progress progress{on_progress};
  GgufHeader header = ReadGgufHeader(options.path);
  CheckArchitecture(header);
  CheckHyperparameters(header);
  const GpuPlan plan = PlanGpuLayers(header, options.gpu_backends, options.gpu_layers);
  CheckMemory(header, header.size_bytes - plan.gpu_bytes);
  if (!progress.Report(0)) return nullptr;
  LogCapture log;
  llama_model_ptr model = LoadWeights(header, options, plan, progress);
  if (progress.aborted) return nullptr;
  CheckUnchanged(header);
  if (!model) {
    throw Error("MODEL_LOAD_FAILED",
                "Expected llama.cpp to load \"" + options.path +
                    "\", but it said: " + log.Errors() +
                    ". The file is incomplete or made for another version; get it again.",
                {{"path", options.path}});
  }
  std::shared_ptr<Model> loaded(
      new Model(std::move(header), std::move(model), plan.layers, options.cache_folder));
  progress.Report(1);
  return progress.aborted ? nullptr : loaded;
}

Model::Model(GgufHeader header, llama_model_ptr model, int gpu_layer_count,
             const std::string& cache_folder)
    : header_(std::move(header)),
      model_(std::move(model)),
      architecture_(header_.String("general.architecture")),
      gpu_layer_count_(gpu_layer_count),
      vocabulary_size_(llama_vocab_n_tokens(vocab())),
      thread_(EngineThread::Start()) {
  if (llama_vocab_type(vocab()) == LLAMA_VOCAB_TYPE_NONE) vocabulary_size_ = 0;
  for (llama_token id = 0; id < vocabulary_size_; id++) {
    if (llama_vocab_is_eog(vocab(), id)) end_tokens_.push_back(id);
    const auto attributes = llama_vocab_get_attr(vocab(), id);
    if (attributes & (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED)) {
      special_tokens_.emplace(llama_vocab_get_text(vocab(), id), id);
    }
  }
  // On a thread of its own, so that loading does not wait; without one at first use.
  grammar_vocabulary_ =
      std::async(std::launch::async | std::launch::deferred,
                 [this, cache_folder] { return LoadVocabularyImage(*this, cache_folder); });
}

Model::~Model() { thread_->Stop(); }

void Model::Close() {
  closed_ = true;
  thread_->Stop();
}

const llama_vocab* Model::vocab() const { return llama_model_get_vocab(model_.get()); }

std::string Model::description() const {
  char text[256];
  llama_model_desc(model_.get(), text, sizeof(text));
  return text;
}
uint64_t Model::size_bytes() const { return llama_model_size(model_.get()); }
uint64_t Model::parameter_count() const { return llama_model_n_params(model_.get()); }
int Model::trained_context_size() const { return llama_model_n_ctx_train(model_.get()); }
int Model::layer_count() const { return llama_model_n_layer(model_.get()); }
llama_token Model::bos_token() const { return llama_vocab_bos(vocab()); }
bool Model::add_bos() const { return llama_vocab_get_add_bos(vocab()); }
const char* Model::chat_template() const {
  return llama_model_chat_template(model_.get(), nullptr);
}

llama_token Model::SpecialToken(const std::string& text) const {
  auto found = special_tokens_.find(text);
  return found == special_tokens_.end() ? -1 : found->second;
}

void Model::CheckToken(llama_token token) const {
  if (token >= 0 && token < vocabulary_size_) return;
  throw Error("INVALID_OPTION",
              "Expected a token id from 0 to " + std::to_string(vocabulary_size_ - 1) +
                  " of this vocabulary, got " + std::to_string(token) + ".",
              {{"token", int64_t{token}}});
}

std::string Model::TokenText(llama_token token) const {
  CheckToken(token);
  return llama_vocab_get_text(vocab(), token);
}

std::string Model::TokenBytes(llama_token token) const {
  CheckToken(token);
  std::string bytes;
  FillBuffer(bytes, [&](char* data, int32_t size) {
    return llama_token_to_piece(vocab(), token, data, size, 0, false);
  });
  return bytes;
}

bool Model::IsSpecial(llama_token token) const {
  CheckToken(token);
  return llama_vocab_get_attr(vocab(), token) &
         (LLAMA_TOKEN_ATTR_CONTROL | LLAMA_TOKEN_ATTR_USER_DEFINED | LLAMA_TOKEN_ATTR_UNKNOWN);
}

std::vector<llama_token> Model::Tokenize(std::string_view text, bool special) const {
  constexpr size_t kMaxTextBytes = size_t{1} << 30;
  if (text.size() > kMaxTextBytes || vocabulary_size_ == 0) {
    throw Error("INVALID_OPTION", vocabulary_size_ == 0
                                      ? "Expected a model with a vocabulary, this one has none."
                                      : "Expected a text of at most 1 GiB, got " +
                                            std::to_string(text.size()) + " bytes.");
  }
  std::vector<llama_token> tokens(text.size() + 8);
  const auto fill = [&] {
    return llama_tokenize(vocab(), text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                          static_cast<int32_t>(tokens.size()), false, special);
  };
  int32_t count = fill();
  if (count < 0 && count != std::numeric_limits<int32_t>::min()) {
    tokens.resize(static_cast<size_t>(-count));
    count = fill();
  }
  tokens.resize(static_cast<size_t>(std::max(count, 0)));
  return tokens;
}

std::string Model::DetokenizeBytes(const std::vector<llama_token>& tokens, bool special) const {
  for (llama_token token : tokens) CheckToken(token);
  if (tokens.empty()) return "";
  std::string bytes;
  bytes.reserve(tokens.size() * 8);
  FillBuffer(bytes, [&](char* data, int32_t size) {
    return llama_detokenize(vocab(), tokens.data(), static_cast<int32_t>(tokens.size()), data, size,
                            false, special);
  });
  return bytes;
}

std::string Model::Detokenize(const std::vector<llama_token>& tokens, bool special) const {
  return ReplaceInvalidUtf8(DetokenizeBytes(tokens, special));
}

std::shared_ptr<const grammar::Vocabulary> Model::GrammarVocabulary() const {
  return grammar_vocabulary_.get();
}

}  // namespace lorikeet::engine
