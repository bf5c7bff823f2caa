// Arrays: counters of items and of occurrences, and the set of items where they must differ.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

State JsonMachine::StepArray(const Configuration& at, uint8_t byte) {
  const ArrayFrame& frame = arrays_[at.frame];
  switch (frame.phase) {
    case ArrayFrame::Phase::kStart: {
      if (byte == ']') return CloseArray(at);
      const State item = BeginItem(at);
      return item == kDead ? kDead : Step(item, byte);
    }
    case ArrayFrame::Phase::kAfterItem:
      if (byte == ']') return CloseArray(at);
      [[fallthrough]];
    case ArrayFrame::Phase::kSeparator: {
      if (static_cast<uint8_t>(syntax_.item_separator[frame.read]) != byte) return kDead;
      if (!KnowsNextItems(frame)) return kAsk;
      ArrayFrame next = frame;
      next.read++;
      if (next.phase == ArrayFrame::Phase::kAfterItem) {
        // Only threads that can take another item stay.
        std::erase_if(next.threads, [&](const ArrayThread& thread) {
          std::vector<std::pair<ArrayThread, Goal>> options;
          ItemOptions(thread, options);
          return options.empty();
        });
        if (next.threads.empty()) return kDead;
        next.phase = ArrayFrame::Phase::kSeparator;
      }
      const bool whole = next.read == syntax_.item_separator.size();
      const State after = Make(FrameKind::kArray, arrays_.Intern(std::move(next)), at.below);
      return whole ? BeginItem(configurations_[after]) : after;
    }
    case ArrayFrame::Phase::kValue:
      return kDead;
  }
  return kDead;
}

ByteSet JsonMachine::BytesOfArray(const Configuration& at) {
  const ArrayFrame frame = arrays_[at.frame];
  ByteSet bytes;
  const bool may_end =
      frame.phase == ArrayFrame::Phase::kStart || frame.phase == ArrayFrame::Phase::kAfterItem;
  const auto closes = [&](const ArrayThread& thread) { return CanClose(thread); };
  if (may_end && std::any_of(frame.threads.begin(), frame.threads.end(), closes)) bytes.Add(']');
  if (frame.phase == ArrayFrame::Phase::kStart) {
    const State item = BeginItem(at);
    if (item != kDead) bytes |= NextBytes(item);
    return bytes;
  }
  const bool more = frame.phase == ArrayFrame::Phase::kSeparator || !KnowsNextItems(frame) ||
                    BeginItem(at) != kDead;
  if (more) bytes.Add(static_cast<uint8_t>(syntax_.item_separator[frame.read]));
  return bytes;
}

bool JsonMachine::KnowsItems(uint32_t exclusion) const {
  const std::vector<uint32_t>& items = counters_[exclusion];
  return !std::binary_search(items.begin(), items.end(), kSomeText);
}

// In a twin, whether what an item may be does not depend on a text that was left out: strings do
// not, up to their end, where there is no end to them.
bool JsonMachine::KnowsNextItems(const ArrayFrame& frame) {
  return std::all_of(frame.threads.begin(), frame.threads.end(), [&](const ArrayThread& thread) {
    return KnowsItems(thread.exclusion) ||
           HasEndlessStrings(plans_.array(thread.plan).item(thread.count), true);
  });
}

// Whether the strings among the items that a constraint allows are free but for a least length;
// without any it is `otherwise`.
bool JsonMachine::HasEndlessStrings(ConstraintId item, bool otherwise) {
  const ValuePlan& value = PlanOfGoal({item, 0});
  if (value.strings.empty()) return otherwise;
  return std::all_of(value.strings.begin(), value.strings.end(), [&](uint32_t plan) {
    return string_plans_[plan].any_text && string_plans_[plan].max == kUnbounded;
  });
}

// The configuration before the next item, or kDead where there can be none.
State JsonMachine::BeginItem(const Configuration& at) {
  const std::vector<ArrayThread> threads = arrays_[at.frame].threads;
  ArrayFrame waiting;
  waiting.phase = ArrayFrame::Phase::kValue;
  ValueFrame value;
  std::vector<std::pair<ArrayThread, Goal>> options;
  for (const ArrayThread& thread : threads) {
    ItemOptions(thread, options);
    value.record |= plans_.array(thread.plan).unique;
  }
  if (options.empty()) return kDead;
  for (const auto& [after, goal] : options) value.goals.push_back(goal);
  Normalize(value.goals);
  for (const auto& [after, goal] : options) {
    const auto place = std::lower_bound(value.goals.begin(), value.goals.end(), goal);
    waiting.waiting.push_back({after, static_cast<uint32_t>(place - value.goals.begin())});
  }
  Normalize(waiting.waiting);
  const State below = Make(FrameKind::kArray, arrays_.Intern(std::move(waiting)), at.below);
  return Make(FrameKind::kValue, values_.Intern(std::move(value)), below);
}

