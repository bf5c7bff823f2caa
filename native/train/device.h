// Where the training graphs run: one ggml backend, its memory and its number formats.
//
// Every backend is a plug-in, so what is not in the public headers' libraries (the CPU's thread
// count, its features) is asked of the plug-in by name.
#pragma once

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml.h>

#include <functional>
#include <memory>
#include <string>

namespace lorikeet::train {

struct BackendFree {
  void operator()(ggml_backend_t backend) const { ggml_backend_free(backend); }
};
struct BufferFree {
  void operator()(ggml_backend_buffer_t buffer) const { ggml_backend_buffer_free(buffer); }
};
struct ContextFree {
  void operator()(ggml_context* context) const { ggml_free(context); }
};
struct AllocatorFree {
  void operator()(ggml_gallocr_t allocator) const { ggml_gallocr_free(allocator); }
};
using BackendPtr = std::unique_ptr<ggml_backend, BackendFree>;
using BufferPtr = std::unique_ptr<ggml_backend_buffer, BufferFree>;
using ContextPtr = std::unique_ptr<ggml_context, ContextFree>;
using AllocatorPtr = std::unique_ptr<ggml_gallocr, AllocatorFree>;

class Device {
 public:
  // `name`: a ggml device such as "CPU" or "CUDA0"; empty: the first GPU, else the CPU.
  // `threads`: at least 1; used by the CPU only. Backends must have been registered before.
  // Throws Error: kDeviceUnavailable.
  Device(const std::string& name, int threads);

  ggml_backend_t backend() const { return backend_.get(); }
  ggml_backend_buffer_type_t buffer_type() const;
  const std::string& name() const { return name_; }
  bool is_cpu() const { return is_cpu_; }
  // The CPU multiplies pairs of bfloat16, at twice the rate of F32.
  bool has_bf16_products() const { return has_bf16_products_; }
  bool has_amx() const { return has_amx_; }

  // Memory for all tensors of `context` that have none. Throws Error: kOutOfMemory.
  BufferPtr Allocate(ggml_context* context) const;

 private:
  std::string name_;
  bool is_cpu_ = false;
  bool has_bf16_products_ = false;
  bool has_amx_ = false;
  BackendPtr backend_;
};

// Calls work(thread, threads) once on each of the device's threads; on one where it is not the CPU.
void RunOnThreads(const Device& device, const std::function<void(int, int)>& work);

// A context that holds only the descriptions of `tensors` tensors.
ContextPtr NewContext(size_t tensors);

}  // namespace lorikeet::train
