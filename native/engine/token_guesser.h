// What a generation will probably write next: it copies from its own tokens, and the grammar adds
// what must come. Guessed tokens are verified by the decode call that they are part of.
//
// Whether guessing pays is decided for each call. What the look-up would have said is compared
// with every token that was drawn, guessed or not, and there it is noted too whether the best logit
// led clearly: trust costs no decoding. What longer calls cost is measured (DecodeCosts). (Not
// counted: inside a grammar a near tie may have older tokens decoded again, see GenerationRun.)
//
// THREADS: the engine thread only.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "engine/decode_costs.h"
#include "engine/generation.h"
#include "engine/grammar_guide.h"
#include "engine/prompt_lookup.h"

namespace lorikeet::engine {

struct GuessedToken {
  llama_token token;
  bool forced;  // the grammar leaves no other where the guesses before it are right
};

// The call that guesses would be part of.
struct GuessRoom {
  size_t most = 0;         // guesses that may be added
  size_t call_tokens = 0;  // tokens of the call without them
  double expected = 1;     // plain calls' worth that all runs will probably get out of this one
};

struct Guesses {
  std::vector<GuessedToken> tokens;
  double expected = 1;  // plain calls' worth that the run will probably get with them
};

class TokenGuesser {
 public:
  size_t size() const { return lookup_.size(); }

  // Tokens that the generation has got in the meantime: the prompt, then those that were drawn or
  // forced.
  void Append(std::span<const llama_token> tokens);
  // A token was drawn behind all that were appended; it is to be appended next.
  void Judge(llama_token drawn);
  // Whether there is something to guess, likely enough to be considered.
  bool HasIdea() const;
  // Whether a greedy choice led so clearly, where there was something to guess, that it counts
  // behind guesses; else a call with guesses is in vain from there on.
  void NoteLead(bool clear);

  // The guesses that are worth decoding behind all that were appended; none where none are.
  // `guide` stands there.
  Guesses Guess(const GuessRoom& room, const DecodeCosts& costs, const GenerationOptions& options,
                const GrammarGuide& guide) const;

 private:
  // How often something came true, of late.
  struct Trust {
    double right = 0;
    double seen = 0;

    void Note(bool came_true);
    double Chance(double first) const;
  };
  static constexpr size_t kClasses = 5;

  std::vector<llama_token> End(std::span<const llama_token> beyond) const;
  static size_t ClassOf(size_t match_length);
  double ChanceOf(const PromptLookup::Match& match) const;

  PromptLookup lookup_;
  PromptLookup::Match match_;          // behind all tokens
  std::array<Trust, kClasses> trust_;  // in tokens that followed ends of one length
  Trust leads_;
};

}  // namespace lorikeet::engine
