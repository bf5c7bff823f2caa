// Plans of arrays and objects. Whether they have values: value_exists.cpp.
#include "grammar/json/plans.h"

#include <algorithm>
#include <utility>

#include "grammar/json/lower_case.h"

namespace lorikeet::grammar::json {

namespace {

// Unlisted names, where there are no more of them than this, become slots.
constexpr size_t kFewKeys = 256;
// Patterns of one object whose combinations are looked at one by one.
constexpr size_t kFewPatterns = 5;
// Budgets of one schema: object plans and properties in them, all in all.
constexpr size_t kMostPlans = 20'000;
constexpr size_t kMostSlots = 400'000;

}  // namespace

Plans::Plans(Constraints& constraints, const Syntax& syntax)
    : constraints_(constraints), syntax_(syntax), writable_(constraints.any_text()) {
  constraints_.may_have_value = [this](const Forms& forms) {
    const Answer answer = AskForms(forms);
    return answer.yes || answer.assumed != UINT32_MAX;
  };
  if (syntax.TextMarker()) {
    Languages& languages = constraints.languages();
    const Language any = constraints.any_text();
    writable_ =
        languages.Complement(languages.Concat({any, languages.Literal(syntax.marker), any}));
  }
}

Language Plans::Writable(Language language) {
  if (writable_ == constraints_.any_text()) return language;
  if (language == constraints_.any_text()) return writable_;
  return languages().Intersect(language, writable_);
}

Dfa& Plans::DfaOf(Language language) {
  auto& dfa = dfas_[language.id];
  if (!dfa) dfa = std::make_unique<Dfa>(languages(), language);
  return *dfa;
}

ConstraintId Plans::With(ConstraintId constraint, Literal literal) {
  std::vector<Literal> literals = constraints_.LiteralsOf(constraint);
  literals.push_back(literal);
  return constraints_.Conjunction(std::move(literals));
}

const std::vector<uint32_t>& Plans::PlansOf(const ObjectForm& form) {
  const uint32_t id = object_forms_.Intern(form);
  const auto found = plans_of_form_.find(id);
  if (found != plans_of_form_.end()) return found->second;
  ObjectPlan plan;
  CollectSlots(form, plan);
  slots_ += plan.slots.size();
  if (objects_.size() > kMostPlans || slots_ > kMostSlots) {
    constraints_.RefuseSize("kinds of objects");
  }
  CollectUnlisted(form, plan);
  std::vector<uint32_t> plans;
  Choose(form, 0, std::move(plan), plans);
  return plans_of_form_[id] = std::move(plans);
}

uint32_t Plans::PlanOf(const ArrayForm& form) {
  const uint32_t id = array_forms_.Intern(form);
  const auto found = plan_of_array_form_.find(id);
  if (found != plan_of_array_form_.end()) return found->second;
  ArrayPlan plan;
  size_t prefix = 0;
  for (uint32_t rule : form.rules) {
    prefix = std::max(prefix, constraints_.array_rule(rule).prefix.size());
  }
  for (size_t place = 0; place <= prefix; place++) {
    std::vector<Literal> literals;
    for (uint32_t id_of_rule : form.rules) {
      const ArrayRule& rule = constraints_.array_rule(id_of_rule);
      literals.push_back(place < rule.prefix.size() ? rule.prefix[place] : rule.rest);
    }
    const ConstraintId value = constraints_.Conjunction(std::move(literals));
    if (place < prefix) {
      plan.prefix.push_back(value);
    } else {
      plan.rest = value;
    }
  }
  plan.min = form.min;
  plan.max = form.max;
  plan.occurrences = form.occurrences;
  plan.unique_at = form.unique;
  plan.unique = form.unique != kNoJson && form.max > 1;
  arrays_.push_back(std::move(plan));
  return plan_of_array_form_[id] = static_cast<uint32_t>(arrays_.size() - 1);
}

// --- objects: the names that are known ---

void Plans::CollectSlots(const ObjectForm& form, ObjectPlan& plan) {
  plan.min = form.min;
  plan.max = form.max;
  for (uint32_t rule : form.rules) {
    for (const auto& [name, literal] : constraints_.object_rule(rule).names) {
      AddSlotFor(plan, form, name);
    }
  }
  for (NameId name : form.required) plan.slots[AddSlotFor(plan, form, name)].required = true;
  for (const auto& [trigger, needed] : form.dependencies) {
    const uint32_t first = AddSlotFor(plan, form, trigger);
    const uint32_t second = AddSlotFor(plan, form, needed);
    if (first != second) plan.dependencies.emplace_back(first, second);
  }
}

uint32_t Plans::AddSlotFor(ObjectPlan& plan, const ObjectForm& form, NameId name) {
  const uint32_t next = static_cast<uint32_t>(plan.slots.size());
  const auto [place, fresh] = plan.slot_of.emplace(name, next);
  if (fresh) plan.slots.push_back({name, SlotValue(form, name), false});
  return place->second;
}

ConstraintId Plans::SlotValue(const ObjectForm& form, NameId name) {
  const std::string& text = constraints_.name(name);
  std::vector<Literal> literals;
  for (uint32_t id : form.rules) {
    const ObjectRule& rule = constraints_.object_rule(id);
    bool spoken = false;
    if (const auto named = rule.by_name.find(name); named != rule.by_name.end()) {
      literals.push_back(named->second);
      spoken = true;
    }
    for (const auto& [keys, literal] : rule.patterns) {
      Dfa& dfa = DfaOf(keys);
      if (!dfa.Accepts(dfa.Walk(dfa.Start(), text))) continue;
      literals.push_back(literal);
      spoken = true;
    }
    if (!spoken) literals.push_back(rule.rest);
  }
  for (Language keys : form.keys) {
    Dfa& dfa = DfaOf(keys);
    if (!dfa.Accepts(dfa.Walk(dfa.Start(), text))) literals.push_back(kNever);
  }
  return constraints_.Conjunction(std::move(literals));
}

// --- objects: names that are not known ---

void Plans::CollectUnlisted(const ObjectForm& form, ObjectPlan& plan) {
  Languages& all = languages();
  std::vector<Language> patterns;
  Language keys = constraints_.any_text();
  const auto narrow = [&](Language language) {
    keys = keys == constraints_.any_text() ? language : all.Intersect(keys, language);
  };
  for (Language language : form.keys) narrow(language);
  for (uint32_t id : form.rules) {
    const ObjectRule& rule = constraints_.object_rule(id);
    ObjectPlan::Rest rest;
    rest.otherwise = rule.rest;
    Language matching = all.Nothing();
    for (const auto& [language, literal] : rule.patterns) {
      if (literal == kNever) {
        narrow(all.Complement(language));
        continue;
      }
      matching = all.Union(matching, language);
      const auto known = std::find(patterns.begin(), patterns.end(), language);
      rest.patterns.emplace_back(static_cast<uint32_t>(known - patterns.begin()), literal);
      if (known == patterns.end()) patterns.push_back(language);
    }
    if (rule.rest == kNever) {
      if (matching == all.Nothing()) {
        plan.unlisted = false;
        plan.key_language = all.Nothing();
        return;
      }
      narrow(matching);
    }
    if (rule.rest != kAlways || !rest.patterns.empty()) plan.rests.push_back(std::move(rest));
  }
  if (!syntax_.quoted_keys) narrow(BareNames(all));
  for (Language language : patterns) plan.patterns.push_back(&DfaOf(language));
  plan.unlisted = true;
  plan.key_language = keys;
  ListFiniteKeys(form, plan);
}

// Unlisted names that are few become slots: then they cannot run out unnoticed.
void Plans::ListFiniteKeys(const ObjectForm& form, ObjectPlan& plan) {
  Languages& all = languages();
  const auto list = [&](Language keys) {
    if (keys == constraints_.any_text() || !all.IsFinite(keys)) return false;
    const auto names = all.Enumerate(keys, kFewKeys);
    if (!names) return false;
    for (const std::string& name : *names) {
      AddSlotFor(plan, form, constraints_.NameOf(name));
    }
    return true;
  };
  const bool all_listed = list(plan.key_language);
  if (all_listed) {
    plan.unlisted = false;
    plan.key_language = all.Nothing();
    return;
  }
  for (const Existence& existence : form.existences) {
    list(all.Intersect(plan.key_language, existence.keys));
  }
}

// Each existence is met by one of the slots or by an unlisted name: one plan for each choice.
void Plans::Choose(const ObjectForm& form, size_t existence, ObjectPlan plan,
                   std::vector<uint32_t>& plans) {
  if (existence == form.existences.size()) {
    Finish(plan);
    objects_.push_back(std::move(plan));
    plans.push_back(static_cast<uint32_t>(objects_.size() - 1));
    return;
  }
  const auto& [keys, value] = form.existences[existence];
  Dfa& dfa = DfaOf(keys);
  for (uint32_t slot = 0; slot < plan.slots.size(); slot++) {
    const std::string& text = constraints_.name(plan.slots[slot].name);
    if (!dfa.Accepts(dfa.Walk(dfa.Start(), text))) continue;
    ObjectPlan chosen = plan;
    chosen.slots[slot].required = true;
    chosen.slots[slot].value = With(chosen.slots[slot].value, value);
    Choose(form, existence + 1, std::move(chosen), plans);
  }
  if (!plan.unlisted) return;
  std::vector<std::string> listed;
  for (const PropertySlot& slot : plan.slots) listed.push_back(constraints_.name(slot.name));
  Language rest = languages().Intersect(plan.key_language, keys);
  if (!listed.empty()) rest = languages().Difference(rest, languages().Strings(listed));
  if (languages().IsEmpty(rest)) return;
  plan.existences.emplace_back(&dfa, value);
  Choose(form, existence + 1, std::move(plan), plans);
}

void Plans::Finish(ObjectPlan& plan) {
  if (syntax_.order == PropertyOrder::kSorted) {
    // As Gemma's templates sort names: by their lower case, equal ones as they stand.
    std::vector<std::pair<std::string, uint32_t>> order;
    for (const PropertySlot& slot : plan.slots) {
      order.emplace_back(LowerCase(constraints_.name(slot.name)),
                         static_cast<uint32_t>(order.size()));
    }
    std::sort(order.begin(), order.end());
    std::vector<PropertySlot> slots;
    std::vector<uint32_t> place(order.size());
    for (uint32_t i = 0; i < order.size(); i++) {
      slots.push_back(plan.slots[order[i].second]);
      place[order[i].second] = i;
    }
    plan.slots = std::move(slots);
    for (auto& [first, second] : plan.dependencies) {
      first = place[first];
      second = place[second];
    }
  }
  // What a required name needs is required; a name that needs an impossible one is impossible.
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [first, second] : plan.dependencies) {
      if (plan.slots[first].required && !plan.slots[second].required) {
        plan.slots[second].required = changed = true;
      }
    }
  }
  if (!syntax_.quoted_keys) CheckBareNames(plan);
  plan.by_text.resize(plan.slots.size());
  for (uint32_t i = 0; i < plan.slots.size(); i++) plan.by_text[i] = i;
  std::sort(plan.by_text.begin(), plan.by_text.end(), [&](uint32_t a, uint32_t b) {
    return constraints_.name(plan.slots[a].name) < constraints_.name(plan.slots[b].name);
  });
  plan.texts.reserve(plan.slots.size());
  for (uint32_t slot : plan.by_text) plan.texts.push_back(constraints_.name(plan.slots[slot].name));
  plan.slots.shrink_to_fit();
  std::exchange(plan.slot_of, {});
  plan.required_from.assign(plan.slots.size() + 1, 0);
  for (size_t slot = plan.slots.size(); slot-- > 0;) {
    plan.required_from[slot] = plan.required_from[slot + 1] + (plan.slots[slot].required ? 1 : 0);
  }
  if (!plan.unlisted) return;
  Language keys = plan.key_language;
  if (keys == constraints_.any_text()) return;
  if (!plan.texts.empty()) {
    std::vector<std::string> listed(plan.texts.begin(), plan.texts.end());
    keys = languages().Difference(keys, languages().Strings(std::move(listed)));
  }
  plan.key_language = keys;
  plan.keys = &DfaOf(keys);
  if (plan.keys->Start() == Dfa::kDead) plan.unlisted = false;
}

