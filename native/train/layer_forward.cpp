#include "train/layer.h"

namespace lorikeet::train {
namespace {

// The steps of one layer, in the order of the data.
class Forward {
 public:
  Forward(Graph& graph, const LayerInputs& in, const Memo& memo, LayerTrace& trace)
      : graph_(graph), ctx_(graph.ctx()), in_(in), memo_(memo), trace_(trace) {}

  void Run() {
    Attention();
    FeedForward();
    if (in_.layer_embedding != nullptr) LayerEmbedding();
    if (in_.weights->output_scale != nullptr) {
      trace_.y = ggml_mul(ctx_, trace_.y, in_.weights->output_scale);
    }
  }

 private:
  ggml_tensor* Norm(ggml_tensor* x, ggml_tensor* weight, ggml_tensor* added = nullptr) {
    return RmsNorm(graph_, x, weight, in_.model->epsilon, added);
  }

  LinearInput Input(ggml_tensor* x, DropoutSite site) {
    ggml_tensor* mask = in_.dropout[static_cast<int>(site)];
    return {x, mask == nullptr ? x : ggml_mul(ctx_, x, mask)};
  }

  ggml_tensor* Apply(Target target, const LinearInput& input) {
    const int slot = static_cast<int>(target);
    const Linear& linear = in_.of(target);
    if (linear.adapter != nullptr) {
      trace_.inner[slot] = memo_.Keep(graph_, Activations::kInner + slot,
                                      [&] { return AdapterInner(graph_, linear, input); });
    }
    return memo_.Keep(graph_, slot,
                      [&] { return LinearForward(graph_, linear, input, trace_.inner[slot]); });
  }

  ggml_tensor* Heads(ggml_tensor* x, int64_t heads) {
    return ggml_reshape_3d(ctx_, x, in_.shape->D, heads, x->ne[1]);
  }

  void Attention() {
    const LayerShape& s = *in_.shape;
    trace_.attention_input =
        Input(Norm(trace_.x, in_.weights->attention_norm), DropoutSite::kAttention);
    trace_.q_raw = Heads(Apply(Target::kQuery, trace_.attention_input), s.H);
    ggml_tensor* q =
        in_.model->query_key_norm ? Norm(trace_.q_raw, in_.weights->query_norm) : trace_.q_raw;
    trace_.q = Rotate(graph_, q, in_.rope, false);
    if (in_.own_keys) {
      KeysAndValues();
    } else {
      trace_.k = in_.shared_keys;
      trace_.v = in_.shared_values;
    }
    trace_.attended = Input(Attended(), DropoutSite::kAttended);
    trace_.o = Apply(Target::kOutput, trace_.attended);
    trace_.middle = Norm(trace_.o, in_.weights->attention_post_norm, trace_.x);
  }

  void KeysAndValues() {
    const LayerShape& s = *in_.shape;
    trace_.k_raw = Heads(Apply(Target::kKey, trace_.attention_input), s.K);
    trace_.v_raw = in_.of(Target::kValue).weight == nullptr
                       ? trace_.k_raw
                       : Heads(Apply(Target::kValue, trace_.attention_input), s.K);
    ggml_tensor* k =
        in_.model->query_key_norm ? Norm(trace_.k_raw, in_.weights->key_norm) : trace_.k_raw;
    trace_.k = Rotate(graph_, k, in_.rope, false);
    trace_.v = in_.model->value_norm ? Norm(trace_.v_raw, nullptr) : trace_.v_raw;
    if (in_.shared_keys != nullptr) {
      graph_.Write(trace_.k, in_.shared_keys);
      graph_.Write(trace_.v, in_.shared_values);
    }
  }

  ggml_tensor* Attended() {
    const LayerShape& s = *in_.shape;
    const int64_t T = trace_.x->ne[1];
    ggml_tensor* attended = memo_.Keep(graph_, Activations::kAttended, [&] {
      return ggml_new_tensor_2d(ctx_, GGML_TYPE_F32, s.D * s.H, T);
    });
    if (!memo_.recalls()) {
      AttentionForward(graph_, *in_.plan, {in_.model->attention_scale, in_.model->attention_cap},
                       trace_.q, trace_.k, trace_.v, Heads(attended, s.H));
    }
    return attended;
  }

  void FeedForward() {
    trace_.feed_forward_input =
        Input(Norm(trace_.middle, in_.weights->feed_forward_norm), DropoutSite::kFeedForward);
    trace_.gate = Apply(Target::kGate, trace_.feed_forward_input);
    trace_.up = Apply(Target::kUp, trace_.feed_forward_input);
    trace_.gelu = MakeGatedGelu(graph_, trace_.gate, trace_.up);
    trace_.activated = Input(trace_.gelu.value, DropoutSite::kActivated);
    trace_.down = Apply(Target::kDown, trace_.activated);
    trace_.y = Norm(trace_.down, in_.weights->feed_forward_post_norm, trace_.middle);
  }

  void LayerEmbedding() {
    trace_.layer_gate_input = Input(trace_.y, DropoutSite::kLayerGate);
    trace_.layer_gate = Apply(Target::kLayerGate, trace_.layer_gate_input);
    trace_.layer_gelu = MakeGatedGelu(graph_, trace_.layer_gate, in_.layer_embedding);
    trace_.layer_input = Input(trace_.layer_gelu.value, DropoutSite::kLayerInput);
    trace_.layer_projection = Apply(Target::kLayerProjection, trace_.layer_input);
    trace_.y = Norm(trace_.layer_projection, in_.weights->layer_post_norm, trace_.y);
  }

  Graph& graph_;
  ggml_context* ctx_;
  const LayerInputs& in_;
  const Memo& memo_;
  LayerTrace& trace_;
};

}  // namespace

LayerTrace LayerForward(Graph& graph, const LayerInputs& in, const Memo& memo, ggml_tensor* x) {
  LayerTrace trace;
  trace.x = x;
  Forward(graph, in, memo, trace).Run();
  return trace;
}

}  // namespace lorikeet::train
