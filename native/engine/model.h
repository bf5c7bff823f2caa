// A model: weights, vocabulary, and the engine thread that runs everything on them.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/gguf_header.h"
#include "engine/object_count.h"
#include "llama-cpp.h"

namespace lorikeet::grammar {
class Vocabulary;
}

namespace lorikeet::engine {

class EngineThread;

struct ModelOptions {
  std::string path;                       // UTF-8
  std::vector<std::string> gpu_backends;  // by preference; empty: CPU only
  int gpu_layers = -1;                    // -1: all that fit
  bool memory_map = true;
  bool memory_lock = false;
  std::string cache_folder;  // UTF-8, for vocabulary images; empty: none are kept
};

class Model {
 public:
  // Loads `options.path`; blocks, so call it on a worker thread. `on_progress` gets fractions from
  // 0 to 1 on this thread and returns false to abort; it may be null.
  //
  // Returns null when it was aborted.
  // Throws Error: what ReadGgufHeader throws; MODEL_ARCHITECTURE_UNKNOWN, MODEL_TOO_LARGE,
  // MODEL_CHANGED, MODEL_LOAD_FAILED (with llama.cpp's own words), BACKEND_UNAVAILABLE.
  static std::shared_ptr<Model> Load(const ModelOptions& options,
                                     const std::function<bool(float)>& on_progress);
  ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // What the file says; the shapes that adapters are checked against.
  const GgufHeader& header() const { return header_; }
  const std::string& architecture() const { return architecture_; }
  std::string description() const;
  uint64_t size_bytes() const;
  uint64_t parameter_count() const;
  int trained_context_size() const;
  int layer_count() const;
  int gpu_layer_count() const { return gpu_layer_count_; }
  int vocabulary_size() const { return vocabulary_size_; }
  // -1 where the vocabulary has none.
  llama_token bos_token() const;
  bool add_bos() const;
  // Ids that end a generation, ascending.
  const std::vector<llama_token>& end_tokens() const { return end_tokens_; }
  // Null where the file has none; valid as long as the model.
  const char* chat_template() const;

  // Id of the control or user-defined token spelt `text`, or -1.
  llama_token SpecialToken(const std::string& text) const;
  // The vocabulary's own spelling. Throws Error: INVALID_OPTION - no such id.
  std::string TokenText(llama_token token) const;
  // The bytes a token stands for in text; empty for control tokens. Throws as TokenText.
  std::string TokenBytes(llama_token token) const;
  // Whether the id is a control, user-defined or unknown token. Throws as TokenText.
  bool IsSpecial(llama_token token) const;
  // `special`: spellings of special tokens in `text` (UTF-8) become those tokens. Never adds BOS.
  std::vector<llama_token> Tokenize(std::string_view text, bool special) const;
  // The bytes of `tokens`; may end inside a code point. `special`: special tokens are spelt out.
  // Throws as TokenText.
  std::string DetokenizeBytes(const std::vector<llama_token>& tokens, bool special) const;
  // As DetokenizeBytes, with U+FFFD for every byte that belongs to no whole code point.
  std::string Detokenize(const std::vector<llama_token>& tokens, bool special) const;

  // The vocabulary as the grammar engine wants it, which is made from the end of Load on, on
  // another thread; waits until it is there. Throws grammar::GrammarError: GRAMMAR_TOO_LARGE.
  std::shared_ptr<const grammar::Vocabulary> GrammarVocabulary() const;

  // Ends all generations on this model (they report "aborted") and closes its contexts. Idempotent;
  // blocks until the engine thread has done so. Memory is freed with the last shared_ptr.
  void Close();
  bool closed() const { return closed_; }

  llama_model* get() const { return model_.get(); }
  const llama_vocab* vocab() const;
  // The thread that owns every llama_context of this model.
  EngineThread& thread() { return *thread_; }
  // Guards llama.cpp's list of a model's adapters.
  std::mutex& adapters_mutex() { return adapters_mutex_; }

 private:
  Model(GgufHeader header, llama_model_ptr model, int gpu_layer_count,
        const std::string& cache_folder);
  // Throws as TokenText.
  void CheckToken(llama_token token) const;

  CountedObject counted_{ObjectKind::kModel};
  GgufHeader header_;
  llama_model_ptr model_;
  std::string architecture_;
  int gpu_layer_count_;
  int vocabulary_size_;
  std::vector<llama_token> end_tokens_;
  std::unordered_map<std::string, llama_token> special_tokens_;
  std::mutex adapters_mutex_;
  std::atomic<bool> closed_ = false;
  std::shared_ptr<EngineThread> thread_;
  // The last member: its destructor waits for the thread that reads the others.
  std::shared_future<std::shared_ptr<const grammar::Vocabulary>> grammar_vocabulary_;
};

}  // namespace lorikeet::engine