// The ways to go on with one more item: how the thread stands after it, and what it must be.
void JsonMachine::ItemOptions(const ArrayThread& thread,
                              std::vector<std::pair<ArrayThread, Goal>>& options) {
  const ArrayPlan& plan = plans_.array(thread.plan);
  if (thread.count >= plan.max) return;
  ArrayThread after = thread;
  uint32_t most = plan.max;
  if (plan.max == kUnbounded) {
    most = std::max(plan.min, static_cast<uint32_t>(plan.prefix.size()));
    for (const Occurrence& occurrence : plan.occurrences) most = std::max(most, occurrence.from);
  }
  after.count = std::min(thread.count + 1, most);
  for (const auto& [item, seen] : plans_.ItemWays(plan, thread.count, counters_[thread.seen])) {
    if (!plans_.HasValue(item) || !plans_.ArrayCanFinish(plan, after.count, seen)) continue;
    if (plan.unique && !MoreDistinct(plan, thread.exclusion, thread.count)) continue;
    after.seen = counters_.Intern(seen);
    options.emplace_back(after, Goal{item, thread.exclusion});
  }
}

bool JsonMachine::CanClose(const ArrayThread& thread) const {
  const ArrayPlan& plan = plans_.array(thread.plan);
  if (thread.count < plan.min) return false;
  const std::vector<uint32_t>& seen = counters_[thread.seen];
  for (size_t i = 0; i < seen.size(); i++) {
    if (seen[i] < plan.occurrences[i].min || seen[i] > plan.occurrences[i].max) return false;
  }
  return true;
}

State JsonMachine::CloseArray(const Configuration& at) {
  std::vector<uint32_t> goals;
  for (const ArrayThread& thread : arrays_[at.frame].threads) {
    if (CanClose(thread)) goals.push_back(thread.goal);
  }
  Normalize(goals);
  return Return(at.below, goals, 0);
}

State JsonMachine::AfterItem(State below, const std::vector<uint32_t>& goals, uint32_t scalar) {
  const Configuration at = configurations_[below];
  ArrayFrame next;
  next.phase = ArrayFrame::Phase::kAfterItem;
  for (const auto& [after, goal] : arrays_[at.frame].waiting) {
    if (!std::binary_search(goals.begin(), goals.end(), goal)) continue;
    ArrayThread thread = after;
    if (plans_.array(thread.plan).unique) {
      std::vector<uint32_t> items = counters_[thread.exclusion];
      items.insert(std::lower_bound(items.begin(), items.end(), scalar), scalar);
      thread.exclusion = counters_.Intern(std::move(items));
    }
    next.threads.push_back(thread);
  }
  if (next.threads.empty()) return kDead;
  Normalize(next.threads);
  return Make(FrameKind::kArray, arrays_.Intern(std::move(next)), at.below);
}

// Whether the items still needed after `count` can all differ from one another and from those in
// `exclusion`. REQUIRES: items are scalars.
bool JsonMachine::MoreDistinct(const ArrayPlan& plan, uint32_t exclusion, uint32_t count) {
  // Of places that differ it is known that earlier items leave them a value (CheckUniqueItems).
  const bool alike = count >= plan.prefix.size() && plan.min > count;
  const uint32_t needed = alike ? plan.min - count : 1;
  return HasDistinct(plan.item(count), exclusion, needed);
}

// Whether so many scalars that satisfy the constraint differ from one another and from those in
// `exclusion`. Very many of them count as endless.
bool JsonMachine::HasDistinct(ConstraintId constraint, uint32_t exclusion, uint32_t needed) {
  constexpr uint32_t kMostTried = 300;
  if (HasEndlessStrings(constraint, false)) return true;
  uint32_t taken = exclusion;
  for (uint32_t found = 0; found < needed; found++) {
    if (found == kMostTried) return true;
    const ValuePlan& value = PlanOfGoal({constraint, taken});
    std::string next;
    if (value.null_value) {
      next = "null";
    } else if (value.true_value) {
      next = "true";
    } else if (value.false_value) {
      next = "false";
    } else if (!value.strings.empty()) {
      const StringPlan& strings = string_plans_[value.strings[0]];
      Languages& languages = plans_.languages();
      const Language all = strings.dfa->StateLanguage(strings.dfa->Start());
      if (strings.max == kUnbounded && !languages.IsFinite(all)) return true;
      const auto shortest =
          languages.Shortest(languages.Intersect(all, languages.AnyText(strings.min, strings.max)));
      if (!shortest) return false;
      next = "\"" + *shortest;
    } else if (value.numbers != nullptr) {
      const auto shortest =
          plans_.languages().Shortest(value.numbers->StateLanguage(value.numbers->Start()));
      if (!shortest) return false;
      next = CanonicalNumber(*shortest);
    } else {
      return false;
    }
    std::vector<uint32_t> items = counters_[taken];
    const uint32_t id = texts_.Intern(next);
    items.insert(std::lower_bound(items.begin(), items.end(), id), id);
    taken = counters_.Intern(std::move(items));
  }
  return true;
}

}  // namespace lorikeet::grammar::json
