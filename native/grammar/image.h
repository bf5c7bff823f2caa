// The vocabulary image: every table that masks are made from, in one block of memory.
//
// Built and loaded images are the same bytes; the members below are views into the block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "grammar/slices.h"
#include "grammar/trie.h"
#include "grammar/vocabulary.h"

namespace lorikeet::grammar {

// Texts up to this many code points have bitmaps and tries of their own.
inline constexpr size_t kMaxCountedCodePoints = 16;

// What the mask engine knows about one slice T.
struct SliceImage {
  uint32_t token_count = 0;          // tokens in T
  std::span<const uint64_t> tokens;  // bitmap of T

  // Text tokens outside T fall into three parts. Those that begin with a byte of `other_roots` are
  // found in the vocabulary's trie. Those in `other_first` begin with a non-ASCII byte and no code
  // point of T. All others begin with a code point of T:
  ByteSet other_roots;
  Trie other_first;
  Trie mixed;  // whole tokens

  // The same tokens as `mixed` without their longest beginning in T: all of them in one trie, and
  // by that beginning's number k of code points, 1 <= k < kMaxCountedCodePoints.
  Trie tails;
  std::array<Trie, kMaxCountedCodePoints> tails_after;

  // Tokens of T with more than kMaxCountedCodePoints code points, and those of `mixed` with
  // k >= kMaxCountedCodePoints.
  Trie far;
};

struct VocabularyImage {
  std::unique_ptr<std::byte[]> memory;  // the block
  size_t memory_size = 0;               // bytes, a multiple of 8

  void Allocate(size_t bytes) {
    memory = std::make_unique_for_overwrite<std::byte[]>(bytes);
    memory_size = bytes;
  }
  std::span<const std::byte> Block() const { return {memory.get(), memory_size}; }

  uint32_t size = 0;                         // tokens
  uint32_t longest_token = 0;                // bytes
  std::span<const uint32_t> byte_offsets;    // [size + 1] into bytes
  std::span<const char> bytes;               // what each token writes
  std::span<const uint32_t> text_offsets;    // [size + 1] into texts
  std::span<const char> texts;               // how each token is spelt
  std::span<const uint8_t> kinds;            // [size] TokenKind
  std::span<const TokenId> end_tokens;       // ascending
  std::span<const TokenId> special_by_text;  // control, user-defined, unused: ordered by spelling

  Trie trie;                            // every text and byte token
  std::span<const uint64_t> emittable;  // bitmap: neither unused nor ending the generation

  // Half of a vocabulary are words behind a space, which few slices hold: tokens of a space and 1
  // to kMaxCountedCodePoints - 1 characters of Slice::kLetters, or of Slice::kAnyLetters (those of
  // them that are not of kLetters are a trie, too), and all others that begin with a space.
  std::span<const uint64_t> spaced_letters;
  std::span<const uint64_t> spaced_any_letters;
  Trie spaced_foreign;
  Trie spaced_others;

  std::array<SliceImage, kSliceCount> slices;
  std::array<uint8_t, kSliceCount> slices_by_size;  // those of most tokens first
  // Bitmaps [n] of tokens of Slice::kAny with at most n code points, n >= 1.
  std::array<std::span<const uint64_t>, kMaxCountedCodePoints + 1> at_most;

  size_t words() const { return (size + 63) / 64; }
};

// The tables of an image before they are laid out in one block.
struct VocabularyTables {
  std::vector<uint32_t> byte_offsets;
  std::string bytes;
  std::vector<uint32_t> text_offsets;
  std::string texts;
  std::vector<uint8_t> kinds;
  std::vector<TokenId> end_tokens;
  std::vector<TokenId> special_by_text;
  TrieStorage trie;
  std::vector<uint64_t> emittable;
  std::vector<uint64_t> spaced_letters;
  std::vector<uint64_t> spaced_any_letters;
  TrieStorage spaced_foreign;
  TrieStorage spaced_others;
  struct SliceTables {
    uint32_t token_count = 0;
    std::vector<uint64_t> tokens;
    ByteSet other_roots;
    TrieStorage other_first, mixed, tails, far;
    std::array<TrieStorage, kMaxCountedCodePoints> tails_after;
  };
  std::array<SliceTables, kSliceCount> slices;
  std::array<std::vector<uint64_t>, kMaxCountedCodePoints + 1> at_most;
};

// Lays the tables out in a block and opens it.
std::unique_ptr<const VocabularyImage> AssembleImage(const VocabularyTables& tables);

// Writing and reading the block as a file; see image_file.cpp for the format.
bool WriteImage(const VocabularyImage& image, const std::string& path, uint64_t key);
std::unique_ptr<const VocabularyImage> ReadImage(const std::string& path, uint64_t key);

// Fills `slices`, `at_most` and the tables of words behind a space from the tokens of `text_tokens`
// (sorted as for BuildTrie).
void BuildSliceTables(std::span<const TrieEntry> text_tokens, size_t vocabulary_size,
                      VocabularyTables& tables);

}  // namespace lorikeet::grammar
