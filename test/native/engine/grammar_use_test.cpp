// Grammars in a generation: masks, forced tokens, triggers by token and by text, ends.
#include <algorithm>
#include <cctype>

#include "engine/support/fixture.h"
#include "grammar/grammar.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::StopReason;

struct Setup {
  std::shared_ptr<engine::Model> model = LoadTiny();
  std::shared_ptr<engine::Context> context = engine::Context::Create(model, SmallContext());
  std::shared_ptr<engine::Slot> slot = Acquire(*context);

  std::shared_ptr<const grammar::Grammar> Compile(const std::string& gbnf) {
    grammar::GrammarSource source;
    source.gbnf = gbnf;
    return grammar::Grammar::Compile(source, model->GrammarVocabulary());
  }
};

bool IsDigits(const std::string& text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c); });
}

TEST("under a grammar the text is always in its language, greedy and drawn") {
  Setup setup;
  auto ask = Ask(*setup.model, "status", 100);
  ask.grammar = setup.Compile(R"(root ::= "{" [0-9]{3} "," ("date" | "call") "}")");
  for (uint32_t seed = 0; seed < 8; seed++) {
    ask.grammar_sampling.temperature = seed == 0 ? 0 : 2;
    ask.grammar_sampling.top_k = seed % 2 == 0 ? 0 : 5;
    ask.sampling.seed = seed;
    const Report report = Generate(*setup.slot, ask);
    EXPECT(report.result.reason == StopReason::kGrammarEnd);
    ASSERT(report.text.size() == 10);
    EXPECT_EQ(report.text[0], '{');
    EXPECT(IsDigits(report.text.substr(1, 3)));
    const std::string rest = report.text.substr(4);
    EXPECT(rest == ",date}" || rest == ",call}");
  }
}

TEST("what is forced is written without sampling, in the model's own tokens") {
  Setup setup;
  auto ask = Ask(*setup.model, "x", 100);
  ask.grammar = setup.Compile(R"(root ::= "status call " [0-9] " date name tool")");
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.text.starts_with("status call "));
  EXPECT(report.text.ends_with(" date name tool"));
  EXPECT(report.result.forced_tokens > 4);
  EXPECT(report.result.generated_tokens > report.result.forced_tokens);
  EXPECT_EQ(report.tokens, setup.model->Tokenize(report.text, false));
}

TEST("without forced tokens the same grammar is written one drawn token at a time") {
  Setup setup;
  auto ask = Ask(*setup.model, "x", 100);
  ask.grammar = setup.Compile(R"(root ::= "status call " [0-9] " date name tool")");
  ask.forced = false;
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.text.starts_with("status call "));
  EXPECT(report.text.ends_with(" date name tool"));
  EXPECT_EQ(report.result.forced_tokens, 0);
}

TEST("a stop token may end a text where the grammar may end, and only there") {
  Setup setup;
  auto ask = Ask(*setup.model, "status", 40);
  ask.grammar = setup.Compile("root ::= [a-z]+");
  ask.stop_tokens = setup.model->end_tokens();
  // Only the stop tokens and single letters are left to be drawn.
  ask.grammar_sampling.temperature = 5;
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.result.reason == StopReason::kStopToken ||
         report.result.reason == StopReason::kMaxTokens);
  EXPECT(!report.text.empty());
  EXPECT(std::ranges::all_of(report.text, [](unsigned char c) { return std::islower(c); }));
}

TEST("a trigger token wakes the grammar, which takes it as its first") {
  Setup setup;
  auto ask = Ask(*setup.model, "status", 60);
  const Report free = Generate(*setup.slot, ask);
  const llama_token trigger = free.tokens[5];
  const auto first = std::ranges::find(free.tokens, trigger);
  const std::string spelling = setup.model->TokenText(trigger);
  ask.grammar = setup.Compile("root ::= <[" + std::to_string(trigger) + "]> \"(\" [0-9]{4} \")\"");
  ask.trigger_tokens = {trigger};
  ask.report_tokens = {trigger};
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.result.reason == StopReason::kGrammarEnd);
  EXPECT_EQ(report.reported, std::vector<std::string>{spelling});
  const std::vector before(free.tokens.begin(), first);
  EXPECT(report.text.starts_with(setup.model->Detokenize(before, false) + "("));
  EXPECT(report.text.ends_with(")"));
}

