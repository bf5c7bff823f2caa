// One generation: what it is asked, what it reports, and the handle that aborts it.
//
// The records mirror `src/native/addon.ts`, which says what each field means.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/adapter.h"
#include "engine/error.h"
#include "engine/object_count.h"
#include "llama.h"

namespace lorikeet::grammar {
class Grammar;
}

namespace lorikeet::engine {

struct SamplingOptions {
  float temperature = 0;     // 0: greedy
  int top_k = 0;             // 0: off
  float top_p = 1;           // 1: off
  float min_p = 0;           // 0: off
  float repeat_penalty = 1;  // 1: off
  int repeat_last_tokens = 64;
  uint32_t seed = 0;
};

struct ScaledAdapter {
  std::shared_ptr<Adapter> adapter;
  float scale = 1;
};

struct GenerationOptions {
  std::vector<llama_token> prompt;
  // So many of the prompt's first tokens are likely to begin other prompts too; 0: unknown.
  int shared_tokens = 0;
  std::vector<ScaledAdapter> adapters;
  int max_tokens = 0;
  int time_limit_ms = 0;  // 0: none
  SamplingOptions sampling;
  SamplingOptions grammar_sampling;  // while the grammar is active
  std::vector<llama_token> stop_tokens;
  std::vector<std::string> stop_texts;
  std::shared_ptr<const grammar::Grammar> grammar;  // null: none
  // Both empty: the grammar is active from the first token.
  std::vector<llama_token> trigger_tokens;
  std::vector<std::string> trigger_texts;
  // Reported by their spelling as TokenEvent instead of as text.
  std::vector<llama_token> report_tokens;
  std::vector<llama_token> banned_tokens;  // never sampled
  bool forced = true;  // false: forced tokens are drawn like all others, which is for measuring
  bool guess = true;   // false: every decode call takes only tokens that are sure
};

enum class StopReason {
  kStopToken,
  kStopText,
  kGrammarEnd,
  kMaxTokens,
  kTimeLimit,
  kContextFull,
  kAborted,
  kFailed,
};

// The reason as `src/native/addon.ts` spells it ("stop-token").
const char* StopReasonName(StopReason reason);

struct GenerationResult {
  StopReason reason = StopReason::kFailed;
  std::optional<std::string> stop;  // the stop token's spelling or the stop text
  std::vector<llama_token> tokens;  // generated and in the cache, in order
  int prompt_tokens = 0;
  int reused_tokens = 0;
  int generated_tokens = 0;
  int forced_tokens = 0;
  int guessed_tokens = 0;  // tried ahead of being drawn
  int guessed_right = 0;   // of them drawn then
  double prompt_ms = 0;
  double generation_ms = 0;
  std::vector<std::string> warnings;  // of snapshots that were left out, for people
  std::optional<Error> failure;       // why, where the reason is kFailed
};

struct PromptEvent {
  int processed = 0;
  int total = 0;
};
struct TextEvent {
  std::string text;  // whole code points
  std::vector<llama_token> tokens;
};
struct TokenEvent {
  llama_token token = 0;
  std::string text;
};
struct EndEvent {
  GenerationResult result;
};
using GenerationEvent = std::variant<PromptEvent, TextEvent, TokenEvent, EndEvent>;

// Gets the events of one step, in order, on the engine thread. The last event of the last batch is
// an EndEvent; nothing comes after it. It must return at once and must not wait for the engine
// (calling Generation::Abort is fine).
using EventSink = std::function<void(std::vector<GenerationEvent> events)>;

// A running generation. It runs to its end also when nobody holds this handle.
class Generation {
 public:
  // The EndEvent follows, with reason kAborted unless it ended before. Any thread; idempotent.
  void Abort() { aborted_.store(true, std::memory_order_relaxed); }
  bool aborted() const { return aborted_.load(std::memory_order_relaxed); }

 private:
  CountedObject counted_{ObjectKind::kGeneration};
  std::atomic<bool> aborted_ = false;
};

}  // namespace lorikeet::engine
