// llama.cpp's own grammar sampler over cases of the grammar benchmark.
//
//   grammar_llama MODEL CASES OUT_RESULTS
//
// The schema becomes GBNF by llama.cpp's own converter (compact: its optional white space is
// reduced to none); a mask is the sampler applied to all tokens. Formats: case_file.h.
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "case_file.h"
#include "json-schema-to-grammar.h"
#include "llama.h"
#include "program.h"

namespace lorikeet::bench {
namespace {

using ModelPointer = std::unique_ptr<llama_model, decltype(&llama_model_free)>;
using SamplerPointer = std::unique_ptr<llama_sampler, decltype(&llama_sampler_free)>;

std::string WithoutSpace(std::string grammar) {
  const std::string rule = "space ::= ";
  const size_t begin = grammar.find(rule);
  if (begin == std::string::npos) return grammar;
  const size_t from = begin + rule.size();
  return grammar.replace(from, grammar.find('\n', from) - from, "\"\"");
}

class Run {
 public:
  Run(const llama_vocab* vocabulary, const Case& bench_case)
      : vocabulary_(vocabulary),
        case_(bench_case),
        candidates_(static_cast<size_t>(llama_vocab_n_tokens(vocabulary))) {}

  Result Measure() {
    Result result;
    try {
      const double start = ThreadMicroseconds();
      SamplerPointer sampler = Compile();
      Mask(sampler.get());
      result.first_mask_us = ThreadMicroseconds() - start;
      for (const Instance& instance : case_.instances) {
        result.accepted.push_back(Read(sampler.get(), instance, result));
      }
    } catch (const std::exception& error) {
      result = {.refused = true, .reason = error.what()};
    }
    return result;
  }

 private:
  SamplerPointer Compile() {
    const std::string grammar =
        WithoutSpace(json_schema_to_grammar(common_json::parse(case_.schema), true));
    SamplerPointer sampler(llama_sampler_init_grammar(vocabulary_, grammar.c_str(), "root"),
                           llama_sampler_free);
    if (!sampler) throw std::runtime_error("the grammar cannot be read");
    return sampler;
  }

  void Mask(llama_sampler* sampler) {
    for (size_t id = 0; id < candidates_.size(); id++) {
      candidates_[id] = {static_cast<llama_token>(id), 0, 0};
    }
    llama_token_data_array array{candidates_.data(), candidates_.size(), -1, false};
    llama_sampler_apply(sampler, &array);
  }

  bool Allows(llama_token token) const {
    return std::isfinite(candidates_[static_cast<size_t>(token)].logit);
  }

  bool Read(llama_sampler* compiled, const Instance& instance, Result& result) {
    const SamplerPointer sampler(llama_sampler_clone(compiled), llama_sampler_free);
    for (llama_token token : instance.tokens) {
      const double start = ThreadMicroseconds();
      Mask(sampler.get());
      result.masks_us.push_back(static_cast<float>(ThreadMicroseconds() - start));
      if (!Allows(token)) return false;
      llama_sampler_accept(sampler.get(), token);
    }
    Mask(sampler.get());
    return Allows(llama_vocab_eos(vocabulary_));
  }

  const llama_vocab* vocabulary_;
  const Case& case_;
  std::vector<llama_token_data> candidates_;
};

int Main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: grammar_llama MODEL CASES OUT_RESULTS\n");
    return 2;
  }
  llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
  llama_model_params params = llama_model_default_params();
  params.vocab_only = true;
  const ModelPointer model(llama_model_load_from_file(argv[1], params), llama_model_free);
  if (!model) throw std::runtime_error("cannot load the model");
  std::vector<Result> results;
  for (const Case& each : ReadCases(argv[2])) {
    results.push_back(Run(llama_model_get_vocab(model.get()), each).Measure());
  }
  WriteResults(argv[3], results);
  return 0;
}

}  // namespace
}  // namespace lorikeet::bench

int main(int argc, char** argv) {
  return lorikeet::bench::RunProgram(lorikeet::bench::Main, argc, argv);
}
