// What a Dfa knows of whole slices: which texts of one are legal from a state.
#include <algorithm>
#include <array>
#include <utility>

#include "grammar/regex/dfa.h"
#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

// Most states that are looked at for one answer, and how many code points of a text: one more than
// a mask engine counts (image.h), which looks at longer texts one by one.
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

// The states that the code points of a slice lead to from one state, until one is not wanted.
class Collector {
 public:
  // `wanted`: whether the states are to be alive, or dead.
  Collector(Dfa& dfa, const uint8_t* class_of, size_t limit, std::optional<bool> wanted)
      : dfa_(dfa), class_of_(class_of), limit_(limit), wanted_(wanted) {}

  // False where there are more than the limit, or one is not wanted.
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
    if (wanted_ && *wanted_ != (state != Dfa::kDead)) return false;
    if (std::find(states_.begin(), states_.end(), state) != states_.end()) return true;
    states_.push_back(state);
    return states_.size() <= limit_;
  }

  Dfa& dfa_;
  const uint8_t* class_of_;
  size_t limit_;
  std::optional<bool> wanted_;
  std::vector<uint32_t> states_;
  std::vector<std::pair<uint32_t, uint32_t>> seen_;
};

}  // namespace

Dfa::SliceAnswers& Dfa::AnswersOf(uint32_t state) {
  if (state >= slice_answers_.size()) slice_answers_.resize(language_of_.size());
  return slice_answers_[state];
}

bool Dfa::IsUniform(uint32_t state, Slice slice) {
  if (!(AnswersOf(state).asked_uniform & Only(slice))) {
    const bool uniform = Collector(*this, class_of_, 1, std::nullopt).Collect(state, slice);
    SliceAnswers& answers = AnswersOf(state);
    answers.asked_uniform |= Only(slice);
    if (uniform) answers.uniform |= Only(slice);
  }
  return (AnswersOf(state).uniform & Only(slice)) != 0;
}

LiveTexts Dfa::Live(uint32_t state, Slice slice, uint32_t min_rest, uint32_t max_rest) {
  if (max_rest == kUnbounded && IsEvergreen(state)) return {kUnlimitedLength, true};
  if (min_rest > 0 || max_rest != kUnbounded) {
    // Of languages that are not plain, only short ends are quickly found.
    constexpr uint32_t kShort = 4;
    const bool plain = languages_->impl().Plain(language_of_[state].id);
    if (!plain && max_rest == kUnbounded && min_rest > kShort) return {};
    return max_rest == kUnbounded ? SearchLive(state, slice, min_rest)
                                  : SearchBounded(state, slice, min_rest, max_rest);
  }
  if (const std::optional<LiveTexts> known = KnownLive(state, slice)) return *known;
  const LiveTexts live = SearchLive(state, slice, min_rest);
  SliceAnswers& answers = AnswersOf(state);
  answers.asked_live |= Only(slice);
  if (live.longest) answers.longest |= Only(slice);
  answers.lengths[static_cast<size_t>(slice)] =
      static_cast<uint8_t>(std::min(live.length, uint32_t{SliceAnswers::kUnlimited}));
  return live;
}

std::optional<LiveTexts> Dfa::KnownLive(uint32_t state, Slice slice) {
  const SliceAnswers& answers = AnswersOf(state);
  if (!(answers.asked_live & Only(slice))) return std::nullopt;
  const uint8_t length = answers.lengths[static_cast<size_t>(slice)];
  return LiveTexts{length == SliceAnswers::kUnlimited ? kUnlimitedLength : length,
                   (answers.longest & Only(slice)) != 0};
}

// Whether what a state stands for holds any text before some end: after any further text, too,
// something is left of it, of any length.
bool Dfa::IsEvergreen(uint32_t state) const {
  const Impl& impl = languages_->impl();
  const auto is_evergreen = [&](uint32_t id) {
    const Node& node = impl.node(id);
    return id == impl.any_text || (node.kind == NodeKind::kConcat && node.a == impl.any_text &&
                                   impl.node(node.b).alive == Known::kYes);
  };
  const uint32_t language = language_of_[state].id;
  const Node& node = impl.node(language);
  if (node.kind != NodeKind::kUnion) return is_evergreen(language);
  const auto parts = impl.children(node);
  return std::any_of(parts.begin(), parts.end(), is_evergreen);
}

