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
    if (max_rest <= kCountedCodePoints) return 0;
    // Of languages that are not plain, only short ends are quickly found.
    constexpr uint32_t kShort = 4;
    const bool plain = languages_->impl().Plain(language_of_[state].id);
    if (!plain && (max_rest != kUnbounded || min_rest > kShort)) return 0;
    return SearchLive(state, slice, min_rest, max_rest);
  }
  if (!(AnswersOf(state).asked_live & Only(slice))) {
    const uint32_t length = SearchLive(state, slice, min_rest, max_rest);
    SliceAnswers& answers = AnswersOf(state);
    answers.asked_live |= Only(slice);
    if (length == kUnlimitedLength) answers.live |= Only(slice);
    if (length == kCountedCodePoints) answers.counted |= Only(slice);
  }
  const SliceAnswers& answers = AnswersOf(state);
  if (answers.live & Only(slice)) return kUnlimitedLength;
  return answers.counted & Only(slice) ? kCountedCodePoints : 0;
}

// How many code points a text of the slice may have so that all of them lead from `start` to states
// that can still be completed: none, kCountedCodePoints or any number.
uint32_t Dfa::SearchLive(uint32_t start, Slice slice, uint32_t min_rest, uint32_t max_rest) {
  const bool bounded = max_rest != kUnbounded;
  // What is left after as many code points as are counted.
  const uint32_t rest = bounded ? max_rest - kCountedCodePoints : kUnbounded;
  const auto finishes = [&](uint32_t state) {
    return state != kDead && ((min_rest == 0 && !bounded) || CanFinish(state, min_rest, rest));
  };
  std::vector<uint32_t> reached{start};
  size_t begin = 0;  // of the states that the last code point led to first
  for (uint32_t length = 1; length <= kCountedCodePoints; length++) {
    const size_t end = reached.size();
    for (; begin < end; begin++) {
      if (Walk(reached[begin], RepresentativeOf(slice)) == kDead) return 0;
      Targets targets(*this, class_of_, kLiveStates);
      if (!targets.Collect(reached[begin], slice)) return 0;
      for (uint32_t state : targets.states()) {
        if (std::find(reached.begin(), reached.end(), state) != reached.end()) continue;
        if (!finishes(state)) return 0;
        reached.push_back(state);
      }
    }
    if (reached.size() == end) return bounded ? kCountedCodePoints : kUnlimitedLength;
    if (reached.size() > kLiveStates) return 0;
  }
  return kCountedCodePoints;
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
