#include "train/device.h"

#include <cstring>

#include "train/error.h"

namespace lorikeet::train {
namespace {

ggml_backend_dev_t FindDevice(const std::string& name) {
  if (!name.empty()) return ggml_backend_dev_by_name(name.c_str());
  ggml_backend_dev_t gpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_GPU);
  return gpu != nullptr ? gpu : ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

bool HasFeature(ggml_backend_reg_t reg, const char* feature) {
  auto get = reinterpret_cast<ggml_backend_get_features_t>(
      ggml_backend_reg_get_proc_address(reg, "ggml_backend_get_features"));
  if (get == nullptr) return false;
  for (ggml_backend_feature* f = get(reg); f->name != nullptr; ++f) {
    if (std::strcmp(f->name, feature) == 0) return std::strcmp(f->value, "0") != 0;
  }
  return false;
}

}  // namespace

Device::Device(const std::string& name, int threads) {
  ggml_backend_dev_t device = FindDevice(name);
  if (device == nullptr) {
    throw Error(ErrorCode::kDeviceUnavailable,
                "Expected a registered device, got \"" + name + "\". Register backends first.");
  }
  backend_.reset(ggml_backend_dev_init(device, nullptr));
  if (!backend_) {
    throw Error(ErrorCode::kDeviceUnavailable,
                std::string("Device ") + ggml_backend_dev_name(device) + " could not be opened.");
  }
  name_ = ggml_backend_dev_name(device);
  is_cpu_ = ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
  if (!is_cpu_) return;
  ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(device);
  auto set_threads = reinterpret_cast<ggml_backend_set_n_threads_t>(
      ggml_backend_reg_get_proc_address(reg, "ggml_backend_set_n_threads"));
  if (set_threads != nullptr) set_threads(backend_.get(), threads);
  has_bf16_products_ = HasFeature(reg, "AVX512_BF16");
  has_amx_ = HasFeature(reg, "AMX_INT8");
}

ggml_backend_buffer_type_t Device::buffer_type() const {
  return ggml_backend_get_default_buffer_type(backend_.get());
}

BufferPtr Device::Allocate(ggml_context* context) const {
  ggml_backend_buffer_type_t type = buffer_type();
  BufferPtr buffer(ggml_backend_alloc_ctx_tensors_from_buft(context, type));
  if (!buffer) {
    size_t bytes = ggml_backend_alloc_ctx_tensors_from_buft_size(context, type);
    throw Error(ErrorCode::kOutOfMemory, "Not enough memory on " + name_ + " for " +
                                             std::to_string(bytes >> 20) +
                                             " MiB. Lower maxLength or use low memory.");
  }
  return buffer;
}

// As the only operator of a graph: the threads are ggml's own.
void RunOnThreads(const Device& device, const std::function<void(int, int)>& work) {
  if (!device.is_cpu()) {
    work(0, 1);
    return;
  }
  const ContextPtr context(ggml_init(
      {4 * ggml_tensor_overhead() + ggml_graph_overhead_custom(4, false), nullptr, true}));
  auto run = [](ggml_tensor*, int thread, int threads, void* data) {
    (*static_cast<const std::function<void(int, int)>*>(data))(thread, threads);
  };
  ggml_tensor* node =
      ggml_custom_4d(context.get(), GGML_TYPE_F32, 1, 1, 1, 1, nullptr, 0, run, GGML_N_TASKS_MAX,
                     const_cast<std::function<void(int, int)>*>(&work));
  const BufferPtr buffer = device.Allocate(context.get());
  ggml_cgraph* graph = ggml_new_graph_custom(context.get(), 4, false);
  ggml_build_forward_expand(graph, node);
  if (ggml_backend_graph_compute(device.backend(), graph) != GGML_STATUS_SUCCESS) {
    throw Error(ErrorCode::kComputeFailed, "Work on " + device.name() + " failed.");
  }
}

ContextPtr NewContext(size_t tensors) {
  ggml_context* context = ggml_init({tensors * ggml_tensor_overhead(), nullptr, true});
  if (context == nullptr) throw Error(ErrorCode::kOutOfMemory, "Out of memory.");
  return ContextPtr(context);
}

}  // namespace lorikeet::train
