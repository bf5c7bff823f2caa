#include "grammar/regex/dfa.h"

#include <algorithm>
#include <array>
#include <utility>

#include "grammar/regex/language_impl.h"
#include "grammar/regex/utf8.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

// Most states that are looked at to find out whether every text of a slice is legal, and how many
// code points of it: one more than a mask engine counts (image.h), which looks at longer texts one
// by one.
constexpr size_t kLiveStates = 128;
constexpr uint32_t kCountedCodePoints = 17;

// The slices as branches, which walks over a Dfa follow. Shared by all threads, never changed.
class SliceBranches {
 public:
  SliceBranches() {
    for (size_t i = 0; i < kSliceCount; i++) {
      const auto ranges = RangesOf(static_cast<Slice>(i));
      branches_[i] = languages_.OneOf(CodePointSet({ranges.begin(), ranges.end()})).id;
    }
  }

  uint32_t BranchOf(Slice slice) const { return branches_[static_cast<size_t>(slice)]; }
  std::span<const Edge> EdgesOf(uint32_t branch) {
    return languages_.impl().edges_of(languages_.impl().node(branch));
  }

  static SliceBranches& Get() {
    static SliceBranches branches;
    return branches;
  }

 private:
  Languages languages_;
  std::array<uint32_t, kSliceCount> branches_;
};

// The states that the code points of a slice lead to from one state.
class Targets {
 public:
  Targets(Dfa& dfa, const uint8_t* class_of, size_t limit)
      : dfa_(dfa), class_of_(class_of), limit_(limit) {}

  // False where there are more than the limit.
  bool Collect(uint32_t state, Slice slice) {
    return Follow(state, SliceBranches::Get().BranchOf(slice));
  }
  const std::vector<uint32_t>& states() const { return states_; }

 private:
  bool Follow(uint32_t state, uint32_t branch) {
    if (branch == Impl::kEmptyId || state == Dfa::kDead) return AddState(state);
    const std::pair<uint32_t, uint32_t> pair{state, branch};
    if (std::find(seen_.begin(), seen_.end(), pair) != seen_.end()) return true;
    seen_.push_back(pair);
    for (const Edge& edge : SliceBranches::Get().EdgesOf(branch)) {
      for (unsigned byte = edge.first; byte <= edge.last; byte++) {
        if (byte > edge.first && class_of_[byte] == class_of_[byte - 1]) continue;
        if (!Follow(dfa_.Step(state, static_cast<uint8_t>(byte)), edge.target)) return false;
      }
    }
    return true;
  }

  bool AddState(uint32_t state) {
    if (std::find(states_.begin(), states_.end(), state) != states_.end()) return true;
    states_.push_back(state);
    return states_.size() <= limit_;
  }

  Dfa& dfa_;
  const uint8_t* class_of_;
  size_t limit_;
  std::vector<uint32_t> states_;
  std::vector<std::pair<uint32_t, uint32_t>> seen_;
};

}  // namespace

Dfa::Dfa(Languages& languages, Language language) : languages_(&languages) {
  Boundaries boundaries;
  languages.impl().MarkAll(language.id, boundaries);
  for (int byte = 0; byte < 256; byte++) {
    if (byte == 0 || boundaries[byte]) class_count_++;
    class_of_[byte] = static_cast<uint8_t>(class_count_ - 1);
  }
  table_.assign(class_count_, kDead);
  accepts_.push_back(0);
  language_of_.push_back(languages.Nothing());
  languages.impl().BeginQuestion();
  start_ = StateOf(language.id);
}

uint32_t Dfa::StateOf(uint32_t language) {
  if (language == Impl::kNothingId) return kDead;
  if (const auto found = state_of_.find(language); found != state_of_.end()) return found->second;
  Impl& impl = languages_->impl();
  uint32_t state = kDead;
  if (impl.Alive(language)) {
    const bool accepts = impl.Nullable(language);
    state = static_cast<uint32_t>(language_of_.size());
    language_of_.push_back({language});
    accepts_.push_back(accepts);
    table_.insert(table_.end(), class_count_, kUnknown);
  }
  state_of_.emplace(language, state);
  return state;
}

