// What is guessed, and when guessing pays.
#include "engine/token_guesser.h"

#include "engine/support/fixture.h"
#include "grammar/grammar.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::DecodeCosts;
using engine::GuessedToken;
using engine::TokenGuesser;

constexpr size_t kMost = 7;

// Calls of 1 to 8 tokens where each token after the first takes `share` of a call of one.
DecodeCosts Costs(double share) {
  DecodeCosts costs;
  for (size_t tokens = 1; tokens <= 8; tokens++) {
    costs.Record(tokens, 10 * (1 + share * static_cast<double>(tokens - 1)));
  }
  return costs;
}

struct Setup {
  std::shared_ptr<engine::Model> model = LoadTiny();
  engine::GenerationOptions options;
  TokenGuesser guesser;

  // Draws tokens one after the other.
  void Write(const std::vector<llama_token>& tokens) {
    for (llama_token token : tokens) {
      guesser.Judge(token);
      guesser.Append(std::span(&token, 1));
    }
  }

  // `runs`: that draw a token each in the call.
  std::vector<llama_token> Guess(const DecodeCosts& costs, size_t most = kMost, size_t runs = 1) {
    const engine::GrammarGuide guide(*model, options);
    const engine::GuessRoom room{most, runs, static_cast<double>(runs)};
    std::vector<llama_token> tokens;
    for (const GuessedToken& one : guesser.Guess(room, costs, options, guide).tokens) {
      tokens.push_back(one.token);
    }
    return tokens;
  }
};

std::vector<llama_token> Range(llama_token from, llama_token to) {
  std::vector<llama_token> tokens;
  for (llama_token token = from; token < to; token++) tokens.push_back(token);
  return tokens;
}

TEST("a copy is guessed on as far as there is room") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  setup.Write(Range(110, 120));
  EXPECT_EQ(setup.Guess(Costs(0.05)), Range(120, 127));
  EXPECT_EQ(setup.Guess(Costs(0.05), 3), Range(120, 123));
  EXPECT_EQ(setup.Guess(Costs(0.05), 0), Range(0, 0));
}

TEST("nothing is guessed where longer calls cost as much as single ones") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  setup.Write(Range(110, 120));
  EXPECT(setup.Guess(Costs(1)).empty());
  EXPECT(!setup.Guess(Costs(0.3)).empty());
}

TEST("trust falls where copies break off, and comes back without a guess being tried") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  const auto costs = Costs(0.2);
  for (int i = 0; i < 12; i++) {
    setup.Write(Range(105, 109));
    setup.Write({300 + i});
  }
  setup.Write(Range(105, 109));
  EXPECT(setup.Guess(costs).empty());
  for (int i = 0; i < 6; i++) setup.Write(Range(100, 130));
  setup.Write({320});
  setup.Write(Range(105, 109));
  EXPECT(!setup.Guess(costs).empty());
}

TEST("nothing is guessed while choices do not lead clearly, since they would be made again") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  setup.Write(Range(110, 120));
  for (int i = 0; i < 8; i++) setup.guesser.NoteLead(false);
  EXPECT(setup.Guess(Costs(0.05)).empty());
  for (int i = 0; i < 3; i++) setup.guesser.NoteLead(i < 2);
  EXPECT(setup.Guess(Costs(0.05)).empty());
  for (int i = 0; i < 20; i++) setup.guesser.NoteLead(true);
  EXPECT_EQ(setup.Guess(Costs(0.05)), Range(120, 127));
}

TEST("a run that shares its call guesses only what speeds all of it up") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  setup.Write(Range(110, 120));
  const auto costs = Costs(0.5);  // of calls of one to eight tokens
  EXPECT(!setup.Guess(costs, 1).empty());
  EXPECT(setup.Guess(costs, 1, 4).empty());
  EXPECT(!setup.Guess(Costs(0.05), 1, 4).empty());
}

TEST("what is forced behind a guess saves its decoding, not a call a token") {
  Setup setup;
  const auto text = [&](const char* written) { return setup.model->Tokenize(written, false); };
  const auto copied = text("0123456789ab");
  setup.guesser.Append(copied);
  setup.guesser.Append(std::span(copied).first(11));
  grammar::GrammarSource source;
  source.gbnf = R"(root ::= "b" "cdefgh" [0-9]*)";
  setup.options.grammar = grammar::Grammar::Compile(source, setup.model->GrammarVocabulary());
  EXPECT(!setup.Guess(Costs(0.1)).empty());
  // One of three is right: 0.33 calls of what is forced are saved, which costs 0.6 calls more.
  for (int i = 0; i < 4; i++) setup.guesser.Judge(300);
  EXPECT(setup.Guess(Costs(0.1)).empty());
  setup.options.forced = false;
  EXPECT(!setup.Guess(Costs(0.1)).empty());
}

TEST("stop tokens and banned ones are not guessed") {
  Setup setup;
  setup.guesser.Append(Range(100, 140));
  setup.Write(Range(110, 120));
  setup.options.stop_tokens = {124};
  EXPECT_EQ(setup.Guess(Costs(0.05)), Range(120, 124));
  setup.options.banned_tokens = {122};
  EXPECT_EQ(setup.Guess(Costs(0.05)), Range(120, 122));
}

TEST("a guess ends where the grammar refuses it, and holds what the grammar forces") {
  Setup setup;
  const auto text = [&](const char* written) { return setup.model->Tokenize(written, false); };
  const auto copied = text("0123456789abcdef");
  setup.guesser.Append(copied);
  setup.guesser.Append(std::span(copied).first(10));
  grammar::GrammarSource source;
  source.gbnf = R"(root ::= [a-z] [a-z] "status call" [0-9]*)";
  setup.options.grammar = grammar::Grammar::Compile(source, setup.model->GrammarVocabulary());
  const auto guess = setup.Guess(Costs(0.05), 30);
  ASSERT(guess.size() >= 4);
  const std::string written = setup.model->Detokenize(guess, false);
  EXPECT(written.starts_with("abstatus call"));
  setup.options.forced = false;
  EXPECT_EQ(setup.model->Detokenize(setup.Guess(Costs(0.05), 30), false), "ab");
}

}  // namespace
}  // namespace lorikeet::testing
