// What an object thread remembers, and what it therefore still needs and allows.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

// In a fixed order the position tells what was seen, but for dependencies.
Registers JsonMachine::WithSlot(const ObjectPlan& plan, const Registers& registers,
                                uint32_t slot) const {
  Registers next = registers;
  if (syntax_.order != PropertyOrder::kAny) next.position = slot + 1;
  if (syntax_.order == PropertyOrder::kAny || !plan.dependencies.empty()) AddSlot(next.seen, slot);
  if (plan.counts()) {
    next.count = plan.max == kUnbounded ? std::min(next.count + 1, plan.min) : next.count + 1;
  }
  return next;
}

Registers JsonMachine::WithUnlisted(const ObjectPlan& plan, const Registers& registers) const {
  Registers next = registers;
  if (syntax_.order != PropertyOrder::kAny) {
    next.position = static_cast<uint32_t>(plan.slots.size());
  }
  if (plan.counts()) {
    next.count = plan.max == kUnbounded ? std::min(next.count + 1, plan.min) : next.count + 1;
  }
  return next;
}

// Whether names without a slot are remembered, because the same one twice would be counted twice:
// until as many properties as must be are there. The last of them is compared alone.
bool JsonMachine::Remembers(const ObjectThread& thread) {
  const ObjectPlan& plan = plans_.object(thread.plan);
  if (!plan.unlisted) return false;
  if (!plan.existences.empty()) return true;
  const Registers& registers = registers_[thread.registers];
  return registers.count + 1 < plan.min || (registers.count < plan.min && registers.unlisted != 0);
}

bool JsonMachine::Missing(ObjectPlan& plan, const Registers& registers, SlotSet& missing,
                          uint32_t& count) {
  const bool ordered = syntax_.order != PropertyOrder::kAny;
  const auto add = [&](uint32_t slot) {
    if (HasSlot(missing, slot)) return true;
    AddSlot(missing, slot);
    count++;
    return plans_.HasValue(plan.slots[slot].value) && !(ordered && slot < registers.position);
  };
  for (uint32_t slot = ordered ? registers.position : 0; slot < plan.slots.size(); slot++) {
    if (ordered && plan.required_from[slot] == 0) break;
    if (plan.slots[slot].required && (ordered || !HasSlot(registers.seen, slot))) add(slot);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [first, second] : plan.dependencies) {
      const bool triggered = HasSlot(registers.seen, first) || HasSlot(missing, first);
      if (!triggered || HasSlot(registers.seen, second) || HasSlot(missing, second)) continue;
      if (!add(second)) return false;
      changed = true;
    }
  }
  return true;
}

// Whether an object with these registers, between two properties, can be finished.
bool JsonMachine::Alive(ObjectPlan& plan, const Registers& registers) {
  if (plan.dependencies.empty() && !plan.counts() && plan.existences.empty()) return true;
  SlotSet missing;
  uint32_t needed = 0;
  if (!Missing(plan, registers, missing, needed)) return false;
  const uint32_t all_met = (1u << plan.existences.size()) - 1;
  const uint32_t unmet = plan.cover[all_met & ~registers.met];
  if (unmet == kUnbounded) return false;
  needed += unmet;
  if (plan.max != kUnbounded && uint64_t{registers.count} + needed > plan.max) return false;
  if (registers.count + needed >= plan.min || plan.unlisted) return true;
  uint32_t possible = registers.count;
  const uint32_t from = syntax_.order == PropertyOrder::kAny ? 0 : registers.position;
  for (uint32_t slot = from; slot < plan.slots.size(); slot++) {
    if (!HasSlot(registers.seen, slot) && plans_.HasValue(plan.slots[slot].value)) possible++;
  }
  return possible >= plan.min;
}

const SlotSet& JsonMachine::AllowedSlots(const ObjectThread& thread) {
  const uint64_t key = uint64_t{thread.plan} << 32 | thread.registers;
  const auto found = allowed_slots_.find(key);
  if (found != allowed_slots_.end()) return found->second;
  ObjectPlan& plan = plans_.object(thread.plan);
  const Registers registers = registers_[thread.registers];
  SlotSet missing, allowed;
  uint32_t count = 0;
  Missing(plan, registers, missing, count);
  // In a fixed order nothing that must come may be passed over.
  uint32_t last = static_cast<uint32_t>(plan.slots.size());
  if (syntax_.order != PropertyOrder::kAny) {
    for (uint32_t slot = registers.position; slot < last; slot++) {
      if (HasSlot(missing, slot)) last = slot + 1;
    }
  }
  for (uint32_t place = 0; place < plan.by_text.size(); place++) {
    const uint32_t slot = plan.by_text[place];
    if (slot < registers.position || slot >= last || HasSlot(registers.seen, slot)) continue;
    if (!plans_.HasValue(plan.slots[slot].value)) continue;
    if (Alive(plan, WithSlot(plan, registers, slot))) AddSlot(allowed, place);
  }
  return allowed_slots_[key] = std::move(allowed);
}

bool JsonMachine::AllowsUnlisted(const ObjectThread& thread) {
  ObjectPlan& plan = plans_.object(thread.plan);
  if (!plan.unlisted) return false;
  const Registers& registers = registers_[thread.registers];
  if (syntax_.order != PropertyOrder::kAny) {
    SlotSet missing;
    uint32_t count = 0;
    if (!Missing(plan, registers, missing, count) || count > 0) return false;
  }
  Registers after = WithUnlisted(plan, registers);
  if (Alive(plan, after)) return true;
  // The last place may be kept for a property that is still to exist.
  after.met = (1u << plan.existences.size()) - 1;
  return after.met != registers.met && Alive(plan, after);
}

bool JsonMachine::CanAdd(const ObjectThread& thread) {
  if (AllowsUnlisted(thread)) return true;
  for (uint64_t word : AllowedSlots(thread)) {
    if (word != 0) return true;
  }
  return false;
}

bool JsonMachine::CanClose(const ObjectThread& thread) {
  ObjectPlan& plan = plans_.object(thread.plan);
  const Registers& registers = registers_[thread.registers];
  if (registers.count < plan.min || registers.count > plan.max) return false;
  if (registers.met != (1u << plan.existences.size()) - 1) return false;
  SlotSet missing;
  uint32_t count = 0;
  return Missing(plan, registers, missing, count) && count == 0;
}

}  // namespace lorikeet::grammar::json
