// The ways in which values are written: JSON with and without space, Gemma's, Python's.
#include <string>
#include <vector>

#include "grammar/vocabulary.h"
#include "json_cases.h"
#include "test.h"

namespace {

using namespace lorikeet::grammar;
using lorikeet::grammar::testing::AnyOrder;
using lorikeet::grammar::testing::Takes;

constexpr const char* kMixed = R"({"type":"object","properties":{"b":{"type":"string"},
    "A":{"type":["null","boolean"]},"c":{"type":"array","items":{"type":"number"}}},
    "required":["b"],"additionalProperties":false})";

SchemaSource In(ValueSyntax syntax, const char* schema) {
  SchemaSource source = AnyOrder(schema);
  source.syntax = syntax;
  return source;
}

}  // namespace

TEST("json: compact by default, bounded space where it is asked for") {
  SchemaSource source = AnyOrder(kMixed);
  EXPECT(Takes(source, R"({"b":"x","c":[1,2]})"));
  EXPECT(!Takes(source, R"({"b": "x"})"));
  source.whitespace = WhitespaceMode::kFlexible;
  EXPECT(Takes(source, "{\n  \"b\": \"x\",\n  \"c\": [ 1 , 2 ]\n}"));
  EXPECT(!Takes(source, "{" + std::string(100, ' ') + R"("b":"x"})"));
  source.whitespace = WhitespaceMode::kSpaced;
  EXPECT(Takes(source, R"({"b": "x", "c": [1, 2]})"));
  EXPECT(!Takes(source, R"({"b":"x"})"));
}