void Plans::CheckBareNames(const ObjectPlan& plan) const {
  for (const PropertySlot& slot : plan.slots) {
    const std::string& name = constraints_.name(slot.name);
    if (IsBareName(name) || constraints_.LiteralsOf(slot.value) == std::vector<Literal>{kNever}) {
      continue;
    }
    throw SchemaError(SchemaError::Kind::kUnsupported, kNoJson, "properties",
                      "The property name " + QuoteJson(name) +
                          " cannot be written in this value syntax, which leaves names bare.");
  }
}

ConstraintId Plans::UnlistedValue(const ObjectPlan& plan, const std::vector<bool>& matched) {
  std::vector<Literal> literals;
  for (const ObjectPlan::Rest& rest : plan.rests) {
    bool spoken = false;
    for (const auto& [pattern, literal] : rest.patterns) {
      if (!matched[pattern]) continue;
      literals.push_back(literal);
      spoken = true;
    }
    if (!spoken) literals.push_back(rest.otherwise);
  }
  return constraints_.Conjunction(std::move(literals));
}

void Plans::SettleUnlisted(uint32_t id) {
  if (settled_.size() <= id) settled_.resize(objects_.size());
  if (settled_[id]) return;
  settled_[id] = true;
  ObjectPlan& plan = objects_[id];
  if (plan.unlisted) plan.unlisted = Refine(plan);
  AskSupply(plan, plan.supply);
  plan.names_end = plan.supply && plan.keys != nullptr && NamesEnd(*plan.keys);
}

