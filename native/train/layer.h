// One decoder layer of gemma2, gemma3 or gemma4, forward and backward.
#pragma once

#include "train/activations.h"
#include "train/attention.h"
#include "train/linear.h"
#include "train/operators.h"
#include "train/trained_weights.h"

namespace lorikeet::train {

// Places where dropout masks an adapter's input; matrices that read the same input share a mask.
enum class DropoutSite { kAttention, kAttended, kFeedForward, kActivated, kLayerGate, kLayerInput };
inline constexpr int kDropoutSites = 6;

// Everything that a layer's graph is made from. Null members: not in this architecture or run.
struct LayerInputs {
  const ModelShape* model = nullptr;
  const LayerShape* shape = nullptr;
  const LayerWeights* weights = nullptr;
  Linear linear[kTargets];
  Rope rope;
  const AttentionPlan* plan = nullptr;
  const TrainedWeights* trained = nullptr;  // where the weights themselves are trained
  bool own_keys = true;
  // Keys and values that other layers read too, and the sums of their gradients: [D, K, T].
  ggml_tensor* shared_keys = nullptr;
  ggml_tensor* shared_values = nullptr;
  ggml_tensor* shared_dk = nullptr;
  ggml_tensor* shared_dv = nullptr;
  ggml_tensor* layer_embedding = nullptr;    // [P, T]
  ggml_tensor* dropout[kDropoutSites] = {};  // m of each site [in, T]

  const Linear& of(Target target) const { return linear[static_cast<int>(target)]; }
};

// The forward pass's results that the backward pass reads.
struct LayerTrace {
  ggml_tensor* x = nullptr;  // [C, T]
  LinearInput attention_input;
  ggml_tensor* q_raw = nullptr;  // before norm and rotation: [D, H, T]
  ggml_tensor* k_raw = nullptr;  // [D, K, T]
  ggml_tensor* v_raw = nullptr;
  ggml_tensor* q = nullptr;
  ggml_tensor* k = nullptr;
  ggml_tensor* v = nullptr;
  LinearInput attended;           // [D * H, T]
  ggml_tensor* o = nullptr;       // [C, T]
  ggml_tensor* middle = nullptr;  // x + norm(o)
  LinearInput feed_forward_input;
  ggml_tensor* gate = nullptr;  // [F, T]
  ggml_tensor* up = nullptr;
  GatedGelu gelu;
  LinearInput activated;  // gelu(gate) * up
  ggml_tensor* down = nullptr;
  LinearInput layer_gate_input;       // middle + norm(down)
  ggml_tensor* layer_gate = nullptr;  // [P, T]
  GatedGelu layer_gelu;
  LinearInput layer_input;
  ggml_tensor* layer_projection = nullptr;  // [C, T]
  ggml_tensor* inner[kTargets] = {};
  ggml_tensor* y = nullptr;  // [C, T]
};

// x [C, T] -> trace.y [C, T].
LayerTrace LayerForward(Graph& graph, const LayerInputs& in, const Memo& memo, ggml_tensor* x);

// dL/dy -> dL/dx, null unless wanted; adds the gradients of the layer's adapters to their sums.
ggml_tensor* LayerBackward(Graph& graph, const LayerInputs& in, const LayerTrace& trace,
                           ggml_tensor* dy, bool want_dx);

}  // namespace lorikeet::train
