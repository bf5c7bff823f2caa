// One grammar that means harm, in a process of its own: what becomes of it, and what it takes.
//
//   grammar_hostile VOCABULARY schema|schema-any-order|gbnf GRAMMAR TEXT
//
// Compiles GRAMMAR (a file), reads the bytes of TEXT (a file) in random tokens with a mask before
// each of the first hundred, and writes a random text under masks. Prints one JSON line:
// `{"outcome":"...","cpu_s":N,"slowest_mask_s":N,"peak_mib":N}`; the outcome is "read", "rejected"
// (the text) or the refusal. The time is the processor's, without that of the vocabulary; the
// memory is the whole process's. Formats: case_file.h.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>

#include "case_file.h"
#include "grammar/error.h"
#include "grammar/json/json_store.h"
#include "grammar/matcher.h"
#include "program.h"
#include "random_writing.h"

namespace lorikeet::bench {
namespace {

using grammar::Grammar;
using grammar::Matcher;

constexpr size_t kMasks = 100;
constexpr size_t kFreeTokens = 60;
constexpr size_t kMostTokens = 200;
// What no case may reach, so that a run of the checks ends.
constexpr rlim_t kMostSeconds = 30;
constexpr rlim_t kMostBytes = rlim_t{4} << 30;

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

grammar::GrammarSource SourceOf(const std::string& kind, std::string text) {
  grammar::GrammarSource source;
  if (kind == "gbnf") {
    source.gbnf = std::move(text);
    return source;
  }
  source.gbnf = "root ::= @schema(value)";
  const bool any = kind == "schema-any-order";
  source.schemas.push_back(
      {.name = "value",
       .json = std::move(text),
       .property_order = any ? grammar::PropertyOrder::kAny : grammar::PropertyOrder::kWritten});
  return source;
}

class Ordeal {
 public:
  explicit Ordeal(std::shared_ptr<const grammar::Vocabulary> vocabulary)
      : vocabulary_(vocabulary), tokenize_(vocabulary), write_(std::move(vocabulary)) {}

  // What becomes of the grammar.
  std::string Run(grammar::GrammarSource source, const std::string& text) {
    try {
      const auto compiled = Grammar::Compile(std::move(source), vocabulary_);
      const bool read = Read(compiled, text);
      write_.Write(compiled, random_, {}, kFreeTokens, kMostTokens);
      return read ? "read" : "rejected";
    } catch (const grammar::GrammarError& error) {
      return error.what();
    }
  }

  double slowest_mask_us() const { return slowest_mask_us_; }

 private:
  bool Read(const std::shared_ptr<const Grammar>& compiled, const std::string& text) {
    Matcher matcher(compiled);
    grammar::Bitmap mask;
    size_t masks = 0;
    for (grammar::TokenId token : tokenize_(text, random_)) {
      if (masks++ < kMasks) {
        const double start = ThreadMicroseconds();
        matcher.Mask(mask);
        slowest_mask_us_ = std::max(slowest_mask_us_, ThreadMicroseconds() - start);
      }
      if (!matcher.Accept(token)) return false;
    }
    matcher.Mask(mask);
    return true;
  }

  const std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  const RandomTokenizer tokenize_;
  const RandomWriter write_;
  std::mt19937 random_{1};
  double slowest_mask_us_ = 0;
};

int Main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: grammar_hostile VOCABULARY KIND GRAMMAR TEXT\n");
    return 2;
  }
  const rlimit seconds{kMostSeconds, kMostSeconds}, bytes{kMostBytes, kMostBytes};
  setrlimit(RLIMIT_CPU, &seconds);
  setrlimit(RLIMIT_AS, &bytes);
  const std::vector<Token> tokens = ReadTokens(argv[1]);
  Ordeal ordeal(grammar::Vocabulary::Build(InfosOf(tokens)));
  grammar::GrammarSource source = SourceOf(argv[2], ReadFile(argv[3]));
  const std::string text = ReadFile(argv[4]);
  const double start = ThreadMicroseconds();
  const std::string outcome = ordeal.Run(std::move(source), text);
  const double used = ThreadMicroseconds() - start;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"outcome\":%s,\"cpu_s\":%.3f,\"slowest_mask_s\":%.4f,\"peak_mib\":%.0f}\n",
              grammar::json::QuoteJson(outcome).c_str(), used / 1e6, ordeal.slowest_mask_us() / 1e6,
              static_cast<double>(usage.ru_maxrss) / 1024);
  return 0;
}

}  // namespace
}  // namespace lorikeet::bench

int main(int argc, char** argv) {
  return lorikeet::bench::RunProgram(lorikeet::bench::Main, argc, argv);
}
