// Times training steps of one configuration, and prints one line of JSON.
//   training --libraries FOLDER [--model FILE | --shape 270m|gemma2-2b|embedded] [--threads N]
//            [--tokens T] [--answers N] [--steps N] [--low-memory]
// Without --model the weights are random: Q8_0 for 270m, Q4_0 for gemma2-2b, full vocabulary. All
// weights of the embedded model's shape are trained, of the others an adapter.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <stdexcept>
#include <string>

#include "train/bf16_panels.h"
#include "train/product.h"
#include "train/random.h"
#include "train/trainer.h"

namespace {

using namespace lorikeet::train;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Of all threads. With one thread it tells the speed of an idle core, however busy the machine is.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

ModelShape Gemma3With270M() {
  ModelShape shape;
  shape.architecture = "gemma3";
  shape.V = 262144;
  shape.C = 640;
  shape.window = 512;
  shape.context_length = 32768;
  shape.attention_scale = 1.0f / 16.0f;
  shape.query_key_norm = true;
  for (int i = 0; i < 18; ++i) {
    const bool windowed = i % 6 < 5;
    shape.layers.push_back({.H = 4,
                            .K = 1,
                            .D = 256,
                            .F = 2048,
                            .windowed = windowed,
                            .key_value_layer = i,
                            .rope_base = windowed ? 1e4f : 1e6f,
                            .rope_dimensions = 256});
  }
  return shape;
}

ModelShape Gemma2With2B() {
  ModelShape shape;
  shape.architecture = "gemma2";
  shape.V = 256000;
  shape.C = 2304;
  shape.window = 4096;
  shape.context_length = 8192;
  shape.attention_scale = 1.0f / 16.0f;
  shape.attention_cap = 50.0f;
  shape.final_cap = 30.0f;
  for (int i = 0; i < 26; ++i) {
    shape.layers.push_back({.H = 8,
                            .K = 4,
                            .D = 256,
                            .F = 9216,
                            .windowed = i % 2 == 0,
                            .key_value_layer = i,
                            .rope_dimensions = 256});
  }
  return shape;
}

ModelShape Gemma3OfOurOwn() {
  ModelShape shape;
  shape.architecture = "gemma3";
  shape.V = 4096;
  shape.C = 192;
  shape.context_length = 2048;
  shape.attention_scale = 1.0f / 8.0f;
  shape.query_key_norm = true;
  for (int i = 0; i < 6; ++i) {
    shape.layers.push_back(
        {.H = 4, .K = 2, .D = 64, .F = 512, .key_value_layer = i, .rope_dimensions = 64});
  }
  return shape;
}

struct Subject {
  const char* name;
  ModelShape (*shape)();
  ggml_type matrix_type;
  bool all_weights;
};

const Subject kSubjects[] = {
    {"270m", Gemma3With270M, GGML_TYPE_Q8_0, false},
    {"gemma2-2b", Gemma2With2B, GGML_TYPE_Q4_0, false},
    {"embedded", Gemma3OfOurOwn, GGML_TYPE_F32, true},
};

const Subject& FindSubject(const std::string& name) {
  for (const Subject& subject : kSubjects) {
    if (name == subject.name) return subject;
  }
  throw std::runtime_error("Expected --shape to be 270m, gemma2-2b or embedded, got " + name + ".");
}

double ProductRate(const Device& device, const Numerics& numerics, ggml_tensor* weight,
                   ggml_tensor* x) {
  Workspace workspace(device, numerics);
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    Graph graph(workspace, 16);
    graph.Output(Product(graph, weight, x));
    const double start = Now();
    graph.Compute();
    best = std::max(best, 2.0 * ggml_nelements(weight) * x->ne[1] / (Now() - start));
  }
  return best;
}

// The rate of the largest frozen matrices' products, in operations per second: the yardstick. By
// ggml's operator or by panels, whichever is faster here.
double MatmulRate(const Device& device, ggml_type type, int64_t in, int64_t out, int64_t T) {
  ContextPtr context = NewContext(2);
  ggml_tensor* weight = ggml_new_tensor_2d(context.get(), type, in, out);
  ggml_tensor* x = ggml_new_tensor_2d(context.get(), GGML_TYPE_F32, in, T);
  BufferPtr buffer = device.Allocate(context.get());
  ggml_backend_buffer_clear(buffer.get(), 0);
  Numerics panels;
  panels.own_operators = device.has_bf16_products() && HasBf16Panels();
  return std::max(ProductRate(device, {}, weight, x), ProductRate(device, panels, weight, x));
}

