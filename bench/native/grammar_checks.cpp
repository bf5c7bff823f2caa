// The long checks of masks over the schemas of MaskBench.
//
//   grammar_checks VOCABULARY CASES WALKS [--states N] [--walks N]
//
// For each schema that compiles, in the written order of properties and in any order:
//   - every instance is read in the model tokenizer's own tokens, in random ones, and with white
//     space between its parts; its verdict must be its label;
//   - random texts are written under the masks, none of which may be empty before the end; the
//     whole ones go to WALKS, a line each (`{"case":0,"text":"..."}`), for another validator;
//   - at N random places of these texts, a mask over the whole vocabulary must equal what a second
//     grammar, compiled for that alone, says token by token, byte by byte.
// What is wrong is printed, a JSON line each, with the case's number; the last line has the counts.
// Formats: case_file.h.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "case_file.h"
#include "grammar/error.h"
#include "grammar/json/json_store.h"
#include "grammar/matcher.h"
#include "program.h"
#include "random_writing.h"

namespace lorikeet::bench {
namespace {

using grammar::Bitmap;
using grammar::Grammar;
using grammar::Matcher;
using grammar::TokenId;

constexpr size_t kFreeTokens = 40;
constexpr size_t kMostTokens = 1'000;
constexpr int kRandomTokenisations = 2;

struct Options {
  int states = 2;
  int walks = 2;
};

struct Totals {
  size_t schemas = 0, refused = 0, readings = 0, states = 0, walks = 0, unfinished = 0;
  size_t wrong = 0;
};

using Compiled = std::shared_ptr<const Grammar>;

class Check {
 public:
  Check(const Options& options, std::shared_ptr<const grammar::Vocabulary> vocabulary,
        std::ofstream walks)
      : options_(options),
        vocabulary_(vocabulary),
        tokenize_(vocabulary),
        write_(std::move(vocabulary)),
        walks_(std::move(walks)) {}

  void Run(size_t index, const Case& each) {
    index_ = index;
    random_.seed(static_cast<unsigned>(index));
    totals_.schemas++;
    try {
      CheckSchema(each);
    } catch (const std::exception& error) {
      totals_.refused++;
      std::printf("{\"case\":%zu,\"refused\":%s}\n", index,
                  grammar::json::QuoteJson(error.what()).c_str());
    }
  }

  const Totals& totals() const { return totals_; }

 private:
  using Order = grammar::PropertyOrder;

  Compiled Compile(const Case& each, Order order, grammar::WhitespaceMode whitespace) const {
    const bool written = order == Order::kWritten;
    grammar::GrammarSource source;
    source.gbnf = "root ::= @schema(value)";
    source.schemas.push_back(
        {.name = "value",
         .json = each.schema,
         .whitespace = whitespace,
         .property_order = order,
         .numbers = written ? grammar::NumberNotation::kPlain : grammar::NumberNotation::kAny});
    return Grammar::Compile(std::move(source), vocabulary_);
  }

  void CheckSchema(const Case& each) {
    using Whitespace = grammar::WhitespaceMode;
    const Compiled written = Compile(each, Order::kWritten, Whitespace::kCompact);
    // A few schemas cannot be had in any order: those are judged in the written one.
    const Order order = CompilesInAnyOrder(each) ? Order::kAny : Order::kWritten;
    const Compiled any = Compile(each, order, Whitespace::kCompact);
    const Compiled spaced = Compile(each, order, Whitespace::kFlexible);
    for (size_t i = 0; i < each.instances.size(); i++) {
      CheckInstance(any, spaced, each.instances[i], i);
    }
    const std::vector<TokenId> read = AnyInstance(each);
    const std::vector<std::string> names = RequiredNames(each.schema);
    for (int i = 0; i < options_.walks; i++) {
      const Compiled& walked = i % 2 == 0 ? written : any;
      const Walk walk = write_.Write(walked, random_, names, random_() % kFreeTokens, kMostTokens);
      Record(walk);
      if (i < options_.states) {
        CheckMask(walked, Compile(each, i % 2 == 0 ? Order::kWritten : order, Whitespace::kCompact),
                  walk.tokens);
      }
    }
    for (int i = options_.walks; i < options_.states; i++) {
      CheckMask(any, Compile(each, order, Whitespace::kCompact), read);
    }
  }

  // All names in lists named "required", quoted.
  static std::vector<std::string> RequiredNames(const std::string& schema) {
    grammar::json::JsonStore store;
    std::vector<std::string> names;
    std::vector<grammar::json::JsonId> open{store.Read(schema)};
    while (!open.empty()) {
      const grammar::json::JsonId id = open.back();
      open.pop_back();
      if (!store.IsArray(id) && !store.IsObject(id)) continue;
      for (uint32_t i = 0; i < store.size(id); i++) open.push_back(store.item(id, i));
      const grammar::json::JsonId list = store.IsObject(id) ? store.Find(id, "required") : id;
      if (list == id || list == grammar::json::kNoJson || !store.IsArray(list)) continue;
      for (uint32_t i = 0; i < store.size(list); i++) {
        if (!store.IsString(store.item(list, i))) continue;
        names.push_back(grammar::json::QuoteJson(store.text(store.item(list, i))));
      }
    }
    return names;
  }

