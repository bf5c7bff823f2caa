// Everything that a schema can ask for is expanded once when it is compiled, so that what cannot be
// enforced is refused then and not while text is written.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

namespace {

// Combinations of patterns that one unlisted name may match, looked at in advance.
constexpr size_t kFewPatterns = 4;
constexpr size_t kMostConstraints = 50'000;

}  // namespace

void JsonMachine::CheckReachable(ConstraintId root) {
  std::vector<ConstraintId> open = {root};
  std::vector<bool> known;
  size_t count = 0;
  while (!open.empty()) {
    const ConstraintId constraint = open.back();
    open.pop_back();
    if (constraint == kAnything) continue;
    if (known.size() <= constraint) known.resize(constraint + 1 + constraint / 2);
    if (known[constraint]) continue;
    known[constraint] = true;
    if (++count > kMostConstraints) {
      throw SchemaError(SchemaError::Kind::kTooLarge, kNoJson, "",
                        "The schemas combine into too many constraints.");
    }
    if (!plans_.HasValue(constraint)) continue;
    for (uint32_t plan : plans_.ArrayPlansOf(constraint)) CheckArrayPlan(plan, open);
    for (uint32_t plan : plans_.ObjectPlansOf(constraint)) CheckObjectPlan(plan, open);
  }
}

void JsonMachine::CheckObjectPlan(uint32_t id, std::vector<ConstraintId>& reached) {
  plans_.SettleUnlisted(id);
  const ObjectPlan& plan = plans_.object(id);
  for (const PropertySlot& slot : plan.slots) reached.push_back(slot.value);
  if (!plan.unlisted) return;
  const size_t patterns = plan.patterns.size();
  const auto reach = [&](const std::vector<bool>& matched) {
    for (uint32_t set = 0; set < 1u << plan.existences.size(); set++) {
      ConstraintId value = plans_.UnlistedValue(plan, matched);
      for (size_t i = 0; i < plan.existences.size(); i++) {
        if (set >> i & 1) value = plans_.With(value, plan.existences[i].second);
      }
      reached.push_back(value);
    }
  };
  if (patterns <= kFewPatterns) {
    for (size_t bits = 0; bits < size_t{1} << patterns; bits++) {
      std::vector<bool> matched;
      for (size_t i = 0; i < patterns; i++) matched.push_back(bits >> i & 1);
      reach(matched);
    }
    return;
  }
  for (size_t only = 0; only <= patterns; only++) {
    std::vector<bool> matched(patterns, false);
    if (only < patterns) matched[only] = true;
    reach(matched);
  }
}

void JsonMachine::CheckArrayPlan(uint32_t id, std::vector<ConstraintId>& reached) {
  const ArrayPlan& plan = plans_.array(id);
  const auto reach = [&](ConstraintId item) {
    reached.push_back(item);
    for (const Occurrence& occurrence : plan.occurrences) {
      reached.push_back(plans_.With(item, occurrence.item));
      if (occurrence.max != kUnbounded) {
        reached.push_back(plans_.With(item, Negate(occurrence.item)));
      }
    }
    if (!plan.unique || !plans_.HasValue(item)) return;
    if (!plans_.ArrayPlansOf(item).empty() || !plans_.ObjectPlansOf(item).empty()) {
      throw SchemaError(SchemaError::Kind::kUnsupported, plan.unique_at, "uniqueItems",
                        "uniqueItems is enforced for items that are null, booleans, numbers or "
                        "strings; these may be arrays or objects.");
    }
  };
  for (ConstraintId item : plan.prefix) reach(item);
  if (plan.max > plan.prefix.size()) reach(plan.rest);
  if (plan.unique) CheckUniqueItems(plan);
}

// The machine looks ahead whether items of one kind can differ. Items of several kinds must not
// take the last value of one another.
void JsonMachine::CheckUniqueItems(const ArrayPlan& plan) {
  const bool enough =
      plan.occurrences.empty() ? PlacesHaveDistinct(plan) : OccurrencesHaveDistinct(plan);
  if (enough) return;
  throw SchemaError(SchemaError::Kind::kUnsupported, plan.unique_at, "uniqueItems",
                    "uniqueItems is enforced together with prefixItems and contains where there "
                    "are more values for each of them than earlier items may take.");
}

// Whether each place that must be filled has a value left, whatever came before it.
bool JsonMachine::PlacesHaveDistinct(const ArrayPlan& plan) {
  const auto prefix = static_cast<uint32_t>(plan.prefix.size());
  const auto overlaps = [&](ConstraintId a, ConstraintId b) {
    for (Literal literal : plans_.constraints().LiteralsOf(b)) a = plans_.With(a, literal);
    return plans_.HasValue(a);
  };
  const auto is_enough = [&](uint32_t place) {
    uint32_t earlier = place - std::min(place, prefix);
    for (uint32_t other = 0; other < std::min(place, prefix); other++) {
      earlier += overlaps(plan.item(place), plan.item(other)) ? 1 : 0;
    }
    return earlier == 0 || HasDistinct(plan.item(place), 0, earlier + 1);
  };
  if (prefix == 0 || plan.min < 2) return true;
  for (uint32_t place = 1; place < std::min(plan.min, prefix); place++) {
    if (!is_enough(place)) return false;
  }
  return plan.min <= prefix || is_enough(plan.min - 1);
}

// Whether values that count for occurrences cannot run out. An occurrence without an upper bound
// counts every value that satisfies it: then the first ones taken are as good as any.
bool JsonMachine::OccurrencesHaveDistinct(const ArrayPlan& plan) {
  bool all_simple = plan.prefix.empty(), all_single = true;
  uint32_t uniform_from = static_cast<uint32_t>(plan.prefix.size());
  for (const Occurrence& occurrence : plan.occurrences) {
    all_simple &= occurrence.from == 0 && occurrence.max == kUnbounded;
    all_single &= occurrence.min <= 1;
    uniform_from = std::max(uniform_from, occurrence.from);
  }
  if (all_simple && all_single) return true;
  if (all_simple && plan.occurrences.size() == 1) {
    const Occurrence& only = plan.occurrences[0];
    return HasDistinct(plans_.With(plan.rest, only.item), 0, only.min);
  }
  const std::vector<uint32_t> none(plan.occurrences.size(), 0);
  for (uint32_t place = 0; place <= uniform_from; place++) {
    for (const auto& [item, seen] : plans_.ItemWays(plan, place, none)) {
      if (plans_.HasValue(item) && !HasDistinct(item, 0, plan.max)) return false;
    }
  }
  return true;
}

}  // namespace lorikeet::grammar::json
