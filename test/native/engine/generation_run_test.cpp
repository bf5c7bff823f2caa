// What a generation makes of the logits of a call that holds guesses or forced tokens.
#include "engine/generation_run.h"

#include "engine/support/fixture.h"
#include "grammar/grammar.h"
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
  // Under a grammar that forces "status: " and then leaves a choice.
  explicit Setup(const std::string& gbnf) : run(model, Bound(*model, gbnf), 512, Handle(), Ignore) {
    run.Start(0);
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
  static GenerationOptions Bound(engine::Model& model, const std::string& gbnf) {
    GenerationOptions options = Options(0);
    options.guess = false;
    grammar::GrammarSource source;
    source.gbnf = gbnf;
    options.grammar = grammar::Grammar::Compile(source, model.GrammarVocabulary());
    return options;
  }
  static std::shared_ptr<engine::Generation> Handle() {
    return std::make_shared<engine::Generation>();
  }
  static void Ignore(const std::vector<engine::GenerationEvent>&) {}

  size_t Guess() {
    constexpr size_t kMost = 3;
    return run.Guess({kMost, 1}, DecodeCosts()).tokens.size();
  }

  // A row in which a token leads all others by so much; `second` is its nearest.
  struct Row {
    llama_token best;
    float lead;
    llama_token second = 200;
  };

  Kept Take(const std::vector<Row>& leads, size_t decoded = 1, bool can_go_back = true) {
    rows.clear();
    for (const Row& row : leads) {
      auto& logits = rows.emplace_back(static_cast<size_t>(model->vocabulary_size()), -50.0f);
      logits[row.best] = 1;
      logits[row.second] = 1 - row.lead;
    }
    const auto logits_after = [&](size_t guesses) {
      return guesses < rows.size() ? std::span(rows[guesses]) : std::span<float>();
    };
    return run.OnLogits(logits_after, decoded, [&](size_t) { return can_go_back; });
  }

  llama_token last() const { return run.tokens().back(); }
};

TEST("guesses that lead clearly are taken in one call") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept kept = setup.Take({{121, 2}, {122, 2}, {123, 2}, {124, 2}});
  EXPECT_EQ(kept.guesses, size_t{3});
  EXPECT(!kept.tokens);
  EXPECT_EQ(setup.last(), 124);
}

TEST("a near tie among guesses is left open and decided by a call without any") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept first = setup.Take({{121, 2}, {122, 0.02f}, {123, 2}, {124, 2}});
  EXPECT_EQ(first.guesses, size_t{1});
  EXPECT_EQ(first.tokens.value_or(0), setup.run.tokens().size() - 1);
  EXPECT_EQ(setup.last(), 121);

  EXPECT_EQ(setup.Guess(), size_t{0});
  const Kept alone = setup.Take({{200, 0.02f, 122}});
  EXPECT(!alone.tokens);
  EXPECT_EQ(setup.last(), 200);
  EXPECT_EQ(setup.run.generated(), 3);
}

TEST("a near tie before the first guess takes the last token out of the cache") {
  Setup setup;
  EXPECT_EQ(setup.Guess(), size_t{3});
  const Kept kept = setup.Take({{121, 0.02f}, {122, 2}, {123, 2}, {124, 2}});
  EXPECT_EQ(kept.guesses, size_t{0});
  EXPECT_EQ(kept.tokens.value_or(0), setup.run.tokens().size() - 1);
  EXPECT_EQ(setup.last(), 120);
  EXPECT_EQ(setup.run.generated(), 1);
}

TEST("a call without guesses decides near ties at once, and a random draw knows none") {
  Setup greedy;
  EXPECT(!greedy.Take({{121, 0.001f}}).tokens);
  EXPECT_EQ(greedy.last(), 121);

  Setup random(1);
  EXPECT(random.Guess() > 0);
  EXPECT(!random.Take({{121, 0.001f}}).tokens);
}

const char* const kChoice = "root ::= \"status: \" [a-z]+";

// The tokens of one letter.
std::pair<llama_token, llama_token> TwoLetters(const engine::Model& model) {
  return {model.Tokenize("a", false).back(), model.Tokenize("b", false).back()};
}

TEST("a near tie behind forced tokens is decided where they were decoded one at a time") {
  Setup setup(kChoice);
  const auto [a, b] = TwoLetters(*setup.model);
  const size_t prompt = setup.run.prompt_size(), forced = setup.run.tokens().size();
  EXPECT(forced > prompt + 1);

  const Kept kept = setup.Take({{a, 0.01f, b}}, forced);
  EXPECT_EQ(kept.tokens.value_or(0), prompt);
  EXPECT(setup.run.is_open());
  EXPECT_EQ(setup.run.tokens().size(), forced);

  EXPECT(!setup.Take({{b, 0.01f, a}}).tokens);
  EXPECT(!setup.run.is_open());
  EXPECT_EQ(setup.last(), b);
  // What follows one at a time is plain, and decides at once.
  EXPECT(!setup.Take({{a, 0.01f, b}}).tokens);
  EXPECT_EQ(setup.last(), a);
}

TEST(
    "behind forced tokens a clear choice holds, an illegal rival counts for nothing, and so does "
    "no way back") {
  Setup clear(kChoice), rival(kChoice), stuck(kChoice);
  const auto [a, b] = TwoLetters(*clear.model);
  const llama_token digit = clear.model->Tokenize("7", false).back();
  const size_t forced = clear.run.tokens().size();
  EXPECT(!clear.Take({{a, 2, b}}, forced).tokens);
  EXPECT_EQ(clear.last(), a);
  EXPECT(!rival.Take({{a, 0.01f, digit}}, forced).tokens);
  EXPECT_EQ(rival.last(), a);
  EXPECT(!stuck.Take({{a, 0.01f, b}}, forced, false).tokens);
  EXPECT_EQ(stuck.last(), a);
}

}  // namespace
}  // namespace lorikeet::testing
