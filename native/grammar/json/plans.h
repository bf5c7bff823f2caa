// What the machine needs to know of each array and object form, and whether values exist at all.
//
// A plan lists an object's possible names with their merged values, or an array's places; it is
// made once per form, when the form is first reached. Whether a constraint has any value is the
// least fixed point over the plans: a recursion that needs itself has none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/json/constraints.h"
#include "grammar/json/name_supply.h"
#include "grammar/json/syntax.h"
#include "grammar/regex/dfa.h"

namespace lorikeet::grammar::json {

// A set of slots of one object plan, one bit each.
using SlotSet = std::vector<uint64_t>;
inline bool HasSlot(const SlotSet& set, uint32_t slot) {
  return (slot >> 6) < set.size() && (set[slot >> 6] >> (slot & 63) & 1);
}
inline void AddSlot(SlotSet& set, uint32_t slot) {
  if (set.size() <= slot >> 6) set.resize((slot >> 6) + 1);
  set[slot >> 6] |= uint64_t{1} << (slot & 63);
}

struct PropertySlot {
  NameId name;
  ConstraintId value;
  bool required = false;
};

struct ObjectPlan {
  std::vector<PropertySlot> slots;  // in the order in which they are to be written
  std::unordered_map<NameId, uint32_t> slot_of;
  std::vector<uint32_t> by_text;                            // slots by the bytes of their names
  std::vector<std::string_view> texts;                      // names in that order
  std::vector<std::pair<uint32_t, uint32_t>> dependencies;  // slots: the first needs the second
  std::vector<uint32_t> required_from;  // how many required slots lie at or after each slot
  uint32_t min = 0;
  uint32_t max = kUnbounded;

  // Names that have no slot. `keys` is null where any will do.
  bool unlisted = false;
  Language key_language;
  Dfa* keys = nullptr;
  std::vector<Dfa*> patterns;
  struct Rest {
    std::vector<std::pair<uint32_t, Literal>> patterns;  // places in `patterns`
    Literal otherwise = kAlways;
  };
  std::vector<Rest> rests;  // one a rule: what an unlisted name's value must satisfy
  std::vector<std::pair<Dfa*, Literal>> existences;  // some unlisted property is like this
  // Of unlisted names, where they may run out or must meet existences; set by SettleUnlisted.
  std::shared_ptr<const NameSupply> supply;
  // Whether some unlisted names can only be ended or given up: others can always be made longer.
  bool names_end = false;

  bool counts() const { return min > 0 || max != kUnbounded; }
};

// The unlisted names that match the same patterns, and what their values must be.
struct NameClass {
  Language names;
  ConstraintId value = kAnything;
};

struct ArrayPlan {
  std::vector<ConstraintId> prefix;
  ConstraintId rest = kAnything;
  uint32_t min = 0;
  uint32_t max = kUnbounded;
  std::vector<Occurrence> occurrences;
  bool unique = false;
  JsonId unique_at = kNoJson;  // the schema that says so

  ConstraintId item(uint32_t place) const { return place < prefix.size() ? prefix[place] : rest; }
};

class Plans {
 public:
  Plans(Constraints& constraints, const Syntax& syntax);

  // Whether some value satisfies it. Throws SchemaError.
  bool HasValue(ConstraintId constraint);

  // The plans of the forms that have values. Throws SchemaError.
  const std::vector<uint32_t>& ObjectPlansOf(ConstraintId constraint);
  const std::vector<uint32_t>& ArrayPlansOf(ConstraintId constraint);

  ObjectPlan& object(uint32_t id) { return objects_[id]; }
  const ArrayPlan& array(uint32_t id) const { return arrays_[id]; }

  // The value of an unlisted name that matches the patterns whose bits are set.
  ConstraintId UnlistedValue(const ObjectPlan& plan, const std::vector<bool>& matched);
  // Makes sure that every name which `keys` takes can have a value, and that `unlisted` says
  // whether there is one. To be called before the first such name is read.
  void SettleUnlisted(uint32_t object_plan);

