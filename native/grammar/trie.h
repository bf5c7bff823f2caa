// A trie of byte strings with token ids at their ends, flat in memory.
//
// The children of a node are contiguous and ascend by byte, and blocks of children lie in
// depth-first order, so that a walk touches memory in one direction. Node 0 is the root.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grammar/machine.h"
#include "grammar/slices.h"

namespace lorikeet::grammar {

// One node in one word: first child (24 bits), number of children (9), byte (8), and one more than
// the index of its ids in `Trie::ids`, or 0 for none (22, and one bit to spare).
class TrieNode {
 public:
  static constexpr uint32_t kMaxNodes = 1u << 24;
  static constexpr uint32_t kMaxIds = (1u << 22) - 1;

  TrieNode() = default;
  TrieNode(uint32_t first_child, uint32_t child_count, uint8_t byte, uint32_t ids)
      : bits_(uint64_t{first_child} | uint64_t{child_count} << 24 | uint64_t{byte} << 33 |
              uint64_t{ids} << 41) {}

  uint32_t first_child() const { return static_cast<uint32_t>(bits_ & 0xFFFFFF); }
  uint32_t child_count() const { return static_cast<uint32_t>(bits_ >> 24 & 0x1FF); }
  uint8_t byte() const { return static_cast<uint8_t>(bits_ >> 33); }
  uint32_t ids() const { return static_cast<uint32_t>(bits_ >> 41); }

 private:
  uint64_t bits_ = 0;
};

// What lies below one node, in one word: where its ids begin in `Trie::ids` (22 bits) and end (22),
// its own among them; the slices that hold every character still to come (16), none where that is
// not text or the node lies within a character; and how many characters at most (4, or kMany).
class Subtree {
 public:
  static constexpr uint32_t kMany = 15;

  Subtree() = default;
  Subtree(uint32_t first_id, uint32_t end_id, SliceSet slices, uint32_t longest)
      : bits_(uint64_t{first_id} | uint64_t{end_id} << 22 | uint64_t{slices} << 44 |
              uint64_t{std::min(longest, kMany)} << 60) {}

  uint32_t first_id() const { return static_cast<uint32_t>(bits_ & 0x3FFFFF); }
  uint32_t end_id() const { return static_cast<uint32_t>(bits_ >> 22 & 0x3FFFFF); }
  SliceSet slices() const { return static_cast<SliceSet>(bits_ >> 44 & kAllSlices); }
  uint32_t longest() const { return static_cast<uint32_t>(bits_ >> 60); }

 private:
  static_assert(kSliceCount == 16);
  uint64_t bits_ = 0;
};

// A view; the memory belongs to the vocabulary image. An empty trie has no nodes at all.
struct Trie {
  // Marks the last id of one string.
  static constexpr uint32_t kLast = 0x80000000;

  std::span<const TrieNode> nodes;
  std::span<const uint32_t> ids;
  std::span<const Subtree> subtrees;  // by node; empty where they are not described

  bool empty() const { return nodes.empty(); }

  // Calls `visit(TokenId)` for each id of a node that has some.
  template <typename Visit>
  void ForEachId(TrieNode node, Visit visit) const {
    for (uint32_t i = node.ids() - 1;; i++) {
      visit(static_cast<TokenId>(ids[i] & ~kLast));
      if (ids[i] & kLast) return;
    }
  }
};

// A string of the trie to be.
struct TrieEntry {
  std::string_view bytes;
  TokenId id;
};

struct TrieStorage {
  std::vector<TrieNode> nodes;
  std::vector<uint32_t> ids;
  std::vector<Subtree> subtrees;
};

// Sorts by bytes, then by id.
void SortTrieEntries(std::vector<TrieEntry>& entries);

// REQUIRES: `entries` sorted, no empty strings.
// Throws GrammarError GRAMMAR_TOO_LARGE beyond kMaxNodes or kMaxIds.
TrieStorage BuildTrie(std::span<const TrieEntry> entries);

// Fills `trie.subtrees`.
void DescribeSubtrees(TrieStorage& trie);

}  // namespace lorikeet::grammar
