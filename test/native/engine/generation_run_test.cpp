// What a generation makes of the logits of a call that holds guesses.
#include "engine/generation_run.h"

#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::DecodeCosts;
using engine::GenerationOptions;
using engine::GenerationRun;
using engine::Kept;

// Copies of the prompt's first part are worth guessing; one token is drawn already.
struct Setup {
  std::shared_ptr<engine::Model> model = LoadTiny();
  std::vector<std::vector<float>> rows;
  GenerationRun run;

  explicit Setup(float temperature = 0) : run(model, Options(temperature), 512, Handle(), Ignore) {
    run.Start(0);
    Take({{120, 40}});
  }

  static GenerationOptions Options(float temperature) {
    GenerationOptions options;
    for (llama_token token = 100; token < 140; token++) options.prompt.push_back(token);
    for (llama_token token = 110; token < 120; token++) options.prompt.push_back(token);
    options.max_tokens = 50;
    options.guess = true;
    options.sampling.temperature = temperature;
    return options;
  }
  static std::shared_ptr<engine::Generation> Handle() {
    return std::make_shared<engine::Generation>();
  }
  static void Ignore(const std::vector<engine::GenerationEvent>&) {}

  size_t Guess() {
    constexpr size_t kMost = 3;
    return run.Guess({kMost, 1}, DecodeCosts()).size();
  }

  // A row in which a token leads all others by so much; `second` is its nearest.
  struct Row {
    llama_token best;
    float lead;
    llama_token second = 200;
  };

  Kept Take(const std::vector<Row>& leads) {
    rows.clear();
    for (const Row& row : leads) {
      auto& logits = rows.emplace_back(static_cast<size_t>(model->vocabulary_size()), -50.0f);
      logits[row.best] = 1;
      logits[row.second] = 1 - row.lead;
    }
    return run.OnLogits([&](size_t guesses) {
      return guesses < rows.size() ? std::span(rows[guesses]) : std::span<float>();
    });
  }

  llama_token last() const { return run.tokens().back(); }
};

TEST("guesses that lead clearly are taken in one call") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept kept = setup.Take({{121, 2}, {122, 2}, {123, 2}, {124, 2}});
  EXPECT_EQ(kept.guesses, size_t{3});
  EXPECT(!kept.last_is_open);
  EXPECT_EQ(setup.last(), 124);
}

TEST("a near tie among guesses is left open and decided by a call without any") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept first = setup.Take({{121, 2}, {122, 0.2f}, {123, 2}, {124, 2}});
  EXPECT_EQ(first.guesses, size_t{1});
  EXPECT(first.last_is_open);
  EXPECT_EQ(setup.last(), 121);

  EXPECT_EQ(setup.Guess(), size_t{0});
  const Kept alone = setup.Take({{200, 0.2f, 122}});
  EXPECT(!alone.last_is_open);
  EXPECT_EQ(setup.last(), 200);
  EXPECT_EQ(setup.run.generated(), 3);
}

TEST("a near tie before the first guess takes the last token out of the cache") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept kept = setup.Take({{121, 0.2f}, {122, 2}, {123, 2}, {124, 2}});
  EXPECT_EQ(kept.guesses, size_t{0});
  EXPECT(kept.last_is_open);
  EXPECT_EQ(setup.last(), 120);
  EXPECT_EQ(setup.run.generated(), 1);
}

TEST("a call without guesses decides near ties at once, and a random draw knows none") {
  Setup greedy;
  EXPECT(!greedy.Take({{121, 0.001f}}).last_is_open);
  EXPECT_EQ(greedy.last(), 121);

  Setup random(1);
  EXPECT(random.Guess() > 0);
  EXPECT(!random.Take({{121, 0.001f}}).last_is_open);
}

}  // namespace
}  // namespace lorikeet::testing
