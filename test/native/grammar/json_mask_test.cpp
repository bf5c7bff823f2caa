// Masks of schemas against the oracle that steps every token by itself.
#include <random>
#include <string>
#include <vector>

#include "core_oracle.h"
#include "core_vocabularies.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using namespace grammar;

// Among them subtrees of many words, which masks take at once.
std::vector<std::string> Words() {
  std::vector<std::string> words = {"\"a",
                                    "ab",
                                    "abc",
                                    "abd",
                                    "a\"",
                                    "\":\"",
                                    "\",\"",
                                    "\"}",
                                    "\"]",
                                    "{\"",
                                    "[\"",
                                    "\"\"",
                                    "\\n",
                                    "\\\"",
                                    "\\u00",
                                    "n\"",
                                    "x_",
                                    "x_a\":",
                                    " the",
                                    "the ",
                                    "  ",
                                    "a b",
                                    "\xC3\xA9",
                                    "\xE2\x80",
                                    "\xA8",
                                    ".",
                                    "a.b",
                                    "abcdefg",
                                    "\",\"a",
                                    "12",
                                    "1,",
                                    "true",
                                    "\":{\"",
                                    "},{\"",
                                    "}]",
                                    "A",
                                    "\"ab\":",
                                    "aaaaaaaaaaaaaaaaaaaa",
                                    "aaaaaaaaaaaaaaaaaaaa\",\"",
                                    "a a a a a a a a a a"};
  for (char c = 'a'; c <= 'z'; c++) {
    for (const char* ending : {"", "ab", "\xC3\xA9"}) {
      words.push_back(std::string(" w") + c + ending);
      words.push_back(std::string("w") + c + ending);
    }
  }
  words.insert(words.end(), {" wab\"", " w b", "wb\":", " \xC3\xA9", "wNEW", "?", "?a\","});
  return words;
}

std::shared_ptr<const Grammar> CompileSchema(const std::string& schema, PropertyOrder order,
                                             const std::string& envelope) {
  static const auto vocabulary = SmallVocabulary(Words());
  GrammarSource source;
  source.gbnf = envelope;
  source.schemas.push_back({.name = "value", .json = schema, .property_order = order});
  return Grammar::Compile(std::move(source), vocabulary);
}

// Schemas whose states go every fast way: names that share beginnings with listed ones, escapes in
// names, patterns of names, names that must differ, limits far and near, texts that must differ.
const std::vector<std::string> kSchemas = {
    R"({"properties":{"a":{"type":"integer"},"ab":{"type":"string"},"abc":{"const":1}}})",
    R"({"properties":{"abc":true,"abd":true},"required":["abd"],"additionalProperties":false})",
    R"({"properties":{"a\"b":{"const":1},"a\n":{"const":2},"n":{"const":3}},
        "additionalProperties":{"type":"boolean"}})",
    R"({"patternProperties":{"^x_":{"type":"integer"},"a$":{"type":["integer","string"]}},
        "properties":{"x_a":{"const":12}},"additionalProperties":false})",
    R"({"propertyNames":{"pattern":"^.{2,}b$"},"additionalProperties":{"const":1}})",
    R"({"type":"object","minProperties":1,"patternProperties":{"^a+b$":{"type":"integer"}},
        "additionalProperties":false})",
    R"({"type":"object","minProperties":2,"additionalProperties":{"type":"integer"}})",
    R"({"type":"object","maxProperties":1,"propertyNames":{"pattern":"^[a-z]{3}$"},
        "not":{"patternProperties":{"b":{"not":{"type":"integer"}}}}})",
    R"({"type":"object","maxProperties":3,"additionalProperties":{"type":["string","integer"]},
        "not":{"patternProperties":{"^x_":{"not":{"const":12}}}}})",
    R"({"type":"object","minProperties":3,"propertyNames":{"pattern":"^(a|w[a-z][ab]*)$"},
        "additionalProperties":{"type":"integer"}})",
    R"({"type":"array","uniqueItems":true,"maxItems":3,"items":{"type":["string","boolean"]}})",
    R"({"type":"array","uniqueItems":true,"items":{"type":"string"}})",
    R"({"type":"array","uniqueItems":true,"minItems":2,"items":{"type":"string","minLength":1}})",
    R"({"type":"array","uniqueItems":true,"items":{"enum":["a","ab","abc",1,12,true]}})",
    R"({"type":"array","uniqueItems":true,"items":{"enum":["?a","?b","?"]},"minItems":2})",
    R"({"type":"string","minLength":3,"maxLength":70})",
    R"x({"type":"string","pattern":"^[a-z]+( [a-z]+){0,2}$"})x",
    R"({"type":"string","oneOf":[{"pattern":"NEW"},{"pattern":"wa"},{"pattern":"ab"}]})",
    R"({"oneOf":[{"type":"object","patternProperties":{"^w":{"const":1},"^ w":{"const":2}},
        "additionalProperties":false},{"type":"object","patternProperties":{"^a":{"const":1},
        "^ w":{"const":2}},"additionalProperties":false}],"minProperties":1})",
    R"x({"type":"string","pattern":"^$|(^(?:\\S+\\s+){0,9}\\S+$)","maxLength":90})x",
    R"({"type":"string","pattern":"^a.*b$"})",
    R"x({"type":"string","pattern":"^(w[a-z]{0,40}|[\\u00e0-\\u00ff a-z]{30,99}[a-c]?)$"})x",
    R"x({"type":"string","pattern":"^([a-z]{2,35}|[ a-z]{0,34}( w){1,50}b?){1,60}$"})x",
    R"({"type":"string","pattern":"^[\\p{L} ]{0,50}$","maxLength":45})",
    R"({"type":"string","pattern":"^[a-z]{1,50}$","minLength":25})",
    R"({"type":"array","uniqueItems":true,"items":{"type":"string","pattern":"^[a-z ]{0,50}$"}})",
    R"({"type":"string","format":"hostname","maxLength":30})",
    R"x({"type":"string","pattern":"^(?!.*ab)[a-z ]*$","maxLength":40})x",
    R"({"anyOf":[{"type":"string","pattern":"^x_"},{"enum":["abcdefg","abd"]}]})",
    R"({"type":"array","items":{"properties":{"a":{"type":"string","maxLength":2}},
        "required":["a"],"additionalProperties":false},"maxItems":3})",
};

void CheckWalks(const std::shared_ptr<const Grammar>& compiled, std::mt19937& random) {
  for (int walk = 0; walk < 4; walk++) {
    Matcher matcher(compiled);
    Bitmap mask;
    for (int step = 0; step < 25 && !matcher.ended(); step++) {
      ExpectMaskIsExact(matcher);
      matcher.Mask(mask);
      std::vector<TokenId> legal;
      for (size_t id = 0; id < mask.size(); id++) {
        // Bytes beyond ASCII are legal in most places and lead nowhere new.
        if (mask.Test(id) && (id < 128 || id > 255)) legal.push_back(static_cast<TokenId>(id));
      }
      if (legal.empty()) break;
      ASSERT(matcher.Accept(legal[random() % legal.size()]));
    }
  }
}

TEST("json: masks equal the oracle on random states of schemas") {
  std::mt19937 random(5);
  for (const std::string& schema : kSchemas) {
    for (PropertyOrder order : {PropertyOrder::kWritten, PropertyOrder::kAny}) {
      for (const char* envelope :
           {"root ::= @schema(value)", "root ::= \"<\" (@schema(value) \">\" | [a-z ]+)"}) {
        CheckWalks(CompileSchema(schema, order, envelope), random);
      }
    }
  }
}

}  // namespace
}  // namespace lorikeet::testing
