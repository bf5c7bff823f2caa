// Every keyword of JSON Schema in small: what its machine takes and what it rejects.
#include "json_cases.h"
#include "test.h"

namespace {

using namespace lorikeet::grammar;
using lorikeet::grammar::testing::AnyOrder;
using lorikeet::grammar::testing::RefusedFor;
using lorikeet::grammar::testing::Takes;

#define EXPECT_TAKES(schema, text) EXPECT(Takes(schema, text))
#define EXPECT_REJECTS(schema, text) EXPECT(!Takes(schema, text))

}  // namespace

TEST("types are told apart, integers by value") {
  EXPECT_TAKES(R"({"type":"integer"})", "12");
  EXPECT_TAKES(R"({"type":"integer"})", "1.0");
  EXPECT_REJECTS(R"({"type":"integer"})", "1.5");
  EXPECT_REJECTS(R"({"type":"integer"})", "01");
  EXPECT_TAKES(R"({"type":["null","string"]})", "null");
  EXPECT_TAKES(R"({"type":["null","string"]})", "\"a\"");
  EXPECT_REJECTS(R"({"type":["null","string"]})", "true");
  EXPECT_TAKES("{}", R"({"a":[1,{"b":null}]})");
  EXPECT_REJECTS("{}", R"({"a":[1,{"b":null]})");
}

TEST("plain notation writes a number in one bounded way") {
  SchemaSource source = AnyOrder(R"({"type": "integer", "minimum": 1, "maximum": 99})");
  source.numbers = NumberNotation::kPlain;
  EXPECT(Takes(source, "42"));
  EXPECT(!Takes(source, "1.0"));
  EXPECT(!Takes(source, "1e1"));
  source.json = R"({"type": "number"})";
  EXPECT(Takes(source, "-0.25"));
  EXPECT(!Takes(source, "0.250"));
  EXPECT(!Takes(source, "0." + std::string(40, '3')));
  EXPECT(!Takes(source, std::string(60, '9')));
  source.json = R"({"const": 1e100})";
  EXPECT(Takes(source, "1" + std::string(100, '0')));
}

TEST("draft 4 takes 1.0 for no integer") {
  EXPECT_REJECTS(R"({"$schema":"http://json-schema.org/draft-04/schema#","type":"integer"})",
                 "1.0");
}

TEST("required and optional properties come in any order, once") {
  const char* schema = R"({"type":"object","properties":{"a":{"type":"integer"},
      "b":{"type":"string"}},"required":["a"],"additionalProperties":false})";
  EXPECT_TAKES(schema, R"({"b":"x","a":1})");
  EXPECT_TAKES(schema, R"({"a":1})");
  EXPECT_REJECTS(schema, R"({"b":"x"})");
  EXPECT_REJECTS(schema, R"({"a":1,"a":2})");
  EXPECT_REJECTS(schema, R"({"a":1,"c":2})");
  EXPECT_REJECTS(schema, R"({"a":1,})");
  EXPECT_REJECTS(schema, "{}");
}

TEST("a fixed order passes over what is optional and never over what is required") {
  SchemaSource source = AnyOrder(R"({"type":"object","properties":{"z":{"type":"integer"},
      "B":{"type":"integer"},"a":{"type":"integer"}},"required":["B"]})");
  source.property_order = PropertyOrder::kWritten;
  EXPECT(Takes(source, R"({"z":1,"B":2,"a":3})"));
  EXPECT(Takes(source, R"({"B":2,"other":3})"));
  EXPECT(!Takes(source, R"({"a":1,"B":2})"));
  EXPECT(!Takes(source, R"({"other":1,"B":2})"));
  source.property_order = PropertyOrder::kSorted;
  EXPECT(Takes(source, R"({"a":3,"B":2,"z":1})"));
  EXPECT(!Takes(source, R"({"B":2,"a":3})"));
}

