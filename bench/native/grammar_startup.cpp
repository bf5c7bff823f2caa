// What a grammar costs before it is used.
//
//   grammar_startup image   VOCABULARY CACHE    {"image_build_ms", "image_cached_ms"}
//   grammar_startup tools   VOCABULARY CASES    {"tools", "tools_first_mask_ms"}
//   grammar_startup memory  VOCABULARY CASES    {"grammars", "grammars_mib"}
//
// `image` builds the vocabulary image and reads it back from the file CACHE; the median of five.
// `tools` compiles one call grammar in Gemma 4's syntax with every case as a tool, and takes the
// mask of the first token of the call's name; the median of five. `memory` keeps one grammar of
// every case alive, each with its first mask taken. Formats: case_file.h.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "case_file.h"
#include "grammar/matcher.h"
#include "program.h"

#ifdef __linux__
#include <malloc.h>
#include <unistd.h>
#endif

namespace lorikeet::bench {
namespace {

using grammar::Grammar;
using grammar::Matcher;
using grammar::Vocabulary;

constexpr int kRepeats = 5;

template <typename Action>
double MedianMs(Action action) {
  std::vector<double> times;
  for (int i = 0; i < kRepeats; i++) {
    const double start = ThreadMicroseconds();
    action();
    times.push_back((ThreadMicroseconds() - start) / 1000);
  }
  std::sort(times.begin(), times.end());
  return times[kRepeats / 2];
}

int Image(const std::vector<Token>& tokens, const std::string& cache) {
  const std::vector<grammar::TokenInfo> infos = InfosOf(tokens);
  constexpr uint64_t kKey = 1;
  const double build = MedianMs([&] { (void)Vocabulary::Build(infos); });
  if (!Vocabulary::Build(infos)->Save(cache, kKey)) {
    std::fprintf(stderr, "cannot write %s\n", cache.c_str());
    return 1;
  }
  const double cached = MedianMs([&] {
    if (!Vocabulary::Load(cache, kKey)) std::fprintf(stderr, "cannot read %s\n", cache.c_str());
  });
  std::printf("{\"image_build_ms\":%.3f,\"image_cached_ms\":%.3f}\n", build, cached);
  return 0;
}

grammar::GrammarSource ToolCalls(const std::vector<Case>& cases) {
  grammar::GrammarSource source;
  source.gbnf = "root ::= <|tool_call> \"call:\" tool <tool_call|>\ntool ::= ";
  for (size_t i = 0; i < cases.size(); i++) {
    const std::string number = std::to_string(i);
    source.gbnf +=
        std::string(i == 0 ? "" : " | ") + "\"tool_" + number + "\" @schema(tool_" + number + ")";
    source.schemas.push_back({.name = "tool_" + number,
                              .json = cases[i].schema,
                              .syntax = grammar::ValueSyntax::kGemma4,
                              .strict = false,
                              .property_order = grammar::PropertyOrder::kSorted});
  }
  source.gbnf += "\n";
  return source;
}

int Tools(const std::vector<Token>& tokens, const std::vector<Case>& cases) {
  const auto vocabulary = Vocabulary::Build(InfosOf(tokens));
  const auto marker = vocabulary->FindSpecial("<|tool_call>");
  if (!marker) {
    std::fprintf(stderr, "the vocabulary has no <|tool_call>\n");
    return 1;
  }
  grammar::Bitmap mask;
  const double time = MedianMs([&] {
    Matcher matcher(Grammar::Compile(ToolCalls(cases), vocabulary));
    matcher.Accept(*marker);
    matcher.AcceptBytes("call:");
    matcher.Mask(mask);
  });
  std::printf("{\"tools\":%zu,\"tools_first_mask_ms\":%.3f}\n", cases.size(), time);
  return 0;
}

// Memory that the process holds, in bytes; 0 where it cannot be known.
size_t ResidentBytes() {
#ifdef __linux__
  malloc_trim(0);
  std::ifstream file("/proc/self/statm");
  size_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
#else
  return 0;
#endif
}

int Memory(const std::vector<Token>& tokens, const std::vector<Case>& cases) {
  const auto vocabulary = Vocabulary::Build(InfosOf(tokens));
  std::vector<Matcher> alive;
  alive.reserve(cases.size());
  grammar::Bitmap mask(vocabulary->size());
  size_t counted = 0;
  const size_t before = ResidentBytes();
  for (const Case& each : cases) {
    grammar::GrammarSource source;
    source.gbnf = "root ::= @schema(value)";
    source.schemas.push_back({.name = "value", .json = each.schema, .strict = false});
    alive.emplace_back(Grammar::Compile(std::move(source), vocabulary));
    alive.back().Mask(mask);
    counted += alive.back().grammar().MemoryBytes();
  }
  const size_t after = ResidentBytes();
  const size_t bytes = after > before ? after - before : counted;
  std::printf("{\"grammars\":%zu,\"grammars_mib\":%.2f}\n", alive.size(),
              static_cast<double>(bytes) / 1048576.0);
  return 0;
}

int Main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: grammar_startup image|tools|memory VOCABULARY FILE\n");
    return 2;
  }
  const std::vector<Token> tokens = ReadTokens(argv[2]);
  if (std::strcmp(argv[1], "image") == 0) return Image(tokens, argv[3]);
  const std::vector<Case> cases = ReadCases(argv[3]);
  if (std::strcmp(argv[1], "tools") == 0) return Tools(tokens, cases);
  return Memory(tokens, cases);
}

}  // namespace
}  // namespace lorikeet::bench

int main(int argc, char** argv) {
  return lorikeet::bench::RunProgram(lorikeet::bench::Main, argc, argv);
}
