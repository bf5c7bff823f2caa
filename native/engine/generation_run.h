// One generation as a state machine: the tokens it wants decoded, and what it makes of the logits.
//
// THREADS: the engine thread only, but for the handle.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/generation.h"
#include "engine/grammar_guide.h"
#include "engine/sampling.h"
#include "engine/text_stream.h"
#include "engine/token_guesser.h"

namespace lorikeet::engine {

// The logits after so many of the guesses behind tokens(), which may be changed; empty where they
// were not asked for.
using LogitsAfter = std::function<std::span<float>(size_t guesses)>;

// Whether the cache can be cut back to so many tokens.
using CanGoBack = std::function<bool(size_t tokens)>;

// What of a decode call is to stay in the cache.
struct Kept {
  size_t guesses;  // the first so many came true; the others are to be taken out
  // Where the choice is left open: only so many tokens stay. Those behind are decoded again, one at
  // a time.
  std::optional<size_t> tokens;
};

class GenerationRun {
 public:
  // `adapters` of `options` are normalised; `context_size`: tokens that the slot can hold.
  GenerationRun(std::shared_ptr<Model> model, GenerationOptions options, size_t context_size,
                std::shared_ptr<Generation> handle, EventSink sink);

  const std::vector<ScaledAdapter>& adapters() const { return options_.adapters; }
  const Generation& handle() const { return *handle_; }

  // The prompt and all tokens that were accepted since; what of them is not in the cache is to be
  // decoded next.
  const std::vector<llama_token>& tokens() const { return tokens_; }
  size_t prompt_size() const { return options_.prompt.size(); }
  size_t shared_tokens() const { return static_cast<size_t>(std::max(options_.shared_tokens, 0)); }
  size_t reused() const { return reused_; }
  int generated() const { return generated_; }
  int forced() const { return forced_; }
  int guessed() const { return guessed_; }
  int guessed_right() const { return guessed_right_; }
  bool in_prompt() const { return !prompt_end_; }

  // The first `reused` tokens were found in the cache.
  void Start(size_t reused);
  // The cache holds the first `cached` of tokens().
  void OnPromptProgress(size_t cached);

  // Guesses what comes after tokens(), where it pays; they are to be decoded with the next call.
  // Logits are needed after the last token, and after each guess that no forced one follows.
  const Guesses& Guess(const GuessRoom& room, const DecodeCosts& costs);

  // Whether the last choice was left open: the tokens up to it are to be decoded one at a time.
  bool is_open() const { return is_open_; }

  // All tokens and guesses are decoded, the last `decoded` tokens in this call. Draws from each row
  // of logits as long as the tokens before it were guessed right. Kernels round by the number of
  // rows, and a choice is to be the one that a plain loop makes: a greedy one that does not lead
  // clearly is left open where it hangs on rows that were decoded side by side - on guesses of this
  // call, and inside a grammar also on earlier ones and on forced tokens, where the cache can go
  // back.
  Kept OnLogits(const LogitsAfter& logits_after, size_t decoded, const CanGoBack& can_go_back);

  // Why it is over by now for a reason from outside: aborted or out of time.
  std::optional<StopReason> Interruption() const;
  // Ends it; the first reason stays.
  void End(StopReason reason, std::optional<std::string> stop = std::nullopt);
  void Fail(Error error);
  bool ended() const { return result_.has_value(); }
  // REQUIRES: ended(), and Flush was not called since.
  void AddWarnings(std::vector<std::string> warnings) { result_->warnings = std::move(warnings); }

  // Hands the events since the last call to the sink. After the end this is the last call, and
  // `cached` tokens() are in the cache.
  void Flush(size_t cached);

 private:
  using Clock = std::chrono::steady_clock;

  void NotePlain(size_t decoded);
  bool WantsPlain() const;
  bool HangsOnRows() const;
  void DrawNext(std::span<float> logits);
  llama_token Draw(std::span<float> logits);
  size_t CountRight(size_t before) const;
  bool IsStop(llama_token token) const;
  void Take(llama_token token);
  void TakeForced();
  void Report(llama_token token);
  void CheckLimits();
  size_t Room() const;

  std::shared_ptr<Model> model_;
  GenerationOptions options_;
  size_t context_size_;
  std::shared_ptr<Generation> handle_;
  EventSink sink_;

  std::vector<llama_token> tokens_;
  GrammarGuide guide_;
  TokenGuesser guesser_;
  Guesses guess_;  // of the call that is being decoded
  bool is_open_ = false;
  bool noted_ = false;  // the choice that is made again has been noted as unclear
  // The first so many tokens are in the cache as a plain loop would have them, which decodes one at
  // a time.
  size_t plain_ = 0;
  bool can_go_back_ = false;
  float clear_lead_;
  TextStream text_;
  RandomStream random_;
  std::vector<GenerationEvent> events_;
  std::optional<GenerationResult> result_;

  Clock::time_point begin_ = Clock::now();
  std::optional<Clock::time_point> prompt_end_;
  size_t reused_ = 0;
  int generated_ = 0;
  int forced_ = 0;
  int guessed_ = 0;
  int guessed_right_ = 0;
};

}  // namespace lorikeet::engine