TEST("a sorted order goes by the lower case of all scripts, as Python and JavaScript write it") {
  const auto sorted = [](const char* names) {
    SchemaSource source = AnyOrder(names);
    source.property_order = PropertyOrder::kSorted;
    return source;
  };
  const SchemaSource accents = sorted(R"({"properties":{"é2":{},"É1":{},"z":{}}})");
  EXPECT(Takes(accents, R"({"z":0,"É1":1,"é2":2})"));
  EXPECT(!Takes(accents, R"({"z":0,"é2":2,"É1":1})"));
  // Final sigma is U+03C2, any other U+03C3; I with a dot becomes two characters.
  const SchemaSource sigma = sorted(R"({"properties":{"ΑΣ2":{},"ας1":{},"Σ":{}}})");
  EXPECT(Takes(sigma, R"({"ας1":1,"ΑΣ2":2,"Σ":3})"));
  EXPECT(!Takes(sigma, R"({"ΑΣ2":2,"ας1":1})"));
  const SchemaSource dotted = sorted(R"({"properties":{"İ":{},"ia":{},"iz":{}}})");
  EXPECT(Takes(dotted, R"({"ia":1,"iz":2,"İ":3})"));
  EXPECT(!Takes(dotted, R"({"İ":3,"iz":2})"));
}

TEST("additional and pattern properties apply to the names that nobody lists") {
  const char* schema = R"({"type":"object","properties":{"a":true},
      "patternProperties":{"^x":{"type":"integer"}},"additionalProperties":{"type":"string"}})";
  EXPECT_TAKES(schema, R"({"x1":1,"y":"s","a":null})");
  EXPECT_REJECTS(schema, R"({"x1":"s"})");
  EXPECT_REJECTS(schema, R"({"y":1})");
}

TEST("numbers of properties are bounded without dead ends") {
  const char* most = R"({"type":"object","maxProperties":2,"required":["r"]})";
  EXPECT_TAKES(most, R"({"a":1,"r":2})");
  EXPECT_REJECTS(most, R"({"a":1,"b":2)");
  EXPECT_REJECTS(most, R"({"a":1,"b":2,"r":3})");
  const char* least = R"({"type":"object","properties":{"a":{"type":"integer"},
      "b":{"type":"integer"}},"additionalProperties":false,"minProperties":2})";
  EXPECT_TAKES(least, R"({"b":1,"a":2})");
  EXPECT_REJECTS(least, R"({"b":1})");
  EXPECT_REJECTS(R"({"type":"object","minProperties":2})", R"({"a":1,"a":2})");
  EXPECT_REJECTS(R"({"type":"object","minProperties":3})", R"({"a":1,"b":1,"a":2})");
  EXPECT_TAKES(R"({"type":"object","minProperties":3})", R"({"a":1,"b":1,"c":2})");
}

TEST("names are held to propertyNames, escapes included") {
  EXPECT_TAKES(R"({"propertyNames":{"maxLength":2}})", R"({"ab":1})");
  EXPECT_REJECTS(R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})");
  EXPECT_TAKES(R"({"properties":{"a\"\n":{"const":1}},"additionalProperties":false})",
               R"({"a\"\n":1})");
  EXPECT_TAKES(R"({"propertyNames":{"enum":["a","b"]},"minProperties":2})", R"({"b":1,"a":1})");
  EXPECT_REJECTS(R"({"propertyNames":{"enum":["a","b"]}})", R"({"b":1,"a":1,)");
}

TEST("dependencies ask for other properties, as names or as schemas") {
  const char* names = R"({"type":"object","dependentRequired":{"a":["b"]}})";
  EXPECT_TAKES(names, R"({"a":1,"b":2})");
  EXPECT_TAKES(names, R"({"b":2})");
  EXPECT_REJECTS(names, R"({"a":1})");
  const char* schemas =
      R"({"type":"object","dependentSchemas":{"a":{"properties":{"b":{"type":"integer"}}}}})";
  EXPECT_TAKES(schemas, R"({"b":"x"})");
  EXPECT_REJECTS(schemas, R"({"a":1,"b":"x"})");
  EXPECT_REJECTS(R"({"dependencies":{"a":["b"]}})", R"({"a":1})");
}

TEST("enum and const are equal by value") {
  EXPECT_TAKES(R"({"const":1})", "1.0");
  EXPECT_TAKES(R"({"const":1.50})", "1.5");
  EXPECT_REJECTS(R"({"const":1})", "10");
  EXPECT_REJECTS(R"({"const":1})", "true");
  const char* schema = R"({"enum":["a",{"x":[1,null]},false]})";
  EXPECT_TAKES(schema, "\"a\"");
  EXPECT_TAKES(schema, R"({"x":[1.0,null]})");
  EXPECT_TAKES(schema, "false");
  EXPECT_REJECTS(schema, R"({"x":[1]})");
  EXPECT_REJECTS(schema, R"({"x":[1,null],"y":1})");
}

