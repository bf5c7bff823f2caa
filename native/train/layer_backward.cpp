#include "train/layer.h"

namespace lorikeet::train {
namespace {

// The steps of one layer, against the order of the data. Each takes the gradient of what the
// forward step of the same name made.
class Backward {
 public:
  Backward(Graph& graph, const LayerInputs& in, const LayerTrace& trace, bool want_dx)
      : graph_(graph), ctx_(graph.ctx()), in_(in), trace_(trace), want_dx_(want_dx) {}

  ggml_tensor* Run(ggml_tensor* dy) {
    if (in_.weights->output_scale != nullptr) dy = ggml_mul(ctx_, dy, in_.weights->output_scale);
    if (in_.layer_embedding != nullptr) dy = LayerEmbedding(dy);
    return Attention(FeedForward(dy));
  }

 private:
  // dx + added.
  ggml_tensor* NormDerivative(ggml_tensor* x, ggml_tensor* weight, ggml_tensor* dy,
                              ggml_tensor* added = nullptr) {
    if (in_.trained != nullptr && weight != nullptr) {
      AddNormGradient(graph_, in_.trained->gradient(weight), x, in_.model->epsilon, dy);
    }
    return RmsNormDerivative(graph_, x, weight, in_.model->epsilon, dy, added);
  }

  LinearBackward Into(const LinearInput& input, DropoutSite site, bool want_dx = true) {
    return LinearBackward(graph_, input, in_.dropout[static_cast<int>(site)], want_dx);
  }

  void Add(LinearBackward& into, Target target, ggml_tensor* dy) {
    into.Add(in_.of(target), trace_.inner[static_cast<int>(target)], dy);
  }

  ggml_tensor* Through(Target target, const LinearInput& input, DropoutSite site, ggml_tensor* dy) {
    LinearBackward into = Into(input, site);
    Add(into, target, dy);
    return into.dx();
  }

  ggml_tensor* LayerEmbedding(ggml_tensor* dy) {
    ggml_tensor* d_projection =
        NormDerivative(trace_.layer_projection, in_.weights->layer_post_norm, dy);
    ggml_tensor* d_input = Through(Target::kLayerProjection, trace_.layer_input,
                                   DropoutSite::kLayerInput, d_projection);
    ggml_tensor* d_gate = GatedGeluDerivative(graph_, trace_.layer_gelu, d_input).gate;
    return ggml_add(
        ctx_, dy,
        Through(Target::kLayerGate, trace_.layer_gate_input, DropoutSite::kLayerGate, d_gate));
  }

  // Returns the gradient of `middle`.
  ggml_tensor* FeedForward(ggml_tensor* dy) {
    ggml_tensor* d_down = NormDerivative(trace_.down, in_.weights->feed_forward_post_norm, dy);
    ggml_tensor* d_activated =
        Through(Target::kDown, trace_.activated, DropoutSite::kActivated, d_down);  // [F, T]
    const GatedGeluGradients d = GatedGeluDerivative(graph_, trace_.gelu, d_activated);
    LinearBackward into = Into(trace_.feed_forward_input, DropoutSite::kFeedForward);
    Add(into, Target::kGate, d.gate);
    Add(into, Target::kUp, d.up);
    return NormDerivative(trace_.middle, in_.weights->feed_forward_norm, into.dx(), dy);
  }

  ggml_tensor* Zeros(ggml_tensor* like) { return ggml_fill(ctx_, like, 0.0f); }

  // Returns the gradient of x.
  ggml_tensor* Attention(ggml_tensor* d_middle) {
    ggml_tensor* d_o = NormDerivative(trace_.o, in_.weights->attention_post_norm, d_middle);
    ggml_tensor* d_attended =
        Through(Target::kOutput, trace_.attended, DropoutSite::kAttended, d_o);  // [D * H, T]

    ggml_tensor* dq = ggml_new_tensor(ctx_, GGML_TYPE_F32, 3, trace_.q->ne);
    ggml_tensor* dk = in_.shared_dk != nullptr ? in_.shared_dk : Zeros(trace_.k);
    ggml_tensor* dv = in_.shared_dv != nullptr ? in_.shared_dv : Zeros(trace_.v);
    AttentionBackward(graph_, *in_.plan, {in_.model->attention_scale, in_.model->attention_cap},
                      trace_.q, trace_.k, trace_.v, Heads(trace_.attended.x), Heads(d_attended), dq,
                      dk, dv);

    LinearBackward into = Into(trace_.attention_input, DropoutSite::kAttention, want_dx_);
    Add(into, Target::kQuery, Flat(Unrotate(dq, trace_.q_raw, in_.weights->query_norm)));
    if (in_.own_keys) KeysAndValues(into, dk, dv);
    if (!want_dx_) return nullptr;  // the first layer under an adapter
    return NormDerivative(trace_.x, in_.weights->attention_norm, into.dx(), d_middle);
  }

  void KeysAndValues(LinearBackward& into, ggml_tensor* dk, ggml_tensor* dv) {
    ggml_tensor* dk_raw = Unrotate(dk, trace_.k_raw, in_.weights->key_norm);
    ggml_tensor* dv_raw = in_.model->value_norm ? NormDerivative(trace_.v_raw, nullptr, dv) : dv;
    if (in_.of(Target::kValue).weight == nullptr) {
      dk_raw = ggml_add(ctx_, dk_raw, dv_raw);
    } else {
      Add(into, Target::kValue, Flat(dv_raw));
    }
    Add(into, Target::kKey, Flat(dk_raw));
  }

  ggml_tensor* Unrotate(ggml_tensor* d, ggml_tensor* raw, ggml_tensor* norm) {
    ggml_tensor* d_normed = Rotate(graph_, d, in_.rope, true);
    return in_.model->query_key_norm ? NormDerivative(raw, norm, d_normed) : d_normed;
  }

  ggml_tensor* Heads(ggml_tensor* x) {
    return ggml_reshape_3d(ctx_, x, in_.shape->D, in_.shape->H, x->ne[1]);
  }

  // [D, heads, T] -> [D * heads, T]
  ggml_tensor* Flat(ggml_tensor* x) {
    return ggml_reshape_2d(ctx_, x, x->ne[0] * x->ne[1], x->ne[2]);
  }

  Graph& graph_;
  ggml_context* ctx_;
  const LayerInputs& in_;
  const LayerTrace& trace_;
  bool want_dx_;
};

}  // namespace

ggml_tensor* LayerBackward(Graph& graph, const LayerInputs& in, const LayerTrace& trace,
                           ggml_tensor* dy, bool want_dx) {
  return Backward(graph, in, trace, want_dx).Run(dy);
}

}  // namespace lorikeet::train
