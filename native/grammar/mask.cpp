#include "grammar/mask.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace lorikeet::grammar {
namespace {

// Masks with more ids than this beside their base are kept as a bitmap.
size_t MaxIds(const VocabularyImage& image) { return image.words() / 2 + 64; }

// Whether bitmaps of texts of up to some length, or of all, are made of what is live and nothing
// else.
bool IsCounted(const LiveTexts& live) {
  return live.length >= kMaxCountedCodePoints || (live.longest && live.length > 0);
}

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

TokenMask BuildMask(const VocabularyImage& image, Machine& machine, State state) {
  thread_local MaskBuilder builder;
  return builder.Build(image, machine, state);
}

TokenMask SettleMask(TokenMask mask, const VocabularyImage& image, Machine& machine, State state) {
  for (uint32_t id : mask.asked) {
    State at = state;
    for (uint32_t i = image.byte_offsets[id]; i < image.byte_offsets[id + 1] && at != kDead; i++) {
      at = machine.Step(at, static_cast<uint8_t>(image.bytes[i]));
    }
    if (at != kDead) mask.ids.push_back(id);
  }
  mask.asked.clear();
  return mask;
}

MaskBuilder::MaskBuilder() {
  for (uint8_t slice = 0; slice < kSliceCount; slice++) {
    around_[slice] = SlicesAround(static_cast<Slice>(slice));
  }
}

// Whatever an earlier build left, which may have ended by an exception, is forgotten.
TokenMask MaskBuilder::Build(const VocabularyImage& image, Machine& machine, State state) {
  image_ = &image;
  machine_ = &machine;
  frames_.clear();
  ids_.clear();
  has_many_ = false;
  asked_.clear();
  live_facts_.clear();
  TokenMask mask;
  if (!AddSlice(state, mask)) WalkAll(state, ~ByteSet());
  mask.base_count = CountBase(image, mask);
  AddTerminals(state, mask);
  mask.asked = asked_;
  if (has_many_) {
    Flatten(Whole(mask), mask);
  } else {
    mask.ids.assign(ids_.begin(), ids_.end());
  }
  return mask;
}

// The base and what was found beside it.
Bitmap MaskBuilder::Whole(const TokenMask& mask) const {
  Bitmap all(image_->size);
  mask.CopyTo(*image_, all);
  SetAll(ids_, all.words());
  if (!has_many_) return all;
  for (size_t i = 0; i < all.words().size(); i++) all.words()[i] |= many_.words()[i];
  return all;
}

// Makes `all` the whole mask.
void MaskBuilder::Flatten(const Bitmap& all, TokenMask& mask) {
  mask.words.assign(all.words().begin(), all.words().end());
  mask.base_count = all.Count();
  mask.slice = TokenMask::kNoSlice;
  ids_.clear();
  has_many_ = false;
}

// ---- slices ----

// Takes the largest slice whose characters lead on without a walk; false where none does.
bool MaskBuilder::AddSlice(State state, TokenMask& mask) {
  SliceSet not_live = 0;
  bool asked_small = false;
  for (uint8_t slice : image_->slices_by_size) {
    const Slice name = static_cast<Slice>(slice);
    if (!IsBase(name)) continue;
    Chain chain;
    if (machine_->IsUniform(state, name) && FollowSlice(state, name, chain)) {
      AddUniformSlice(slice, chain, mask);
      return true;
    }
    if (name != Slice::kAny && !std::exchange(asked_small, true)) not_live = NotLive(state);
    if (not_live >> slice & 1) continue;
    const LiveTexts live = machine_->Live(state, name);
    if (!IsCounted(live)) continue;
    AddLiveSlice(state, slice, live, mask);
    return true;
  }
  return false;
}

// Slices around small ones that are not live: these are the sooner asked about.
SliceSet MaskBuilder::NotLive(State state) {
  SliceSet not_live = 0;
  for (Slice slice : {Slice::kUpper, Slice::kLower, Slice::kForeignLetters}) {
    if (!IsCounted(machine_->Live(state, slice))) not_live |= around_[static_cast<size_t>(slice)];
  }
  return not_live;
}

void MaskBuilder::AddUniformSlice(uint8_t which, const Chain& chain, TokenMask& mask) {
  const SliceImage& slice = image_->slices[which];
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
  const std::string_view character = RepresentativeOf(slice);
  chain.states = {state};
  while (chain.states.size() <= kMaxCountedCodePoints) {
    const State last = chain.states.back();
    if (last != state && !machine_->IsUniform(last, slice)) return false;
    State next = last;
    for (size_t i = 0; i < character.size() && next != kDead; i++) {
      next = machine_->Step(next, static_cast<uint8_t>(character[i]));
    }
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

void MaskBuilder::AddLiveSlice(State state, uint8_t which, const LiveTexts& live, TokenMask& mask) {
  const SliceImage& slice = image_->slices[which];
  mask.slice = which;
  if (live.length != kUnlimitedLength) {
    const size_t most = std::min<size_t>(live.length, kMaxCountedCodePoints);
    mask.most_code_points = static_cast<uint8_t>(most);
    if (!live.longest || live.length > kMaxCountedCodePoints) Walk(slice.far, state);
  }
  Walk(slice.mixed, state);
  WalkOthers(slice, state);
}

// Tokens that begin with no character of the slice.
void MaskBuilder::WalkOthers(const SliceImage& slice, State state) {
  Walk(slice.other_first, state);
  WalkAll(state, slice.other_roots);
}

// Tokens that begin with one of `roots`, which hold all bytes of letters beyond ASCII or none.
void MaskBuilder::WalkAll(State state, ByteSet roots) {
  if (roots.Contains(' ') && AddSpaced(state)) roots.Remove(' ');
  const auto lead = static_cast<uint8_t>(RepresentativeOf(Slice::kForeignLetters)[0]);
  if (roots.Contains(lead) && machine_->NextBytes(state).Contains(lead) && AddForeign(state)) {
    roots &= ByteSet::Range(0, 127);
  }
  Walk(image_->trie, state, roots);
}

// Tokens that begin with a space, if letters behind it are live; false where they are not.
bool MaskBuilder::AddSpaced(State state) {
  if (!machine_->NextBytes(state).Contains(' ')) return false;
  const State spaced = machine_->Step(state, ' ');
  if (spaced == kDead || spaced == Machine::kAsk) return false;
  if (!AddWords(spaced, Slice::kLetters, image_->spaced_letters, 1)) return false;
  if (!AddWords(spaced, Slice::kAnyLetters, image_->spaced_any_letters, 1)) {
    Walk(image_->spaced_foreign, state);
  }
  Walk(image_->spaced_others, state);
  return true;
}

// Tokens that begin with a byte beyond ASCII, if letters there are live; false where they are not.
bool MaskBuilder::AddForeign(State state) {
  const SliceImage& letters = image_->slices[static_cast<size_t>(Slice::kForeignLetters)];
  if (!AddWords(state, Slice::kForeignLetters, letters.tokens, 0)) return false;
  Walk(letters.far, state);
  Walk(letters.mixed, state);
  Walk(letters.other_first, state);
  return true;
}

// Adds those of `words` whose characters of `slice`, behind `before` others, are live from `state`;
// false where texts of the slice are not, or few.
bool MaskBuilder::AddWords(State state, Slice slice, std::span<const uint64_t> words,
                           size_t before) {
  constexpr uint32_t kWorthTaking = 3;  // characters
  const LiveTexts live = machine_->Live(state, slice);
  if (!IsCounted(live) || live.length < kWorthTaking) return false;
  const size_t most = std::min<size_t>(before + size_t{live.length}, kMaxCountedCodePoints);
  const std::span<const uint64_t> counted = image_->at_most[most];
  HaveMany();
  for (size_t i = 0; i < counted.size(); i++) many_.words()[i] |= words[i] & counted[i];
  return true;
}

// ---- token terminals and the end ----

void MaskBuilder::AddTerminals(State state, TokenMask& mask) {
  TokenTerminals terminals;
  machine_->AddNextTokens(state, terminals);
  for (TokenId id : terminals.ids) ids_.push_back(static_cast<uint32_t>(id));
  if (machine_->CanEnd(state)) {
    for (TokenId id : image_->end_tokens) ids_.push_back(static_cast<uint32_t>(id));
  }
  if (!terminals.all_but) return;
  Bitmap all = Whole(mask);
  const std::optional<TokenId> excluded = terminals.excluded;
  const bool legal_anyway = excluded && all.Test(static_cast<size_t>(*excluded));
  for (size_t i = 0; i < all.words().size(); i++) all.words()[i] |= image_->emittable[i];
  if (excluded && !legal_anyway) all.Reset(static_cast<size_t>(*excluded));
  Flatten(all, mask);
}

// ---- walking ----

void MaskBuilder::Walk(const Trie& trie, State state, const ByteSet& roots) {
  if (trie.empty()) return;
  trie_ = &trie;
  EnterRoot(state, machine_->NextBytes(state) & roots);
  while (!frames_.empty()) {
    Frame frame = frames_.back();
    frames_.pop_back();
    while (true) {
      const Machine::Memo& memo = machine_->MemoOf(frame.state);
      if (!memo.dense) {
        WalkSparse(frame);
        break;
      }
      if (!WalkDense(frame, memo.row)) break;
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

// Many bytes are legal: looks at one child after the other, and goes down at once where it can:
// then `frame` is the child's.
bool MaskBuilder::WalkDense(Frame& frame, uint32_t row) {
  const TrieNode* nodes = trie_->nodes.data();
  const State* cells = machine_->cells_.data() + row;
  for (uint32_t at = frame.child; at < frame.end; at++) {
    const TrieNode child = nodes[at];
    State next = cells[child.byte()];
    if (next == kDead) continue;
    if (next >= Machine::kAsk) {
      next = machine_->Step(frame.state, child.byte());
      cells = machine_->cells_.data() + row;
      if (next == Machine::kAsk) AskAll(child);
      if (next == kDead || next == Machine::kAsk) continue;
    }
    const bool deeper = AddNode(at, next);
    cells = machine_->cells_.data() + row;
    if (!deeper) continue;
    if (at + 1 < frame.end) frames_.push_back({at + 1, frame.end, frame.state});
    frame = {child.first_child(), child.first_child() + child.child_count(), next};
    return true;
  }
  return false;
}

// Looks the legal children up where they are few among many.
void MaskBuilder::WalkSparse(Frame frame) {
  const ByteSet bytes = machine_->NextBytes(frame.state);
  const auto visit = [&](uint32_t at) {
    const TrieNode child = trie_->nodes[at];
    const State next = machine_->Step(frame.state, child.byte());
    if (next == Machine::kAsk) return AskAll(child);
    if (next == kDead || !AddNode(at, next)) return;
    frames_.push_back({child.first_child(), child.first_child() + child.child_count(), next});
  };
  constexpr uint32_t kFewChildren = 8;
  if (frame.end - frame.child <= kFewChildren) {
    for (uint32_t at = frame.child; at < frame.end; at++) {
      if (bytes.Contains(trie_->nodes[at].byte())) visit(at);
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
    if (from != end && from->byte() == byte) visit(static_cast<uint32_t>(from - nodes));
  });
}

// All tokens below a node are left to the states that the mask is for.
void MaskBuilder::AskAll(const TrieNode& node) {
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

// Adds the ids of a node that leads to `state`, and of all below it where all of them are legal;
// else true where the node has children.
bool MaskBuilder::AddNode(uint32_t at, State state) {
  const TrieNode node = trie_->nodes[at];
  if (node.child_count() > 0 && !trie_->subtrees.empty()) {
    const Subtree subtree = trie_->subtrees[at];
    if (TakesAll(state, subtree)) {
      AddIds(trie_->ids.subspan(subtree.first_id(), subtree.end_id() - subtree.first_id()));
      return false;
    }
  }
  if (node.ids() != 0) {
    trie_->ForEachId(node, [&](TokenId id) { AddId(static_cast<uint32_t>(id)); });
  }
  return node.child_count() > 0;
}

void MaskBuilder::AddId(uint32_t id) {
  if (has_many_) return many_.Set(id);
  ids_.push_back(id);
  if (ids_.size() > MaxIds(*image_)) HaveMany();
}

// As they lie in a trie.
void MaskBuilder::AddIds(std::span<const uint32_t> ids) {
  if (!has_many_ && ids_.size() + ids.size() > MaxIds(*image_)) HaveMany();
  if (!has_many_) {
    for (uint32_t id : ids) ids_.push_back(id & ~Trie::kLast);
    return;
  }
  uint64_t* words = many_.words().data();
  for (uint32_t id : ids) words[(id & ~Trie::kLast) >> 6] |= uint64_t{1} << (id & 63);
}

// From now on the ids beside the base are bits.
void MaskBuilder::HaveMany() {
  if (has_many_) return;
  many_ = Bitmap(image_->size);
  SetAll(ids_, many_.words());
  ids_.clear();
  has_many_ = true;
}

// Whether every text below a node is legal, because a slice that holds them all is live.
bool MaskBuilder::TakesAll(State state, const Subtree& subtree) {
  constexpr uint32_t kWorthAsking = 32;
  if (subtree.slices() == 0) return false;
  if (live_facts_.empty()) live_facts_.resize(kRememberedFacts);
  LiveFacts& facts = live_facts_[state % kRememberedFacts];
  const bool large = subtree.end_id() - subtree.first_id() >= kWorthAsking;
  if (facts.state != state) {
    if (!large) return false;
    facts = {.state = state};
  }
  if (subtree.slices() & facts.endless) return true;
  // Of a slice around one no longer texts are live.
  SliceSet left = subtree.slices();
  const auto takes = [&](uint8_t slice) {
    left &= ~around_[slice];
    return subtree.longest() < Subtree::kMany && subtree.longest() <= facts.lengths[slice];
  };
  for (SliceSet known = left & facts.asked; known != 0; known &= left) {
    if (takes(static_cast<uint8_t>(std::bit_width(known) - 1))) return true;
  }
  // A few tokens are not worth a question. Smaller slices come later.
  while (large && left != 0) {
    const uint8_t slice = static_cast<uint8_t>(std::bit_width(left) - 1);
    Ask(facts, slice);
    if (facts.endless >> slice & 1 || takes(slice)) return true;
  }
  return false;
}

void MaskBuilder::Ask(LiveFacts& facts, uint8_t slice) {
  const uint32_t length = machine_->Live(facts.state, static_cast<Slice>(slice)).length;
  const SliceSet bit = SliceSet{1} << slice;
  facts.asked |= length == 0 ? around_[slice] : bit;
  if (length == kUnlimitedLength) facts.endless |= bit;
  facts.lengths[slice] = static_cast<uint8_t>(std::min<size_t>(length, kMaxCountedCodePoints));
}

}  // namespace lorikeet::grammar