TEST("a trigger text wakes the grammar wherever it begins, and illegal tails are drawn again") {
  Setup setup;
  auto ask = Ask(*setup.model, "status of the call", 60);
  const std::string free = Generate(*setup.slot, ask).text;
  int woken = 0;
  for (size_t begin = 0; begin + 2 < std::min<size_t>(free.size(), 24); begin++) {
    const std::string trigger = free.substr(begin, 2);
    if (!std::ranges::all_of(trigger, [](unsigned char c) { return std::isalnum(c); })) continue;
    ask.grammar = setup.Compile("root ::= \"" + trigger + "\" \"=\" [0-9]{3}");
    ask.trigger_texts = {trigger};
    const Report report = Generate(*setup.slot, ask);
    const size_t at = report.text.find(trigger);
    if (at == std::string::npos) continue;
    woken++;
    EXPECT(report.result.reason == StopReason::kGrammarEnd);
    ASSERT(report.text.size() == at + 6);
    EXPECT_EQ(report.text[at + 2], '=');
    EXPECT(IsDigits(report.text.substr(at + 3)));
  }
  EXPECT(woken > 0);
}

TEST("stop texts do not count inside a grammar") {
  Setup setup;
  auto ask = Ask(*setup.model, "x", 60);
  ask.grammar = setup.Compile(R"(root ::= "a stop b")");
  ask.stop_texts = {"stop"};
  const Report report = Generate(*setup.slot, ask);
  EXPECT_EQ(report.text, "a stop b");
  EXPECT(report.result.reason == StopReason::kGrammarEnd);
}

TEST("a grammar that the banned tokens leave nothing of fails by name") {
  Setup setup;
  auto ask = Ask(*setup.model, "x", 10);
  ask.grammar = setup.Compile("root ::= <[300]> [a-z]");
  ask.banned_tokens = {300};
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.result.reason == StopReason::kFailed);
  ASSERT(report.result.failure.has_value());
  EXPECT_EQ(report.result.failure->code(), "DECODE_FAILED");
  EXPECT_EQ(Generate(*setup.slot, Ask(*setup.model, "x", 3)).result.generated_tokens, 3);
}

TEST("limits hold inside forced text") {
  Setup setup;
  auto ask = Ask(*setup.model, "x", 3);
  ask.grammar = setup.Compile(R"(root ::= "status call date name tool true")");
  const Report report = Generate(*setup.slot, ask);
  EXPECT(report.result.reason == StopReason::kMaxTokens);
  EXPECT_EQ(report.result.generated_tokens, 3);
}

TEST("generations under one grammar share a batch") {
  const auto model = LoadTiny();
  const auto context = engine::Context::Create(model, SmallContext(3));
  grammar::GrammarSource source;
  source.gbnf = R"(root ::= "{" [0-9]{5} "}")";
  auto ask = Ask(*model, "status", 40);
  ask.grammar = grammar::Grammar::Compile(source, model->GrammarVocabulary());
  std::vector<std::shared_ptr<engine::Slot>> slots;
  std::vector<std::unique_ptr<Running>> running;
  for (int i = 0; i < 3; i++) {
    slots.push_back(Acquire(*context));
    running.push_back(std::make_unique<Running>(*slots.back(), ask));
  }
  for (const auto& one : running) {
    const Report report = one->Wait();
    EXPECT_EQ(report.text.size(), 7u);
    EXPECT(report.result.reason == StopReason::kGrammarEnd);
  }
}

}  // namespace
}  // namespace lorikeet::testing
