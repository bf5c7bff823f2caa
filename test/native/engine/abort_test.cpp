// Aborting at any moment: the end is reported once, neighbours are not disturbed, the slot works
// on.
#include <atomic>

#include "engine/object_count.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::StopReason;

engine::GenerationOptions LongPrompt(const engine::Model& model, int max_tokens) {
  std::string text;
  for (int i = 0; i < 400; i++) text += "call " + std::to_string(i);
  auto ask = Ask(model, text, max_tokens);
  ask.prompt.resize(900);
  return ask;
}

TEST("an abort at every step ends the generation once, and the slot works on") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(1, 1024));
  const auto slot = Acquire(*context);
  const auto ask = LongPrompt(*model, 12);
  for (int step = 0; step < 24; step += 3) {
    const Report report = GenerateAborted(*slot, ask, step);
    EXPECT_EQ(report.ends, 1);
    EXPECT(report.result.reason == StopReason::kAborted ||
           report.result.reason == StopReason::kMaxTokens);
    EXPECT(report.result.tokens.size() <= report.tokens.size());
    EXPECT(IsGreedy(*model, ask.prompt, Generate(*slot, ask).tokens));
    auto other = ask;
    other.prompt[1] = kFirstByte + 'q';
    other.max_tokens = 1;
    Generate(*slot, other);
  }
}

TEST("an abort inside a prompt does not disturb the others of the batch") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3, 1024));
  const auto first = Acquire(*context), second = Acquire(*context), third = Acquire(*context);
  const auto ask = Ask(*model, "status of call", 300);
  Running steady(*first, ask);
  Running also_steady(*third, ask);
  for (int round = 0; round < 10; round++) {
    Running doomed(*second, LongPrompt(*model, 50));
    doomed.handle().Abort();
    EXPECT_EQ(doomed.Wait().ends, 1);
  }
  EXPECT(IsGreedy(*model, ask.prompt, steady.Wait().tokens));
  EXPECT(IsGreedy(*model, ask.prompt, also_steady.Wait().tokens));
}

TEST("an abort before the first step and after the end does no harm") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext());
  const auto slot = Acquire(*context);
  Running running(*slot, Ask(*model, "status", 5));
  const Report report = running.Wait();
  running.handle().Abort();
  EXPECT(report.result.reason == StopReason::kMaxTokens);
  EXPECT_EQ(Generate(*slot, Ask(*model, "status", 5)).tokens, report.tokens);
}

}  // namespace
}  // namespace lorikeet::testing
