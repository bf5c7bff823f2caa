// From a state to its legal tokens: slices copied, the rest walked.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "grammar/bitmap.h"
#include "grammar/image.h"
#include "grammar/machine.h"

namespace lorikeet::grammar {

// The legal tokens of one state, kept small: a base that the vocabulary holds, and ids beside it.
struct TokenMask {
  static constexpr uint8_t kNoSlice = 0xFF;
  static constexpr uint8_t kUncounted = 0xFF;

  // The base: this slice, of it only tokens of at most `most_code_points`.
  uint8_t slice = kNoSlice;
  uint8_t most_code_points = kUncounted;
  // Where not empty, all legal tokens; there is no other base then.
  std::vector<uint64_t> words;
  size_t base_count = 0;  // tokens in the base
  // Further ids, in no order; some may be in the base too.
  std::vector<uint32_t> ids;
  // Tokens of which each state with this mask decides by itself (Machine::kAsk).
  std::vector<uint32_t> asked;

  bool has_base() const { return slice != kNoSlice || !words.empty(); }
  size_t MemoryBytes() const {
    return sizeof *this + words.capacity() * sizeof(uint64_t) +
           (ids.capacity() + asked.capacity()) * sizeof(uint32_t);
  }

  // Writes the mask. REQUIRES: `mask` has the vocabulary's size.
  void CopyTo(const VocabularyImage& image, Bitmap& mask) const;
};

// The legal tokens of `state`, which is a twin (Machine::MaskTwin).
TokenMask BuildMask(const VocabularyImage& image, Machine& machine, State state);

// Decides what a twin's mask leaves to `state`.
TokenMask SettleMask(TokenMask mask, const VocabularyImage& image, Machine& machine, State state);

// What BuildMask works with. Its scratch memory serves all machines of a thread.
class MaskBuilder {
 public:
  MaskBuilder();

  TokenMask Build(const VocabularyImage& image, Machine& machine, State state);

 private:
  // The states after 0, 1, 2, ... characters of a slice.
  struct Chain {
    std::vector<State> states;
    bool endless = false;  // the last state is the one after any further character too
  };
  // How many characters of each slice a state takes whatever they are, where that was asked: at
  // most kMaxCountedCodePoints, or any number.
  struct LiveFacts {
    State state = kDead;
    SliceSet asked = 0;
    SliceSet endless = 0;
    std::array<uint8_t, kSliceCount> lengths{};
  };
  // Children still to be looked at from one state.
  struct Frame {
    uint32_t child;
    uint32_t end;
    State state;
  };

  bool AddSlice(State state, TokenMask& mask);
  SliceSet NotLive(State state);
  void AddUniformSlice(uint8_t which, const Chain& chain, TokenMask& mask);
  void AddLiveSlice(State state, uint8_t which, const LiveTexts& live, TokenMask& mask);
  bool FollowSlice(State state, Slice slice, Chain& chain);
  void WalkChain(const SliceImage& slice, const Chain& chain);
  void WalkOthers(const SliceImage& slice, State state);
  void WalkAll(State state, ByteSet roots);
  bool AddSpaced(State state);
  bool AddForeign(State state);
  bool AddWords(State state, Slice slice, std::span<const uint64_t> words, size_t before);
  void AddTerminals(State state, TokenMask& mask);
  Bitmap Whole(const TokenMask& mask) const;
  void Flatten(const Bitmap& all, TokenMask& mask);

  void Walk(const Trie& trie, State state) { Walk(trie, state, ~ByteSet()); }
  // Adds the ids of `trie` that are legal from `state` and begin with one of `roots`.
  void Walk(const Trie& trie, State state, const ByteSet& roots);
  void EnterRoot(State state, const ByteSet& bytes);
  bool WalkDense(Frame& frame, uint32_t row);
  void WalkSparse(Frame frame);
  bool TakesAll(State state, const Subtree& subtree);
  void Ask(LiveFacts& facts, uint8_t slice);
  bool AddNode(uint32_t at, State state);
  void AskAll(const TrieNode& node);
  void AddId(uint32_t id);
  void AddIds(std::span<const uint32_t> ids);
  void HaveMany();

  std::array<SliceSet, kSliceCount> around_;  // SlicesAround each slice
  const VocabularyImage* image_ = nullptr;
  Machine* machine_ = nullptr;
  std::vector<Frame> frames_;
  // Facts by a hash of the state; they hold for one mask.
  static constexpr size_t kRememberedFacts = 256;
  std::vector<LiveFacts> live_facts_;
  // The legal ids beside the base: in the bitmap where they are many.
  std::vector<uint32_t> ids_;
  Bitmap many_;
  bool has_many_ = false;
  std::vector<uint32_t> asked_;
  const Trie* trie_ = nullptr;
};

}  // namespace lorikeet::grammar
