// What of a prompt is found in the cache, and that the output never depends on it.
#include <random>

#include "engine/sampling.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

struct Setup {
  std::shared_ptr<engine::Model> model = LoadTiny();
  std::shared_ptr<engine::Context> context = engine::Context::Create(model, SmallContext(1, 1024));
  std::shared_ptr<engine::Slot> slot = Acquire(*context);

  engine::GenerationOptions Long(int words, int max_tokens) {
    std::string text;
    for (int i = 0; i < words; i++) text += "call " + std::to_string(i * i);
    return Ask(*model, text, max_tokens);
  }
  // Runs `ask` and expects what a plain loop writes.
  engine::GenerationResult Check(const engine::GenerationOptions& ask) {
    const Report report = Generate(*slot, ask);
    EXPECT_EQ(report.result.generated_tokens, ask.max_tokens);
    EXPECT(IsGreedy(*model, ask.prompt, report.tokens));
    return report.result;
  }
};

TEST("a conversation that goes on reads only what is new") {
  Setup setup;
  auto ask = setup.Long(20, 15);
  auto result = setup.Check(ask);
  for (int turn = 0; turn < 5; turn++) {
    const size_t before = ask.prompt.size() + result.tokens.size();
    ask.prompt.insert(ask.prompt.end(), result.tokens.begin(), result.tokens.end());
    const auto more = setup.model->Tokenize(" and call " + std::to_string(turn), false);
    ask.prompt.insert(ask.prompt.end(), more.begin(), more.end());
    result = setup.Check(ask);
    EXPECT_EQ(result.reused_tokens, static_cast<int>(before));
  }
}

TEST("another prompt with the same beginning shares it") {
  Setup setup;
  auto ask = setup.Long(8, 10);
  setup.Check(ask);
  ask.prompt[20] = kFirstByte + 'x';
  EXPECT_EQ(setup.Check(ask).reused_tokens, 20);
  ask.prompt.resize(30);
  EXPECT_EQ(setup.Check(ask).reused_tokens, 29);
}

TEST("a message edited far behind the sliding window is read from a checkpoint on") {
  Setup setup;
  // Longer than the window and its slack together, so that the window has moved on.
  auto ask = setup.Long(60, 200);
  const size_t length = ask.prompt.size();
  ASSERT(length > 200);
  setup.Check(ask);
  ask.prompt.back() = kFirstByte + 'x';
  ask.max_tokens = 20;
  const auto result = setup.Check(ask);
  EXPECT(result.reused_tokens >= static_cast<int>(length) - 64);
  ask.prompt[3] = kFirstByte + 'x';
  setup.Check(ask);
}

TEST("random edits never change the output") {
  Setup setup;
  engine::RandomStream random(12);
  auto ask = setup.Long(60, 40);
  const auto whole = ask.prompt;
  for (int round = 0; round < 12; round++) {
    ask.prompt = whole;
    ask.prompt.resize(20 + static_cast<size_t>(random.Next() * (whole.size() - 20)));
    const size_t at = 1 + static_cast<size_t>(random.Next() * (ask.prompt.size() - 1));
    ask.prompt[at] = kFirstByte + 'a' + round;
    setup.Check(ask);
  }
}

// A prompt of `shared` that is marked as shared, and words of its own.
engine::GenerationOptions Continue(const engine::Model& model, const std::string& shared,
                                   const std::string& own, int max_tokens) {
  auto ask = Ask(model, shared, max_tokens);
  ask.shared_tokens = static_cast<int>(ask.prompt.size());
  const auto more = model.Tokenize(own, false);
  ask.prompt.insert(ask.prompt.end(), more.begin(), more.end());
  return ask;
}

std::string Words(int count) {
  std::string text;
  for (int i = 0; i < count; i++) text += "call " + std::to_string(i * i);
  return text;
}

