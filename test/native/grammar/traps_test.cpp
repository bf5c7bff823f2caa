// The known traps of constrained decoding, one test each, named after the trap.
#include <string>
#include <vector>

#include "core_oracle.h"
#include "core_vocabularies.h"
#include "json_cases.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using namespace grammar;
using grammar::testing::AnyOrder;
using grammar::testing::Takes;

bool Reads(const std::string& gbnf, const std::string& text) {
  return AcceptsText(CompileGbnf(gbnf, SmallVocabulary()), text);
}

std::shared_ptr<const Grammar> CompileSchema(const std::string& schema,
                                             const std::vector<std::string>& words) {
  GrammarSource source;
  source.gbnf = "root ::= @schema(value)";
  source.schemas.push_back({.name = "value", .json = schema});
  return Grammar::Compile(source, SmallVocabulary(words));
}

// ---- encoding ----

TEST("trap: UTF-8 split over byte tokens is one character") {
  Matcher matcher(CompileGbnf("root ::= [€]", SmallVocabulary()));
  EXPECT(matcher.Accept(0xE2) && matcher.Accept(0x82) && !matcher.MustEnd());
  EXPECT(!matcher.Allows(0xAD) && matcher.Accept(0xAC) && matcher.MustEnd());
}

TEST("trap: overlong forms, surrogates and values beyond U+10FFFF are no characters") {
  for (const std::string text : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    EXPECT(!Reads("root ::= .", text));
    EXPECT(!Reads("root ::= [^a]", text));
    EXPECT(!Takes(R"({"type":"string"})", "\"" + text + "\""));
  }
}

TEST("trap: both ids of one string are legal, the byte token and its twin") {
  const auto vocabulary = SmallVocabulary({"\n"});
  Matcher matcher(CompileGbnf("root ::= \"\\n\"", vocabulary));
  EXPECT(matcher.Allows('\n') && matcher.Allows(kSmallFirstWord));
}

TEST("trap: special and unused tokens are never the text that they are spelt as") {
  Matcher matcher(CompileGbnf("root ::= [^x]*", SmallVocabulary()));
  EXPECT(!matcher.Allows(kSmallCall) && !matcher.Allows(kSmallMark));
  EXPECT(!matcher.Allows(kSmallUnused));
}

// ---- boundaries ----

TEST("trap: a token may cross the end of a string, and of the whole value, but not go beyond") {
  const auto grammar = CompileSchema(R"({"type":"array","items":{"type":"string"}})",
                                     {"\",", "\"]", "\"]}", "\"]x"});
  Matcher matcher(grammar);
  ASSERT(matcher.AcceptBytes("[\"a"));
  EXPECT(matcher.Allows(kSmallFirstWord) && matcher.Allows(kSmallFirstWord + 1));
  EXPECT(!matcher.Allows(kSmallFirstWord + 2) && !matcher.Allows(kSmallFirstWord + 3));
  ExpectMaskIsExact(matcher);
}

TEST("trap: the end is legal only where the grammar accepts, and alone where nothing else fits") {
  Matcher matcher(CompileGbnf("root ::= \"a\" \"b\"?", SmallVocabulary()));
  EXPECT(!matcher.Allows(kSmallEos));
  ASSERT(matcher.Accept('a'));
  EXPECT(matcher.Allows(kSmallEos) && matcher.Allows('b'));
  ASSERT(matcher.Accept('b'));
  std::vector<TokenId> allowed;
  EXPECT(matcher.AllowedTokens(4, allowed));
  EXPECT_EQ(allowed.size(), size_t{1});
  EXPECT(!allowed.empty() && allowed[0] == kSmallEos);
}

TEST("trap: a number at the top level ends only with the text") {
  Matcher matcher(CompileSchema(R"({"type":"integer","minimum":5,"maximum":57})", {}));
  ASSERT(matcher.Accept('5'));
  EXPECT(matcher.CanEnd() && !matcher.MustEnd());
  EXPECT(matcher.Allows('7') && !matcher.Allows('8'));
}

// ---- JSON ----

TEST("trap: -0, 01, 1. and 1e as numbers") {
  const SchemaSource number = AnyOrder(R"({"type":"number"})");
  EXPECT(Takes(number, "-0"));
  for (const char* text : {"01", "1.", "1e", "+1", ".5", "-"}) EXPECT(!Takes(number, text));
}

