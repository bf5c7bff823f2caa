#include "engine/generation_run.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace lorikeet::engine {
namespace {

// Most forced tokens of one decode call.
constexpr size_t kMaxForced = 64;
// By how much the best logit must lead for a choice that holds however many rows are decoded
// together. From four rows on kernels for K-quants quantise a layer's inputs in another way. (Texts
// parted where the two best were 0.2 apart on a real file in Q4_K_M, 0.03 on shapes in Q4_0.)
constexpr float kClearLead = 0.3f;
constexpr float kClearLeadOfSimpleTypes = 0.05f;

double Milliseconds(std::chrono::steady_clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

bool Contains(const std::vector<llama_token>& tokens, llama_token token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

bool Leads(llama_token best, float by, std::span<const float> logits) {
  const float limit = logits[best] - by;
  return std::ranges::count_if(logits, [&](float logit) { return logit > limit; }) == 1;
}

bool HasSimpleTypes(const GgufHeader& header) {
  return std::ranges::all_of(header.tensors, [](const TensorInfo& tensor) {
    return tensor.type == GGML_TYPE_F32 || tensor.type == GGML_TYPE_F16 ||
           tensor.type == GGML_TYPE_BF16 || tensor.type == GGML_TYPE_Q8_0 ||
           tensor.type == GGML_TYPE_Q4_0;
  });
}

}  // namespace

const char* StopReasonName(StopReason reason) {
  static constexpr const char* kNames[] = {"stop-token", "stop-text",  "grammar-end",
                                           "max-tokens", "time-limit", "context-full",
                                           "aborted",    "failed"};
  return kNames[static_cast<size_t>(reason)];
}

GenerationRun::GenerationRun(std::shared_ptr<Model> model, GenerationOptions options,
                             size_t context_size, std::shared_ptr<Generation> handle,
                             EventSink sink)
    : model_(std::move(model)),
      options_(std::move(options)),
      context_size_(context_size),
      handle_(std::move(handle)),
      sink_(std::move(sink)),
      tokens_(options_.prompt),
      guide_(*model_, options_),
      clear_lead_(HasSimpleTypes(model_->header()) ? kClearLeadOfSimpleTypes : kClearLead),
      text_(options_.stop_texts),
      random_(options_.sampling.seed) {}

void GenerationRun::Start(size_t reused) {
  reused_ = reused;
  TakeForced();
}

void GenerationRun::OnPromptProgress(size_t cached) {
  if (!in_prompt()) return;
  const size_t processed = std::min(cached, prompt_size());
  events_.push_back(PromptEvent{static_cast<int>(processed), static_cast<int>(prompt_size())});
}

const Guesses& GenerationRun::Guess(const GuessRoom& room, const DecodeCosts& costs) {
  guess_ = {};
  if (in_prompt() || !options_.guess || is_open_) return guess_;
  guesser_.Append(std::span(tokens_).subspan(guesser_.size()));
  // The token that is drawn last needs no room in a call.
  GuessRoom limited = room;
  limited.most = std::min(room.most, Room() - std::min<size_t>(Room(), 1));
  guess_ = guesser_.Guess(limited, costs, options_, guide_);
  return guess_;
}

Kept GenerationRun::OnLogits(const LogitsAfter& logits_after, size_t decoded,
                             const CanGoBack& can_go_back) {
  NotePlain(decoded);
  can_go_back_ = can_go_back(plain_);
  if (in_prompt()) prompt_end_ = Clock::now();
  is_open_ = false;
  const size_t before = tokens_.size();
  size_t right = 0;
  std::span<float> logits = logits_after(0);
  do {
    DrawNext(logits);
    right = CountRight(before);
    if (ended() || is_open_ || tokens_.size() != before + right) break;
    logits = logits_after(right);
  } while (!logits.empty());
  const auto drawn = [](const GuessedToken& one) { return !one.forced; };
  const std::span<const GuessedToken> guessed = guess_.tokens;
  guessed_ += static_cast<int>(std::ranges::count_if(guessed, drawn));
  guessed_right_ += static_cast<int>(std::ranges::count_if(guessed.first(right), drawn));
  guess_ = {};
  if (!is_open_) return {right, std::nullopt};
  return {right, WantsPlain() ? plain_ : tokens_.size() - 1};
}

// How far the cache is that of a plain loop, now that the last `decoded` tokens are in it too.
void GenerationRun::NotePlain(size_t decoded) {
  if (in_prompt()) {
    // Of a prompt that was in the cache its last token is decoded again, with what is forced
    // behind.
    const bool cached = reused_ + 1 == prompt_size();
    plain_ = cached && decoded > 1 ? reused_ : prompt_size();
  } else if (is_open_ || (decoded == 1 && plain_ + 1 == tokens_.size())) {
    plain_ = tokens_.size();
  }
}

// Whether a choice hangs on tokens of a grammar that were not decoded as by a plain loop, and can
// be.
bool GenerationRun::WantsPlain() const {
  return guide_.active() && can_go_back_ && plain_ < tokens_.size();
}

void GenerationRun::DrawNext(std::span<float> logits) {
  CheckLimits();
  if (ended()) return;
  // Outside a grammar the rounding of guesses is left as it is.
  if (!guide_.active()) plain_ = tokens_.size();
  if (options_.guess) guesser_.Append(std::span(tokens_).subspan(guesser_.size()));
  const llama_token token = Draw(logits);
  if (ended() || is_open_) return;
  if (options_.guess) guesser_.Judge(token);
  Take(token);
  TakeForced();
}

// How many of the guesses came true in the tokens after the first `before`.
size_t GenerationRun::CountRight(size_t before) const {
  const auto taken = std::span(tokens_).subspan(before);
  const auto same = [](const GuessedToken& guess, llama_token token) {
    return guess.token == token;
  };
  const auto& guessed = guess_.tokens;
  return static_cast<size_t>(std::ranges::mismatch(guessed, taken, same).in1 - guessed.begin());
}

// Samples until a token is legal: first the free choice is checked, and only if it is illegal, or
// the sampler cuts candidates off, is the grammar's mask made. A choice that is open is no token.
llama_token GenerationRun::Draw(std::span<float> logits) {
  constexpr float kImpossible = -std::numeric_limits<float>::infinity();
  const SamplingOptions& sampling = guide_.active() ? options_.grammar_sampling : options_.sampling;
  for (llama_token banned : options_.banned_tokens) logits[banned] = kImpossible;
  const size_t recent =
      std::min(tokens_.size(), static_cast<size_t>(std::max(sampling.repeat_last_tokens, 0)));
  ApplyRepeatPenalty(logits, std::span(tokens_).last(recent), sampling.repeat_penalty);
  bool masked = false;
  const auto mask = [&] {
    guide_.Mask(logits, options_.stop_tokens);
    masked = true;
  };
  if (guide_.active() && Truncates(sampling)) mask();
  const bool notes_lead = options_.guess && guesser_.HasIdea() && !std::exchange(noted_, false);
  const bool needs_lead = sampling.temperature <= 0 && (notes_lead || HangsOnRows());
  for (;;) {
    const llama_token token = Sample(logits, sampling, random_);
    if (token == kNoToken) {
      Fail(Error("DECODE_FAILED",
                 guide_.active()
                     ? "Expected the grammar to leave a token that the model can write, but there "
                       "is none. Loosen the grammar or the banned tokens."
                     : "Expected logits with a largest value, but there is none. The model's "
                       "weights are damaged."));
      return kNoToken;
    }
    const bool leads = !needs_lead || Leads(token, clear_lead_, logits);
    if (!leads && guide_.active() && !masked) {
      mask();  // what is illegal is no rival
      continue;
    }
    if (!leads && HangsOnRows()) {
      if (notes_lead) guesser_.NoteLead(false);
      noted_ = true;
      is_open_ = true;
      return kNoToken;
    }
    if ((IsStop(token) && guide_.CanEnd()) || guide_.Accept(token)) {
      if (needs_lead && notes_lead) guesser_.NoteLead(leads);
      return token;
    }
    if (guide_.active() && !masked) {
      mask();
    } else {
      logits[token] = kImpossible;
    }
  }
}

// Whether a near tie hangs on how rows that were decoded side by side were rounded.
bool GenerationRun::HangsOnRows() const { return !guess_.tokens.empty() || WantsPlain(); }

bool GenerationRun::IsStop(llama_token token) const {
  return Contains(options_.stop_tokens, token);
}

// A token that the grammar has accepted, if there is one.
void GenerationRun::Take(llama_token token) {
  generated_++;
  if (IsStop(token)) return End(StopReason::kStopToken, model_->TokenText(token));
  if (guide_.ended()) return End(StopReason::kGrammarEnd);
  tokens_.push_back(token);
  Report(token);
  if (guide_.must_end()) End(StopReason::kGrammarEnd);
  CheckLimits();
}

void GenerationRun::TakeForced() {
  if (ended() || !options_.forced) return;
  for (llama_token token : guide_.ForcedTokens(tokens_, std::min(kMaxForced, Room()))) {
    if (ended() || Contains(options_.banned_tokens, token) || !guide_.Accept(token)) return;
    forced_++;
    Take(token);
  }
}

// Tokens that may still be generated and decoded.
size_t GenerationRun::Room() const {
  const size_t tokens = static_cast<size_t>(std::max(options_.max_tokens - generated_, 0));
  return std::min(tokens, context_size_ - std::min(context_size_, tokens_.size()));
}

void GenerationRun::Report(llama_token token) {
  if (Contains(options_.report_tokens, token)) {
    if (auto text = text_.TakeAll()) events_.push_back(std::move(*text));
    events_.push_back(TokenEvent{token, model_->TokenText(token)});
    return;
  }
  // While the grammar is active it alone says where the text ends.
  auto stop = text_.Push(token, model_->TokenBytes(token), !guide_.active());
  if (stop) End(StopReason::kStopText, std::move(stop));
}

void GenerationRun::CheckLimits() {
  if (generated_ >= options_.max_tokens) End(StopReason::kMaxTokens);
  if (tokens_.size() > context_size_) End(StopReason::kContextFull);
}

std::optional<StopReason> GenerationRun::Interruption() const {
  if (handle_->aborted()) return StopReason::kAborted;
  if (options_.time_limit_ms > 0 && Milliseconds(Clock::now() - begin_) >= options_.time_limit_ms) {
    return StopReason::kTimeLimit;
  }
  return std::nullopt;
}

void GenerationRun::End(StopReason reason, std::optional<std::string> stop) {
  if (ended()) return;
  result_.emplace();
  result_->reason = reason;
  result_->stop = std::move(stop);
}

void GenerationRun::Fail(Error error) {
  if (ended()) return;
  End(StopReason::kFailed);
  result_->failure = std::move(error);
}

void GenerationRun::Flush(size_t cached) {
  if (auto text = ended() ? text_.TakeAll() : text_.Take()) events_.push_back(std::move(*text));
  if (ended()) {
    const auto now = Clock::now();
    const auto prompt_end = prompt_end_.value_or(now);
    const size_t end = std::min(cached, tokens_.size());
    if (end > prompt_size()) {
      result_->tokens.assign(tokens_.begin() + static_cast<ptrdiff_t>(prompt_size()),
                             tokens_.begin() + static_cast<ptrdiff_t>(end));
    }
    result_->prompt_tokens = static_cast<int>(prompt_size());
    result_->reused_tokens = static_cast<int>(reused_);
    result_->generated_tokens = generated_;
    result_->forced_tokens = forced_;
    result_->guessed_tokens = guessed_;
    result_->guessed_right = guessed_right_;
    result_->prompt_ms = Milliseconds(prompt_end - begin_);
    result_->generation_ms = Milliseconds(now - prompt_end);
    events_.push_back(EndEvent{std::move(*result_)});
  }
  if (!events_.empty()) sink_(std::exchange(events_, {}));
}

}  // namespace lorikeet::engine