  // Whether some of the slots in `open`, each with all that it needs, and up to `left` names
  // without a slot can follow `count` properties so that the object has as many as it must and may.
  // `taken`: slots among these properties. Throws SchemaError where that is too much to find out.
  bool SlotsFit(const ObjectPlan& plan, const SlotSet& taken, SlotSet open, uint64_t count,
                uint64_t left) const;

  // Whether more items can follow `count` items so that a whole array results; `seen` are the
  // occurrences counted so far.
  bool ArrayCanFinish(const ArrayPlan& plan, uint32_t count, const std::vector<uint32_t>& seen);

  // What the item at `place` may be, once for each set of occurrences that it may count for, with
  // the counts after it.
  std::vector<std::pair<ConstraintId, std::vector<uint32_t>>> ItemWays(
      const ArrayPlan& plan, uint32_t place, const std::vector<uint32_t>& seen);

  // A constraint together with one more literal.
  ConstraintId With(ConstraintId constraint, Literal literal);

  Dfa& DfaOf(Language language);
  // The language of texts that the value syntax can write.
  Language Writable(Language language);

  Constraints& constraints() { return constraints_; }
  Languages& languages() { return constraints_.languages(); }

 private:
  struct Answer {
    bool yes = false;
    uint32_t assumed = UINT32_MAX;  // the outermost question taken for granted
  };
  Answer Ask(ConstraintId constraint);
  Answer AskForms(const Forms& forms);
  Answer AskObject(const ObjectForm& form);
  Answer AskPlan(uint32_t plan);
  Answer AskArray(const ArrayForm& form);
  bool StringsExist(const Forms& forms);
  std::vector<NameClass> NameClassesOf(const ObjectPlan& plan);
  Answer AskFilling(const ObjectPlan& plan, const NameSupply* supply, uint32_t count,
                    uint32_t existing);
  Answer AskSupply(const ObjectPlan& plan, std::shared_ptr<const NameSupply>& supply);
  Answer AskMeeting(const ObjectPlan& plan, const std::vector<NameClass>& classes, uint32_t set,
                    Language& meeting);
  bool SeveralCanFinish(const ArrayPlan& plan, uint32_t count, const std::vector<uint32_t>& seen);

  const std::vector<uint32_t>& PlansOf(const ObjectForm& form);
  uint32_t PlanOf(const ArrayForm& form);
  void CollectSlots(const ObjectForm& form, ObjectPlan& plan);
  ConstraintId SlotValue(const ObjectForm& form, NameId name);
  void CollectUnlisted(const ObjectForm& form, ObjectPlan& plan);
  void ListFiniteKeys(const ObjectForm& form, ObjectPlan& plan);
  void Choose(const ObjectForm& form, size_t existence, ObjectPlan plan,
              std::vector<uint32_t>& plans);
  void Finish(ObjectPlan& plan);
  uint32_t AddSlotFor(ObjectPlan& plan, const ObjectForm& form, NameId name);
  void CheckBareNames(const ObjectPlan& plan) const;
  bool Refine(ObjectPlan& plan);
  bool NamesEnd(Dfa& names);

  Constraints& constraints_;
  const Syntax& syntax_;
  Language writable_;
  StableList<ObjectPlan> objects_;
  StableList<ArrayPlan> arrays_;
  size_t slots_ = 0;           // of all plans
  std::vector<bool> settled_;  // object plans whose unlisted names are settled
  Interner<ObjectForm> object_forms_;
  Interner<ArrayForm> array_forms_;
  std::unordered_map<uint32_t, std::vector<uint32_t>> plans_of_form_;
  std::unordered_map<uint32_t, uint32_t> plan_of_array_form_;
  std::unordered_map<ConstraintId, std::vector<uint32_t>> objects_of_, arrays_of_;
  std::unordered_map<ConstraintId, bool> has_value_;
  std::unordered_map<ConstraintId, uint32_t> asking_;  // depth of each open question
  std::unordered_map<uint32_t, std::unique_ptr<Dfa>> dfas_;
};

}  // namespace lorikeet::grammar::json
