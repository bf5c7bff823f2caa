// Many slots in one batch, adapter sets that take turns, and slots that are waited for.
#include <algorithm>

#include "engine/engine_thread.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

std::string LongText(int seed, int words) {
  std::string text;
  for (int i = 0; i < words; i++) text += "call " + std::to_string(seed * 37 + i * i);
  return text;
}

TEST("generations in one batch write what each writes alone") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    TinyModelOptions shape;
    shape.architecture = architecture;
    const auto model = LoadTiny(shape);
    const auto context = engine::Context::Create(model, SmallContext(4, 512));
    std::vector<std::shared_ptr<engine::Slot>> slots;
    std::vector<engine::GenerationOptions> asks;
    for (int i = 0; i < 4; i++) {
      slots.push_back(Acquire(*context));
      // Prompts from a few tokens to several batches.
      asks.push_back(Ask(*model, LongText(i, 1 + i * 25), 30 + 10 * i));
    }
    std::vector<std::unique_ptr<Running>> running;
    for (int i = 0; i < 4; i++) {
      running.push_back(std::make_unique<Running>(*slots[i], asks[i]));
    }
    for (int i = 0; i < 4; i++) {
      const Report report = running[i]->Wait();
      EXPECT_EQ(report.result.generated_tokens, asks[i].max_tokens);
      EXPECT(IsGreedy(*model, asks[i].prompt, report.tokens));
    }
  }
}

TEST("drawing at random does not depend on who shares the batch") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3));
  const auto first = Acquire(*context), second = Acquire(*context), third = Acquire(*context);
  auto ask = Ask(*model, "status", 50);
  ask.sampling.temperature = 1;
  ask.sampling.top_k = 20;
  ask.sampling.seed = 99;
  const auto alone = Generate(*first, ask).tokens;
  auto other = ask;
  other.sampling.seed = 100;
  // Rows round differently in batches of other sizes, and among near ties that moves a draw once in
  // a while; who shares the batch would move nearly all of them, every time.
  bool equal = false;
  for (int attempt = 0; attempt < 6 && !equal; attempt++) {
    Running a(*second, other), b(*first, ask), c(*third, other);
    const bool as_alone = b.Wait().tokens == alone;
    equal = a.Wait().tokens == c.Wait().tokens && as_alone;
  }
  EXPECT(equal);
}

TEST("adapter sets side by side write what each writes alone, more sets than may live too") {
  const auto model = LoadTiny();
  std::vector<std::vector<engine::ScaledAdapter>> sets = {{}};
  for (uint64_t seed = 1; seed <= 3; seed++) {
    TinyAdapterOptions options;
    options.seed = seed;
    sets.push_back({{engine::Adapter::Load(model, TinyAdapterPath(options)), 1}});
  }
  const auto context = engine::Context::Create(model, SmallContext(4));
  std::vector<std::shared_ptr<engine::Slot>> slots;
  std::vector<std::unique_ptr<Running>> running;
  for (size_t i = 0; i < sets.size(); i++) {
    slots.push_back(Acquire(*context));
    auto ask = Ask(*model, "status of call", 30);
    ask.adapters = sets[i];
    running.push_back(std::make_unique<Running>(*slots[i], ask));
  }
  const auto prompt = Ask(*model, "status of call", 30).prompt;
  for (size_t i = 0; i < sets.size(); i++) {
    EXPECT(IsGreedy(*model, prompt, running[i]->Wait().tokens, sets[i]));
  }
}

TEST("who waits for room for its adapters comes before those that came later") {
  const auto model = LoadTiny();
  auto options = SmallContext(3);
  options.max_adapter_sets = 1;
  const auto context = engine::Context::Create(model, options);
  const auto first = Acquire(*context), second = Acquire(*context), third = Acquire(*context);
  auto with_adapter = Ask(*model, "status", 20);
  with_adapter.adapters = {{engine::Adapter::Load(model, TinyAdapterPath({})), 1}};
  std::vector<int> order;
  const auto note = [&](int who) {
    return [&order, who] {
      if (order.empty() || order.back() != who) order.push_back(who);
    };
  };
  Running a(*first, Ask(*model, "status", 20), note(1));
  Running b(*second, with_adapter, note(2));
  Running c(*third, Ask(*model, "status", 20), note(3));
  a.Wait();
  b.Wait();
  c.Wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST("who waits for a slot gets it when one is closed, in order") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(1));
  auto held = Acquire(*context);
  std::vector<int> order;
  std::vector<std::promise<std::shared_ptr<engine::Slot>>> got(2);
  for (int i = 0; i < 2; i++) {
    context->AcquireSlot({}, [&, i](std::shared_ptr<engine::Slot> slot) {
      order.push_back(i);
      got[i].set_value(std::move(slot));
    });
  }
  held->Close();
  got[0].get_future().get()->Close();
  EXPECT(got[1].get_future().get() != nullptr);
  EXPECT_EQ(order, (std::vector<int>{0, 1}));
}

TEST("who waits for a slot of a context that closes gets none") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(1));
  const auto held = Acquire(*context);
  std::promise<std::shared_ptr<engine::Slot>> got;
  context->AcquireSlot({}, [&](std::shared_ptr<engine::Slot> slot) { got.set_value(slot); });
  context->Close();
  EXPECT(got.get_future().get() == nullptr);
  EXPECT_EQ(CodeOf([&] { context->AcquireSlot({}, [](auto) {}); }), "DISPOSED");
}

TEST("the place that already holds the prompt's beginning is given") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3));
  std::vector<std::shared_ptr<engine::Slot>> slots;
  std::vector<engine::GenerationOptions> asks;
  for (int i = 0; i < 3; i++) {
    slots.push_back(Acquire(*context));
    asks.push_back(Ask(*model, LongText(i, 10), 5));
    Generate(*slots[i], asks[i]);
  }
  for (const auto& slot : slots) slot->Close();
  for (int i : {2, 0, 1}) {
    const auto slot = Acquire(*context, {asks[i].prompt, {}});
    EXPECT_EQ(Generate(*slot, asks[i]).result.reused_tokens,
              static_cast<int>(asks[i].prompt.size()) - 1);
    slots.push_back(slot);
  }
}

TEST("a context with wrong options is refused by the option's name") {
  const auto model = LoadTiny();
  const auto code = [&](engine::ContextOptions options) {
    return CodeOf([&] { engine::Context::Create(model, options); });
  };
  auto options = SmallContext();
  options.slots = 0;
  EXPECT_EQ(code(options), "INVALID_OPTION");
  options = SmallContext();
  options.context_size = 0;
  EXPECT_EQ(code(options), "INVALID_OPTION");
  options = SmallContext();
  options.batch_size = 0;
  EXPECT_EQ(code(options), "INVALID_OPTION");
  options = SmallContext();
  options.context_size = 1 << 24;
  options.slots = 64;
  EXPECT_EQ(code(options), "CONTEXT_TOO_LARGE");
}

TEST("the memory of a context is known, grows with adapter sets and is capped") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(1));
  const auto base = context->Memory();
  EXPECT(base.cache_bytes > 0 && base.compute_bytes > 0);
  const auto slot = Acquire(*context);
  for (uint64_t seed = 1; seed <= 4; seed++) {
    TinyAdapterOptions options;
    options.seed = seed;
    auto ask = Ask(*model, "status", 2);
    ask.adapters = {{engine::Adapter::Load(model, TinyAdapterPath(options)), 1}};
    Generate(*slot, ask);
  }
  EXPECT_EQ(context->Memory().cache_bytes, 3 * base.cache_bytes);
}

}  // namespace
}  // namespace lorikeet::testing
