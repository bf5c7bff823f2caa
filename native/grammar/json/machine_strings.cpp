// Strings: escapes, markers, and one automaton with a counter for each thread.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

namespace {

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }

// Bytes of a character after its first.
uint8_t RestOf(uint8_t lead) { return lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3; }

}  // namespace

State JsonMachine::StepString(const Configuration& at, uint8_t byte) {
  return FinishString(at, NextString(strings_[at.frame], byte));
}

State JsonMachine::FinishString(const Configuration& at, const StringStep& step) {
  if (!step.alive) return kDead;
  if (!step.ended) return Make(FrameKind::kString, strings_.Intern(step.next), at.below);
  if (step.next.record && !KnowsItemsOf(at.below)) return kAsk;
  return Return(at.below, step.goals, step.next.text);
}

JsonMachine::StringStep JsonMachine::NextString(const StringFrame& frame, uint8_t byte) {
  StringStep step;
  step.next = frame;
  StringFrame& next = step.next;
  if (frame.opening > 0) {
    const size_t read = syntax_.marker.size() - frame.opening;
    step.alive = static_cast<uint8_t>(syntax_.marker[read]) == byte;
    next.opening--;
    return step;
  }
  if (frame.escape != 0) {
    const Escapes::Result result = escapes_.Read(frame.escape, byte);
    if (result.dead) return step;
    next.escape = result.phase;
    if (result.phase == 0) {
      step.alive = Feed(next, result.content);
    } else if (Escapes::IsFree(result.phase)) {
      step.alive = true;
    } else {
      for (char candidate : escapes_.Candidates(result.phase)) {
        StringFrame tried = next;
        if (Feed(tried, std::string_view(&candidate, 1))) step.alive = true;
      }
    }
    return step;
  }
  if (frame.rest == 0 && !syntax_.marker_token && syntax_.marker.size() == 1 &&
      byte == static_cast<uint8_t>(syntax_.marker[0])) {
    return EndString(frame);
  }
  if (frame.rest == 0 && byte == '\\' && escapes_.any()) {
    bool free = false;
    for (const StringThread& thread : frame.threads) {
      const StringPlan& plan = string_plans_[thread.plan];
      free |= plan.any_text && thread.count < plan.max && !syntax_.python_escapes;
    }
    if (free) {
      next.escape = Escapes::kFree;
      step.alive = true;
      return step;
    }
    next.escape = Escapes::kCanonical;
    for (char candidate : escapes_.Candidates(Escapes::kCanonical)) {
      StringFrame tried = frame;
      if (Feed(tried, std::string_view(&candidate, 1))) step.alive = true;
    }
    return step;
  }
  if (escapes_.NeedsEscape(byte)) return step;
  if (!syntax_.TextMarker()) {
    const char c = static_cast<char>(byte);
    step.alive = Feed(next, std::string_view(&c, 1));
    return step;
  }
  // The marker begins with a byte that does not come again in it, so there is one place where it
  // can have begun.
  const std::string& marker = syntax_.marker;
  const bool goes_on = frame.closing > 0 && static_cast<uint8_t>(marker[frame.closing]) == byte;
  if (goes_on && frame.closing + 1u == marker.size()) {
    step.goals = frame.ends;
    step.alive = step.ended = !frame.ends.empty();
    return step;
  }
  if (!goes_on) {
    const bool begins = static_cast<uint8_t>(marker[0]) == byte && frame.rest == 0;
    next.closing = begins ? 1 : 0;
    next.ends = begins ? SatisfiedBy(frame) : std::vector<uint32_t>{};
  } else {
    next.closing++;
  }
  const char c = static_cast<char>(byte);
  const bool content = Feed(next, std::string_view(&c, 1));
  if (!content) next.threads.clear();
  if (next.ends.empty()) next.closing = 0;
  step.alive = content || (next.closing > 0 && !next.ends.empty());
  return step;
}

JsonMachine::StringStep JsonMachine::EndString(const StringFrame& frame) {
  StringStep step;
  if (frame.opening > 0 || frame.escape != 0 || frame.rest > 0) return step;
  step.next.text = frame.text;
  step.goals = SatisfiedBy(frame);
  step.alive = step.ended = !step.goals.empty();
  return step;
}

std::vector<uint32_t> JsonMachine::SatisfiedBy(const StringFrame& frame) const {
  std::vector<uint32_t> goals;
  for (const StringThread& thread : frame.threads) {
    const StringPlan& plan = string_plans_[thread.plan];
    if (thread.count >= plan.min && plan.dfa->Accepts(thread.state)) goals.push_back(thread.goal);
  }
  Normalize(goals);
  return goals;
}

