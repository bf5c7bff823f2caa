// Sorting the text tokens into slices, and what lies outside of each slice into tries.
#include <algorithm>
#include <bit>

#include "grammar/image.h"
#include "grammar/utf8.h"

namespace lorikeet::grammar {
namespace {

// The tokens outside one slice, as they are met.
struct Outsiders {
  std::vector<TrieEntry> other_first;
  std::vector<TrieEntry> mixed;
  std::vector<TrieEntry> far;
  std::vector<TrieEntry> tails;
};

class SliceTableBuilder {
 public:
  SliceTableBuilder(size_t vocabulary_size, VocabularyTables& tables)
      : tables_(tables), tail_start_(vocabulary_size) {
    const size_t words = (vocabulary_size + 63) / 64;
    for (size_t i = 0; i < kSliceCount; i++) {
      tables_.slices[i].tokens.resize(words);
      tables_.slices[i].other_roots = OtherRoots(static_cast<Slice>(i));
    }
    for (size_t n = 1; n <= kMaxCountedCodePoints; n++) tables_.at_most[n].resize(words);
    tables_.spaced_letters.resize(words);
    tables_.spaced_any_letters.resize(words);
  }

  void Add(const TrieEntry& token) {
    SliceSet inside = kAllSlices;  // slices that all code points so far belong to
    size_t count = 0;              // code points so far
    size_t at = 0;
    while (at < token.bytes.size() && inside != 0) {
      const CodePoint next = DecodeUtf8(token.bytes.substr(at));
      const SliceSet here = next.length == 0 ? 0 : slices_with_(next.value);
      for (SliceSet lost = inside & ~here; lost != 0; lost &= lost - 1) {
        AddOutside(static_cast<size_t>(std::countr_zero(lost)), token, count, at);
      }
      inside &= here;
      at += next.length;
      count++;
    }
    for (SliceSet rest = inside; rest != 0; rest &= rest - 1) {
      AddInside(static_cast<size_t>(std::countr_zero(rest)), token, count);
    }
    if (inside & Only(Slice::kAny) && count <= kMaxCountedCodePoints) {
      SetBit(tables_.at_most[count], token.id);
    }
    if (token.bytes[0] == ' ') AddSpaced(token);
  }

  void Finish() {
    for (size_t n = 2; n <= kMaxCountedCodePoints; n++) {
      auto& counted = tables_.at_most[n];
      const auto& fewer = tables_.at_most[n - 1];
      for (size_t i = 0; i < counted.size(); i++) counted[i] |= fewer[i];
    }
    for (size_t i = 0; i < kSliceCount; i++) BuildTries(i);
    tables_.spaced_foreign = BuildTrie(spaced_foreign_);
    tables_.spaced_others = BuildTrie(spaced_others_);
    DescribeSubtrees(tables_.spaced_foreign);
    DescribeSubtrees(tables_.spaced_others);
  }

 private:
  // ASCII bytes outside the slice; the others too where the slice is ASCII alone.
  static ByteSet OtherRoots(Slice slice) {
    ByteSet roots;
    for (uint32_t c = 0; c < 128; c++) {
      if (!(SlicesWith(c) & Only(slice))) roots.Add(static_cast<uint8_t>(c));
    }
    if (RangesOf(slice).back().last < 128) roots.AddRange(128, 255);
    return roots;
  }

  void AddInside(size_t slice, const TrieEntry& token, size_t count) {
    if (!IsBase(static_cast<Slice>(slice))) return;
    auto& table = tables_.slices[slice];
    SetBit(table.tokens, token.id);
    table.token_count++;
    if (count > kMaxCountedCodePoints) outsiders_[slice].far.push_back(token);
  }

  // `count` code points of the slice, `at` bytes, begin the token.
  void AddOutside(size_t slice, const TrieEntry& token, size_t count, size_t at) {
    if (!IsBase(static_cast<Slice>(slice))) return;
    Outsiders& outsiders = outsiders_[slice];
    if (count == 0) {
      const uint8_t first = static_cast<uint8_t>(token.bytes[0]);
      if (!tables_.slices[slice].other_roots.Contains(first)) {
        outsiders.other_first.push_back(token);
      }
      return;
    }
    outsiders.mixed.push_back(token);
    if (count >= kMaxCountedCodePoints) {
      outsiders.far.push_back(token);
    }
    outsiders.tails.push_back({token.bytes.substr(at), token.id});
    tail_start_[static_cast<size_t>(token.id)][slice] =
        static_cast<uint8_t>(std::min<size_t>(count, kMaxCountedCodePoints));
  }

  void AddSpaced(const TrieEntry& token) {
    const std::string_view rest = token.bytes.substr(1);
    SliceSet inside = kAllSlices;
    size_t count = 0;
    for (size_t at = 0; at < rest.size() && inside != 0; count++) {
      const CodePoint next = DecodeUtf8(rest.substr(at));
      inside &= next.length == 0 ? 0 : slices_with_(next.value);
      at += next.length;
    }
    const bool counted = count > 0 && count < kMaxCountedCodePoints;
    if (!counted || !(inside & Only(Slice::kAnyLetters))) {
      spaced_others_.push_back(token);
      return;
    }
    SetBit(tables_.spaced_any_letters, token.id);
    if (inside & Only(Slice::kLetters)) {
      SetBit(tables_.spaced_letters, token.id);
    } else {
      spaced_foreign_.push_back(token);
    }
  }

  static void SetBit(std::vector<uint64_t>& words, TokenId id) {
    words[static_cast<size_t>(id) >> 6] |= uint64_t{1} << (id & 63);
  }

  void BuildTries(size_t slice) {
    Outsiders& outsiders = outsiders_[slice];
    VocabularyTables::SliceTables& table = tables_.slices[slice];
    table.other_first = BuildTrie(outsiders.other_first);
    table.mixed = BuildTrie(outsiders.mixed);
    table.far = BuildTrie(outsiders.far);
    // Sorted together, the tails are sorted by each k too.
    SortTrieEntries(outsiders.tails);
    table.tails = BuildTrie(outsiders.tails);
    std::array<std::vector<TrieEntry>, kMaxCountedCodePoints> after;
    for (const TrieEntry& tail : outsiders.tails) {
      const size_t k = tail_start_[static_cast<size_t>(tail.id)][slice];
      if (k < kMaxCountedCodePoints) after[k].push_back(tail);
    }
    for (size_t k = 1; k < kMaxCountedCodePoints; k++) table.tails_after[k] = BuildTrie(after[k]);
  }

  VocabularyTables& tables_;
  const SliceLookup slices_with_;
  std::array<Outsiders, kSliceCount> outsiders_;
  std::vector<TrieEntry> spaced_foreign_;
  std::vector<TrieEntry> spaced_others_;
  // By token and slice: after how many code points its tail begins.
  std::vector<std::array<uint8_t, kSliceCount>> tail_start_;
};

}  // namespace

void BuildSliceTables(std::span<const TrieEntry> text_tokens, size_t vocabulary_size,
                      VocabularyTables& tables) {
  SliceTableBuilder builder(vocabulary_size, tables);
  for (const TrieEntry& token : text_tokens) builder.Add(token);
  builder.Finish();
}

}  // namespace lorikeet::grammar
