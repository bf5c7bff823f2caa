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
  uint64_t left = plan.unlisted ? kUnbounded : 0;  // names without a slot
  if (plan.supply) {
    NameSet used;
    if (plan.supply->runs_out()) used = UsedNames(registers);
    const uint32_t all_met = (1u << plan.existences.size()) - 1;
    const uint32_t unmet = plan.supply->Fewest(all_met & ~registers.met, used);
    if (unmet == kUnbounded) return false;
    needed += unmet;
    left = plan.supply->Left(used);
    if (left != kUnbounded) left -= unmet;
  }
  if (plan.max != kUnbounded && uint64_t{registers.count} + needed > plan.max) return false;
  if (registers.count + needed >= plan.min || left == kUnbounded) return true;
  SlotSet taken = missing, open;
  for (uint32_t slot = 0; slot < plan.slots.size(); slot++) {
    if (HasSlot(registers.seen, slot)) AddSlot(taken, slot);
    const bool past = syntax_.order != PropertyOrder::kAny && slot < registers.position;
    if (past || HasSlot(taken, slot)) continue;
    if (plans_.HasValue(plan.slots[slot].value)) AddSlot(open, slot);
  }
  return plans_.SlotsFit(plan, taken, std::move(open), registers.count + needed, left);
}

NameSet JsonMachine::UsedNames(const Registers& registers) const {
  NameSet names;
  for (uint32_t text : counters_[registers.unlisted]) names.insert(texts_[text]);
  return names;
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
  if (plan.supply) return plans_.DfaOf(NextNames(thread)).Start() != Dfa::kDead;
  return Alive(plan, WithUnlisted(plan, registers));
}

// The names without a slot after which the object can be finished. REQUIRES: plan.supply.
Language JsonMachine::NextNames(const ObjectThread& thread) {
  const uint64_t key = uint64_t{thread.plan} << 32 | thread.registers;
  const auto found = next_names_.find(key);
  if (found != next_names_.end()) return found->second;
  const Registers registers = registers_[thread.registers];
  const Language names = NextNames(plans_.object(thread.plan), registers);
  return next_names_[key] = names;
}

Language JsonMachine::NextNames(ObjectPlan& plan, const Registers& registers) {
  Languages& languages = plans_.languages();
  const NameSupply& supply = *plan.supply;
  const uint32_t unmet = ((1u << plan.existences.size()) - 1) & ~registers.met;
  // Names of which there are enough: what they meet decides.
  const bool any = CanFollow(plan, registers, kSomeText, 0);
  Language next = any ? supply.meeting(0) : languages.Nothing();
  for (uint32_t set = unmet; !any && set != 0; set = (set - 1) & unmet) {
    if (CanFollow(plan, registers, kSomeText, set)) {
      next = languages.Union(next, supply.meeting(set));
    }
  }
  NameSet used;
  if (supply.runs_out() || plan.names_end || !any) used = UsedNames(registers);
  // Names of which there are few, one by one.
  std::vector<std::string> few, others(used.begin(), used.end());
  for (const std::string& name : supply.Scarce(used)) {
    others.push_back(name);
    bool follows = false;
    for (uint32_t set = unmet; !used.contains(name) && !follows; set = (set - 1) & unmet) {
      follows = supply.CanMeet(set, name) && CanFollow(plan, registers, texts_.Intern(name), set);
      if (set == 0) break;
    }
    if (follows) few.push_back(name);
  }
  if (!others.empty()) next = languages.Difference(next, languages.Strings(std::move(others)));
  return few.empty() ? next : languages.Union(next, languages.Strings(std::move(few)));
}

// Whether the object can be finished after a property of this name that meets these existences.
bool JsonMachine::CanFollow(ObjectPlan& plan, const Registers& registers, uint32_t text,
                            uint32_t meeting) {
  Registers after = WithUnlisted(plan, registers);
  after.met |= meeting;
  std::vector<uint32_t> names = counters_[registers.unlisted];
  names.insert(std::lower_bound(names.begin(), names.end(), text), text);
  after.unlisted = counters_.Intern(std::move(names));
  return Alive(plan, after);
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
