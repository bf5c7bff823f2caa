#include "grammar/mask.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace lorikeet::grammar {
namespace {

// Masks with more ids than this beside their base are kept as a bitmap.
size_t MaxIds(const VocabularyImage& image) { return image.words() / 2 + 64; }

void SetAll(std::span<const uint32_t> ids, std::span<uint64_t> words) {
  for (uint32_t id : ids) words[id >> 6] |= uint64_t{1} << (id & 63);
}

size_t CountBase(const VocabularyImage& image, const TokenMask& mask) {
  if (mask.slice == TokenMask::kNoSlice) return 0;
  const SliceImage& slice = image.slices[mask.slice];
  if (mask.most_code_points == TokenMask::kUncounted) return slice.token_count;
  const std::span<const uint64_t> counted = image.at_most[mask.most_code_points];
  size_t count = 0;
  for (size_t i = 0; i < counted.size(); i++) {
    count += static_cast<size_t>(std::popcount(slice.tokens[i] & counted[i]));
  }
  return count;
}

}  // namespace

void TokenMask::CopyTo(const VocabularyImage& image, Bitmap& mask) const {
  const std::span<uint64_t> to = mask.words();
  if (!words.empty()) {
    std::copy(words.begin(), words.end(), to.begin());
  } else if (slice == kNoSlice) {
    std::fill(to.begin(), to.end(), 0);
  } else {
    const std::span<const uint64_t> from = image.slices[slice].tokens;
    if (most_code_points == kUncounted) {
      std::copy(from.begin(), from.end(), to.begin());
    } else {
      const std::span<const uint64_t> counted = image.at_most[most_code_points];
      for (size_t i = 0; i < to.size(); i++) to[i] = from[i] & counted[i];
    }
  }
  SetAll(ids, to);
}

MaskBuilder::MaskBuilder(const VocabularyImage& image, Machine& machine)
    : image_(image), machine_(machine) {
  for (uint8_t slice = 0; slice < kSliceCount; slice++) by_size_[slice] = slice;
  std::sort(by_size_.begin(), by_size_.end(), [&](uint8_t a, uint8_t b) {
    return image_.slices[a].token_count > image_.slices[b].token_count;
  });
}

TokenMask MaskBuilder::Build(State state) {
  TokenMask mask;
  ids_.clear();
  asked_.clear();
  if (!AddSlice(state, mask)) Walk(image_.trie, state);
  mask.base_count = CountBase(image_, mask);
  AddTerminals(state, mask);
  mask.asked = asked_;
  if (ids_.size() <= MaxIds(image_)) {
    mask.ids.assign(ids_.begin(), ids_.end());
    return mask;
  }
  Bitmap all(image_.size);
  mask.CopyTo(image_, all);
  SetAll(ids_, all.words());
  Flatten(all, mask);
  return mask;
}

TokenMask MaskBuilder::Settle(TokenMask mask, State state) {
  for (uint32_t id : mask.asked) {
    State at = state;
    for (uint32_t i = image_.byte_offsets[id]; i < image_.byte_offsets[id + 1] && at != kDead;
         i++) {
      at = machine_.Step(at, static_cast<uint8_t>(image_.bytes[i]));
    }
    if (at != kDead) mask.ids.push_back(id);
  }
  mask.asked.clear();
  return mask;
}

// Makes `all` the whole mask.
void MaskBuilder::Flatten(const Bitmap& all, TokenMask& mask) {
  mask.words.assign(all.words().begin(), all.words().end());
  mask.base_count = all.Count();
  mask.slice = TokenMask::kNoSlice;
  ids_.clear();
}

// ---- slices ----

// Takes the largest slice whose characters lead on without a walk; false where none does.
bool MaskBuilder::AddSlice(State state, TokenMask& mask) {
  for (uint8_t slice : by_size_) {
    const Slice name = static_cast<Slice>(slice);
    Chain chain;
    if (machine_.IsUniform(state, name) && FollowSlice(state, name, chain)) {
      AddUniformSlice(slice, chain, mask);
      return true;
    }
    const uint32_t length = machine_.LiveLength(state, name);
    if (length == 0) continue;
    AddLiveSlice(state, slice, length, mask);
    return true;
  }
  return false;
}

void MaskBuilder::AddUniformSlice(uint8_t which, const Chain& chain, TokenMask& mask) {
  const SliceImage& slice = image_.slices[which];
  mask.slice = which;
  if (!chain.endless) {
    const size_t most = chain.states.size() - 1;
    mask.most_code_points = static_cast<uint8_t>(std::min(most, kMaxCountedCodePoints));
  }
  WalkChain(slice, chain);
  WalkOthers(slice, chain.states[0]);
}

// False where the first character is illegal or some character splits the slice.
bool MaskBuilder::FollowSlice(State state, Slice slice, Chain& chain) {
  const uint8_t character = RepresentativeOf(slice);
  chain.states = {state};
  while (chain.states.size() <= kMaxCountedCodePoints) {
    const State last = chain.states.back();
    if (last != state && !machine_.IsUniform(last, slice)) return false;
    const State next = machine_.Step(last, character);
    if (next == kDead) break;
    if (next == last) {
      chain.endless = true;
      break;
    }
    chain.states.push_back(next);
  }
  return chain.endless || chain.states.size() > 1;
}

void MaskBuilder::WalkChain(const SliceImage& slice, const Chain& chain) {
  const size_t reached = chain.states.size() - 1;
  // Where one more character changes nothing from the beginning, all tails are one trie.
  if (chain.endless && reached == 0) return Walk(slice.tails, chain.states[0]);
  for (size_t k = 1; k < kMaxCountedCodePoints; k++) {
    if (k > reached && !chain.endless) return;
    Walk(slice.tails_after[k], chain.states[std::min(k, reached)]);
  }
  Walk(slice.far, chain.states[0]);
}

