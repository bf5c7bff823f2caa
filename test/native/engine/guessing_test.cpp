// Guessing ahead: the output is what it is without, and right guesses save decode calls.
#include "engine/support/fixture.h"
#include "grammar/grammar.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::GenerationOptions;
using engine::StopReason;

// A context of its own for each run, so that none finds the other's cells.
struct Setup {
  std::shared_ptr<engine::Model> model;
  int context_size;

  explicit Setup(const TinyModelOptions& options = {}, int context_size = 512)
      : model(LoadTiny(options)), context_size(context_size) {}

  Report Run(GenerationOptions ask, bool guess) const {
    ask.guess = guess;
    const auto context = engine::Context::Create(model, SmallContext(1, context_size));
    return Generate(*Acquire(*context), ask);
  }

  // Runs both ways and returns how it went with guesses.
  Report Compare(const GenerationOptions& ask) const {
    const Report plain = Run(ask, false), guessed = Run(ask, true);
    EXPECT_EQ(plain.result.guessed_tokens, 0);
    EXPECT_EQ(guessed.tokens, plain.tokens);
    EXPECT_EQ(guessed.text, plain.text);
    EXPECT_EQ(guessed.reported, plain.reported);
    EXPECT(guessed.result.reason == plain.result.reason);
    EXPECT(guessed.result.stop == plain.result.stop);
    EXPECT_EQ(guessed.result.generated_tokens, plain.result.generated_tokens);
    EXPECT_EQ(guessed.result.forced_tokens, plain.result.forced_tokens);
    EXPECT(guessed.result.guessed_right <= guessed.result.guessed_tokens);
    EXPECT_EQ(guessed.ends, 1);
    return guessed;
  }

  std::shared_ptr<const grammar::Grammar> Compile(const std::string& gbnf) const {
    grammar::GrammarSource source;
    source.gbnf = gbnf;
    return grammar::Grammar::Compile(source, model->GrammarVocabulary());
  }
};

TEST("greedy texts that repeat themselves are guessed, and are the same for every Gemma") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    TinyModelOptions options;
    options.architecture = architecture;
    const Setup setup(options);
    const Report report = setup.Compare(Ask(*setup.model, "status of call 12", 200));
    EXPECT(report.result.guessed_right > 0);
  }
}

TEST("draws are the same for every seed and sampler") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12 status of call 12", 100);
  int right = 0;
  for (uint32_t seed = 0; seed < 16; seed++) {
    ask.sampling.seed = seed;
    ask.sampling.temperature = std::vector<float>{0.05f, 0.1f, 0.2f, 1}[seed % 4];
    ask.sampling.top_k = seed % 3 == 0 ? 20 : 0;
    ask.sampling.top_p = seed % 5 == 0 ? 0.9f : 1;
    ask.sampling.min_p = seed % 7 == 0 ? 0.05f : 0;
    right += setup.Compare(ask).result.guessed_right;
  }
  EXPECT(right > 0);
}

TEST("the repeat penalty sees the tokens that it would see without guesses") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12", 150);
  int guessed = 0;
  for (float penalty : {1.01f, 1.1f, 1.5f}) {
    ask.sampling.repeat_penalty = penalty;
    for (int recent : {4, 12, 64}) {
      ask.sampling.repeat_last_tokens = recent;
      guessed += setup.Compare(ask).result.guessed_tokens;
    }
  }
  EXPECT(guessed > 0);
}

TEST("texts end where they end without guesses, wherever that is") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12", 60);
  ask.sampling.temperature = 0.1f;
  ask.sampling.seed = 3;
  const Report free = setup.Run(ask, false);
  for (int most = 1; most < 60; most++) {
    ask.max_tokens = most;
    setup.Compare(ask);
  }
  ask.max_tokens = 60;
  for (size_t i = 1; i < free.tokens.size(); i += 7) {
    ask.stop_tokens = {free.tokens[i]};
    setup.Compare(ask);
  }
  ask.stop_tokens.clear();
  ask.sampling.temperature = 0;
  const std::string text = setup.Run(ask, false).text;
  for (size_t length = 1; length < 40; length += 3) {
    ask.stop_texts = {text.substr(text.size() - length)};
    setup.Compare(ask);
  }
}

TEST("a context that is full ends the text at the same token") {
  const Setup setup({}, 64);
  const Report report = setup.Compare(Ask(*setup.model, "status of call 12", 500));
  EXPECT(report.result.reason == StopReason::kContextFull);
  EXPECT(report.result.guessed_right > 0);
}

TEST("banned and reported tokens are the same") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12", 80);
  const llama_token best = setup.Run(ask, false).tokens.back();
  ask.report_tokens = {best};
  setup.Compare(ask);
  ask.report_tokens.clear();
  ask.banned_tokens = {best};
  setup.Compare(ask);
}