TEST("json: a character that needs an escape has one spelling in an enumeration") {
  const char* schema = R"({"enum":["a\"b\u0001","é"]})";
  EXPECT(Takes(schema, R"("a\"b\u0001")"));
  EXPECT(Takes(schema, "\"\xC3\xA9\""));
  EXPECT(!Takes(schema, R"("\u00e9")"));
  EXPECT(!Takes(schema, R"("\u0061\"b\u0001")"));
  EXPECT(Takes(R"({"type":"string"})", R"("\u0061\/\n")"));
  EXPECT(!Takes(R"({"type":"string"})", "\"\n\""));
}

TEST("gemma 4: bare names, raw strings between markers, None") {
  const SchemaSource source = In(ValueSyntax::kGemma4, kMixed);
  EXPECT(Takes(source, R"({A:None,b:<|"|>say "hi"\ <|"|>,c:[1,2.5]})"));
  EXPECT(Takes(source, R"({A:true,b:<|"|><|"|>})"));
  EXPECT(!Takes(source, R"({b:"x"})"));
  EXPECT(!Takes(source, R"({A:null,b:<|"|>x<|"|>})"));
}

TEST("gemma 4: a name that would not be read back as it is written is refused or never made up") {
  const auto with_name = [](const std::string& name) {
    return R"({"properties":{")" + name + R"(":{}},"additionalProperties":false})";
  };
  for (const char* name : {"it's", R"(a\"b)", "a<b>|c", "x y", R"(\u00e9)"}) {
    const std::string schema = with_name(name);
    EXPECT_EQ(lorikeet::grammar::testing::RefusedFor(In(ValueSyntax::kGemma4, schema.c_str())),
              std::string("(none)"));
  }
  for (const char* name : {"", " x", R"(x\u00a0)", "a:b", "a,b", "{", R"(a<|\"|>b)"}) {
    const std::string schema = with_name(name);
    EXPECT_EQ(lorikeet::grammar::testing::RefusedFor(In(ValueSyntax::kGemma4, schema.c_str())),
              std::string(" properties"));
  }
  const SchemaSource any = In(ValueSyntax::kGemma4, R"({"type":"object"})");
  EXPECT(Takes(any, "{a:1,b c:2}"));
  EXPECT(!Takes(any, "{ a:1}"));
  EXPECT(!Takes(any, "{a :1}"));
  EXPECT(!Takes(any, "{a\xC2\xA0:1}"));
}

TEST("gemma 4: no string can contain a marker that is text") {
  const SchemaSource source = In(ValueSyntax::kGemma4, R"({"type":"string"})");
  EXPECT(Takes(source, R"(<|"|>a<<|b|"|><|"|>)"));
  EXPECT(!Takes(source, R"(<|"|>a<|"|>b<|"|>)"));
  const SchemaSource words = In(ValueSyntax::kGemma4, R"({"enum":["x<|","x"]})");
  EXPECT(Takes(words, R"(<|"|>x<|<|"|>)"));
  EXPECT(Takes(words, R"(<|"|>x<|"|>)"));
}

TEST("gemma 4: where the marker is a token, only the token opens and closes a string") {
  const std::vector<TokenInfo> tokens = {{"a", "a"}, {"", "<|\"|>", TokenKind::kControl}};
  const auto vocabulary = Vocabulary::Build(tokens);
  const SchemaSource source =
      In(ValueSyntax::kGemma4, R"({"type":"array","items":{"maxLength":1}})");
  const SchemaMachine compiled = CompileSchemaMachine(source, *vocabulary);
  Machine& machine = *compiled.machine;
  State state = machine.Step(machine.Start(), '[');
  TokenTerminals terminals;
  machine.AddNextTokens(state, terminals);
  EXPECT_EQ(terminals.ids.size(), size_t{1});
  EXPECT(machine.Step(state, '<') == kDead);
  state = machine.StepToken(state, 1);
  ASSERT(state != kDead);
  state = machine.Step(state, '<');
  ASSERT(state != kDead);
  EXPECT(machine.Step(state, '|') == kDead);
  state = machine.StepToken(state, 1);
  ASSERT(state != kDead);
  EXPECT(machine.CanEnd(machine.Step(state, ']')));
}

TEST("functiongemma and python write their own markers") {
  EXPECT(Takes(In(ValueSyntax::kFunctionGemma, kMixed), "{b:<escape>x<e<escape>,A:false}"));
  const SchemaSource python = In(ValueSyntax::kPython, kMixed);
  EXPECT(Takes(python, R"({'b': 'it\'s "x"\n', 'A': None, 'c': [1, 2]})"));
  EXPECT(Takes(python, R"({'A': True, 'b': ''})"));
  EXPECT(!Takes(python, R"({'A': true, 'b': ''})"));
}

TEST("json: every length of a bounded string can be finished at each step") {
  const SchemaMachine compiled =
      json::CompileSchema(AnyOrder(R"({"type":"string","minLength":2,"maxLength":3})"), nullptr);
  Machine& machine = *compiled.machine;
  State state = machine.Step(machine.Start(), '"');
  EXPECT(machine.Step(state, '"') == kDead);
  EXPECT((machine.Live(state, Slice::kStringSafe) == LiveTexts{3, true}));
  for (int i = 0; i < 3; i++) state = machine.Step(state, 'a');
  EXPECT(machine.NextBytes(state) == ByteSet::Range('"', '"'));
}

TEST("json: values of any size and depth end in a machine or a named refusal") {
  std::string words = R"({"enum":[)";
  for (int i = 0; i < 10'000; i++) words += (i > 0 ? ",\"w" : "\"w") + std::to_string(i) + "\"";
  EXPECT(Takes(words + "]}", "\"w9999\""));
  EXPECT(!Takes(words + "]}", "\"w10000\""));
  EXPECT(Takes(R"({"type":"array","minItems":3,"maxItems":1000000})", "[1,2,3]"));
  EXPECT(!Takes(R"({"type":"array","minItems":1000000})", "[1,2,3]"));
  EXPECT(Takes(R"({"type":"string","maxLength":100000})", "\"" + std::string(50'000, 'a') + "\""));
  std::string deep, close;
  for (int i = 0; i < 10'000; i++) {
    deep += R"({"items":)";
    close += "}";
  }
  EXPECT_EQ(lorikeet::grammar::testing::RefusedFor(AnyOrder(deep + "{}" + close)),
            std::string(" "));
  EXPECT(Takes("{}", std::string(5'000, '[') + std::string(5'000, ']')));
}
