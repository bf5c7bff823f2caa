// Where a text goes on like its own earlier part: the longest end that stood before, and what
// followed it there.
//
// THREADS: any, one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "llama.h"

namespace lorikeet::engine {

class PromptLookup {
 public:
  // Shorter ends are not looked up, longer ones count as this long.
  static constexpr size_t kLeastMatch = 2;
  static constexpr size_t kMostMatch = 16;

  // An end of `length` tokens stood before; the token at `next` followed it. length 0: none did.
  struct Match {
    size_t next = 0;
    size_t length = 0;
  };

  PromptLookup();

  size_t size() const { return tokens_.size(); }
  llama_token operator[](size_t index) const { return tokens_[index]; }

  void Append(std::span<const llama_token> tokens);

  // The longest end of what was appended and then `beyond`; of equally long ones the latest. The
  // token that followed is one of those that were appended.
  Match Find(std::span<const llama_token> beyond = {}) const;

  // What Find gives after one more token where `match` was found before it, at less cost: a copy
  // is followed as long as it goes on, though elsewhere a longer one might have begun.
  // `beyond` ends with that token.
  Match Follow(Match match, std::span<const llama_token> beyond = {}) const;

 private:
  static constexpr size_t kBuckets = 1 << 13;

  static size_t BucketOf(llama_token before, llama_token last);
  llama_token FromEnd(size_t distance, std::span<const llama_token> beyond) const;
  size_t MatchLength(size_t next, std::span<const llama_token> beyond) const;

  std::vector<llama_token> tokens_;
  // Chains of the places that follow a pair of tokens, latest first: the pair's bucket leads to the
  // latest place, each place to the one before; 0 ends a chain.
  std::array<uint32_t, kBuckets> latest_{};
  std::vector<uint32_t> earlier_;
};

}  // namespace lorikeet::engine
