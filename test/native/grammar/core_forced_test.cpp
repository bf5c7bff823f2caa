// Forced tokens: what is forced is written as the model's own tokenizer writes it, or left alone.
#include <random>

#include "core_oracle.h"
#include "core_tokenizer.h"
#include "core_vocabularies.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using namespace grammar;

std::string TextOf(const Vocabulary& vocabulary, const std::vector<TokenId>& tokens) {
  std::string text;
  for (TokenId token : tokens) text += vocabulary.Text(token);
  return text;
}

// Tokens that ordinary pair merging builds up, shortest first.
std::vector<std::string> Words() {
  return {"na",    "me",    "name", "\"n",  "\":",    "\",", "{\"", "\"}", "ci",  "ty",   "city",
          " c",    " ci",   " na",  "ab",   "abc",    "::",  ":a",  "ca",  "ll",  "call", "call:",
          "\":\"", "\",\"", "e\"",  "e\":", "name\"", "xy",  "yz",  "o(",  "alt", "al"};
}

// Replays `tokens` and checks before each that what is forced is what follows. Returns how many
// tokens were forced in all.
size_t CheckReplay(const std::shared_ptr<const Grammar>& grammar, const Tokenizer& tokenize,
                   const std::vector<TokenId>& tokens) {
  Matcher matcher(grammar);
  size_t forced_tokens = 0;
  for (size_t i = 0; i < tokens.size(); i++) {
    const std::vector<TokenId> forced =
        matcher.ForcedTokens(tokenize, std::span(tokens).first(i), 64);
    const bool agrees = forced.size() <= tokens.size() - i &&
                        std::equal(forced.begin(), forced.end(), tokens.begin() + i);
    if (!agrees) {
      ReportFailure(__FILE__, __LINE__,
                    "at token " + std::to_string(i) + " of " +
                        TextOf(grammar->vocabulary(), tokens) + ": forced " +
                        TextOf(grammar->vocabulary(), forced));
    }
    if (!forced.empty()) forced_tokens++;
    ASSERT(matcher.Accept(tokens[i]));
  }
  EXPECT(matcher.CanEnd());
  return forced_tokens;
}

TEST("forced: the tokens are those of the model's own tokenizer") {
  const auto vocabulary = SmallVocabulary(Words());
  const PairTokenizer tokenize(vocabulary);
  Matcher matcher(CompileGbnf("root ::= \"{\\\"name\\\":\\\"\" [a-z]* \"\\\"}\"", vocabulary));
  const std::vector<TokenId> forced = matcher.ForcedTokens(tokenize, {}, 64);
  // The last quotation mark may yet join with what follows: `":"` stays for the model.
  EXPECT_EQ(TextOf(*vocabulary, forced), "{\"name");
}

TEST("forced: a token that a longer legal token could replace is left to the model") {
  const auto vocabulary = SmallVocabulary({"ab", "abc"});
  const PairTokenizer tokenize(vocabulary);
  Matcher open(CompileGbnf("root ::= \"xab\" (\"c\" | \"d\")", vocabulary));
  EXPECT_EQ(TextOf(*vocabulary, open.ForcedTokens(tokenize, {}, 64)), "<0x78>");
  Matcher closed(CompileGbnf("root ::= \"xab\" (\"e\" | \"d\")", vocabulary));
  EXPECT_EQ(TextOf(*vocabulary, closed.ForcedTokens(tokenize, {}, 64)), "<0x78>ab");
}

TEST("forced: what was decoded stands, however the tokenizer would have written it") {
  const auto vocabulary = SmallVocabulary({"ab", "bc", "abc"});
  const PairTokenizer tokenize(vocabulary);
  Matcher joined(CompileGbnf("root ::= \"abcx\"", vocabulary));
  ASSERT(joined.Accept('a'));
  EXPECT_EQ(TextOf(*vocabulary, joined.ForcedTokens(tokenize, std::vector<TokenId>{'a'}, 64)),
            "bc<0x78>");
  Matcher apart(CompileGbnf("root ::= \"ab\" \"xx\"", vocabulary));
  ASSERT(apart.AcceptBytes("ab"));
  const std::vector<TokenId> canonical = {kSmallFirstWord}, other = {'a', 'b'};
  EXPECT_EQ(TextOf(*vocabulary, apart.ForcedTokens(tokenize, canonical, 64)), "<0x78><0x78>");
  EXPECT_EQ(TextOf(*vocabulary, apart.ForcedTokens(tokenize, other, 64)), "<0x78><0x78>");
}

