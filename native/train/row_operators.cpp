#include "train/row_operators.h"

#include <algorithm>

#include "train/row_kernels.h"

namespace lorikeet::train {
namespace {

struct Options {
  float number = 0;  // epsilon or cap
  const std::vector<VisibleKeys>* visible = nullptr;
};

ggml_tensor* Contiguous(Graph& graph, ggml_tensor* x) {
  return x == nullptr || ggml_is_contiguous(x) ? x : ggml_cont(graph.ctx(), x);
}

// A result of the shape of `sources[0]`.
ggml_tensor* Operator(Graph& graph, std::vector<ggml_tensor*> sources, ggml_custom_op_t run,
                      const Options& options) {
  for (ggml_tensor*& source : sources) source = Contiguous(graph, source);
  const ggml_tensor* x = sources[0];
  return ggml_custom_4d(graph.ctx(), GGML_TYPE_F32, x->ne[0], x->ne[1], x->ne[2], x->ne[3],
                        sources.data(), static_cast<int>(sources.size()), run, GGML_N_TASKS_MAX,
                        graph.Keep(options));
}

// Calls row(i) for the rows of one thread.
template <typename Row>
void ForRows(const ggml_tensor* x, int thread, int threads, Row row) {
  const int64_t rows = ggml_nrows(x);
  for (int64_t i = rows * thread / threads; i < rows * (thread + 1) / threads; ++i) row(i);
}

float* Data(const ggml_tensor* x) { return static_cast<float*>(x->data); }

// Row i of a contiguous tensor; null without one.
float* RowOf(const ggml_tensor* x, int64_t i) {
  return x == nullptr ? nullptr : Data(x) + i * x->ne[0];
}

float Number(void* options) { return static_cast<Options*>(options)->number; }

void RunNorm(ggml_tensor* y, int thread, int threads, void* options) {
  const float* weight = y->src[1] == nullptr ? nullptr : Data(y->src[1]);
  ForRows(y, thread, threads, [&](int64_t i) {
    NormRow(RowOf(y->src[0], i), weight, RowOf(y->src[2], i), Number(options), y->ne[0],
            RowOf(y, i));
  });
}

void RunNormDerivative(ggml_tensor* dx, int thread, int threads, void* options) {
  const float* weight = dx->src[1] == nullptr ? nullptr : Data(dx->src[1]);
  ForRows(dx, thread, threads, [&](int64_t i) {
    NormDerivativeRow(RowOf(dx->src[0], i), weight, RowOf(dx->src[2], i), RowOf(dx->src[3], i),
                      Number(options), dx->ne[0], RowOf(dx, i));
  });
}

// Each thread has columns of its own, so that every sum has one order.
void RunNormGradient(ggml_tensor* sum, int thread, int threads, void* options) {
  constexpr int64_t kColumns = 16;
  const ggml_tensor* x = sum->src[1];
  const ggml_tensor* dy = sum->src[2];
  const int64_t parts = (x->ne[0] + kColumns - 1) / kColumns;
  const int64_t first = parts * thread / threads * kColumns;
  const int64_t end = std::min(x->ne[0], parts * (thread + 1) / threads * kColumns);
  if (first >= end) return;
  for (int64_t i = 0; i < ggml_nrows(x); ++i) {
    const float inverse = InverseRms(RowOf(x, i), Number(options), x->ne[0]);
    AddScaledProductRow(RowOf(x, i) + first, RowOf(dy, i) + first, inverse, end - first,
                        Data(sum) + first);
  }
}

void RunGatedGelu(ggml_tensor* y, int thread, int threads, void*) {
  ForRows(y, thread, threads, [&](int64_t i) {
    GatedGeluRow(RowOf(y->src[0], i), RowOf(y->src[1], i), y->ne[0], RowOf(y, i));
  });
}

void RunGatedGeluDerivative(ggml_tensor* gradients, int thread, int threads, void*) {
  const ggml_tensor* gate = gradients->src[0];
  float* d_up = Data(gradients) + ggml_nelements(gate);
  ForRows(gate, thread, threads, [&](int64_t i) {
    GatedGeluDerivativeRow(RowOf(gate, i), RowOf(gradients->src[1], i), RowOf(gradients->src[2], i),
                           gate->ne[0], RowOf(gradients, i), d_up + i * gate->ne[0]);
  });
}

void RunSoftCap(ggml_tensor* y, int thread, int threads, void* options) {
  ForRows(y, thread, threads, [&](int64_t i) {
    SoftCapRow(RowOf(y->src[0], i), Number(options), y->ne[0], RowOf(y, i));
  });
}

const VisibleKeys& VisibleTo(int64_t row, void* options) {
  const std::vector<VisibleKeys>& visible = *static_cast<Options*>(options)->visible;
  return visible[row % static_cast<int64_t>(visible.size())];
}

void RunSoftmax(ggml_tensor* p, int thread, int threads, void* options) {
  ForRows(p, thread, threads, [&](int64_t i) {
    const VisibleKeys& keys = VisibleTo(i, options);
    SoftmaxRow(RowOf(p->src[0], i), keys.begin, keys.end, p->ne[0], RowOf(p, i));
  });
}

void RunSoftmaxDerivative(ggml_tensor* ds, int thread, int threads, void* options) {
  ForRows(ds, thread, threads, [&](int64_t i) {
    const VisibleKeys& keys = VisibleTo(i, options);
    SoftmaxDerivativeRow(RowOf(ds->src[0], i), RowOf(ds->src[1], i), RowOf(ds->src[2], i),
                         Number(options), keys.begin, keys.end, ds->ne[0], RowOf(ds, i));
  });
}

}  // namespace

ggml_tensor* NormRows(Graph& graph, ggml_tensor* x, ggml_tensor* weight, ggml_tensor* added,
                      float epsilon) {
  return Operator(graph, {x, weight, added}, RunNorm, {epsilon});
}

ggml_tensor* NormDerivativeRows(Graph& graph, ggml_tensor* x, ggml_tensor* weight, ggml_tensor* dy,
                                ggml_tensor* added, float epsilon) {
  return Operator(graph, {x, weight, dy, added}, RunNormDerivative, {epsilon});
}

void AddNormGradientRows(Graph& graph, ggml_tensor* sum, ggml_tensor* x, ggml_tensor* dy,
                         float epsilon) {
  ggml_tensor* sources[] = {Contiguous(graph, x), Contiguous(graph, dy)};
  graph.Add(ggml_custom_inplace(graph.ctx(), sum, sources, 2, RunNormGradient, GGML_N_TASKS_MAX,
                                graph.Keep(Options{epsilon})));
}

ggml_tensor* GatedGeluRows(Graph& graph, ggml_tensor* gate, ggml_tensor* up) {
  return Operator(graph, {gate, up}, RunGatedGelu, {});
}

ggml_tensor* GatedGeluDerivativeRows(Graph& graph, ggml_tensor* gate, ggml_tensor* up,
                                     ggml_tensor* d) {
  ggml_tensor* sources[] = {Contiguous(graph, gate), Contiguous(graph, up), Contiguous(graph, d)};
  return ggml_custom_4d(graph.ctx(), GGML_TYPE_F32, gate->ne[0], gate->ne[1], 2, 1, sources, 3,
                        RunGatedGeluDerivative, GGML_N_TASKS_MAX, nullptr);
}

ggml_tensor* SoftCapRows(Graph& graph, ggml_tensor* x, float cap) {
  return Operator(graph, {x}, RunSoftCap, {cap});
}

ggml_tensor* SoftmaxRows(Graph& graph, ggml_tensor* scores,
                         const std::vector<VisibleKeys>& visible) {
  return Operator(graph, {scores}, RunSoftmax, {0, &visible});
}

ggml_tensor* SoftmaxDerivativeRows(Graph& graph, ggml_tensor* p, ggml_tensor* dp,
                                   ggml_tensor* capped, float cap,
                                   const std::vector<VisibleKeys>& visible) {
  return Operator(graph, {p, dp, capped}, RunSoftmaxDerivative, {cap, &visible});
}

}  // namespace lorikeet::train