uint32_t Dfa::StepSlow(uint32_t state, uint8_t byte) {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[state].id;
  const uint32_t next = StateOf(impl.Derive(language, byte));
  // All bytes that this state does not tell apart lead there.
  if (marked_ != state) {
    marked_ = state;
    boundaries_.reset();
    impl.MarkFirst(language, boundaries_);
  }
  const Boundaries& boundaries = boundaries_;
  unsigned first = byte, last = byte;
  while (first > 0 && !boundaries[first]) first--;
  while (last < 255 && !boundaries[last + 1]) last++;
  uint32_t* row = &table_[size_t{state} * class_count_];
  std::fill(row + class_of_[first], row + class_of_[last] + 1, next);
  return next;
}

uint32_t Dfa::Walk(uint32_t state, std::string_view bytes) {
  for (char byte : bytes) state = Step(state, static_cast<uint8_t>(byte));
  return state;
}

ByteSet Dfa::NextBytes(uint32_t state) {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[state].id;
  ByteSet bytes = impl.FirstBytes(language);
  if (impl.Plain(language)) return bytes;
  const ByteSet possible = bytes;
  possible.ForEach([&](uint8_t byte) {
    if (Step(state, byte) == kDead) bytes.Remove(byte);
  });
  return bytes;
}

const ByteSet& Dfa::PossibleBytes(uint32_t state) {
  if (state >= possible_.size()) possible_.resize(language_of_.size());
  // Of states that are alive, only the end of a language has none.
  if (possible_[state].Empty()) {
    Impl& impl = languages_->impl();
    impl.BeginQuestion();
    possible_[state] = impl.FirstBytes(language_of_[state].id);
  }
  return possible_[state];
}

Dfa::SliceAnswers& Dfa::AnswersOf(uint32_t state) {
  if (state >= slice_answers_.size()) slice_answers_.resize(language_of_.size());
  return slice_answers_[state];
}

bool Dfa::IsUniform(uint32_t state, Slice slice) {
  if (!(AnswersOf(state).asked_uniform & Only(slice))) {
    const bool uniform = Targets(*this, class_of_, 1).Collect(state, slice);
    SliceAnswers& answers = AnswersOf(state);
    answers.asked_uniform |= Only(slice);
    if (uniform) answers.uniform |= Only(slice);
  }
  return (AnswersOf(state).uniform & Only(slice)) != 0;
}

uint32_t Dfa::LiveLength(uint32_t state, Slice slice, uint32_t min_rest, uint32_t max_rest) {
  const bool free = min_rest == 0 && max_rest == kUnbounded;
  if (!free) {
    // Of languages that are not plain, only short ends are quickly found.
    constexpr uint32_t kShort = 4;
    const bool plain = languages_->impl().Plain(language_of_[state].id);
    if (!plain && (max_rest != kUnbounded || min_rest > kShort)) return 0;
    return max_rest == kUnbounded ? SearchLive(state, slice, min_rest)
                                  : SearchBounded(state, slice, min_rest, max_rest);
  }
  if (!(AnswersOf(state).asked_live & Only(slice))) {
    const uint32_t length = SearchLive(state, slice, min_rest);
    SliceAnswers& answers = AnswersOf(state);
    answers.asked_live |= Only(slice);
    answers.lengths[static_cast<size_t>(slice)] =
        static_cast<uint8_t>(std::min(length, uint32_t{SliceAnswers::kUnlimited}));
  }
  const uint8_t length = AnswersOf(state).lengths[static_cast<size_t>(slice)];
  return length == SliceAnswers::kUnlimited ? kUnlimitedLength : length;
}

