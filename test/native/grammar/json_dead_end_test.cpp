// Texts written at random never run into a dead end: what was begun can be finished.
//
// The schemas are small and tight: properties or items that must exist somewhere, few places left
// for them, few names or values to go round.
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "json_cases.h"
#include "test.h"

namespace lorikeet::grammar::testing {
namespace {

using namespace lorikeet::testing;

std::string Denied(const std::string& schema) { return R"({"not":)" + schema + "}"; }
// Some property with a name of `pattern` has a value that satisfies `value`.
std::string Some(const std::string& pattern, const std::string& value) {
  return Denied(R"({"patternProperties":{")" + pattern + R"(":)" + Denied(value) + "}}");
}
// Some property has a name of `pattern`.
std::string SomeName(const std::string& pattern) {
  return Denied(R"({"propertyNames":)" + Denied(R"({"pattern":")" + pattern + R"("})") + "}");
}
std::string Object(const std::string& rest, const std::vector<std::string>& all) {
  std::string schema = R"({"type":"object",)" + rest + R"(,"allOf":[)";
  for (size_t i = 0; i < all.size(); i++) schema += (i > 0 ? "," : "") + all[i];
  return schema + "]}";
}
std::string Names(const std::string& pattern) {
  return R"("propertyNames":{"pattern":")" + pattern + R"("})";
}

std::vector<std::string> TightObjects() {
  const std::string short_a = R"({"type":"string","pattern":"^A$"})";
  const std::string short_b = R"({"type":"string","pattern":"^B$"})";
  const std::string flag = R"("additionalProperties":{"type":["boolean","string"],"maxLength":1})";
  return {
      Object(Names("^...$") + R"(,"maxProperties":2,)" + flag,
             {Some("ab", short_a), Some("cd", short_b)}),
      Object(Names("^....$") + R"(,"maxProperties":1,)" + flag,
             {Some("a1", R"({"type":"string","pattern":"A"})"),
              Some("b2", R"({"type":"string","pattern":"A"})")}),
      Object(Names("^..$") +
                 R"(,"required":["da"],"patternProperties":{"bc":false},"maxProperties":2)",
             {SomeName("a"), SomeName("b"), SomeName("c"), SomeName("d")}),
      Object(Names("^..$") + R"(,"patternProperties":{"(b|c){2,2}":false},"maxProperties":2)",
             {R"({"anyOf":[{"required":["da"]},{"required":["db"]}]})", SomeName("a"),
              SomeName("b"), SomeName("c"), SomeName("d")}),
      Object(R"("maxProperties":1,)" + flag, {SomeName("^x"), SomeName("y$")}),
      Object(R"("maxProperties":2,"minProperties":2,)" + flag,
             {Some("^x", short_a), Some("^x", short_b)}),
      // Names that run out.
      Object(Names("^[a-t]{2}$") + R"(,"maxProperties":3,"minProperties":3,)" + flag,
             {SomeName("a")}),
      Object(Names("^(a|b[a-z][a-z])$") + R"(,"minProperties":3,"maxProperties":4,)" + flag, {}),
      Object(R"("additionalProperties":{"type":"string","enum":[1]},"minProperties":2,
                "patternProperties":{"^[ab]$":{"type":"boolean"}})",
             {}),
      // One name alone has a value that is a string or a number, and both must be.
      Object(R"("patternProperties":{"^[xy]$":{"enum":["s",1]},"^[^xy]|..":{"type":"boolean"}})",
             {Some("", R"({"type":"string"})"), Some("", R"({"type":"number"})")}),
      Object(
          R"("patternProperties":{"^[xy]$":{"enum":["s",1]},"^[^xy]|..":{"type":"boolean"}},"maxProperties":2)",
          {Some("", R"({"type":"string"})"), Some("", R"({"type":"number"})")}),
      // Names that need one another.
      R"({"type":"object","properties":{"a":{"const":1},"b":{"const":1},"c":{"const":1}},"additionalProperties":false,
          "dependentRequired":{"a":["b"],"b":["a"]},"minProperties":2,"maxProperties":2})",
  };
}