void MaskBuilder::AddLiveSlice(State state, uint8_t which, uint32_t length, TokenMask& mask) {
  const SliceImage& slice = image_.slices[which];
  mask.slice = which;
  if (length != kUnlimitedLength) {
    mask.most_code_points = static_cast<uint8_t>(std::min<size_t>(length, kMaxCountedCodePoints));
    if (length > kMaxCountedCodePoints) Walk(slice.far, state);
  }
  Walk(slice.mixed, state);
  WalkOthers(slice, state);
}

// Tokens that begin with no character of the slice.
void MaskBuilder::WalkOthers(const SliceImage& slice, State state) {
  Walk(slice.other_first, state);
  Walk(image_.trie, state, slice.other_roots);
}

// ---- token terminals and the end ----

void MaskBuilder::AddTerminals(State state, TokenMask& mask) {
  TokenTerminals terminals;
  machine_.AddNextTokens(state, terminals);
  for (TokenId id : terminals.ids) ids_.push_back(static_cast<uint32_t>(id));
  if (machine_.CanEnd(state)) {
    for (TokenId id : image_.end_tokens) ids_.push_back(static_cast<uint32_t>(id));
  }
  if (!terminals.all_but) return;
  Bitmap all(image_.size);
  mask.CopyTo(image_, all);
  SetAll(ids_, all.words());
  const std::optional<TokenId> excluded = terminals.excluded;
  const bool legal_anyway = excluded && all.Test(static_cast<size_t>(*excluded));
  for (size_t i = 0; i < all.words().size(); i++) all.words()[i] |= image_.emittable[i];
  if (excluded && !legal_anyway) all.Reset(static_cast<size_t>(*excluded));
  Flatten(all, mask);
}

// ---- walking ----

void MaskBuilder::Walk(const Trie& trie, State state, const ByteSet& roots) {
  if (trie.empty()) return;
  trie_ = &trie;
  EnterRoot(state, machine_.NextBytes(state) & roots);
  while (!frames_.empty()) {
    const Frame frame = frames_.back();
    frames_.pop_back();
    const Machine::Memo& memo = machine_.MemoOf(frame.state);
    if (memo.dense) {
      WalkDense(frame, memo.row);
    } else {
      WalkSparse(frame);
    }
  }
}

// The children of the root that begin with one of `bytes`.
void MaskBuilder::EnterRoot(State state, const ByteSet& bytes) {
  const TrieNode& root = trie_->nodes[0];
  const uint32_t first = root.first_child(), end = first + root.child_count();
  for (uint32_t child = end; child-- > first;) {
    if (bytes.Contains(trie_->nodes[child].byte())) frames_.push_back({child, child + 1, state});
  }
}

// Many bytes are legal: looks at one child after the other, and goes down at once where it can.
void MaskBuilder::WalkDense(Frame frame, uint32_t row) {
  const TrieNode* nodes = trie_->nodes.data();
  const State* cells = machine_.cells_.data() + row;
  for (uint32_t at = frame.child; at < frame.end; at++) {
    const TrieNode child = nodes[at];
    State next = cells[child.byte()];
    if (next == kDead) continue;
    if (next >= Machine::kAsk) {
      next = machine_.Step(frame.state, child.byte());
      cells = machine_.cells_.data() + row;
      if (next == Machine::kAsk) Ask(child);
      if (next == kDead || next == Machine::kAsk) continue;
    }
    if (child.ids() != 0) AddIds(child);
    if (child.child_count() == 0) continue;
    if (at + 1 < frame.end) frames_.push_back({at + 1, frame.end, frame.state});
    frames_.push_back({child.first_child(), child.first_child() + child.child_count(), next});
    return;
  }
}

// Looks the legal children up where they are few among many.
void MaskBuilder::WalkSparse(Frame frame) {
  const ByteSet bytes = machine_.NextBytes(frame.state);
  const auto visit = [&](const TrieNode& child) {
    const State next = machine_.Step(frame.state, child.byte());
    if (next == Machine::kAsk) return Ask(child);
    if (next == kDead) return;
    if (child.ids() != 0) AddIds(child);
    if (child.child_count() == 0) return;
    frames_.push_back({child.first_child(), child.first_child() + child.child_count(), next});
  };
  constexpr uint32_t kFewChildren = 8;
  if (frame.end - frame.child <= kFewChildren) {
    for (uint32_t at = frame.child; at < frame.end; at++) {
      const TrieNode child = trie_->nodes[at];
      if (bytes.Contains(child.byte())) visit(child);
    }
    return;
  }
  const auto nodes = trie_->nodes.begin();
  auto from = nodes + frame.child;
  const auto end = nodes + frame.end;
  bytes.ForEach([&](uint8_t byte) {
    from = std::lower_bound(from, end, byte, [](const TrieNode& child, uint8_t wanted) {
      return child.byte() < wanted;
    });
    if (from != end && from->byte() == byte) visit(*from);
  });
}

// All tokens below a node are left to the states that the mask is for.
void MaskBuilder::Ask(const TrieNode& node) {
  std::vector<TrieNode> open{node};
  while (!open.empty()) {
    const TrieNode next = open.back();
    open.pop_back();
    if (next.ids() != 0) {
      trie_->ForEachId(next, [&](TokenId id) { asked_.push_back(static_cast<uint32_t>(id)); });
    }
    const auto children = trie_->nodes.subspan(next.first_child(), next.child_count());
    open.insert(open.end(), children.begin(), children.end());
  }
}

void MaskBuilder::AddIds(const TrieNode& node) {
  trie_->ForEachId(node, [&](TokenId id) { ids_.push_back(static_cast<uint32_t>(id)); });
}

}  // namespace lorikeet::grammar
