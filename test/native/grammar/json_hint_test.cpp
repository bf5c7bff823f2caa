// What the machine says of whole slices holds for their characters.
#include <random>
#include <string>
#include <vector>

#include "json_cases.h"
#include "test.h"

namespace {

using namespace lorikeet::grammar;

std::string Utf8(uint32_t code) {
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) {
    return {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
  }
  std::string text;
  if (code >= 0x10000) {
    text += static_cast<char>(0xF0 | code >> 18);
    text += static_cast<char>(0x80 | (code >> 12 & 63));
  } else {
    text += static_cast<char>(0xE0 | code >> 12);
  }
  text += static_cast<char>(0x80 | (code >> 6 & 63));
  return text + static_cast<char>(0x80 | (code & 63));
}

State After(Machine& machine, State state, const std::string& bytes) {
  for (char c : bytes) {
    if (state == kDead) return kDead;
    state = machine.Step(state, static_cast<uint8_t>(c));
  }
  return state;
}

// The first, the last and one more character of each range of a slice.
std::vector<uint32_t> SomeOf(Slice slice) {
  std::vector<uint32_t> some;
  for (const auto& range : RangesOf(slice)) {
    some.insert(some.end(),
                {range.first, range.last, range.first + (range.last - range.first) / 2});
  }
  return some;
}

void ExpectHintHolds(Machine& machine, State state) {
  for (size_t i = 0; i < kSliceCount; i++) {
    const Slice slice = static_cast<Slice>(i);
    const State uniform = After(machine, state, std::string(RepresentativeOf(slice)));
    for (uint32_t code : SomeOf(slice)) {
      const State next = After(machine, state, Utf8(code));
      if (machine.IsUniform(state, slice)) EXPECT_EQ(next, uniform);
      if (machine.Live(state, slice).length > 0) EXPECT(next != kDead);
    }
  }
}

}  // namespace

TEST("json: hints about slices agree with the machine on random walks") {
  const char* schemas[] = {
      R"({"type":"object","properties":{"ab":{"type":"string"},"b":{"maxLength":3}}})",
      R"({"type":"string","pattern":"^[a-z]+-\\d*$"})",
      R"({"anyOf":[{"type":"string","maxLength":2},{"enum":["abcdef"]}]})",
      R"({"type":"object","minProperties":2,"additionalProperties":{"type":"string","minLength":2}})",
  };
  std::mt19937 random(7);
  for (const char* schema : schemas) {
    for (ValueSyntax syntax : {ValueSyntax::kJson, ValueSyntax::kGemma4, ValueSyntax::kPython}) {
      SchemaSource source = lorikeet::grammar::testing::AnyOrder(schema);
      source.syntax = syntax;
      const SchemaMachine compiled = json::CompileSchema(source, nullptr);
      Machine& machine = *compiled.machine;
      for (int walk = 0; walk < 6; walk++) {
        State state = machine.Start();
        for (int step = 0; step < 12; step++) {
          ExpectHintHolds(machine, state);
          std::vector<State> next;
          machine.NextBytes(state).ForEach([&](uint8_t byte) {
            const State to = machine.Step(state, byte);
            if (to != kDead && byte < 0x80) next.push_back(to);
          });
          if (next.empty()) break;
          state = next[random() % next.size()];
        }
      }
    }
  }
}