TEST("trap: 1.0 is 1 in const and enum") {
  EXPECT(Takes(R"({"const":1})", "1.0"));
  EXPECT(Takes(R"({"enum":[1.0]})", "1"));
  EXPECT(!Takes(R"({"const":1})", "1.1"));
}

TEST("trap: white space is bounded") {
  SchemaSource source = AnyOrder("{}");
  source.whitespace = WhitespaceMode::kFlexible;
  EXPECT(Takes(source, "[ 1,\n 2 ]"));
  EXPECT(!Takes(source, "[" + std::string(5'000, ' ') + "]"));
}

TEST("trap: keys keep their order, and have one value however they are escaped") {
  SchemaSource written = AnyOrder(R"({"properties":{"b":{},"a":{}},"additionalProperties":false})");
  written.property_order = PropertyOrder::kWritten;
  EXPECT(Takes(written, R"({"b":1,"a":2})"));
  EXPECT(!Takes(written, R"({"a":2,"b":1})"));
  EXPECT(!Takes("{}", R"({"a":1,"\u0061":2})"));
}

TEST("trap: a surrogate pair is one character, and half of one is none") {
  const char* one = R"({"type":"string","maxLength":1})";
  EXPECT(Takes(one, R"("\ud83d\ude00")"));
  EXPECT(Takes(one, "\"\xF0\x9F\x98\x80\""));
  EXPECT(!Takes(one, R"("\ud83d")"));
}

// ---- grammar ----

TEST("trap: deep recursion, left recursion and nullable loops end") {
  const std::string nested = std::string(20'000, '(') + std::string(20'000, ')');
  EXPECT(Reads("root ::= \"(\" root? \")\"", nested));
  EXPECT(Reads("root ::= root \"a\" | \"a\"", std::string(20'000, 'a')));
  EXPECT(Reads("root ::= (\"a\"* | \"b\"?)*", std::string(2'000, 'a')));
}

TEST("trap: exponential ambiguity stays polynomial") {
  EXPECT(Reads("root ::= (\"a\" | \"a\" \"a\" | root root)+", std::string(200, 'a')));
}

TEST("trap: 10,000 values of an enumeration, maxItems 1e6, maxLength 1e5") {
  std::string words = R"({"enum":["x")";
  for (int i = 0; i < 10'000; i++) words += ",\"w" + std::to_string(i) + "\"";
  EXPECT(Takes(words + "]}", "\"w9876\""));
  EXPECT(Takes(R"({"type":"array","maxItems":1000000})", "[1,2,3]"));
  EXPECT(Takes(R"({"type":"string","maxLength":100000})", "\"" + std::string(1'000, 'a') + "\""));
}

TEST("trap: patterns with {0,1000} and nesting 10,000 deep end in a result or a named refusal") {
  const std::string deep = std::string(10'000, '[') + std::string(10'000, ']');
  for (const std::string& schema : {std::string(R"({"pattern":"^(a{0,1000}){0,1000}$"})"),
                                    R"({"enum":[)" + deep + "]}", deep}) {
    try {
      (void)Takes(schema, "\"aaa\"");
    } catch (const GrammarError& error) {
      EXPECT(std::string(error.what()).size() > 10);
    }
  }
}

// ---- run time ----

TEST("trap: no dead ends where properties, lengths and names contradict each other") {
  EXPECT_THROWS(
      Takes(R"({"required":["abc"],"propertyNames":{"maxLength":2},"type":"object"})", "{}"),
      GrammarError);
  Matcher matcher(
      CompileSchema(R"({"enum":["ab","cd"],"minLength":2,"pattern":"^a"})", {"\"c", "\"a"}));
  EXPECT(!matcher.Allows(kSmallFirstWord) && matcher.Allows(kSmallFirstWord + 1));
}

TEST("trap: rollback brings back what was legal") {
  Matcher matcher(CompileGbnf("root ::= \"ab\" | \"cd\"", SmallVocabulary()));
  ASSERT(matcher.Accept('a'));
  EXPECT(!matcher.Allows('d'));
  matcher.Rollback(1);
  EXPECT(matcher.Allows('c'));
}

}  // namespace
}  // namespace lorikeet::testing
