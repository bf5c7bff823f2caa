#include "train/graph.h"

#include "train/error.h"

namespace lorikeet::train {

Workspace::Workspace(const Device& device, const Numerics& numerics)
    : device_(device), numerics_(numerics), allocator_(ggml_gallocr_new(device.buffer_type())) {}

size_t Workspace::peak_bytes() const { return ggml_gallocr_get_buffer_size(allocator_.get(), 0); }

Graph::Graph(Workspace& workspace, size_t max_nodes) : workspace_(workspace) {
  size_t bytes =
      2 * max_nodes * ggml_tensor_overhead() + ggml_graph_overhead_custom(max_nodes, false);
  context_.reset(ggml_init({bytes, nullptr, true}));
  if (!context_) throw Error(ErrorCode::kOutOfMemory, "Out of memory.");
  graph_ = ggml_new_graph_custom(context_.get(), max_nodes, false);
}

ggml_tensor* Graph::Input(ggml_type type, std::initializer_list<int64_t> shape, const void* data) {
  ggml_tensor* tensor =
      ggml_new_tensor(context_.get(), type, static_cast<int>(shape.size()), shape.begin());
  ggml_set_input(tensor);
  uploads_.push_back({tensor, data});
  return tensor;
}

void Graph::Add(ggml_tensor* tensor) { ggml_build_forward_expand(graph_, tensor); }

void Graph::Write(ggml_tensor* source, ggml_tensor* target) {
  Add(ggml_cpy(context_.get(), source, target));
}

ggml_tensor* Graph::Output(ggml_tensor* tensor) {
  ggml_set_output(tensor);
  Add(tensor);
  return tensor;
}

void Graph::Compute() {
  if (!ggml_gallocr_alloc_graph(workspace_.allocator_.get(), graph_)) {
    throw Error(ErrorCode::kOutOfMemory, "Not enough memory for a training graph on " +
                                             device().name() + ". Lower maxLength.");
  }
  for (const Upload& upload : uploads_) {
    if (upload.tensor->buffer == nullptr) continue;  // not reached by any result
    ggml_backend_tensor_set(upload.tensor, upload.data, 0, ggml_nbytes(upload.tensor));
  }
  if (ggml_backend_graph_compute(device().backend(), graph_) != GGML_STATUS_SUCCESS) {
    throw Error(ErrorCode::kComputeFailed, "A training graph failed on " + device().name() + ".");
  }
  workspace_.product_operations_ += ProductOperations();
}

double Graph::ProductOperations() const {
  double operations = own_products_;
  for (int i = 0; i < ggml_graph_n_nodes(graph_); ++i) {
    ggml_tensor* node = ggml_graph_node(graph_, i);
    if (node->op != GGML_OP_MUL_MAT) continue;
    operations +=
        2.0 * static_cast<double>(ggml_nelements(node)) * static_cast<double>(node->src[0]->ne[0]);
  }
  return operations;
}

std::vector<float> Download(const ggml_tensor* tensor) {
  std::vector<float> values(ggml_nelements(tensor));
  ggml_backend_tensor_get(tensor, values.data(), 0, values.size() * sizeof(float));
  return values;
}

}  // namespace lorikeet::train