// Takes content into every thread; false where none is left.
bool JsonMachine::Feed(StringFrame& frame, std::string_view content) {
  for (char c : content) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (frame.rest > 0 ? !IsContinuation(byte) : IsContinuation(byte)) return false;
    frame.rest = frame.rest > 0 ? frame.rest - 1 : RestOf(byte);
    std::erase_if(frame.threads,
                  [&](StringThread& thread) { return !FeedByte(thread, byte, frame.rest); });
    if (frame.threads.empty()) return false;
  }
  Normalize(frame.threads);
  if (frame.record && frame.text != kSomeText)
    frame.text = texts_.Intern(texts_[frame.text] + std::string(content));
  return true;
}

bool JsonMachine::FeedByte(StringThread& thread, uint8_t byte, uint32_t rest) {
  const StringPlan& plan = string_plans_[thread.plan];
  if (!IsContinuation(byte)) {
    if (thread.count == plan.max) return false;
    if (plan.max != kUnbounded || thread.count < plan.min) thread.count++;
  }
  thread.state = plan.dfa->Step(thread.state, byte);
  if (thread.state == Dfa::kDead) return false;
  if (plan.any_text || (plan.max == kUnbounded && thread.count >= plan.min)) return true;
  if (rest == 0) return CanFinish(thread);
  return CanFinishInside(plan, thread.state, rest,
                         plan.min > thread.count ? plan.min - thread.count : 0,
                         plan.max == kUnbounded ? kUnbounded : plan.max - thread.count);
}

bool JsonMachine::CanFinish(const StringThread& thread) {
  const StringPlan& plan = string_plans_[thread.plan];
  return plan.dfa->CanFinish(thread.state, plan.min > thread.count ? plan.min - thread.count : 0,
                             plan.max == kUnbounded ? kUnbounded : plan.max - thread.count);
}

// The same in the middle of a character of which `rest` bytes are missing.
bool JsonMachine::CanFinishInside(const StringPlan& plan, uint32_t state, uint32_t rest,
                                  uint32_t min, uint32_t max) {
  uint32_t last = Dfa::kDead;
  for (uint32_t byte = 0x80; byte < 0xC0; byte++) {
    const uint32_t next = plan.dfa->Step(state, static_cast<uint8_t>(byte));
    if (next == Dfa::kDead || next == last) continue;
    last = next;
    if (rest > 1 ? CanFinishInside(plan, next, rest - 1, min, max)
                 : plan.dfa->CanFinish(next, min, max)) {
      return true;
    }
  }
  return false;
}

// May hold some more: bytes after which a length or a pattern cannot be kept.
ByteSet JsonMachine::BytesOfString(const Configuration& at) {
  const StringFrame& frame = strings_[at.frame];
  if (frame.opening > 0) {
    const size_t read = syntax_.marker.size() - frame.opening;
    return ByteSet::Range(static_cast<uint8_t>(syntax_.marker[read]),
                          static_cast<uint8_t>(syntax_.marker[read]));
  }
  if (frame.escape != 0) return escapes_.NextBytes(frame.escape);
  ByteSet bytes;
  bool ends = false;
  for (const StringThread& thread : frame.threads) {
    const StringPlan& plan = string_plans_[thread.plan];
    if (frame.rest > 0 || thread.count < plan.max) bytes |= plan.dfa->PossibleBytes(thread.state);
    ends |= thread.count >= plan.min && plan.dfa->Accepts(thread.state);
  }
  if (syntax_.TextMarker()) {
    bytes.Add(static_cast<uint8_t>(syntax_.marker[0]));
    bytes.Add(static_cast<uint8_t>(syntax_.marker[frame.closing]));
    return bytes;
  }
  if (frame.rest > 0) return bytes;
  bytes = escapes_.Spelling(bytes);
  if (ends && !syntax_.marker_token) bytes.Add(static_cast<uint8_t>(syntax_.marker[0]));
  return bytes;
}

// Whether the slice's characters stand for themselves in a string of this syntax.
bool JsonMachine::IsPlain(Slice slice) const {
  const SliceSet letters = Only(Slice::kPlain) | Only(Slice::kPlainNoSpace) |
                           Only(Slice::kForeign) | Only(Slice::kAnyLetters) |
                           Only(Slice::kForeignLetters) | Only(Slice::kWord) |
                           Only(Slice::kLetters) | Only(Slice::kLower) | Only(Slice::kUpper);
  if (!escapes_.any()) return true;
  const SliceSet plain = syntax_.marker == "'"
                             ? letters
                             : letters | Only(Slice::kStringSafe) | Only(Slice::kLine) |
                                   Only(Slice::kNoUpper) | Only(Slice::kNoSpace) |
                                   Only(Slice::kAscii) | Only(Slice::kAsciiNoSpace);
  return (plain & Only(slice)) != 0;
}