Batch RandomRow(int64_t V, int64_t T, int64_t answers) {
  std::vector<int32_t> tokens;
  std::vector<uint8_t> trained;
  for (int64_t i = 0; i <= T; ++i) {
    tokens.push_back(static_cast<int32_t>(Hash(1, i) % V));
    trained.push_back(i > T - answers);
  }
  Batch batch;
  batch.Add(tokens, trained);
  batch.tokens.pop_back();  // the last token is only learnt, not read
  batch.positions.pop_back();
  batch.samples.pop_back();
  return batch;
}

double PeakMiB() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss / 1048576.0;
#else
  return usage.ru_maxrss / 1024.0;
#endif
}

double MiB(size_t bytes) { return static_cast<double>(bytes) / 1048576.0; }

int Run(const std::map<std::string, std::string>& arguments) {
  auto text = [&](const char* name, const char* otherwise) {
    auto found = arguments.find(name);
    return found == arguments.end() ? std::string(otherwise) : found->second;
  };
  auto number = [&](const char* name, const char* otherwise) {
    return std::stoll(text(name, otherwise));
  };
  ggml_backend_load_all_from_path(text("libraries", "").c_str());
  const int64_t T = number("tokens", "512"), answers = number("answers", "64");
  const int64_t steps = number("steps", "3");

  TrainerOptions options;
  options.device = "CPU";
  options.threads = static_cast<int>(number("threads", "2"));
  options.low_memory = arguments.count("low-memory") > 0;
  options.adapter = {.rank = 16, .alpha = 32};
  options.schedule = {ScheduleKind::kConstant, 1e-4f, 0, steps};
  options.max_length = T;
  const Subject& subject = FindSubject(text("shape", "270m"));
  options.all_weights = subject.all_weights;
  if (subject.all_weights) options.precision = Precision::kMixed;
  std::unique_ptr<Trainer> trainer;
  const std::string model = text("model", "");
  if (!model.empty()) {
    trainer = std::make_unique<Trainer>(model, options);
  } else {
    auto device = std::make_unique<Device>("CPU", options.threads);
    auto random = BaseModel::Random(*device, subject.shape(), subject.matrix_type, 1);
    trainer = std::make_unique<Trainer>(std::move(device), std::move(random), options);
  }

  const Batch row = RandomRow(trainer->shape().V, T, answers);
  const Network& network = trainer->network();
  double best = 1e9, best_cpu = 1e9, operations = 0;
  NetworkTimes best_times;
  for (int64_t i = 0; i < steps; ++i) {
    const NetworkTimes before = network.times();
    const double operations_before = network.product_operations();
    const double start = Now(), cpu_start = CpuSeconds();
    trainer->Step(std::span(&row, 1));
    const double seconds = Now() - start;
    best_cpu = std::min(best_cpu, CpuSeconds() - cpu_start);
    if (seconds >= best) continue;
    best = seconds;
    operations = network.product_operations() - operations_before;
    best_times = {network.times().forward - before.forward, network.times().head - before.head,
                  network.times().backward - before.backward};
  }
  const LayerShape& layer = trainer->shape().layers[0];
  const double rate =
      MatmulRate(trainer->device(), subject.matrix_type, trainer->shape().C, layer.F, T);
  const MemoryUse memory = trainer->memory();
  std::printf(
      "{\"tokens\":%lld,\"tokens_per_second\":%.1f,\"cpu_seconds\":%.3f,\"seconds\":%.3f,\"forward_"
      "seconds\":%.3f,"
      "\"head_seconds\":%.3f,\"backward_seconds\":%.3f,\"amx\":%s,\"matmul_gflops\":%.1f,"
      "\"step_gflops\":%.1f,\"matmul_share\":%.3f,\"peak_mib\":%.0f,\"buffers_mib\":%.1f,"
      "\"graph_mib\":%.1f,\"adapter_mib\":%.1f,\"weights_mib\":%.1f,\"transposed_mib\":%.1f}\n",
      static_cast<long long>(T), T / best, best_cpu, best, best_times.forward, best_times.head,
      best_times.backward, trainer->device().has_amx() ? "true" : "false", rate * 1e-9,
      operations / best * 1e-9, operations / best / rate, PeakMiB(), MiB(memory.buffers),
      MiB(network.graph_bytes()), MiB(memory.trained), MiB(memory.weights),
      MiB(memory.transposed_weights));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "--", 2) != 0) continue;
    const bool has_value = i + 1 < argc && std::strncmp(argv[i + 1], "--", 2) != 0;
    arguments[argv[i] + 2] = has_value ? argv[i + 1] : "";
  }
  try {
    return Run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