// Whether a name may have been begun that only finitely many names go on with, or too many states
// to tell.
bool Plans::NamesEnd(Dfa& names) {
  constexpr size_t kMostStates = 64;
  std::vector<uint32_t> states = {names.Start()};
  for (size_t i = 0; i < states.size(); i++) {
    if (states.size() > kMostStates) return true;
    if (languages().IsFinite(names.StateLanguage(states[i]))) return true;
    names.NextBytes(states[i]).ForEach([&](uint8_t byte) {
      const uint32_t next = names.Step(states[i], byte);
      if (std::find(states.begin(), states.end(), next) == states.end()) states.push_back(next);
    });
  }
  return false;
}

// Which patterns names can match together, for all combinations of a few patterns; of many, every
// one alone and every two that overlap.
std::vector<NameClass> Plans::NameClassesOf(const ObjectPlan& plan) {
  Languages& all = languages();
  const size_t count = plan.patterns.size();
  std::vector<NameClass> classes;
  const auto add = [&](const std::vector<bool>& matched, bool exact) {
    const ConstraintId value = UnlistedValue(plan, matched);
    if (constraints_.LiteralsOf(value) == std::vector<Literal>{kNever}) return;
    Language names = plan.key_language;
    for (size_t i = 0; i < count; i++) {
      const Language pattern = plan.patterns[i]->StateLanguage(plan.patterns[i]->Start());
      if (matched[i]) {
        names = all.Intersect(names, pattern);
      } else if (exact) {
        names = all.Difference(names, pattern);
      }
    }
    if (!all.IsEmpty(names)) classes.push_back({names, value});
  };
  if (count <= kFewPatterns) {
    for (size_t bits = 0; bits < size_t{1} << count; bits++) {
      std::vector<bool> matched;
      for (size_t i = 0; i < count; i++) matched.push_back(bits >> i & 1);
      add(matched, true);
    }
    return classes;
  }
  add(std::vector<bool>(count, false), true);
  for (size_t i = 0; i < count; i++) {
    for (size_t j = i; j < count; j++) {
      std::vector<bool> matched(count, false);
      matched[i] = matched[j] = true;
      add(matched, false);
    }
  }
  return classes;
}

// Takes the names out of `keys` whose value cannot exist. False: none is left.
bool Plans::Refine(ObjectPlan& plan) {
  Languages& all = languages();
  if (plan.patterns.empty()) return HasValue(UnlistedValue(plan, {}));
  Language keys = plan.key_language;
  for (const NameClass& one : NameClassesOf(plan)) {
    if (!HasValue(one.value)) keys = all.Difference(keys, one.names);
  }
  if (keys == plan.key_language) return true;
  plan.key_language = keys;
  plan.keys = &DfaOf(keys);
  return plan.keys->Start() != Dfa::kDead;
}

}  // namespace lorikeet::grammar::json