// Where the text is recorded, each leads to a frame of its own.
bool JsonMachine::IsUniform(const StringFrame& frame, Slice slice) {
  if (!IsBetweenCharacters(frame) || !IsPlain(slice)) return false;
  if (frame.record && frame.text != kSomeText) return false;
  return std::all_of(frame.threads.begin(), frame.threads.end(), [&](const StringThread& thread) {
    const StringPlan& plan = string_plans_[thread.plan];
    return plan.any_text || plan.dfa->IsUniform(thread.state, slice);
  });
}

// Legal is what one thread takes. Free strings count down to their end; the others may take longer
// texts than a limited one does.
LiveTexts JsonMachine::Live(const StringFrame& frame, Slice slice) {
  if (!IsBetweenCharacters(frame) || !IsPlain(slice)) return {};
  LiveTexts all{0, true};
  bool all_free = true;
  for (const StringThread& thread : frame.threads) {
    const StringPlan& plan = string_plans_[thread.plan];
    const uint32_t min = plan.min - std::min(plan.min, thread.count);
    const uint32_t max = plan.max == kUnbounded ? kUnlimitedLength : plan.max - thread.count;
    const LiveTexts live =
        plan.any_text ? LiveTexts{max, true} : plan.dfa->Live(thread.state, slice, min, max);
    if (live.length == kUnlimitedLength) return live;
    all.length = std::max(all.length, live.length);
    all.longest &= live.longest;
    all_free &= plan.any_text;
  }
  all.longest &= all_free || frame.threads.size() == 1;
  return all;
}

// In a twin, whether the items of the array around a string are known.
bool JsonMachine::KnowsItemsOf(State below) const {
  const ArrayFrame& frame = arrays_[configurations_[below].frame];
  return std::all_of(frame.waiting.begin(), frame.waiting.end(),
                     [&](const auto& waiting) { return KnowsItems(waiting.after.exclusion); });
}

// The text that is recorded matters to a later item only, and a limit that is far away to a later
// token.
State JsonMachine::MaskTwin(State state, uint32_t longest) {
  const Configuration at = configurations_[state];
  if (at.kind == FrameKind::kObject) return NameTwin(state);
  if (at.kind != FrameKind::kString) return state;
  const StringFrame& frame = strings_[at.frame];
  std::vector<StringThread> threads = frame.threads;
  for (StringThread& thread : threads) thread = FarThread(thread, longest);
  if (!frame.record && threads == frame.threads) return state;
  StringFrame twin = frame;
  if (twin.record) twin.text = kSomeText;
  twin.threads = std::move(threads);
  Normalize(twin.threads);
  return Make(FrameKind::kString, strings_.Intern(std::move(twin)), at.below);
}

// The thread without lengths and counts that are out of a token's reach.
StringThread JsonMachine::FarThread(StringThread thread, uint32_t longest) {
  const uint32_t far_plan = FarPlan(thread, longest);
  if (far_plan != thread.plan) thread.count = 0;
  thread.plan = far_plan;
  const StringPlan& plan = string_plans_[far_plan];
  if (plan.any_text || plan.min > thread.count || plan.max != kUnbounded) return thread;
  const std::optional<Language> widened = plan.dfa->Widened(thread.state, longest);
  if (!widened) return thread;
  Dfa& dfa = plans_.DfaOf(*widened);
  return {thread.goal, PlanOf(dfa, 0, kUnbounded), dfa.Start(), 0};
}

// The thread's plan with the lengths of the rest of the text, those out of a token's reach
// replaced; its own plan where there are none.
uint32_t JsonMachine::FarPlan(const StringThread& thread, uint32_t longest) {
  StringPlan& plan = string_plans_[thread.plan];
  uint32_t min = plan.min - std::min(plan.min, thread.count);
  uint32_t max = plan.max == kUnbounded ? kUnbounded : plan.max - thread.count;
  const bool far_min = plan.any_text && min > longest;
  bool far_max = max != kUnbounded && max > longest;
  if (far_max && !plan.any_text) {
    if (!plan.detour) plan.detour = plan.dfa->Detour();
    // A token, the rest of its last character, and the shortest way to the end, which may have to
    // be as long as the least length.
    far_max = *plan.detour != kUnbounded && min == 0 && max - longest > *plan.detour;
  }
  if (far_max && plan.any_text) far_max = max - longest > min;
  if (!far_min && !far_max) return thread.plan;
  return PlanOf(*plan.dfa, far_min ? longest + 1 : min, far_max ? kUnbounded : max);
}

bool JsonMachine::IsBetweenCharacters(const StringFrame& frame) const {
  return frame.opening == 0 && frame.escape == 0 && frame.rest == 0 && !syntax_.TextMarker();
}

}  // namespace lorikeet::grammar::json
