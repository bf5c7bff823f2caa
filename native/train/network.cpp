#include "train/network.h"

#include <chrono>
#include <cmath>

#include "train/error.h"
#include "train/random.h"

namespace lorikeet::train {
namespace {

constexpr size_t kLayerNodes = 4096;
// Each query block adds at most this many operators, forward and backward.
constexpr size_t kNodesPerBlock = 96;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct Network::Row {
  int64_t T = 0;
  bool dropout = false;
  uint64_t seed = 0;
  ContextPtr context;
  BufferPtr buffer;
  ggml_tensor* positions = nullptr;        // [T]
  std::vector<ggml_tensor*> inputs;        // of each layer, and the last result: [C, T]
  ggml_tensor* dx = nullptr;               // [C, T]
  ggml_tensor* layer_embedding = nullptr;  // [P, T, layers]
  // Of the layers whose keys others read, else null.
  std::vector<ggml_tensor*> keys, values, dk, dv;
  std::unique_ptr<AttentionPlan> full;
  std::unique_ptr<AttentionPlan> windowed;
  std::unique_ptr<Activations> activations;

  Row(const Device& device, const ModelShape& shape, int64_t length);
  size_t bytes() const;
};

Network::Row::Row(const Device& device, const ModelShape& shape, int64_t length) : T(length) {
  const size_t layers = shape.layers.size();
  context = NewContext(8 + 5 * (layers + 1));
  ggml_context* ctx = context.get();
  positions = ggml_new_tensor_1d(ctx, GGML_TYPE_I32, T);
  for (size_t i = 0; i <= layers; ++i) {
    inputs.push_back(ggml_new_tensor_2d(ctx, GGML_TYPE_F32, shape.C, T));
  }
  dx = ggml_new_tensor_2d(ctx, GGML_TYPE_F32, shape.C, T);
  if (shape.P > 0) {
    layer_embedding =
        ggml_new_tensor_3d(ctx, GGML_TYPE_F32, shape.P, T, static_cast<int64_t>(layers));
  }
  for (auto* sums : {&keys, &values, &dk, &dv}) sums->assign(layers, nullptr);
  for (size_t i = 0; i < layers; ++i) {
    const int source = shape.layers[i].key_value_layer;
    if (source == static_cast<int>(i) || keys[source] != nullptr) continue;
    for (auto* sums : {&keys, &values, &dk, &dv}) {
      (*sums)[source] =
          ggml_new_tensor_3d(ctx, GGML_TYPE_F32, shape.layers[i].D, shape.layers[i].K, T);
    }
  }
  buffer = device.Allocate(ctx);
}

size_t Network::Row::bytes() const {
  size_t bytes = ggml_backend_buffer_get_size(buffer.get()) + full->bytes();
  if (windowed) bytes += windowed->bytes();
  if (activations) bytes += activations->bytes();
  return bytes;
}

Network::Network(const Device& device, const Numerics& numerics, const BaseModel& model,
                 const Adapter& adapter, const NetworkOptions& options)
    : model_(model), adapter_(&adapter), options_(options), workspace_(device, numerics) {
  if (!options.low_memory && !numerics.own_operators) {
    transposed_ = std::make_unique<TransposedWeights>(workspace_, model);
  }
}

Network::Network(const Device& device, const Numerics& numerics, const BaseModel& model,
                 const TrainedWeights& trained, const NetworkOptions& options)
    : model_(model), trained_(&trained), options_(options), workspace_(device, numerics) {}

Network::~Network() = default;

double Network::Train(Batch batch, float weight, uint64_t row_seed) {
  Open(batch, true, row_seed);
  const double start = Now();
  Embed(batch);
  RunLayers(!options_.low_memory);
  const double after_forward = Now();
  ggml_backend_tensor_memset(row_->dx, 0, 0, ggml_nbytes(row_->dx));
  const double loss = HeadLoss(workspace_, MakeHeadInputs(row_->dx), batch.answers, weight);
  const double after_head = Now();
  RunLayersBack();
  if (trained_ != nullptr) {
    trained_->AddEmbeddingGradient(model_.embedding, batch.tokens, row_->dx,
                                   std::sqrt(static_cast<float>(model_.shape.C)));
  }
  const TokenRows* token_rows = adapter_ != nullptr ? adapter_->token_rows() : nullptr;
  if (token_rows != nullptr) {
    token_rows->AddEmbeddingGradient(batch.tokens, row_->dx,
                                     std::sqrt(static_cast<float>(model_.shape.C)));
  }
  times_.forward += after_forward - start;
  times_.head += after_head - after_forward;
  times_.backward += Now() - after_head;
  return loss;
}

double Network::Loss(Batch batch) {
  Open(batch, false, 0);
  Embed(batch);
  RunLayers(false);
  return HeadLoss(workspace_, MakeHeadInputs(nullptr), batch.answers, 0.0f);
}

std::vector<float> Network::Logits(Batch batch, const std::vector<int32_t>& rows) {
  Open(batch, false, 0);
  Embed(batch);
  RunLayers(false);
  return HeadLogits(workspace_, MakeHeadInputs(nullptr), rows);
}

// Brings the row's memory, masks and positions up to date.
void Network::Open(Batch& batch, bool training, uint64_t row_seed) {
  batch.Pad(kTokenAlignment);
  const Device& device = workspace_.device();
  if (!row_ || row_->T != batch.size()) {
    row_.reset();  // before the next one is made: only one fits
    row_ = std::make_unique<Row>(device, model_.shape, batch.size());
  }
  if (training && !options_.low_memory && !row_->activations) {
    row_->activations = std::make_unique<Activations>(device, model_, adapter_, row_->T);
  }
  row_->dropout = training && options_.dropout > 0;
  row_->seed = Hash(options_.seed, row_seed);
  row_->full = std::make_unique<AttentionPlan>(workspace_, batch.samples, 0);
  row_->windowed = model_.shape.window > 0 ? std::make_unique<AttentionPlan>(
                                                 workspace_, batch.samples, model_.shape.window)
                                           : nullptr;
  ggml_backend_tensor_set(row_->positions, batch.positions.data(), 0, ggml_nbytes(row_->positions));
}

void Network::Embed(const Batch& batch) {
  Graph graph(workspace_, 64);
  ggml_context* ctx = graph.ctx();
  const ModelShape& shape = model_.shape;
  ggml_tensor* tokens = graph.Input(GGML_TYPE_I32, {row_->T}, batch.tokens.data());
  ggml_tensor* x = ggml_get_rows(ctx, model_.embedding, tokens);  // [C, T]
  if (adapter_ != nullptr && adapter_->token_rows() != nullptr) {
    x = adapter_->token_rows()->Replace(graph, x, batch.tokens);
  }
  x = ggml_scale(ctx, x, std::sqrt(static_cast<float>(shape.C)));
  graph.Write(x, row_->inputs[0]);
  if (shape.P > 0) {
    // (norm(W x / sqrt C) + sqrt P E) / sqrt 2, for all layers at once: [P, layers, T].
    const auto layers = static_cast<int64_t>(shape.layers.size());
    ggml_tensor* projected = Product(graph, model_.layer_embedding_projection, x,
                                     1.0f / std::sqrt(static_cast<float>(shape.C)));
    projected = RmsNorm(graph, ggml_reshape_3d(ctx, projected, shape.P, layers, row_->T),
                        model_.layer_embedding_norm, shape.epsilon);
    ggml_tensor* own = ggml_scale(ctx, ggml_get_rows(ctx, model_.layer_embedding, tokens),
                                  std::sqrt(static_cast<float>(shape.P)));
    ggml_tensor* sum =
        ggml_add(ctx, projected, ggml_reshape_3d(ctx, own, shape.P, layers, row_->T));
    sum = ggml_scale(ctx, sum, 1.0f / std::sqrt(2.0f));
    graph.Write(ggml_permute(ctx, sum, 0, 2, 1, 3), row_->layer_embedding);
  }
  graph.Compute();
}

void Network::RunLayers(bool store) {
  const size_t nodes = kLayerNodes + kNodesPerBlock * row_->full->blocks().size();
  for (size_t i = 0; i < model_.layers.size(); ++i) {
    const int layer = static_cast<int>(i);
    std::vector<std::vector<float>> masks;
    Graph graph(workspace_, nodes);
    LayerInputs inputs = MakeInputs(graph, layer, masks);
    const Memo memo = store ? Memo(*row_->activations, layer, Memo::Mode::kStore) : Memo();
    LayerTrace trace = LayerForward(graph, inputs, memo, row_->inputs[i]);
    graph.Write(trace.y, row_->inputs[i + 1]);
    graph.Compute();
  }
}

void Network::RunLayersBack() {
  const size_t nodes = kLayerNodes + kNodesPerBlock * row_->full->blocks().size();
  for (auto* sums : {&row_->dk, &row_->dv}) {
    for (ggml_tensor* sum : *sums) {
      if (sum != nullptr) ggml_backend_tensor_memset(sum, 0, 0, ggml_nbytes(sum));
    }
  }
  for (int layer = static_cast<int>(model_.layers.size()) - 1; layer >= 0; --layer) {
    std::vector<std::vector<float>> masks;
    Graph graph(workspace_, nodes);
    LayerInputs inputs = MakeInputs(graph, layer, masks);
    const Memo memo =
        row_->activations ? Memo(*row_->activations, layer, Memo::Mode::kRecall) : Memo();
    LayerTrace trace = LayerForward(graph, inputs, memo, row_->inputs[layer]);
    const bool want_dx = layer > 0 || trained_ != nullptr || adapter_->token_rows() != nullptr;
    ggml_tensor* dx = LayerBackward(graph, inputs, trace, row_->dx, want_dx);
    if (want_dx) graph.Write(dx, row_->dx);
    graph.Compute();
  }
}

LayerInputs Network::MakeInputs(Graph& graph, int layer, std::vector<std::vector<float>>& masks) {
  LayerInputs in;
  in.model = &model_.shape;
  in.shape = &model_.shape.layers[layer];
  in.weights = &model_.layers[layer];
  for (int t = 0; t < kTargets; ++t) {
    ggml_tensor* weight = in.weights->matrix[t];
    if (weight == nullptr) continue;
    in.linear[t] = {weight, transposed_ ? transposed_->of(weight) : nullptr,
                    adapter_ ? adapter_->of(layer, static_cast<Target>(t)) : nullptr,
                    trained_ ? trained_->gradient(weight) : nullptr};
  }
  in.trained = trained_;
  in.rope = {row_->positions, in.shape->rope_factors ? model_.rope_factors : nullptr,
             in.shape->rope_dimensions, in.shape->rope_base, in.shape->rope_scale};
  in.plan = in.shape->windowed ? row_->windowed.get() : row_->full.get();
  const int source = in.shape->key_value_layer;
  in.own_keys = source == layer;
  in.shared_keys = row_->keys[source];
  in.shared_values = row_->values[source];
  in.shared_dk = row_->dk[source];
  in.shared_dv = row_->dv[source];
  if (row_->layer_embedding != nullptr) {
    ggml_tensor* all = row_->layer_embedding;
    in.layer_embedding =
        ggml_view_2d(graph.ctx(), all, all->ne[0], all->ne[1], all->nb[1], layer * all->nb[2]);
  }
  if (!row_->dropout) return in;

  const int64_t C = model_.shape.C, attended = in.shape->D * in.shape->H;
  const int64_t widths[kDropoutSites] = {C, attended, C, in.shape->F, C, model_.shape.P};
  const float kept = 1.0f / (1.0f - options_.dropout);
  const auto limit = static_cast<uint64_t>(options_.dropout * 0x1p32);
  masks.resize(kDropoutSites);
  for (int site = 0; site < kDropoutSites; ++site) {
    if (site >= static_cast<int>(DropoutSite::kLayerGate) && model_.shape.P == 0) continue;
    const uint64_t seed = Hash(row_->seed, static_cast<uint64_t>(layer) * kDropoutSites + site);
    masks[site].resize(widths[site] * row_->T);
    for (size_t i = 0; i < masks[site].size(); ++i) {
      masks[site][i] = (Hash(seed + i) >> 32) < limit ? 0.0f : kept;
    }
    in.dropout[site] = graph.Input(GGML_TYPE_F32, {widths[site], row_->T}, masks[site].data());
  }
  return in;
}

HeadInputs Network::MakeHeadInputs(ggml_tensor* dx) const {
  return {&model_,  transposed_ ? transposed_->of(model_.head) : nullptr, row_->inputs.back(),
          trained_, adapter_ ? adapter_->token_rows() : nullptr,          dx};
}

size_t Network::buffer_bytes() const {
  return workspace_.peak_bytes() + (row_ ? row_->bytes() : 0);
}

}  // namespace lorikeet::train
