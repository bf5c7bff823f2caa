// Whole runs: learning, resuming, failing.
#include "train/trainer.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "test.h"
#include "train/error.h"
#include "train/tiny_model.h"

namespace lorikeet::train {
namespace {

using testing::ScratchPath;
using testing::TestDevice;
using testing::TinyBatch;
using testing::TinyShape;

TrainerOptions TinyOptions() {
  TrainerOptions options;
  options.device = "CPU";
  options.adapter.rank = 4;
  options.adapter.alpha = 8;
  options.dropout = 0.1f;
  options.optimizer.weight_decay = 0.01f;
  options.schedule = {ScheduleKind::kCosine, 1e-2f, 2, 30};
  options.seed = 5;
  return options;
}

std::unique_ptr<Trainer> TinyTrainer(const TrainerOptions& options = TinyOptions(),
                                     ggml_type type = GGML_TYPE_F32) {
  TestDevice();  // registers the backends
  auto device = std::make_unique<Device>("CPU", 1);
  auto model = BaseModel::Random(*device, TinyShape("gemma3"), type, 3);
  return std::make_unique<Trainer>(std::move(device), std::move(model), options);
}

std::vector<Batch> Rows(int step) {
  return {TinyBatch(40, 2 * step % 6), TinyBatch(56, 2 * step % 6 + 1)};
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void Train(Trainer& trainer, int from, int to) {
  for (int step = from; step < to; ++step) trainer.Step(Rows(step));
}

ErrorCode CodeOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.code();
  }
  throw ::lorikeet::testing::Failure("expected an error");
}

TEST("training lowers the loss") {
  for (ggml_type type : {GGML_TYPE_F32, GGML_TYPE_Q8_0}) {
    auto trainer = TinyTrainer(TinyOptions(), type);
    const double before = trainer->Evaluate(Rows(0));
    Train(*trainer, 0, 30);
    const double after = trainer->Evaluate(Rows(0));
    EXPECT(after < before - 1.0);
  }
}

TEST("all weights can be trained, and are written as a model that loads") {
  TestDevice();
  auto device = std::make_unique<Device>("CPU", 1);
  const std::string start =
      testing::WriteModel(*BaseModel::Random(*device, TinyShape("gemma3"), GGML_TYPE_F32, 3),
                          ScratchPath("start.gguf"));
  TrainerOptions options = TinyOptions();
  options.all_weights = true;
  options.dropout = 0;
  options.schedule.learning_rate = 3e-3f;
  Trainer trainer(start, options);
  const double before = trainer.Evaluate(Rows(0));
  Train(trainer, 0, 20);
  const double after = trainer.Evaluate(Rows(0));
  EXPECT(after < before - 2.0);
  trainer.SaveModel(start, ScratchPath("trained.gguf"), GGML_TYPE_F32);
  Trainer again(ScratchPath("trained.gguf"), options);
  EXPECT(std::fabs(again.Evaluate(Rows(0)) - after) < 1e-6);
  EXPECT(CodeOf([&] { trainer.SaveAdapter(ScratchPath("none"), AdapterFileType::kF32, {}); }) ==
         ErrorCode::kBadOption);
}

TEST("several rows of a step are one batch") {
  TrainerOptions options = TinyOptions();
  options.dropout = 0;
  auto trainer = TinyTrainer(options);
  const std::vector<Batch> rows = {TinyBatch(40, 1), TinyBatch(56, 2)};
  const double mean = trainer->Evaluate(rows);
  const StepResult result = trainer->Step(rows);
  EXPECT(std::fabs(result.loss - mean) < 1e-6);
  EXPECT_EQ(result.trained_tokens,
            static_cast<int64_t>(rows[0].answers.size() + rows[1].answers.size()));
  EXPECT_EQ(result.step, 1);
}

TEST("trained tokens' rows are kept in checkpoints and adapter files") {
  TrainerOptions options = TinyOptions();
  options.adapter.tokens = {7, 250};
  auto trainer = TinyTrainer(options, GGML_TYPE_Q8_0);
  auto logits = [](Trainer& of) { return of.Logits(TinyBatch(40, 1), {5, 39}); };
  const std::vector<float> before = logits(*trainer);
  Train(*trainer, 0, 3);
  const std::vector<float> after = logits(*trainer);
  EXPECT(before != after);
  trainer->SaveCheckpoint(ScratchPath("rows.checkpoint"), "");
  trainer->SaveAdapter(ScratchPath("rows.gguf"), AdapterFileType::kF32, {});
  auto resumed = TinyTrainer(options, GGML_TYPE_Q8_0);
  resumed->LoadCheckpoint(ScratchPath("rows.checkpoint"));
  EXPECT(logits(*resumed) == after);
  auto loaded = TinyTrainer(options, GGML_TYPE_Q8_0);
  loaded->LoadInitialAdapter(ScratchPath("rows.gguf"));
  const std::vector<float> read = logits(*loaded);
  for (size_t i = 0; i < read.size(); ++i) EXPECT(std::fabs(read[i] - after[i]) < 1e-5);

  options.adapter.tokens = {7, 7};
  EXPECT(CodeOf([&] { TinyTrainer(options); }) == ErrorCode::kBadOption);
  options.adapter.tokens = {288};
  EXPECT(CodeOf([&] { TinyTrainer(options); }) == ErrorCode::kBadOption);
}

TEST("packed samples do not see each other") {
  TrainerOptions options = TinyOptions();
  auto trainer = TinyTrainer(options);
  std::vector<int32_t> first(20), second(30);
  for (int i = 0; i < 20; ++i) first[i] = 3 + i * 7 % 250;
  for (int i = 0; i < 30; ++i) second[i] = 3 + i * 11 % 250;
  Batch alone, packed;
  alone.Add(second, std::vector<uint8_t>(30, 1));
  packed.Add(first, std::vector<uint8_t>(20, 1));
  packed.Add(second, std::vector<uint8_t>(30, 1));
  const std::vector<float> expected = trainer->Logits(alone, {29});
  const std::vector<float> actual = trainer->Logits(packed, {49});
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT(std::fabs(expected[i] - actual[i]) < 1e-5);
  }
}