  bool CompilesInAnyOrder(const Case& each) const {
    try {
      Compile(each, Order::kAny, grammar::WhitespaceMode::kCompact);
      return true;
    } catch (const grammar::GrammarError&) {
      return false;
    }
  }

  // The tokens of one instance, cut at random.
  std::vector<TokenId> AnyInstance(const Case& each) {
    if (each.instances.empty()) return {};
    return tokenize_(each.instances[random_() % each.instances.size()].text, random_);
  }

  void CheckInstance(const Compiled& compact, const Compiled& spaced, const Instance& instance,
                     size_t number) {
    ExpectVerdict(compact, instance.tokens, instance.valid, number, "the model's tokens");
    for (int i = 0; i < kRandomTokenisations; i++) {
      ExpectVerdict(compact, tokenize_(instance.text, random_), instance.valid, number,
                    "random tokens");
    }
    ExpectVerdict(spaced, tokenize_(SpacedAtRandom(instance.text, random_), random_),
                  instance.valid, number, "white space and random tokens");
  }

  void ExpectVerdict(const Compiled& compiled, const std::vector<TokenId>& tokens, bool valid,
                     size_t number, const char* how) {
    totals_.readings++;
    Matcher matcher(compiled);
    const bool read = std::all_of(tokens.begin(), tokens.end(),
                                  [&](TokenId token) { return matcher.Accept(token); });
    if ((read && matcher.CanEnd()) == valid) return;
    std::printf("{\"case\":%zu,\"instance\":%zu,\"valid\":%s,\"how\":\"%s\"}\n", index_, number,
                valid ? "true" : "false", how);
  }

  void Record(const Walk& walk) {
    totals_.walks++;
    switch (walk.end) {
      case Walk::End::kWhole:
        walks_ << "{\"case\":" << index_ << ",\"text\":" << grammar::json::QuoteJson(walk.text)
               << "}\n";
        return;
      case Walk::End::kUnfinished:
        totals_.unfinished++;
        return;
      case Walk::End::kEmptyMask:
        return Report("an empty mask", walk.text);
      case Walk::End::kRefusedToken:
        return Report("a token of the mask is refused", walk.text);
    }
  }

  // Compares at a random place of `tokens`.
  void CheckMask(const Compiled& masked, const Compiled& oracle,
                 const std::vector<TokenId>& tokens) {
    totals_.states++;
    Matcher left(masked), right(oracle);
    std::string text;
    const size_t place = tokens.empty() ? 0 : random_() % (tokens.size() + 1);
    for (size_t i = 0; i < place; i++) {
      const bool taken = left.Accept(tokens[i]);
      if (taken != right.Accept(tokens[i])) return Report("two grammars disagree", text);
      if (!taken) break;
      text += vocabulary_->Bytes(tokens[i]);
    }
    Bitmap mask;
    left.Mask(mask);
    for (TokenId id = 0; vocabulary_->Contains(id); id++) {
      if (mask.Test(static_cast<size_t>(id)) == right.Allows(id)) continue;
      return Report(right.Allows(id) ? "missing from a mask: " : "wrongly in a mask: ",
                    text + " | " + std::string(vocabulary_->Text(id)));
    }
  }

  void Report(const char* what, const std::string& text) {
    totals_.wrong++;
    std::printf("{\"case\":%zu,\"what\":\"%s\",\"text\":%s}\n", index_, what,
                grammar::json::QuoteJson(text).c_str());
  }

  const Options options_;
  const std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  const RandomTokenizer tokenize_;
  const RandomWriter write_;
  std::ofstream walks_;
  std::mt19937 random_;
  size_t index_ = 0;
  Totals totals_;
};

int Main(int argc, char** argv) {
  Options options;
  std::vector<std::string> files;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "--states") == 0 && i + 1 < argc) {
      options.states = std::atoi(argv[++i]);
    } else if (std::strcmp(argv[i], "--walks") == 0 && i + 1 < argc) {
      options.walks = std::atoi(argv[++i]);
    } else {
      files.emplace_back(argv[i]);
    }
  }
  if (files.size() != 3) {
    std::fprintf(stderr, "usage: grammar_checks VOCABULARY CASES WALKS [--states N] [--walks N]\n");
    return 2;
  }
  const std::vector<Token> tokens = ReadTokens(files[0]);
  Check check(options, grammar::Vocabulary::Build(InfosOf(tokens)), std::ofstream(files[2]));
  const std::vector<Case> cases = ReadCases(files[1]);
  for (size_t i = 0; i < cases.size(); i++) check.Run(i, cases[i]);
  const Totals& totals = check.totals();
  std::printf(
      "{\"schemas\":%zu,\"refused\":%zu,\"readings\":%zu,\"masks\":%zu,\"walks\":%zu,"
      "\"unfinished\":%zu,\"wrong\":%zu}\n",
      totals.schemas, totals.refused, totals.readings, totals.states, totals.walks,
      totals.unfinished, totals.wrong);
  return totals.wrong > 0 ? 1 : 0;
}

}  // namespace
}  // namespace lorikeet::bench

int main(int argc, char** argv) {
  return lorikeet::bench::RunProgram(lorikeet::bench::Main, argc, argv);
}
