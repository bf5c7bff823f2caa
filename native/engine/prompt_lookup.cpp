#include "engine/prompt_lookup.h"

#include <algorithm>

namespace lorikeet::engine {
namespace {

// Places that one search looks at.
constexpr int kMostPlaces = 64;

}  // namespace

PromptLookup::PromptLookup() = default;

void PromptLookup::Append(std::span<const llama_token> tokens) {
  for (llama_token token : tokens) {
    // The place of the new token becomes one that followed the pair before it.
    const size_t place = tokens_.size();
    uint32_t earlier = 0;
    if (place >= kLeastMatch) {
      uint32_t& latest = latest_[BucketOf(tokens_[place - 2], tokens_[place - 1])];
      earlier = latest;
      latest = static_cast<uint32_t>(place);
    }
    earlier_.push_back(earlier);
    tokens_.push_back(token);
  }
}

PromptLookup::Match PromptLookup::Find(std::span<const llama_token> beyond) const {
  Match best;
  if (size() + beyond.size() <= kLeastMatch) return best;
  uint32_t place = latest_[BucketOf(FromEnd(1, beyond), FromEnd(0, beyond))];
  for (int i = 0; i < kMostPlaces && place != 0 && best.length < kMostMatch; i++) {
    const size_t length = MatchLength(place, beyond);
    if (length >= kLeastMatch && length > best.length) best = {place, length};
    place = earlier_[place];
  }
  return best;
}

PromptLookup::Match PromptLookup::Follow(Match match, std::span<const llama_token> beyond) const {
  const bool goes_on =
      match.length > 0 && match.next + 1 < size() && tokens_[match.next] == FromEnd(0, beyond);
  if (!goes_on) return Find(beyond);
  return {match.next + 1, std::min(match.length + 1, kMostMatch)};
}

size_t PromptLookup::BucketOf(llama_token before, llama_token last) {
  const uint32_t mixed =
      static_cast<uint32_t>(before) * 0x9E3779B1u + static_cast<uint32_t>(last) * 0x85EBCA77u;
  return (mixed ^ (mixed >> 15)) % kBuckets;
}

// The token `distance` before the last.
llama_token PromptLookup::FromEnd(size_t distance, std::span<const llama_token> beyond) const {
  if (distance < beyond.size()) return beyond[beyond.size() - 1 - distance];
  return tokens_[tokens_.size() - 1 - (distance - beyond.size())];
}

// How many tokens before `next` are those at the end.
size_t PromptLookup::MatchLength(size_t next, std::span<const llama_token> beyond) const {
  size_t length = 0;
  while (length < kMostMatch && length < next &&
         tokens_[next - 1 - length] == FromEnd(length, beyond)) {
    length++;
  }
  return length;
}

}  // namespace lorikeet::engine