TEST("forced: text before a token terminal is whole, and goes on after it") {
  const auto vocabulary = SmallVocabulary(Words());
  const PairTokenizer tokenize(vocabulary);
  Matcher matcher(
      CompileGbnf("root ::= <|call> \"call:abc\" <|mark|> \"name\" <|mark|> [a-z]+", vocabulary));
  EXPECT_EQ(TextOf(*vocabulary, matcher.ForcedTokens(tokenize, {}, 64)),
            "<|call>call:abc<|mark|>name<|mark|>");
  EXPECT_EQ(TextOf(*vocabulary, matcher.ForcedTokens(tokenize, {}, 2)), "<|call>call:");
  EXPECT(matcher.ForcedTokens(tokenize, {}, 0).empty());
}

TEST("forced: the end of the grammar is no continuation that could cross") {
  const auto vocabulary = SmallVocabulary({"ab", "abc"});
  const PairTokenizer tokenize(vocabulary);
  Matcher matcher(CompileGbnf("root ::= \"ab\"", vocabulary));
  EXPECT_EQ(TextOf(*vocabulary, matcher.ForcedTokens(tokenize, {}, 64)), "ab");
  ASSERT(matcher.AcceptBytes("ab"));
  EXPECT(matcher.ForcedTokens(tokenize, {}, 64).empty());
}

TEST("forced: a character that is cut off is left to the model") {
  const auto vocabulary = SmallVocabulary({});
  const PairTokenizer tokenize(vocabulary);
  Matcher matcher(CompileGbnf("root ::= \"x\" [\xE2\x82\xAC\xE2\x82\xAD]", vocabulary));
  EXPECT_EQ(matcher.ForcedBytes(64), "x\xE2\x82");
  EXPECT_EQ(TextOf(*vocabulary, matcher.ForcedTokens(tokenize, {}, 64)), "<0x78>");
}

TEST("forced: replaying random texts in the tokenizer's own tokens never disagrees") {
  std::mt19937 random(13);
  const auto vocabulary = SmallVocabulary(Words());
  const PairTokenizer tokenize(vocabulary);
  size_t forced = 0;
  for (const std::string gbnf :
       {"root ::= \"{\\\"name\\\":\\\"\" [a-z]{1,9} \"\\\",\\\"city\\\":\\\"\" [a-z]{1,9} "
        "\"\\\"}\"",
        "root ::= (\"call:\" (\"alto(\" | \"alpha(\" | \"calling(\") [a-e]{0,3} \")\" \" "
        "city\"?){1,4}",
        "root ::= (\"ab\" | \"xyz\" | \"name\" [a-c]?){2,6} \":\" (\"name\" | \"nam\") \":\""}) {
    const auto grammar = CompileGbnf(gbnf, vocabulary);
    for (int i = 0; i < 60; i++) {
      const RandomWalk walk = WalkAtRandom(grammar, random, 20, 500);
      if (walk.ended) forced += CheckReplay(grammar, tokenize, tokenize(walk.text));
    }
  }
  EXPECT(forced > 100);
}

TEST("long/forced: replaying calls in Gemma 4's own merges never disagrees") {
  const auto vocabulary = GemmaVocabulary();
  if (!vocabulary) return;
  const PairTokenizer tokenize(vocabulary);
  const auto grammar = CompileGbnf(
      "root ::= \"{\\\"name\\\":\\\"\" (\"get_weather\" | \"get_warehouse\" | \"send_email\") "
      "\"\\\",\\\"parameters\\\":{\\\"city\\\":\\\"\" [A-Za-z ]{1,14} "
      "\"\\\",\\\"temperature_unit\\\":\\\"\" (\"celsius\" | \"fahrenheit\") "
      "\"\\\",\\\"days\\\":\" "
      "[1-9] [0-9]? \",\\\"urgent\\\":\" (\"true\" | \"false\") \"}}\"",
      vocabulary);
  size_t forced = 0, tokens = 0;
  for (const std::string name : {"get_weather", "get_warehouse", "send_email"}) {
    for (const std::string city : {"Paris", "New York", "a", " Berlin Mitte", "The Hague"}) {
      for (const std::string tail : {"celsius\",\"days\":1,\"urgent\":true}}",
                                     "fahrenheit\",\"days\":99,\"urgent\":false}}"}) {
        const std::string text = "{\"name\":\"" + name + "\",\"parameters\":{\"city\":\"" + city +
                                 "\",\"temperature_unit\":\"" + tail;
        const std::vector<TokenId> canonical = tokenize(text);
        forced += CheckReplay(grammar, tokenize, canonical);
        tokens += canonical.size();
      }
    }
  }
  EXPECT(forced * 3 > tokens);
}

}  // namespace
}  // namespace lorikeet::testing
