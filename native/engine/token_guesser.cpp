#include "engine/token_guesser.h"

#include <algorithm>
#include <utility>

namespace lorikeet::engine {
namespace {

// Chances of ends of 2, 3, 4 to 5, 6 to 9 and more tokens before any were seen, which count as much
// as so many that were.
constexpr std::array<double, 5> kFirstChances = {0.3, 0.5, 0.65, 0.8, 0.9};
constexpr double kFirstClear = 1;
constexpr double kFirstWeight = 2;
// What was seen counts so much less with each one that is seen.
constexpr double kFading = 0.9;
// Guesses less likely than this are not considered.
constexpr double kLeastChance = 0.2;
// What the whole call promises per millisecond must grow at least so many times. (Measured: with
// less where several share it, eight sessions were a tenth slower than without guesses.)
constexpr double kLeastGain = 1.1;

bool Contains(const std::vector<llama_token>& tokens, llama_token token) {
  return std::ranges::find(tokens, token) != tokens.end();
}

}  // namespace

void TokenGuesser::Append(std::span<const llama_token> tokens) {
  if (tokens.size() == 1) {
    lookup_.Append(tokens);
    match_ = lookup_.Follow(match_);
  } else if (!tokens.empty()) {
    lookup_.Append(tokens);
    match_ = lookup_.Find();
  }
}

void TokenGuesser::Judge(llama_token drawn) {
  if (match_.length == 0) return;
  trust_[ClassOf(match_.length)].Note(lookup_[match_.next] == drawn);
}

bool TokenGuesser::HasIdea() const { return ChanceOf(match_) >= kLeastChance; }

void TokenGuesser::NoteLead(bool clear) { leads_.Note(clear); }

// Takes the copy token by token, with what the grammar forces between; of all lengths the one is
// kept that promises the whole call most per millisecond. A greedy choice that does not lead is
// made again later. A guess that comes true saves the call that would have decoded it, with what is
// forced behind it.
Guesses TokenGuesser::Guess(const GuessRoom& room, const DecodeCosts& costs,
                            const GenerationOptions& options, const GrammarGuide& guide) const {
  Guesses best;
  if (room.most == 0 || !HasIdea()) return best;
  const double others = room.expected - 1;
  const double plain_ms = costs.Of(room.call_tokens);
  const SamplingOptions& sampling = guide.active() ? options.grammar_sampling : options.sampling;
  const double clear = sampling.temperature <= 0 ? leads_.Chance(kFirstClear) : 1;
  std::vector<GuessedToken> guess;
  GrammarGuide ahead = guide;
  PromptLookup::Match match = match_;
  std::vector<llama_token> beyond;  // the tokens of `guess`
  double chance = clear, gained = clear;
  double best_gain = kLeastGain;
  size_t best_length = 0;
  const auto add = [&](llama_token token, bool forced) {
    guess.push_back({token, forced});
    beyond.push_back(token);
    match = lookup_.Follow(match, beyond);
  };
  while (guess.size() < room.most) {
    chance *= ChanceOf(match) * clear;
    if (chance < kLeastChance) break;
    const llama_token token = lookup_[match.next];
    if (Contains(options.stop_tokens, token) || Contains(options.banned_tokens, token)) break;
    if (!ahead.Accept(token) || ahead.ended()) break;
    add(token, false);
    const size_t length = guess.size();
    if (options.forced) {
      for (llama_token next : ahead.ForcedTokens(End(beyond), room.most - guess.size())) {
        if (Contains(options.banned_tokens, next) || !ahead.Accept(next)) break;
        add(next, true);
      }
    }
    const size_t forced = guess.size() - length;
    gained += chance * costs.Of(room.call_tokens + forced) / plain_ms;
    const double call_ms = costs.Of(room.call_tokens + guess.size());
    const double gain = (others + gained) / room.expected * plain_ms / call_ms;
    if (gain < best_gain) continue;
    best_gain = gain;
    best_length = guess.size();
    best.expected = gained;
  }
  guess.resize(best_length);
  best.tokens = std::move(guess);
  return best;
}

void TokenGuesser::Trust::Note(bool came_true) {
  right = kFading * right + (came_true ? 1 : 0);
  seen = kFading * seen + 1;
}

double TokenGuesser::Trust::Chance(double first) const {
  return (right + kFirstWeight * first) / (seen + kFirstWeight);
}

// The last tokens, as far as they may change how a forced text is tokenised.
std::vector<llama_token> TokenGuesser::End(std::span<const llama_token> beyond) const {
  std::vector<llama_token> end;
  const size_t count = std::min(lookup_.size(), GrammarGuide::kRecentTokens);
  for (size_t i = lookup_.size() - count; i < lookup_.size(); i++) end.push_back(lookup_[i]);
  end.insert(end.end(), beyond.begin(), beyond.end());
  return end;
}

size_t TokenGuesser::ClassOf(size_t match_length) {
  if (match_length < 4) return match_length < 3 ? 0 : 1;
  if (match_length < 6) return 2;
  return match_length < 10 ? 3 : 4;
}

double TokenGuesser::ChanceOf(const PromptLookup::Match& match) const {
  if (match.length == 0) return 0;
  const size_t index = ClassOf(match.length);
  return trust_[index].Chance(kFirstChances[index]);
}

}  // namespace lorikeet::engine