TEST("random edits of conversations side by side never change the output") {
  for (uint32_t seed = 0; seed < 10; seed++) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t bound) { return static_cast<int>(random() % bound); };
    TinyModelOptions tiny;
    tiny.sliding_window = seed % 2 == 0 ? 8 : 32;
    const auto model = LoadTiny(tiny);
    const auto context = engine::Context::Create(model, SmallContext(3, 1024));
    std::vector<std::shared_ptr<engine::Slot>> slots;
    std::vector<engine::GenerationOptions> asks;
    for (int i = 0; i < 3; i++) {
      slots.push_back(Acquire(*context));
      asks.push_back(Ask(*model, "status " + std::to_string(i), 10));
    }
    for (int turn = 0; turn < 40; turn++) {
      const auto i = static_cast<size_t>(below(3));
      auto& ask = asks[i];
      ask.max_tokens = 1 + below(40);
      ask.guess = below(2) == 0;
      const Report report = Generate(*slots[i], ask);
      EXPECT(report.tokens.empty() || IsGreedy(*model, ask.prompt, report.tokens));
      ask.prompt.insert(ask.prompt.end(), report.result.tokens.begin(), report.result.tokens.end());
      if (below(2) == 0) {
        const auto cut = static_cast<size_t>(1 + below(80));
        if (cut + 5 < ask.prompt.size()) ask.prompt.resize(ask.prompt.size() - cut);
      }
      for (int more = 1 + below(30); more > 0; more--)
        ask.prompt.push_back(kFirstByte + below(200));
      if (ask.prompt.size() > 400) ask.prompt.resize(20);
    }
  }
}

TEST("sessions with the same beginning read it once, whatever was written after it") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    TinyModelOptions shape;
    shape.architecture = architecture;
    const auto model = LoadTiny(shape);
    const auto context = engine::Context::Create(model, SmallContext(4, 512));
    std::vector<std::shared_ptr<engine::Slot>> slots;
    const std::string shared = Words(20);
    for (int i = 0; i < 4; i++) {
      slots.push_back(Acquire(*context));
      // Long enough that the window has left the beginning.
      const auto ask = Continue(*model, shared, " status " + std::to_string(i), 60 + 40 * i);
      const Report report = Generate(*slots[i], ask);
      EXPECT(report.result.reused_tokens >= (i == 0 ? 0 : ask.shared_tokens));
      EXPECT(IsGreedy(*model, ask.prompt, report.tokens));
    }
    // What one of them writes changes nothing for the others.
    for (int i = 0; i < 4; i++) {
      auto ask = Continue(*model, shared, " status " + std::to_string(i), 60 + 40 * i);
      EXPECT(IsGreedy(*model, ask.prompt, Generate(*slots[i], ask).tokens));
    }
  }
}

TEST("sessions with the same beginning go on side by side far beyond the window") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3, 1024));
  std::vector<std::shared_ptr<engine::Slot>> slots;
  for (int i = 0; i < 3; i++) slots.push_back(Acquire(*context));
  const auto first = Continue(*model, Words(30), " go", 2);
  Generate(*slots[0], first);
  std::vector<engine::GenerationOptions> asks;
  std::vector<std::unique_ptr<Running>> running;
  for (int i = 0; i < 3; i++) {
    asks.push_back(Continue(*model, Words(30), " go " + std::to_string(i), 400));
    running.push_back(std::make_unique<Running>(*slots[i], asks[i]));
  }
  for (int i = 0; i < 3; i++) {
    const Report report = running[i]->Wait();
    EXPECT_EQ(report.result.generated_tokens, 400);
    EXPECT(report.result.reused_tokens >= asks[i].shared_tokens);
    EXPECT(IsGreedy(*model, asks[i].prompt, report.tokens));
  }
}

TEST("who had a slot gets it back, and others take places where nothing is lost") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3, 512));
  const auto turn = [&](uint64_t owner, const engine::GenerationOptions& ask) {
    const auto slot = Acquire(*context, {ask.prompt, {}, owner});
    return Generate(*slot, ask).result;
  };
  auto first = Continue(*model, Words(10), " first", 20);
  const auto written = turn(1, first);
  turn(2, Continue(*model, Words(10), " second", 20));
  turn(3, Continue(*model, Words(10), " third", 20));
  first.prompt.insert(first.prompt.end(), written.tokens.begin(), written.tokens.end());
  const size_t before = first.prompt.size();
  first.prompt.push_back(kFirstByte + 'x');
  EXPECT_EQ(turn(1, first).reused_tokens, static_cast<int>(before));
}

TEST("a context counts what it did") {
  Setup setup;
  auto ask = setup.Long(8, 10);
  ask.guess = false;
  setup.Check(ask);
  setup.Check(ask);
  const auto stats = setup.context->Stats();
  const auto prompt = static_cast<int64_t>(ask.prompt.size());
  EXPECT_EQ(stats.prompt_tokens, 2 * prompt);
  EXPECT_EQ(stats.reused_tokens, prompt - 1);
  EXPECT_EQ(stats.generated_tokens, int64_t{20});
  EXPECT_EQ(stats.decoded_tokens, prompt + 1 + 2 * 9);
  EXPECT_EQ(stats.held_tokens, prompt + 9);
  EXPECT_EQ(stats.adapter_sets, 1);
  EXPECT(stats.decode_calls >= 20);
}

}  // namespace
}  // namespace lorikeet::testing