std::vector<std::string> TightArrays() {
  const std::string items = R"("items":{"enum":[1,2,3,12,23]})";
  const auto contains = [](const std::string& value, int min) {
    return R"({"contains":{"enum":)" + value + R"(},"minContains":)" + std::to_string(min) + "}";
  };
  const auto array = [&](const std::string& rest, const std::vector<std::string>& all) {
    std::string schema = R"({"type":"array",)" + items + "," + rest + R"(,"allOf":[)";
    for (size_t i = 0; i < all.size(); i++) schema += (i > 0 ? "," : "") + all[i];
    return schema + "]}";
  };
  return {
      array(R"("maxItems":2)", {contains("[1]", 1), contains("[2]", 1)}),
      array(R"("maxItems":3)", {contains("[1]", 2), contains("[1,2]", 3)}),
      array(R"("maxItems":2)", {contains("[1,2]", 1), contains("[2,3]", 1), contains("[1,3]", 1)}),
      array(R"("maxItems":4)", {contains("[1]", 2), contains("[2]", 2)}),
      array(R"("maxItems":4,"minItems":4,"maxContains":1,"contains":{"const":3})",
            {contains("[1,2]", 2), contains("[3]", 1)}),
      array(R"("maxItems":3,"prefixItems":[{"enum":[1,2]},{"enum":[3]}])",
            {contains("[1]", 1), contains("[2]", 1)}),
      array(R"("maxItems":3,"uniqueItems":true)", {contains("[1,2]", 1), contains("[2,3]", 1)}),
      array(R"("maxItems":3,"minItems":3,"uniqueItems":true)", {contains("[1,2]", 2)}),
      array(R"("minItems":3,"uniqueItems":true,"prefixItems":[{"enum":[1,2]},{"enum":[3,4,5]}])",
            {}),
  };
}

// What may follow: of a few characters, of others only where none of these may.
std::string Following(Machine& machine, State state) {
  static const std::string others = [] {
    std::string bytes;
    for (int byte = 0; byte < 256; byte++) bytes += static_cast<char>(byte);
    return bytes;
  }();
  std::string following;
  for (std::string_view bytes :
       {std::string_view("{}[]:,\"abcdxyAB123"), std::string_view(others)}) {
    for (char byte : bytes) {
      if (machine.Step(state, static_cast<uint8_t>(byte)) != kDead) following += byte;
    }
    if (!following.empty()) break;
  }
  return following;
}

// The first text that was begun and cannot be finished, or "none".
std::string DeadEndOf(const std::string& schema, PropertyOrder order) {
  constexpr int kWalks = 60;
  constexpr size_t kMostBytes = 200;
  SchemaSource source = AnyOrder(schema);
  source.property_order = order;
  source.numbers = NumberNotation::kPlain;
  const SchemaMachine compiled = json::CompileSchema(source, nullptr);
  Machine& machine = *compiled.machine;
  std::mt19937 random(7);
  for (int walk = 0; walk < kWalks; walk++) {
    std::string text;
    State state = machine.Start();
    while (text.size() < kMostBytes) {
      const std::string bytes = Following(machine, state);
      if (bytes.empty() && !machine.CanEnd(state)) return text + " of " + schema;
      if (bytes.empty()) break;
      text += bytes[random() % bytes.size()];
      state = machine.Step(state, static_cast<uint8_t>(text.back()));
    }
  }
  return "none";
}

void ExpectNoDeadEnds(const std::vector<std::string>& schemas) {
  for (const std::string& schema : schemas) {
    for (PropertyOrder order : {PropertyOrder::kAny, PropertyOrder::kSorted}) {
      EXPECT_EQ(DeadEndOf(schema, order), "none");
    }
  }
}

TEST("properties that must exist somewhere are begun while there is place and a name for them") {
  ExpectNoDeadEnds(TightObjects());
}

TEST("what cannot be looked ahead is refused") {
  const auto refused = [](const char* schema) { return RefusedFor(AnyOrder(schema)); };
  EXPECT_EQ(refused(R"({"type":"array","items":{"enum":[1,2,3]},"minItems":3,"uniqueItems":true,
                        "contains":{"enum":[1,2]},"maxContains":1})"),
            " uniqueItems");
  EXPECT_EQ(refused(R"({"type":"array","minItems":2,"maxItems":2,"uniqueItems":true,
                        "prefixItems":[{"enum":[1,2]},{"const":1}]})"),
            " uniqueItems");
  EXPECT_EQ(refused(R"({"type":"object","additionalProperties":{"type":"string","enum":[1]},
                        "patternProperties":{"^[ab]$":true},"minProperties":3})"),
            " ");
  EXPECT_EQ(refused(R"({"type":"object","properties":{"a":true,"b":true},
                        "additionalProperties":false,"minProperties":1,"maxProperties":1,
                        "dependentRequired":{"a":["b"],"b":["a"]}})"),
            " ");
}

TEST("items that must exist somewhere are begun while there is place and a value for them") {
  ExpectNoDeadEnds(TightArrays());
}

}  // namespace
}  // namespace lorikeet::grammar::testing