TEST("the same seed gives the same bytes, another one does not") {
  auto save = [](uint64_t seed, const std::string& name) {
    TrainerOptions options = TinyOptions();
    options.seed = seed;
    auto trainer = TinyTrainer(options);
    Train(*trainer, 0, 3);
    trainer->SaveAdapter(ScratchPath(name), AdapterFileType::kF32, {});
    return Bytes(ScratchPath(name));
  };
  const std::string first = save(1, "seed-a");
  EXPECT(!first.empty());
  EXPECT(first == save(1, "seed-b"));
  EXPECT(first != save(2, "seed-c"));
}

TEST("a resumed run gives the bytes of an unbroken one") {
  auto unbroken = TinyTrainer();
  Train(*unbroken, 0, 6);
  unbroken->SaveAdapter(ScratchPath("unbroken"), AdapterFileType::kF32, {});

  auto broken = TinyTrainer();
  Train(*broken, 0, 3);
  broken->SaveCheckpoint(ScratchPath("checkpoint"), "at row 6");
  broken.reset();
  auto resumed = TinyTrainer();
  EXPECT_EQ(resumed->LoadCheckpoint(ScratchPath("checkpoint")), "at row 6");
  EXPECT_EQ(resumed->steps_done(), 3);
  Train(*resumed, 3, 6);
  resumed->SaveAdapter(ScratchPath("resumed"), AdapterFileType::kF32, {});
  EXPECT(Bytes(ScratchPath("unbroken")) == Bytes(ScratchPath("resumed")));
}