TEST("lengths count code points, a surrogate pair once") {
  const char* schema = R"({"type":"string","minLength":2,"maxLength":2})";
  EXPECT_TAKES(schema, "\"\xC3\xA9\xF0\x9F\x98\x80\"");
  EXPECT_TAKES(schema, R"("\u00e9\ud83d\ude00")");
  EXPECT_REJECTS(schema, "\"a\"");
  EXPECT_REJECTS(schema, "\"abc");
  EXPECT_REJECTS(schema, R"("\ud83d")");
  EXPECT_REJECTS(schema, R"("\ude00")");
}

TEST("patterns and lengths together leave no dead end") {
  const char* schema = R"({"type":"string","pattern":"^(ab)+$","maxLength":3})";
  EXPECT_TAKES(schema, "\"ab\"");
  EXPECT_REJECTS(schema, "\"aba");
  EXPECT_REJECTS(R"({"type":"string","pattern":"^a"})", "\"ba\"");
}

TEST("formats are asserted, or annotated and listed") {
  SchemaSource source = AnyOrder(R"({"type":"string","format":"date"})");
  EXPECT(!Takes(source, "\"2024-02-30\""));
  EXPECT(Takes(source, "\"2024-02-29\""));
  source.formats = FormatMode::kAnnotate;
  EXPECT(Takes(source, "\"tomorrow\""));
  EXPECT_EQ(json::CompileSchema(source, nullptr).unenforced.size(), size_t{1});
  source = AnyOrder(R"({"properties":{"a":{"format":"shoe-size"}}})");
  const SchemaMachine compiled = json::CompileSchema(source, nullptr);
  ASSERT(compiled.unenforced.size() == 1);
  EXPECT_EQ(compiled.unenforced[0].pointer, std::string("/properties/a"));
  EXPECT_EQ(compiled.unenforced[0].keyword, std::string("format"));
}

TEST("numbers keep bounds and divisors") {
  EXPECT_TAKES(R"({"type":"integer","minimum":3,"exclusiveMaximum":12})", "11");
  EXPECT_REJECTS(R"({"type":"integer","minimum":3,"exclusiveMaximum":12})", "12");
  EXPECT_REJECTS(R"({"type":"integer","minimum":3,"exclusiveMaximum":12})", "2");
  EXPECT_TAKES(R"({"type":"number","multipleOf":0.25})", "-0.75");
  EXPECT_REJECTS(R"({"type":"number","multipleOf":0.25})", "0.3");
  EXPECT_REJECTS(R"({"minimum":5,"exclusiveMinimum":true})", "5");
}

TEST("items, prefixes and bounds of arrays") {
  const char* tuple = R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],
      "items":{"type":"boolean"},"minItems":1,"maxItems":3})";
  EXPECT_TAKES(tuple, R"([1,"a",true])");
  EXPECT_TAKES(tuple, "[1]");
  EXPECT_REJECTS(tuple, "[]");
  EXPECT_REJECTS(tuple, R"([1,2])");
  EXPECT_REJECTS(tuple, R"([1,"a",true,true])");
  EXPECT_REJECTS(R"({"items":[{"type":"integer"}],"additionalItems":false})", "[1,2]");
  EXPECT_REJECTS("{}", "[1,]");
}

TEST("contains counts within its bounds") {
  const char* schema =
      R"({"type":"array","contains":{"type":"integer"},"minContains":2,"maxContains":3})";
  EXPECT_TAKES(schema, R"(["a",1,2])");
  EXPECT_REJECTS(schema, R"(["a",1])");
  EXPECT_REJECTS(schema, "[1,2,3,4]");
  EXPECT_REJECTS(R"({"type":"array","contains":{"const":1},"maxItems":2})", "[2,3");
  EXPECT_TAKES(R"({"allOf":[{"contains":{"const":1}},{"contains":{"const":2}}],"maxItems":2,
      "type":"array"})",
               "[2,1]");
}

