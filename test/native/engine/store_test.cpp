// Sequences that no slot holds: in memory, on disk, in the next process, and damaged.
#include <filesystem>
#include <fstream>

#include "engine/snapshot_file.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

namespace fs = std::filesystem;

engine::GenerationOptions AskWords(const engine::Model& model, int seed, int words,
                                   int max_tokens) {
  std::string text;
  for (int i = 0; i < words; i++) text += "call " + std::to_string(seed * 37 + i * i);
  return Ask(model, text, max_tokens);
}

std::string NewFolder() {
  static int count = 0;
  const std::string folder = TempPath("snapshots-" + std::to_string(count++));
  fs::create_directories(folder);
  return folder;
}

engine::ContextOptions WithFolder(const std::string& folder, int slots = 1) {
  auto options = SmallContext(slots, 512);
  options.snapshot_folder = folder;
  options.snapshot_bytes = 1 << 30;
  return options;
}

std::vector<fs::path> Files(const std::string& folder) {
  std::vector<fs::path> files;
  for (const auto& file : fs::directory_iterator(folder)) files.push_back(file.path());
  return files;
}

// One generation in a context of its own.
engine::GenerationResult RunIn(const std::shared_ptr<engine::Model>& model,
                               const engine::ContextOptions& options,
                               const engine::GenerationOptions& ask, bool save = false) {
  const auto context = engine::Context::Create(model, options);
  const auto slot = Acquire(*context, {ask.prompt, {}, 1});
  const Report report = Generate(*slot, ask);
  EXPECT(IsGreedy(*model, ask.prompt, report.tokens, ask.adapters));
  if (save) slot->Save();
  slot->Close();
  context->Close();
  return report.result;
}

TEST("sessions beyond the slots are put aside and come back") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    TinyModelOptions shape;
    shape.architecture = architecture;
    const auto model = LoadTiny(shape);
    auto options = SmallContext(2, 512);
    options.idle_bytes = 1 << 28;
    const auto context = engine::Context::Create(model, options);
    std::vector<engine::GenerationOptions> asks;
    for (int i = 0; i < 5; i++) asks.push_back(AskWords(*model, i, 30, 20));
    for (int round = 0; round < 3; round++) {
      for (uint64_t i = 0; i < asks.size(); i++) {
        const auto slot = Acquire(*context, {asks[i].prompt, {}, i + 1});
        const Report report = Generate(*slot, asks[i]);
        EXPECT(IsGreedy(*model, asks[i].prompt, report.tokens));
        if (round > 0) {
          EXPECT(report.result.reused_tokens > static_cast<int>(asks[i].prompt.size()) - 70);
        }
        asks[i].prompt.insert(asks[i].prompt.end(), report.result.tokens.begin(),
                              report.result.tokens.end());
        asks[i].prompt.push_back(kFirstByte + 'x');
      }
    }
  }
}

TEST("of a session that does not come back only the shared beginning is put aside") {
  const auto model = LoadTiny();
  for (const int shared : {0, 100}) {
    auto options = SmallContext(1, 512);
    options.idle_bytes = 1 << 28;
    const auto context = engine::Context::Create(model, options);
    auto ask = AskWords(*model, 1, 40, 5);
    ask.shared_tokens = shared;
    const auto run = [&](const engine::GenerationOptions& asked, uint64_t owner) {
      const auto slot = Acquire(*context, {asked.prompt, {}, owner});
      return Generate(*slot, asked).result;
    };
    run(ask, 1);
    context->Forget(1);
    run(AskWords(*model, 2, 40, 5), 2);
    EXPECT_EQ(context->Stats().idle_bytes > 0, shared > 0);
    auto later = ask;
    later.prompt[110] = kFirstByte + 'x';
    // Both prompts begin with a few tokens.
    EXPECT_EQ(run(later, 3).reused_tokens >= 100, shared == 100);
    // The second session was not disposed, so all of it is kept.
    EXPECT(run(AskWords(*model, 2, 40, 5), 2).reused_tokens > 100);
  }
}