TEST("grammars are kept, and forced tokens go together with guesses") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12", 200);
  int right = 0;
  for (const char* gbnf : {R"(root ::= ("call " [0-9] ", date " [a-c] [d-f] "; ")+)",
                           R"(root ::= "{" [0-9]* "}")", R"(root ::= ("[" [^\]]* "] status ")+)"}) {
    ask.grammar = setup.Compile(gbnf);
    for (uint32_t seed = 0; seed < 6; seed++) {
      ask.sampling.seed = seed;
      ask.grammar_sampling.temperature = seed == 0 ? 0 : 0.1f * static_cast<float>(seed);
      ask.grammar_sampling.top_k = seed % 2 == 0 ? 0 : 10;
      ask.forced = seed != 5;
      right += setup.Compare(ask).result.guessed_right;
    }
  }
  EXPECT(right > 0);
}

TEST("a grammar that wakes in the middle is the same") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status", 120);
  const Report free = setup.Run(ask, false);
  const llama_token trigger = free.tokens[5];
  ask.grammar = setup.Compile("root ::= <[" + std::to_string(trigger) + R"(]> ("call " [0-9])+)");
  ask.trigger_tokens = {trigger};
  setup.Compare(ask);
}

TEST("a text far longer than the sliding window is the same") {
  for (int window : {8, 32}) {
    TinyModelOptions options;
    options.sliding_window = window;
    const Setup setup(options, 1024);
    auto ask = Ask(*setup.model, "status of call 12", 700);
    EXPECT(setup.Compare(ask).result.guessed_right > 0);
    ask.sampling.temperature = 0.2f;
    const Report report = setup.Compare(ask);
    EXPECT(report.result.guessed_right < report.result.guessed_tokens);
  }
}

TEST("what is left in the cache is what was written") {
  const Setup setup;
  const auto context = engine::Context::Create(setup.model, SmallContext(1, 1024));
  const auto slot = Acquire(*context);
  auto ask = Ask(*setup.model, "status of call 12", 60);
  for (int turn = 0; turn < 6; turn++) {
    ask.sampling.temperature = 0.2f;
    ask.sampling.seed = static_cast<uint32_t>(turn);
    const auto result = Generate(*slot, ask).result;
    ask.prompt.insert(ask.prompt.end(), result.tokens.begin(), result.tokens.end());
    const size_t held = ask.prompt.size();
    for (llama_token token : setup.model->Tokenize(" and call 7", false)) {
      ask.prompt.push_back(token);
    }
    ask.sampling.temperature = 0;
    const Report next = Generate(*slot, ask);
    EXPECT_EQ(next.result.reused_tokens, static_cast<int>(held));
    EXPECT(IsGreedy(*setup.model, ask.prompt, next.tokens));
    ask.prompt.insert(ask.prompt.end(), next.result.tokens.begin(), next.result.tokens.end());
  }
  EXPECT(context->Stats().guessed_right > 0);
}

TEST("slots that guess side by side write what each writes alone") {
  const Setup setup;
  const auto context = engine::Context::Create(setup.model, SmallContext(4, 1024));
  std::vector<std::shared_ptr<engine::Slot>> slots;
  std::vector<GenerationOptions> asks;
  std::vector<std::unique_ptr<Running>> running;
  for (int i = 0; i < 4; i++) {
    slots.push_back(Acquire(*context));
    std::string text = "status";
    for (int j = 0; j < 20 * i; j++) text += " call " + std::to_string(j * j);
    asks.push_back(Ask(*setup.model, text, 100 + 20 * i));
    running.push_back(std::make_unique<Running>(*slots[i], asks[i]));
  }
  int right = 0;
  for (int i = 0; i < 4; i++) {
    const Report report = running[i]->Wait();
    EXPECT_EQ(report.result.generated_tokens, asks[i].max_tokens);
    EXPECT(IsGreedy(*setup.model, asks[i].prompt, report.tokens));
    right += report.result.guessed_right;
  }
  EXPECT(right > 0);
  EXPECT_EQ(context->Stats().guessed_right, right);
}

TEST("an abort while guesses are decoded ends the text once, and the slot works on") {
  const Setup setup;
  const auto context = engine::Context::Create(setup.model, SmallContext(1, 512));
  const auto slot = Acquire(*context);
  const auto ask = Ask(*setup.model, "status of call 12", 200);
  for (int step = 2; step < 40; step += 3) {
    const Report report = GenerateAborted(*slot, ask, step);
    EXPECT_EQ(report.ends, 1);
    auto on = ask;
    on.prompt.insert(on.prompt.end(), report.result.tokens.begin(), report.result.tokens.end());
    on.prompt.push_back(kFirstByte + 'x');
    on.max_tokens = 20;
    const Report next = Generate(*slot, on);
    EXPECT(next.result.reused_tokens + 1 >= static_cast<int>(on.prompt.size()) - 1);
    EXPECT(IsGreedy(*setup.model, on.prompt, next.tokens));
  }
}

TEST("texts that repeat nothing are hardly guessed") {
  const Setup setup;
  auto ask = Ask(*setup.model, "status of call 12", 300);
  ask.sampling.temperature = 1;
  int guessed = 0;
  for (uint32_t seed = 0; seed < 5; seed++) {
    ask.sampling.seed = seed;
    guessed += setup.Compare(ask).result.guessed_tokens;
  }
  EXPECT(guessed < 30);
}

}  // namespace
}  // namespace lorikeet::testing
