// Whether values exist: the least fixed point over forms and plans.
//
// A question that comes back while it is open is answered "no" for now; what was concluded from
// such an assumption is remembered only once the question itself is settled.
#include <algorithm>

#include "grammar/json/plans.h"

namespace lorikeet::grammar::json {

namespace {

constexpr uint32_t kNoAssumption = UINT32_MAX;
// Distinct values that are looked for one by one where items must be unique.
constexpr uint32_t kMostDistinct = 256;
// Existences that one property may meet at once.
constexpr size_t kMostExistences = 6;
// Names of one object that are counted; more never run out.
constexpr size_t kMostNames = 4'096;

}  // namespace

bool Plans::HasValue(ConstraintId constraint) {
  if (constraint == kAnything) return true;
  const auto known = has_value_.find(constraint);
  return known != has_value_.end() ? known->second : Ask(constraint).yes;
}

Plans::Answer Plans::Ask(ConstraintId constraint) {
  if (constraint == kAnything) return {true};
  const auto known = has_value_.find(constraint);
  if (known != has_value_.end()) return {known->second};
  const auto open = asking_.find(constraint);
  if (open != asking_.end()) return {false, open->second};
  const uint32_t depth = static_cast<uint32_t>(asking_.size());
  constexpr uint32_t kDeepest = 2000;
  if (depth > kDeepest) {
    throw SchemaError(SchemaError::Kind::kTooLarge, kNoJson, "",
                      "Expected schemas that need at most " + std::to_string(kDeepest) +
                          " levels of nesting in their smallest value.");
  }
  asking_[constraint] = depth;
  Answer answer;
  try {
    answer = AskForms(constraints_.FormsOf(constraint));
  } catch (...) {
    asking_.erase(constraint);
    throw;
  }
  asking_.erase(constraint);
  if (answer.yes || answer.assumed >= depth) {
    has_value_[constraint] = answer.yes;
    answer.assumed = kNoAssumption;
  }
  return answer;
}

Plans::Answer Plans::AskForms(const Forms& forms) {
  if (forms.null_value || forms.true_value || forms.false_value || StringsExist(forms)) {
    return {true};
  }
  if (forms.numbers != languages().Nothing() &&
      (forms.numbers == constraints_.any_number() || DfaOf(forms.numbers).Start() != Dfa::kDead)) {
    return {true};
  }
  Answer answer;
  for (const ArrayForm& form : forms.arrays) {
    const Answer one = AskArray(form);
    if (one.yes) return {true};
    answer.assumed = std::min(answer.assumed, one.assumed);
  }
  for (const ObjectForm& form : forms.objects) {
    const Answer one = AskObject(form);
    if (one.yes) return {true};
    answer.assumed = std::min(answer.assumed, one.assumed);
  }
  return answer;
}

bool Plans::StringsExist(const Forms& forms) {
  for (const StringForm& form : forms.strings) {
    const Language language = Writable(form.language);
    if (language == constraints_.any_text()) return true;
    Dfa& dfa = DfaOf(language);
    if (dfa.Start() != Dfa::kDead && dfa.CanFinish(dfa.Start(), form.min, form.max)) return true;
  }
  return false;
}

Plans::Answer Plans::AskObject(const ObjectForm& form) {
  Answer answer;
  const std::vector<uint32_t> plans = PlansOf(form);
  for (uint32_t plan : plans) {
    const Answer one = AskPlan(plan);
    if (one.yes) return {true};
    answer.assumed = std::min(answer.assumed, one.assumed);
  }
  return answer;
}

Plans::Answer Plans::AskPlan(uint32_t id) {
  const ObjectPlan& plan = objects_[id];
  Answer answer;
  uint32_t required = 0;
  for (const PropertySlot& slot : plan.slots) {
    if (!slot.required) continue;
    required++;
    const Answer one = Ask(slot.value);
    if (!one.yes) return one;
  }
  std::shared_ptr<const NameSupply> supply;
  const Answer supplied = AskSupply(plan, supply);
  answer.assumed = supplied.assumed;
  uint32_t existing = 0;
  if (supply) existing = supply->Fewest((1u << plan.existences.size()) - 1, {});
  if (existing == kUnbounded || uint64_t{required} + existing > plan.max) return answer;
  if (plan.min <= required + existing) return {true};
  const Answer filled = AskFilling(plan, supply.get(), required + existing, existing);
  if (filled.yes) return {true};
  answer.assumed = std::min(answer.assumed, filled.assumed);
  return answer;
}

// Whether `count` properties, those that are required and `existing` ones that meet existences, can
// be filled up to as many as must be.
Plans::Answer Plans::AskFilling(const ObjectPlan& plan, const NameSupply* supply, uint32_t count,
                                uint32_t existing) {
  Answer answer;
  uint64_t left = 0;  // names without a slot, but for those that meet existences
  if (supply != nullptr) {
    left = supply->Left({});
    if (left == kUnbounded) return {true};
    left -= existing;
  } else if (plan.unlisted) {
    for (const NameClass& one : NameClassesOf(plan)) {
      const Answer value = Ask(one.value);
      if (value.yes) return {true};
      answer.assumed = std::min(answer.assumed, value.assumed);
    }
  }
  SlotSet taken, open;
  uint64_t possible = count + left;
  for (uint32_t slot = 0; slot < plan.slots.size(); slot++) {
    if (plan.dependencies.empty() && possible >= plan.min) return {true};
    if (plan.slots[slot].required) {
      AddSlot(taken, slot);
      continue;
    }
    const Answer one = Ask(plan.slots[slot].value);
    answer.assumed = std::min(answer.assumed, one.assumed);
    if (!one.yes) continue;
    AddSlot(open, slot);
    possible++;
  }
  answer.yes = SlotsFit(plan, taken, std::move(open), count, left);
  return answer;
}

// The supply of unlisted names, where existences or the least number of properties ask for one.
Plans::Answer Plans::AskSupply(const ObjectPlan& plan, std::shared_ptr<const NameSupply>& supply) {
  const size_t count = plan.existences.size();
  const bool alike = plan.key_language == constraints_.any_text() && plan.patterns.empty();
  const bool may_run_out = plan.unlisted && plan.min > 1 && !alike;
  Answer answer{true};
  if (count == 0 && !may_run_out) return answer;
  if (count > kMostExistences) {
    throw SchemaError(SchemaError::Kind::kUnsupported, kNoJson, "additionalProperties",
                      "Too many denied rules for unlisted properties of one object.");
  }
  const std::vector<NameClass> classes =
      plan.unlisted ? NameClassesOf(plan) : std::vector<NameClass>{};
  std::vector<Language> meeting(size_t{1} << count, languages().Nothing());
  for (uint32_t set = 0; set < meeting.size(); set++) {
    const Answer one = AskMeeting(plan, classes, set, meeting[set]);
    answer.assumed = std::min(answer.assumed, one.assumed);
  }
  supply = std::make_shared<NameSupply>(languages(), std::move(meeting), kMostNames);
  return answer;
}

// The unlisted names whose property can meet every existence of the set.
Plans::Answer Plans::AskMeeting(const ObjectPlan& plan, const std::vector<NameClass>& classes,
                                uint32_t set, Language& meeting) {
  Answer answer{true};
  const bool lists_some = plan.key_language == constraints_.any_text() && !plan.texts.empty();
  for (const NameClass& one : classes) {
    Language names = one.names;
    ConstraintId value = one.value;
    for (size_t i = 0; i < plan.existences.size(); i++) {
      if (!(set >> i & 1)) continue;
      Dfa* keys = plan.existences[i].first;
      names = languages().Intersect(names, keys->StateLanguage(keys->Start()));
      value = With(value, plan.existences[i].second);
    }
    if (set != 0 && lists_some) {
      names = languages().Difference(names,
                                     languages().Strings({plan.texts.begin(), plan.texts.end()}));
    }
    if (languages().IsEmpty(names)) continue;
    const Answer possible = Ask(value);
    answer.assumed = std::min(answer.assumed, possible.assumed);
    if (possible.yes) meeting = languages().Union(meeting, names);
  }
  return answer;
}

Plans::Answer Plans::AskArray(const ArrayForm& form) {
  const ArrayPlan& plan = arrays_[PlanOf(form)];
  Answer answer;
  const uint32_t places = std::min(plan.min, static_cast<uint32_t>(plan.prefix.size()) + 1);
  for (uint32_t place = 0; place < places; place++) {
    const Answer one = Ask(plan.item(place));
    if (!one.yes) return one;
  }
  if (plan.occurrences.empty()) return {true};
  // Answers given here for granted are found again by asking for the outermost assumption.
  const uint32_t depth = static_cast<uint32_t>(asking_.size());
  if (ArrayCanFinish(plan, 0, std::vector<uint32_t>(plan.occurrences.size(), 0))) return {true};
  answer.assumed = depth > 1 ? 0 : kNoAssumption;
  return answer;
}

const std::vector<uint32_t>& Plans::ObjectPlansOf(ConstraintId constraint) {
  const auto found = objects_of_.find(constraint);
  if (found != objects_of_.end()) return found->second;
  std::vector<uint32_t> plans;
  for (const ObjectForm& form : constraints_.FormsOf(constraint).objects) {
    const std::vector<uint32_t> candidates = PlansOf(form);
    for (uint32_t plan : candidates) {
      if (AskPlan(plan).yes) plans.push_back(plan);
    }
  }
  std::sort(plans.begin(), plans.end());
  plans.erase(std::unique(plans.begin(), plans.end()), plans.end());
  return objects_of_[constraint] = std::move(plans);
}

const std::vector<uint32_t>& Plans::ArrayPlansOf(ConstraintId constraint) {
  const auto found = arrays_of_.find(constraint);
  if (found != arrays_of_.end()) return found->second;
  std::vector<uint32_t> plans;
  for (const ArrayForm& form : constraints_.FormsOf(constraint).arrays) {
    if (AskArray(form).yes) plans.push_back(PlanOf(form));
  }
  return arrays_of_[constraint] = std::move(plans);
}

}  // namespace lorikeet::grammar::json