// How many code points a text of the slice may have so that all of them lead from `start` to states
// that can still be completed, and no longer one does: up to kCountedCodePoints, or any number.
uint32_t Dfa::SearchLive(uint32_t start, Slice slice, uint32_t min_rest) {
  const auto finishes = [&](uint32_t state) {
    return min_rest == 0 || CanFinish(state, min_rest, kUnbounded);
  };
  std::vector<uint32_t> reached{start};
  size_t begin = 0;    // of the states that the last code point led to first
  bool again = false;  // some text leads to where a shorter one does
  for (uint32_t length = 1; length <= kCountedCodePoints; length++) {
    const size_t end = reached.size();
    size_t ends = 0;  // states after which no text goes on
    for (size_t at = begin; at < end; at++) {
      const bool may_end = length > 1 && !again && ends == at - begin;
      if (!may_end && Walk(reached[at], RepresentativeOf(slice)) == kDead) return 0;
      Targets targets(*this, class_of_, kLiveStates);
      if (!targets.Collect(reached[at], slice)) return 0;
      if (may_end && targets.states() == std::vector<uint32_t>{kDead}) {
        ends++;
        continue;
      }
      if (ends > 0) return 0;
      for (uint32_t state : targets.states()) {
        const auto found = std::find(reached.begin(), reached.end(), state);
        if (found - reached.begin() < static_cast<ptrdiff_t>(end)) again = true;
        if (found != reached.end()) continue;
        if (state == kDead || !finishes(state)) return 0;
        reached.push_back(state);
      }
    }
    if (ends > 0) return length - 1;
    if (reached.size() == end) return kUnlimitedLength;
    if (reached.size() > kLiveStates) return 0;
    begin = end;
  }
  return kCountedCodePoints;
}

// The same of texts after which the rest has a longest length: no longer text is legal.
uint32_t Dfa::SearchBounded(uint32_t start, Slice slice, uint32_t min_rest, uint32_t max_rest) {
  const uint32_t most = std::min(max_rest, kCountedCodePoints);
  std::unordered_map<uint32_t, std::vector<uint32_t>> targets_of;
  std::vector<uint32_t> level{start};  // where texts of one length lead
  for (uint32_t length = 1; length <= most; length++) {
    std::vector<uint32_t> next;
    for (uint32_t state : level) {
      const auto [found, is_new] = targets_of.try_emplace(state);
      if (is_new) {
        if (Walk(state, RepresentativeOf(slice)) == kDead) return 0;
        Targets targets(*this, class_of_, kLiveStates);
        if (targets_of.size() > kLiveStates || !targets.Collect(state, slice)) return 0;
        found->second = targets.states();
      }
      next.insert(next.end(), found->second.begin(), found->second.end());
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    for (uint32_t state : next) {
      const uint32_t min = min_rest - std::min(min_rest, length);
      if (state == kDead || !CanFinish(state, min, max_rest - length)) return 0;
    }
    level = std::move(next);
  }
  return most;
}

uint32_t Dfa::Detour() {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[start_].id;
  return impl.Plain(language) ? impl.Detour(language) : kUnbounded;
}

bool Dfa::AnyAlive(uint32_t state, uint32_t first, uint32_t last) {
  for (const Utf8Block& block : Utf8Blocks(first, last)) {
    uint32_t at = state;
    for (uint8_t byte : block.prefix) at = Step(at, byte);
    for (unsigned byte = block.first; byte <= block.last && at != kDead; byte++) {
      if (Step(at, static_cast<uint8_t>(byte)) != kDead) return true;
    }
  }
  return false;
}

size_t Dfa::MemoryBytes() const {
  return sizeof(*this) + table_.capacity() * sizeof(uint32_t) + accepts_.capacity() +
         language_of_.capacity() * sizeof(Language) + possible_.capacity() * sizeof(ByteSet) +
         slice_answers_.capacity() * sizeof(SliceAnswers) + state_of_.size() * 32;
}

}  // namespace lorikeet::grammar