TEST("what no longer fits into memory goes to the folder") {
  const auto model = LoadTiny();
  auto options = WithFolder(NewFolder());
  options.idle_bytes = 1;
  const auto context = engine::Context::Create(model, options);
  for (int round = 0; round < 2; round++) {
    for (uint64_t i = 0; i < 3; i++) {
      const auto ask = AskWords(*model, static_cast<int>(i), 30, 5);
      const auto slot = Acquire(*context, {ask.prompt, {}, i + 1});
      const Report report = Generate(*slot, ask);
      EXPECT(IsGreedy(*model, ask.prompt, report.tokens));
      if (round > 0) EXPECT(report.result.reused_tokens > 50);
    }
  }
}

TEST("a saved slot and a shared beginning are found by the next process") {
  const auto model = LoadTiny();
  const auto options = WithFolder(NewFolder());
  auto ask = AskWords(*model, 1, 40, 10);
  ask.shared_tokens = 100;
  const auto first = RunIn(model, options, ask, true);
  EXPECT_EQ(first.reused_tokens, 0);
  // Another copy of the model stands for another process.
  const auto again = LoadTiny();
  auto other = ask;
  other.prompt[120] = kFirstByte + 'x';
  EXPECT(RunIn(again, options, other).reused_tokens >= 100);
  ask.prompt.insert(ask.prompt.end(), first.tokens.begin(), first.tokens.end());
  ask.prompt.push_back(kFirstByte + 'x');
  EXPECT_EQ(RunIn(again, options, ask).reused_tokens, static_cast<int>(ask.prompt.size()) - 1);
}

TEST("a damaged snapshot is left out with a warning, at every place") {
  const auto model = LoadTiny();
  const std::string folder = NewFolder();
  auto ask = AskWords(*model, 1, 40, 5);
  RunIn(model, WithFolder(folder), ask, true);
  ASSERT(Files(folder).size() == 1);
  const fs::path path = Files(folder)[0];
  std::ifstream input(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(input), {}};
  for (size_t i = 0; i < 24; i++) {
    std::string damaged = whole;
    if (i % 3 == 0) {
      damaged.resize(whole.size() * i / 24);
    } else {
      damaged[i < 12 ? i * 5 : whole.size() * i / 24] ^= 0x41;
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    const auto result = RunIn(model, WithFolder(folder), ask);
    EXPECT_EQ(result.reused_tokens, 0);
    EXPECT(!result.warnings.empty());
  }
}

TEST("a snapshot of another model or adapter is left out with a warning") {
  const auto model = LoadTiny();
  const std::string folder = NewFolder();
  auto ask = AskWords(*model, 1, 40, 5);
  RunIn(model, WithFolder(folder), ask, true);
  TinyModelOptions shape;
  shape.seed = 2;
  const auto foreign = RunIn(LoadTiny(shape), WithFolder(folder), ask);
  EXPECT_EQ(foreign.reused_tokens, 0);
  EXPECT(!foreign.warnings.empty());
  ask.adapters = {{engine::Adapter::Load(model, TinyAdapterPath({})), 1}};
  EXPECT_EQ(RunIn(model, WithFolder(folder), ask, true).reused_tokens, 0);
  EXPECT(RunIn(model, WithFolder(folder), ask).reused_tokens > 100);
  ask.adapters[0].scale = 0.5;
  EXPECT_EQ(RunIn(model, WithFolder(folder), ask).reused_tokens, 0);
}

TEST("a folder keeps to its size, and a folder that cannot be written is a warning") {
  const auto model = LoadTiny();
  auto options = WithFolder(NewFolder());
  RunIn(model, options, AskWords(*model, 0, 40, 5), true);
  options.snapshot_bytes = fs::file_size(Files(options.snapshot_folder)[0]) * 5 / 2;
  for (int i = 1; i < 5; i++) RunIn(model, options, AskWords(*model, i, 40, 5), true);
  EXPECT_EQ(Files(options.snapshot_folder).size(), size_t{2});
  const std::string file = TempPath("no-folder");
  std::ofstream(file) << "x";
  const auto context = engine::Context::Create(model, WithFolder(file + "/folder"));
  const auto slot = Acquire(*context);
  auto ask = AskWords(*model, 1, 40, 50);
  ask.shared_tokens = 100;
  Generate(*slot, ask);
  slot->Save();
  ask.prompt[3] = kFirstByte;
  EXPECT(!Generate(*slot, ask).result.warnings.empty());
}

}  // namespace
}  // namespace lorikeet::testing
