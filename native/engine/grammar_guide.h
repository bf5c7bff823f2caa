// A grammar at work in one generation: asleep until its trigger, then the judge of every token.
//
// A trigger that is a token is the grammar's first token. A trigger that is text may begin and end
// inside a token: the grammar gets the bytes from where the trigger begins.
//
// A copy goes its own way from there, for tokens that are only guessed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/generation.h"
#include "engine/model.h"
#include "grammar/matcher.h"

namespace lorikeet::engine {

class GrammarGuide {
 public:
  // Tokens before a forced text that may change its tokenisation.
  static constexpr size_t kRecentTokens = 16;

  // `options.grammar` may be null: then everything is allowed for ever.
  GrammarGuide(const Model& model, const GenerationOptions& options);

  bool active() const { return active_; }
  // The grammar is complete and nothing but the end may follow.
  bool must_end() const { return active_ && matcher_->MustEnd(); }

  // A token was accepted that ends the grammar and writes nothing.
  bool ended() const { return active_ && matcher_->ended(); }

  // Takes a token that was drawn; false, and nothing changes, where it may not stand here. While
  // the grammar sleeps only a token is refused that triggers it and goes on illegally.
  bool Accept(llama_token token);

  // Whether the generation may end here with a stop token.
  bool CanEnd() const { return !active_ || matcher_->CanEnd(); }

  // REQUIRES: active(). Sets to -inf what may not stand here, but for `stops` where the grammar can
  // end.
  void Mask(std::span<float> logits, std::span<const llama_token> stops);

  // The tokens that must come next, at most `most`; empty where the model has a choice. `before`
  // are the tokens so far, the last kRecentTokens at least. They were not accepted yet.
  std::vector<llama_token> ForcedTokens(std::span<const llama_token> before, size_t most) const;

 private:
  bool AcceptAsleep(llama_token token);

  const Model& model_;
  std::optional<grammar::Matcher> matcher_;
  std::vector<llama_token> trigger_tokens_;
  std::vector<std::string> trigger_texts_;
  bool active_ = false;
  std::string tail_;  // the last bytes, in which a trigger may have begun
  grammar::Bitmap mask_;
};

}  // namespace lorikeet::engine
