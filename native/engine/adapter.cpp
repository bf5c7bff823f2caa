#include "engine/adapter.h"

#include "engine/adapter_check.h"
#include "engine/engine_thread.h"
#include "engine/error.h"
#include "engine/log.h"
#include "engine/snapshot_file.h"

namespace lorikeet::engine {
namespace {

// The header's errors, as what they mean for an adapter.
GgufHeader ReadAdapterHeader(const std::string& path) {
  try {
    return ReadGgufHeader(path);
  } catch (const Error& error) {
    throw Error(error.code() == "MODEL_NOT_FOUND" ? "ADAPTER_NOT_FOUND" : "ADAPTER_MALFORMED",
                error.what(), error.details());
  }
}

}  // namespace

std::shared_ptr<Adapter> Adapter::Load(const std::shared_ptr<Model>& model,
                                       const std::string& path) {
  if (model->closed()) {
    throw Error("DISPOSED", "Expected the model to be open, but it was disposed. Load it again.");
  }
  GgufHeader header = ReadAdapterHeader(path);
  const AdapterFacts facts = CheckAdapter(header, model->header());
  LogCapture log;
  llama_adapter_lora* adapter = nullptr;
  {
    std::lock_guard lock(model->adapters_mutex());
    adapter = llama_adapter_lora_init(model->get(), path.c_str());
  }
  if (adapter == nullptr) {
    throw Error("ADAPTER_MISMATCH",
                "Expected llama.cpp to load the adapter \"" + path +
                    "\", but it said: " + log.Errors() + ".",
                {{"path", path}});
  }
  return std::shared_ptr<Adapter>(
      new Adapter(model, path, std::move(header), adapter, facts.rank, facts.alpha));
}

Adapter::Adapter(std::shared_ptr<Model> model, std::string path, GgufHeader header,
                 llama_adapter_lora* adapter, int rank, double alpha)
    : model_(std::move(model)),
      path_(std::move(path)),
      header_(std::move(header)),
      architecture_(header_.String("general.architecture")),
      adapter_(adapter),
      rank_(rank),
      alpha_(alpha),
      fingerprint_(FileFingerprint(path_)) {}

Adapter::~Adapter() {
  std::lock_guard lock(model_->adapters_mutex());
  llama_adapter_lora_free(adapter_);
}

void Adapter::Close() {
  if (closed_.exchange(true)) return;
  EngineThread& thread = model_->thread();
  thread.Run([&] { thread.ReleaseAdapter(this); });
}

}  // namespace lorikeet::engine
