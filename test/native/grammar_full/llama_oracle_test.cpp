// llama.cpp's own grammar sampler as the judge of GBNF: the same grammars mean the same texts.
//
// Texts are fed byte by byte, so that tokens do not matter. Only grammars that llama.cpp can read
// are compared: no left recursion, no loops of what may be empty, small counts.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ggml-backend.h"
#include "grammar/core_oracle.h"
#include "grammar/core_vocabularies.h"
#include "llama.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using SamplerPointer = std::unique_ptr<llama_sampler, decltype(&llama_sampler_free)>;

// Gemma 4's vocabulary as llama.cpp holds it, with the token of each byte.
class LlamaVocabulary {
 public:
  LlamaVocabulary() : model_(nullptr, llama_model_free) {
    // llama.cpp loads no model without a backend, not even a vocabulary.
    const char* libraries = std::getenv("LORIKEET_LLAMA_LIBRARIES");
    ASSERT(libraries != nullptr);
    ggml_backend_load_all_from_path(libraries);
    llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
    llama_model_params parameters = llama_model_default_params();
    parameters.vocab_only = true;
    model_.reset(llama_model_load_from_file(GemmaVocabularyPath().c_str(), parameters));
    ASSERT(model_ != nullptr);
    for (llama_token id = 0; id < llama_vocab_n_tokens(get()); id++) {
      unsigned byte = 0;
      if (std::sscanf(llama_vocab_get_text(get(), id), "<0x%2X>", &byte) == 1) of_byte_[byte] = id;
    }
  }

  const llama_vocab* get() const { return llama_model_get_vocab(model_.get()); }
  llama_token OfByte(char byte) const { return of_byte_[static_cast<unsigned char>(byte)]; }
  llama_token end() const { return llama_vocab_eos(get()); }

 private:
  std::unique_ptr<llama_model, decltype(&llama_model_free)> model_;
  llama_token of_byte_[256] = {};
};

bool Allows(llama_sampler* sampler, llama_token token) {
  llama_token_data one{token, 0, 0};
  llama_token_data_array array{&one, 1, -1, false};
  llama_sampler_apply(sampler, &array);
  return std::isfinite(one.logit);
}

bool LlamaAccepts(const LlamaVocabulary& vocabulary, const llama_sampler* compiled,
                  const std::string& text) {
  const SamplerPointer sampler(llama_sampler_clone(compiled), llama_sampler_free);
  for (char byte : text) {
    if (!Allows(sampler.get(), vocabulary.OfByte(byte))) return false;
    llama_sampler_accept(sampler.get(), vocabulary.OfByte(byte));
  }
  return Allows(sampler.get(), vocabulary.end());
}

// Random grammars over a, b and c in which a rule refers to later ones only.
class RandomGrammar {
 public:
  explicit RandomGrammar(std::mt19937& random) : random_(random) {}

  std::string Write() {
    std::string text;
    for (int rule = 0; rule < kRules; rule++) {
      text += (rule == 0 ? "root" : Name(rule)) + " ::= " + Alternatives(rule, 2) + "\n";
    }
    return text;
  }

 private:
  static constexpr int kRules = 4;

  int Draw(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  static std::string Name(int rule) { return "rule-" + std::to_string(rule); }

  std::string Alternatives(int rule, int depth) {
    std::string text = Sequence(rule, depth);
    for (int i = Draw(3); i > 0; i--) text += " | " + Sequence(rule, depth);
    return text;
  }

  std::string Sequence(int rule, int depth) {
    std::string text = Counted(rule, depth);
    for (int i = Draw(3); i > 0; i--) text += " " + Counted(rule, depth);
    return text;
  }

  std::string Counted(int rule, int depth) {
    static const std::vector<std::string> kCounts = {"", "", "", "?", "*", "+", "{2}", "{1,3}"};
    return Item(rule, depth) + kCounts[static_cast<size_t>(Draw(8))];
  }

  std::string Item(int rule, int depth) {
    static const std::vector<std::string> kTerminals = {"\"a\"", "\"b\"", "\"ab\"", "\"cab\"",
                                                        "[a-b]", "[^a]",  "\"c\"",  "[ac]"};
    const int choice = Draw(10);
    if (choice == 0 && depth > 0) return "(" + Alternatives(rule, depth - 1) + ")";
    if (choice <= 2 && rule + 1 < kRules) return Name(rule + 1 + Draw(kRules - rule - 1));
    return kTerminals[static_cast<size_t>(Draw(8))];
  }

  std::mt19937& random_;
};

std::string RandomText(std::mt19937& random) {
  std::string text;
  for (unsigned i = random() % 8; i > 0; i--) text += static_cast<char>('a' + random() % 3);
  return text;
}

TEST("gbnf: random grammars mean to llama.cpp what they mean here") {
  const LlamaVocabulary llama;
  const auto vocabulary = SmallVocabulary();
  std::mt19937 random(20'260'701);
  size_t compared = 0, accepted = 0;
  for (int i = 0; i < 400; i++) {
    const std::string gbnf = RandomGrammar(random).Write();
    const SamplerPointer sampler(llama_sampler_init_grammar(llama.get(), gbnf.c_str(), "root"),
                                 llama_sampler_free);
    if (!sampler) continue;
    const auto grammar = CompileGbnf(gbnf, vocabulary);
    std::vector<std::string> texts;
    for (int j = 0; j < 30; j++) texts.push_back(RandomText(random));
    for (int j = 0; j < 6; j++) {
      const RandomWalk walk = WalkAtRandom(grammar, random, 6, 24);
      // A zero byte ends the text for llama.cpp.
      if (walk.ended && walk.text.find('\0') == std::string::npos) texts.push_back(walk.text);
    }
    for (const std::string& text : texts) {
      const bool ours = AcceptsText(grammar, text);
      compared++;
      accepted += ours;
      if (LlamaAccepts(llama, sampler.get(), text) == ours) continue;
      ReportFailure(
          __FILE__, __LINE__,
          "\"" + text + "\" is " + (ours ? "accepted" : "refused") + " here only, by\n" + gbnf);
    }
  }
  EXPECT(compared > 5'000);
  EXPECT(accepted > 500);
}

}  // namespace
}  // namespace lorikeet::testing
