// Masks of this engine over the cases of the grammar benchmark.
//
//   grammar_masks VOCABULARY CASES OUT_RESULTS
//
// Each schema is compiled from its text; then every instance is read token by token, a mask before
// each, until one is illegal. A mask above 1 ms is taken three times more, each from a newly
// compiled grammar that has only accepted the tokens before it, and the least of the three counts.
// Verdicts are given with any order of properties. Formats: case_file.h.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "case_file.h"
#include "grammar/matcher.h"
#include "program.h"

namespace lorikeet::bench {
namespace {

using grammar::Bitmap;
using grammar::Grammar;
using grammar::Matcher;

constexpr float kSlowMaskUs = 1000;
constexpr int kRepeats = 3;

std::shared_ptr<const Grammar> Compile(const std::string& schema,
                                       const std::shared_ptr<const grammar::Vocabulary>& vocabulary,
                                       grammar::PropertyOrder order) {
  grammar::GrammarSource source;
  source.gbnf = "root ::= @schema(value)";
  source.schemas.push_back({.name = "value", .json = schema, .property_order = order});
  return Grammar::Compile(std::move(source), vocabulary);
}

class Run {
 public:
  Run(const Case& bench_case, std::shared_ptr<const grammar::Vocabulary> vocabulary)
      : case_(bench_case), vocabulary_(std::move(vocabulary)) {}

  Result Measure() {
    Result result;
    try {
      const double start = ThreadMicroseconds();
      const auto compiled = Compile(case_.schema, vocabulary_, grammar::PropertyOrder::kWritten);
      Matcher(compiled).Mask(mask_);
      result.first_mask_us = ThreadMicroseconds() - start;
      for (const Instance& instance : case_.instances) {
        ReadInstance(compiled, instance, result);
      }
      Judge(compiled, result);
    } catch (const std::exception& error) {
      result = {.refused = true, .reason = error.what()};
    }
    return result;
  }

 private:
  void ReadInstance(const std::shared_ptr<const Grammar>& compiled, const Instance& instance,
                    Result& result) {
    Matcher matcher(compiled);
    for (size_t at = 0; at < instance.tokens.size(); at++) {
      const double start = ThreadMicroseconds();
      matcher.Mask(mask_);
      auto time = static_cast<float>(ThreadMicroseconds() - start);
      if (time > kSlowMaskUs) time = MeasureAgain(instance, at);
      result.masks_us.push_back(time);
      if (!matcher.Accept(instance.tokens[at])) return;
    }
  }

  float MeasureAgain(const Instance& instance, size_t at) {
    float least = 0;
    for (int i = 0; i < kRepeats; i++) {
      Matcher matcher(Compile(case_.schema, vocabulary_, grammar::PropertyOrder::kWritten));
      for (size_t k = 0; k < at; k++) matcher.Accept(instance.tokens[k]);
      const double start = ThreadMicroseconds();
      matcher.Mask(mask_);
      const auto time = static_cast<float>(ThreadMicroseconds() - start);
      least = i == 0 ? time : std::min(least, time);
    }
    return least;
  }

  // A schema whose properties cannot be had in any order is judged in the written one.
  void Judge(const std::shared_ptr<const Grammar>& compiled, Result& result) {
    std::shared_ptr<const Grammar> judge = compiled;
    try {
      judge = Compile(case_.schema, vocabulary_, grammar::PropertyOrder::kAny);
    } catch (const std::exception&) {
      result.reason = "judged in the written order";
    }
    for (const Instance& instance : case_.instances) {
      Matcher matcher(judge);
      const bool read = std::all_of(instance.tokens.begin(), instance.tokens.end(),
                                    [&](grammar::TokenId token) { return matcher.Accept(token); });
      result.accepted.push_back(read && matcher.CanEnd());
    }
  }

  const Case& case_;
  std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  Bitmap mask_;
};

int Main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: grammar_masks VOCABULARY CASES OUT_RESULTS\n");
    return 2;
  }
  const std::vector<Token> tokens = ReadTokens(argv[1]);
  const auto vocabulary = grammar::Vocabulary::Build(InfosOf(tokens));
  std::vector<Result> results;
  for (const Case& each : ReadCases(argv[2])) results.push_back(Run(each, vocabulary).Measure());
  WriteResults(argv[3], results);
  return 0;
}

}  // namespace
}  // namespace lorikeet::bench

int main(int argc, char** argv) {
  return lorikeet::bench::RunProgram(lorikeet::bench::Main, argc, argv);
}