TEST("a damaged or foreign checkpoint is refused") {
  auto trainer = TinyTrainer();
  const std::string path = ScratchPath("damaged");
  trainer->SaveCheckpoint(path, "abc");
  const std::string whole = Bytes(path);
  for (size_t at : {size_t{0}, size_t{9}, whole.size() / 2, whole.size() - 1}) {
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    std::ofstream(path, std::ios::binary) << altered;
    const ErrorCode code = CodeOf([&] { trainer->LoadCheckpoint(path); });
    EXPECT(code == ErrorCode::kCheckpointUnreadable);
  }
  for (size_t length : {size_t{4}, size_t{30}, whole.size() / 2, whole.size() - 1}) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, length);
    EXPECT(CodeOf([&] { trainer->LoadCheckpoint(path); }) == ErrorCode::kCheckpointUnreadable);
  }
  std::ofstream(path, std::ios::binary) << whole;
  TrainerOptions other = TinyOptions();
  other.schedule.learning_rate = 1e-3f;
  EXPECT(CodeOf([&] { TinyTrainer(other)->LoadCheckpoint(path); }) ==
         ErrorCode::kCheckpointMismatch);
}

#ifdef __linux__
TEST("a full disk keeps what was there before") {
  auto trainer = TinyTrainer();
  const std::string path = ScratchPath("full");
  trainer->SaveCheckpoint(path, "before");
  const std::string before = Bytes(path);
  std::filesystem::create_symlink("/dev/full", path + ".partial");
  EXPECT(CodeOf([&] { trainer->SaveCheckpoint(path, "after"); }) == ErrorCode::kWriteFailed);
  EXPECT(Bytes(path) == before);
  EXPECT(!std::filesystem::exists(std::filesystem::symlink_status(path + ".partial")));
}
#endif

TEST("a loss that is not finite stops the step and moves nothing") {
  auto trainer = TinyTrainer();
  ggml_tensor* b = trainer->parameters()[1];
  const std::vector<float> broken(ggml_nelements(b), std::numeric_limits<float>::quiet_NaN());
  const std::vector<float> a = Download(trainer->parameters()[0]);
  ggml_backend_tensor_set(b, broken.data(), 0, ggml_nbytes(b));
  EXPECT(CodeOf([&] { trainer->Step(Rows(0)); }) == ErrorCode::kLossNotFinite);
  EXPECT(Download(trainer->parameters()[0]) == a);
  EXPECT_EQ(trainer->steps_done(), 0);
}

TEST("rows outside the model's limits are refused") {
  auto trainer = TinyTrainer();
  auto code = [&](const Batch& batch) {
    return CodeOf([&] { trainer->Step(std::span(&batch, 1)); });
  };
  EXPECT(code({}) == ErrorCode::kBadBatch);
  Batch foreign;
  foreign.Add({5, 288}, {0, 1});
  EXPECT(code(foreign) == ErrorCode::kBadBatch);
  Batch outside = TinyBatch(40, 1);
  outside.answers.push_back({40, 5});
  EXPECT(code(outside) == ErrorCode::kBadBatch);
  EXPECT(CodeOf([&] { trainer->Logits(TinyBatch(40, 1), {40}); }) == ErrorCode::kBadBatch);
  Batch nothing;
  nothing.Add({5, 6}, {0, 0});
  EXPECT(code(nothing) == ErrorCode::kBadBatch);
  EXPECT(CodeOf([&] { trainer->Step({}); }) == ErrorCode::kBadBatch);
}

TEST("options outside their range are refused by name") {
  auto code = [](auto change) {
    TrainerOptions options = TinyOptions();
    change(options);
    return CodeOf([&] { TinyTrainer(options); });
  };
  EXPECT(code([](TrainerOptions& o) { o.adapter.rank = 0; }) == ErrorCode::kBadOption);
  EXPECT(code([](TrainerOptions& o) { o.dropout = 1; }) == ErrorCode::kBadOption);
  EXPECT(code([](TrainerOptions& o) { o.adapter.targets = {Target::kLayerGate}; }) ==
         ErrorCode::kBadOption);
  EXPECT(CodeOf([] { Trainer("no such file", TinyOptions()); }) == ErrorCode::kFileUnreadable);
}

}  // namespace
}  // namespace lorikeet::train
