// Describing what lies below each node of a trie.
#include <array>

#include "grammar/trie.h"
#include "grammar/utf8.h"

namespace lorikeet::grammar {
namespace {

// The character that a node ends, or lies in.
struct Character {
  std::array<char, 4> bytes{};
  uint8_t length = 0;
  uint8_t missing = 0;  // bytes

  bool whole() const { return missing == 0; }

  Character Next(uint8_t byte) const {
    Character next;
    if (whole()) {
      next.missing = byte < 0xC0 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    } else {
      next = *this;
      next.missing--;
    }
    next.bytes[next.length++] = static_cast<char>(byte);
    return next;
  }
};

class Describer {
 public:
  explicit Describer(const TrieStorage& trie)
      : trie_(trie), characters_(trie.nodes.size()), from_(trie.nodes.size()) {}

  std::vector<Subtree> Describe() {
    std::vector<Subtree> subtrees(trie_.nodes.size());
    for (size_t at = 0; at < trie_.nodes.size(); at++) ReadChildren(at);
    // Children come after their parents.
    for (size_t at = trie_.nodes.size(); at-- > 0;) subtrees[at] = DescribeNode(at, subtrees);
    return subtrees;
  }

 private:
  // What follows from a place on.
  struct Rest {
    SliceSet slices = kAllSlices;
    uint32_t longest = 0;
  };

  void ReadChildren(size_t at) {
    const TrieNode node = trie_.nodes[at];
    for (uint32_t i = 0; i < node.child_count(); i++) {
      const uint32_t child = node.first_child() + i;
      characters_[child] = characters_[at].Next(trie_.nodes[child].byte());
    }
  }

  Subtree DescribeNode(size_t at, const std::vector<Subtree>& subtrees) {
    const TrieNode node = trie_.nodes[at];
    Rest below;
    for (uint32_t i = 0; i < node.child_count(); i++) {
      const Rest& child = from_[node.first_child() + i];
      below.slices &= child.slices;
      below.longest = std::max(below.longest, child.longest);
    }
    const uint32_t last_child = node.first_child() + node.child_count() - 1;
    uint32_t first = node.ids() - 1, end = first;
    if (node.ids() != 0) {
      while (!(trie_.ids[end++] & Trie::kLast)) {
      }
    } else if (node.child_count() > 0) {
      first = subtrees[node.first_child()].first_id();
    }
    if (node.child_count() > 0) end = subtrees[last_child].end_id();
    from_[at] = Before(at, below);
    return Subtree(first, end, characters_[at].whole() ? below.slices : 0, below.longest);
  }

  // The same with the character that the node ends.
  Rest Before(size_t at, Rest below) const {
    const Character& character = characters_[at];
    if (!character.whole()) {
      if (trie_.nodes[at].ids() != 0) below.slices = 0;
      return below;
    }
    const CodePoint read = DecodeUtf8({character.bytes.data(), character.length});
    below.slices = read.length == character.length ? below.slices & slices_with_(read.value) : 0;
    below.longest++;
    return below;
  }

  const TrieStorage& trie_;
  const SliceLookup slices_with_;
  std::vector<Character> characters_;
  std::vector<Rest> from_;
};

}  // namespace

void DescribeSubtrees(TrieStorage& trie) { trie.subtrees = Describer(trie).Describe(); }

}  // namespace lorikeet::grammar
