// A LoRA adapter bound to one model. It has no effect until a generation names it with a scale.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "engine/gguf_header.h"
#include "engine/model.h"

namespace lorikeet::engine {

class Adapter {
 public:
  // Loads the GGUF adapter at `path` (UTF-8); blocks, so call it on a worker thread.
  //
  // Throws Error: ADAPTER_NOT_FOUND; ADAPTER_MALFORMED (no adapter, damaged, a pair without
  // partner); ADAPTER_MISMATCH (other architecture, unknown tensor, wrong shape);
  // ADAPTER_UNSUPPORTED (token_embd over tied embeddings, DoRA, aLoRA, norm vectors);
  // `details.tensor` names the first misfit. DISPOSED - the model is closed.
  static std::shared_ptr<Adapter> Load(const std::shared_ptr<Model>& model,
                                       const std::string& path);
  ~Adapter();
  Adapter(const Adapter&) = delete;
  Adapter& operator=(const Adapter&) = delete;

  const std::string& path() const { return path_; }
  const std::string& architecture() const { return architecture_; }
  // The largest rank of its pairs.
  int rank() const { return rank_; }
  // 0: llama.cpp does not divide by the rank; strength is then the scale alone.
  double alpha() const { return alpha_; }
  const Metadata& metadata() const { return header_.metadata; }
  const std::vector<TensorInfo>& tensors() const { return header_.tensors; }
  // A digest of its file.
  uint64_t fingerprint() const { return fingerprint_; }
  const std::shared_ptr<Model>& model() const { return model_; }
  llama_adapter_lora* get() const { return adapter_; }

  // Ends the generations that use it (they report "aborted") and closes the llama_contexts of its
  // adapter sets. Idempotent; blocks until the engine thread has done so.
  void Close();
  bool closed() const { return closed_; }

 private:
  Adapter(std::shared_ptr<Model> model, std::string path, GgufHeader header,
          llama_adapter_lora* adapter, int rank, double alpha);

  CountedObject counted_{ObjectKind::kAdapter};
  std::shared_ptr<Model> model_;
  std::string path_;
  GgufHeader header_;
  std::string architecture_;
  llama_adapter_lora* adapter_;  // owned
  int rank_;
  double alpha_;
  uint64_t fingerprint_;
  std::atomic<bool> closed_ = false;
};

}  // namespace lorikeet::engine
