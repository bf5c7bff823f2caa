// Whether properties that need one another can be chosen so that an object has as many as it must
// and no more than it may.
#include <algorithm>
#include <bit>

#include "grammar/json/plans.h"

namespace lorikeet::grammar::json {

namespace {

// Slots that need others or are needed, where all their choices are looked at.
constexpr size_t kMostBound = 12;

}  // namespace

bool Plans::SlotsFit(const ObjectPlan& plan, const SlotSet& taken, SlotSet open, uint64_t count,
                     uint64_t left) const {
  const auto drop = [&](uint32_t slot) { open[slot >> 6] &= ~(uint64_t{1} << (slot & 63)); };
  // What needs an impossible one is impossible.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [first, second] : plan.dependencies) {
      if (!HasSlot(open, first) || HasSlot(open, second) || HasSlot(taken, second)) continue;
      drop(first);
      changed = true;
    }
  }
  std::vector<std::pair<uint32_t, uint32_t>> needs;  // places in `bound`
  std::vector<uint32_t> bound;
  const auto place_of = [&](uint32_t slot) {
    const auto found = std::find(bound.begin(), bound.end(), slot);
    if (found == bound.end()) bound.push_back(slot);
    return static_cast<uint32_t>(std::find(bound.begin(), bound.end(), slot) - bound.begin());
  };
  for (const auto& [first, second] : plan.dependencies) {
    if (HasSlot(open, first) && HasSlot(open, second)) {
      const uint32_t needing = place_of(first);
      needs.emplace_back(needing, place_of(second));
    }
  }
  for (uint32_t slot : bound) drop(slot);
  for (uint32_t slot = 0; slot < plan.slots.size(); slot++) left += HasSlot(open, slot) ? 1 : 0;
  // Checked of the whole object first: later there are fewer to choose from.
  if (bound.size() > kMostBound && plan.max < plan.slots.size() + left) {
    throw SchemaError(SchemaError::Kind::kTooLarge, kNoJson, "dependentRequired",
                      "Expected at most " + std::to_string(kMostBound) +
                          " properties that need one another where both minProperties and "
                          "maxProperties bound their number.");
  }
  if (count + bound.size() <= plan.max) return count + bound.size() + left >= plan.min;
  for (uint32_t chosen = 0; chosen < 1u << bound.size(); chosen++) {
    const bool closed = std::all_of(needs.begin(), needs.end(), [&](const auto& need) {
      return !(chosen >> need.first & 1) || (chosen >> need.second & 1);
    });
    const uint64_t total = count + static_cast<uint64_t>(std::popcount(chosen));
    if (closed && total <= plan.max && total + left >= plan.min) return true;
  }
  return false;
}

}  // namespace lorikeet::grammar::json
