// Building tries from sorted strings.
#include "grammar/trie.h"

#include <algorithm>
#include <array>
#include <utility>

#include "grammar/error.h"

namespace lorikeet::grammar {
namespace {

// The first eight bytes as a number that orders as they do; shorter strings are padded with 0.
uint64_t LeadingBytes(std::string_view bytes) {
  uint64_t key = 0;
  for (size_t i = 0; i < 8; i++) {
    key = key << 8 | (i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0);
  }
  return key;
}

struct Keyed {
  uint64_t key;
  TrieEntry entry;
};

bool ComesBefore(const Keyed& a, const Keyed& b) {
  const int order = a.entry.bytes.compare(b.entry.bytes);
  return order != 0 ? order < 0 : a.entry.id < b.entry.id;
}

// Sorts by keys alone: digit by digit from the last one, which beats comparing where there are
// many.
void SortByKey(std::vector<Keyed>& keyed) {
  constexpr size_t kFew = 1024;
  if (keyed.size() < kFew) {
    std::sort(keyed.begin(), keyed.end(),
              [](const Keyed& a, const Keyed& b) { return a.key < b.key; });
    return;
  }
  constexpr unsigned kDigitBits = 11;
  constexpr uint64_t kDigits = uint64_t{1} << kDigitBits;
  std::vector<Keyed> sorted(keyed.size());
  for (unsigned shift = 0; shift < 64; shift += kDigitBits) {
    std::array<size_t, kDigits> places{};
    for (const Keyed& each : keyed) places[each.key >> shift & (kDigits - 1)]++;
    size_t before = 0;
    for (size_t& place : places) before += std::exchange(place, before);
    for (const Keyed& each : keyed) sorted[places[each.key >> shift & (kDigits - 1)]++] = each;
    keyed.swap(sorted);
  }
}

// Strings that share their first `depth` bytes and become the subtree of `node`.
struct Range {
  uint32_t first;
  uint32_t last;
  uint32_t depth;
  uint32_t node;
};

class TrieBuilder {
 public:
  explicit TrieBuilder(std::span<const TrieEntry> entries) : entries_(entries) {}

  TrieStorage Build() {
    if (entries_.empty()) return {};
    storage_.nodes.emplace_back();
    pending_.push_back({0, static_cast<uint32_t>(entries_.size()), 0, 0});
    while (!pending_.empty()) {
      const Range range = pending_.back();
      pending_.pop_back();
      AddSubtree(range);
    }
    return std::move(storage_);
  }

 private:
  void AddSubtree(Range range) {
    const uint32_t ids = AddIds(range);
    const uint32_t first_child = static_cast<uint32_t>(storage_.nodes.size());
    const size_t first_pending = pending_.size();
    uint32_t child = first_child;
    for (uint32_t from = range.first; from < range.last; child++) {
      const char byte = entries_[from].bytes[range.depth];
      uint32_t to = from + 1;
      while (to < range.last && entries_[to].bytes[range.depth] == byte) to++;
      pending_.push_back({from, to, range.depth + 1, child});
      storage_.nodes.emplace_back(0, 0, static_cast<uint8_t>(byte), 0);
      from = to;
    }
    // The first child's subtree comes next in memory.
    std::reverse(pending_.begin() + static_cast<std::ptrdiff_t>(first_pending), pending_.end());
    TrieNode& node = storage_.nodes[range.node];
    node = TrieNode(first_child, child - first_child, node.byte(), ids);
    CheckSize();
  }

  // Takes the strings that end here out of the range.
  uint32_t AddIds(Range& range) {
    const uint32_t first = static_cast<uint32_t>(storage_.ids.size());
    while (range.first < range.last && entries_[range.first].bytes.size() == range.depth) {
      storage_.ids.push_back(static_cast<uint32_t>(entries_[range.first].id));
      range.first++;
    }
    if (storage_.ids.size() == first) return 0;
    storage_.ids.back() |= Trie::kLast;
    return first + 1;
  }

  void CheckSize() const {
    if (storage_.nodes.size() <= TrieNode::kMaxNodes && storage_.ids.size() <= TrieNode::kMaxIds) {
      return;
    }
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge,
                       "Expected a vocabulary whose trie has at most 16,777,216 nodes.");
  }

  std::span<const TrieEntry> entries_;
  TrieStorage storage_;
  std::vector<Range> pending_;
};

}  // namespace

void SortTrieEntries(std::vector<TrieEntry>& entries) {
  std::vector<Keyed> keyed;
  keyed.reserve(entries.size());
  for (const TrieEntry& entry : entries) keyed.push_back({LeadingBytes(entry.bytes), entry});
  SortByKey(keyed);
  // What has the same first bytes is compared as a whole.
  for (size_t from = 0; from < keyed.size();) {
    size_t to = from + 1;
    while (to < keyed.size() && keyed[to].key == keyed[from].key) to++;
    if (to - from > 1) std::sort(&keyed[from], &keyed[from] + (to - from), ComesBefore);
    from = to;
  }
  for (size_t i = 0; i < entries.size(); i++) entries[i] = keyed[i].entry;
}

TrieStorage BuildTrie(std::span<const TrieEntry> entries) { return TrieBuilder(entries).Build(); }

}  // namespace lorikeet::grammar