TEST("unique items differ by value and never run out unnoticed") {
  const char* schema = R"({"type":"array","items":{"enum":["a","b",1]},"uniqueItems":true})";
  EXPECT_TAKES(schema, R"(["b",1,"a"])");
  EXPECT_REJECTS(schema, R"(["a","a"])");
  EXPECT_REJECTS(schema, "[1,1.0]");
  EXPECT_REJECTS(schema, R"(["a","b",1,)");
}

TEST("anyOf, oneOf and allOf combine exactly") {
  EXPECT_TAKES(R"({"anyOf":[{"type":"integer"},{"minimum":2}]})", "2.5");
  EXPECT_REJECTS(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "3");
  EXPECT_TAKES(R"({"oneOf":[{"type":"integer"},{"minimum":2}]})", "1");
  EXPECT_REJECTS(R"({"allOf":[{"minLength":2},{"maxLength":3}],"type":"string"})", "\"a\"");
  const char* either = R"({"type":"object","oneOf":[{"required":["a"]},{"required":["b"]}]})";
  EXPECT_TAKES(either, R"({"a":1})");
  EXPECT_REJECTS(either, R"({"a":1,"b":2})");
  const char* merged = R"({"allOf":[{"properties":{"a":{"type":"string"}}},
      {"properties":{"a":{"enum":["x",1]}},"required":["a"]}],"type":"object"})";
  EXPECT_TAKES(merged, R"({"a":"x"})");
  EXPECT_REJECTS(merged, R"({"a":1})");
}

TEST("discriminated unions settle on the branch of their constant") {
  const char* schema = R"({"oneOf":[
      {"type":"object","properties":{"kind":{"const":"a"},"n":{"type":"integer"}},
       "required":["kind","n"],"additionalProperties":false},
      {"type":"object","properties":{"kind":{"const":"b"},"s":{"type":"string"}},
       "required":["kind","s"],"additionalProperties":false}]})";
  EXPECT_TAKES(schema, R"({"kind":"a","n":1})");
  EXPECT_TAKES(schema, R"({"s":"x","kind":"b"})");
  EXPECT_REJECTS(schema, R"({"kind":"a","s":"x"})");
  EXPECT_REJECTS(schema, R"({"s":"x","kind":"a")");
}

TEST("not is exact for values, properties and items") {
  EXPECT_REJECTS(R"({"not":{"type":"string"}})", "\"a\"");
  EXPECT_TAKES(R"({"not":{"const":5}})", "6");
  EXPECT_REJECTS(R"({"not":{"const":5}})", "5.0");
  EXPECT_REJECTS(R"({"type":"string","not":{"pattern":"^a"}})", "\"ab\"");
  const char* object = R"({"type":"object","not":{"properties":{"a":{"type":"integer"}}}})";
  EXPECT_TAKES(object, R"({"a":"x"})");
  EXPECT_REJECTS(object, R"({"a":1})");
  EXPECT_REJECTS(object, "{}");
  const char* array = R"({"type":"array","not":{"items":{"type":"integer"}}})";
  EXPECT_TAKES(array, R"([1,"a"])");
  EXPECT_REJECTS(array, "[1,2]");
  const char* extra = R"({"type":"object","not":{"additionalProperties":{"type":"integer"}}})";
  EXPECT_TAKES(extra, R"({"a":1,"b":"x"})");
  EXPECT_REJECTS(extra, R"({"a":1})");
}

TEST("if, then and else") {
  const char* schema = R"({"type":"object","if":{"properties":{"k":{"const":"a"}},
      "required":["k"]},"then":{"required":["x"]},"else":{"required":["y"]}})";
  EXPECT_TAKES(schema, R"({"k":"a","x":1})");
  EXPECT_TAKES(schema, R"({"y":1,"k":"b"})");
  EXPECT_REJECTS(schema, R"({"k":"a","y":1})");
  EXPECT_REJECTS(schema, R"({"k":"b","x":1})");
}