Dfa::Targets Dfa::TargetsOf(uint32_t state, Slice slice) {
  const uint64_t key = uint64_t{state} * kSliceCount + static_cast<uint64_t>(slice);
  const auto [found, is_new] = targets_.try_emplace(key);
  if (!is_new) return found->second;
  Targets targets;
  const bool alive = Walk(state, RepresentativeOf(slice)) != kDead;
  Collector collector(*this, class_of_, kLiveStates, alive);
  if (collector.Collect(state, slice)) {
    targets.kind = alive ? Targets::Kind::kAlive : Targets::Kind::kDead;
    targets.first = static_cast<uint32_t>(target_states_.size());
    targets.count = static_cast<uint32_t>(collector.states().size());
    target_states_.insert(target_states_.end(), collector.states().begin(),
                          collector.states().end());
  }
  return targets_[key] = targets;
}

// CanFinish; of a language that is not plain one completion that is quickly found has to do.
bool Dfa::CertainlyFinishes(uint32_t state, uint32_t min, uint32_t max) {
  Impl& impl = languages_->impl();
  const uint32_t language = language_of_[state].id;
  if (impl.Plain(language)) return CanFinish(state, min, max);
  impl.BeginQuestion();
  const uint32_t some = impl.SomeLength(language);
  return min <= some && some <= max;
}

// Level by level, a code point each, through all states that texts of the slice lead to.
LiveTexts Dfa::SearchLive(uint32_t start, Slice slice, uint32_t min_rest) {
  const bool free = min_rest == 0;
  std::vector<uint32_t> reached{start};
  size_t begin = 0;    // of the states that the last code point led to first
  bool again = false;  // some text leads to where a shorter one does, or texts of any length go on
  uint32_t most = kUnlimitedLength;  // what is known of states on the way allows
  for (uint32_t length = 1; length <= std::min(kCountedCodePoints, most); length++) {
    const size_t end = reached.size();
    size_t ends = 0, looked = 0;  // states after which no text goes on, and all
    for (size_t at = begin; at < end; at++) {
      if (at > 0 && free) {
        const std::optional<LiveTexts> known = KnownLive(reached[at], slice);
        if (known && (known->length == kUnlimitedLength || !known->longest)) {
          again = true;
          if (known->length != kUnlimitedLength) {
            most = std::min(most, length - 1 + known->length);
          }
          continue;
        }
      }
      looked++;
      const Targets targets = TargetsOf(reached[at], slice);
      if (targets.kind == Targets::Kind::kDead) ends++;
      const bool may_end = length > 1 && !again && ends == looked;
      if (targets.kind == Targets::Kind::kDead && may_end) continue;
      if (targets.kind != Targets::Kind::kAlive || ends > 0) return {length - 1, false};
      for (uint32_t i = 0; i < targets.count; i++) {
        const uint32_t state = target_states_[targets.first + i];
        const auto found = std::find(reached.begin(), reached.end(), state);
        if (found - reached.begin() < static_cast<ptrdiff_t>(end)) again = true;
        if (found != reached.end()) continue;
        if (!free && !CanFinish(state, min_rest, kUnbounded)) return {length - 1, false};
        reached.push_back(state);
      }
    }
    if (ends > 0) return {length - 1, !again};
    if (reached.size() == end) return {most, most == kUnlimitedLength};
    if (reached.size() > kLiveStates) return {std::min(length, most), false};
    begin = end;
  }
  return {std::min(kCountedCodePoints, most), false};
}

// The same of texts after which the rest has a longest length: no longer text is legal.
LiveTexts Dfa::SearchBounded(uint32_t start, Slice slice, uint32_t min_rest, uint32_t max_rest) {
  const uint32_t most = std::min(max_rest, kCountedCodePoints);
  size_t looked = 0;
  std::vector<uint32_t> level{start};  // where texts of one length lead
  for (uint32_t length = 1; length <= most; length++) {
    std::vector<uint32_t> next;
    for (uint32_t state : level) {
      const Targets targets = TargetsOf(state, slice);
      if (targets.kind != Targets::Kind::kAlive || ++looked > kLiveStates) {
        return {length - 1, false};
      }
      const auto from = target_states_.begin() + targets.first;
      next.insert(next.end(), from, from + targets.count);
    }
    std::sort(next.begin(), next.end());
    next.erase(std::unique(next.begin(), next.end()), next.end());
    for (uint32_t state : next) {
      const uint32_t min = min_rest - std::min(min_rest, length);
      if (!CertainlyFinishes(state, min, max_rest - length)) return {length - 1, false};
    }
    level = std::move(next);
  }
  return {most, most == max_rest};
}

}  // namespace lorikeet::grammar