TEST("references recurse, by pointer, id and anchor") {
  const char* tree = R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object",
      "properties":{"next":{"$ref":"#/$defs/node"}},"additionalProperties":false}}})";
  EXPECT_TAKES(tree, R"({"next":{"next":{}}})");
  EXPECT_REJECTS(tree, R"({"next":{"next":1}})");
  EXPECT_REJECTS(R"({"$ref":"#n","$defs":{"a":{"$anchor":"n","type":"null"}}})", "1");
  EXPECT_TAKES(R"({"$id":"http://x/y","$ref":"z","$defs":{"a":{"$id":"z","type":"null"}}})",
               "null");
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"properties":{"a":{"$ref":"other.json"}}})")),
            std::string("/properties/a $ref"));
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"$ref":"#"})")), std::string(" $ref"));
}

TEST("a schema that needs itself without end has no value") {
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"type":"object","properties":{"a":{"$ref":"#"}},
      "required":["a"]})")),
            std::string(" "));
  EXPECT_TAKES(R"({"anyOf":[{"type":"null"},{"type":"array","items":{"$ref":"#"},"minItems":1}]})",
               "[[null],null]");
}

TEST("unevaluated properties and items are those that no schema in place spoke of") {
  const char* schema = R"({"type":"object","properties":{"a":true},
      "anyOf":[{"properties":{"b":{"type":"integer"}},"required":["b"]},{"required":["a"]}],
      "unevaluatedProperties":false})";
  EXPECT_TAKES(schema, R"({"a":1})");
  EXPECT_TAKES(schema, R"({"b":1})");
  EXPECT_TAKES(schema, R"({"a":1,"b":1})");
  EXPECT_REJECTS(schema, R"({"a":1,"b":"x"})");
  EXPECT_REJECTS(schema, R"({"a":1,"c":1})");
  EXPECT_REJECTS(R"({"type":"array","prefixItems":[true],"unevaluatedItems":false})", "[1,2]");
}

TEST("boolean schemas") {
  EXPECT_TAKES("true", "[]");
  EXPECT_EQ(RefusedFor(AnyOrder("false")), std::string(" "));
  EXPECT_REJECTS(R"({"properties":{"a":false}})", R"({"a":1})");
}

TEST("keywords of another draft say nothing, and are listed") {
  const SchemaMachine compiled = json::CompileSchema(
      AnyOrder(R"({"$schema":"http://json-schema.org/draft-04/schema#","const":1})"), nullptr);
  ASSERT(compiled.unenforced.size() == 1);
  EXPECT_EQ(compiled.unenforced[0].keyword, std::string("const"));
}

TEST("what cannot be enforced is refused by pointer and keyword, or listed in lenient mode") {
  SchemaSource source = AnyOrder(R"({"properties":{"a":{"not":{"uniqueItems":true}}}})");
  EXPECT_EQ(RefusedFor(source), std::string("/properties/a/not uniqueItems"));
  source.strict = false;
  const SchemaMachine compiled = json::CompileSchema(source, nullptr);
  ASSERT(compiled.unenforced.size() == 1);
  EXPECT_EQ(compiled.unenforced[0].pointer, std::string("/properties/a/not"));
  EXPECT(Takes(source, R"({"a":[1,2]})"));
}

TEST("invalid schemas name the keyword") {
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"type":"strin"})")), std::string(" type"));
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"minLength":-1})")), std::string(" minLength"));
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"items":{"pattern":"("}})")), std::string("/items pattern"));
  EXPECT_EQ(RefusedFor(AnyOrder(R"({"allOf":[3]})")), std::string("/allOf/0 "));
  EXPECT_EQ(RefusedFor(AnyOrder("{,}")), std::string(" "));
}

TEST("a pattern that is no regular expression is invalid, one that is not regular unsupported") {
  using Code = GrammarErrorCode;
  for (const auto& [pattern, code] : {std::pair{"(", Code::kSchemaInvalid},
                                      {"a{2,1}", Code::kSchemaInvalid},
                                      {"^(.)\\\\1$", Code::kSchemaUnsupported}}) {
    SchemaSource source = AnyOrder(std::string(R"({"pattern":")") + pattern + R"("})");
    for (bool strict : {true, false}) {
      source.strict = strict;
      std::optional<Code> refused;
      try {
        json::CompileSchema(source, nullptr);
      } catch (const GrammarError& error) {
        refused = error.code();
      }
      const bool is_listed = !strict && code == Code::kSchemaUnsupported;
      EXPECT(refused == (is_listed ? std::nullopt : std::optional(code)));
    }
  }
}
