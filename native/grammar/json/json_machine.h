// The deterministic machine of a schema's values.
//
// A configuration is a frame and the configuration that waits below it. A frame reads one value (or
// is about to); it carries threads: the ways in which what was read so far can still satisfy what
// is asked. What is asked are goals, numbered: the value of a property may be asked to satisfy
// several constraints at once, one for each thread of the object around it. When a value ends, the
// goals that it satisfied go down to the waiting frame, whose threads that counted on others end.
//
// Registers (properties seen, items counted, code points counted) live in the threads; frames and
// configurations are hash-consed. A thread is kept only if it can finish; so every configuration
// can.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/json/escapes.h"
#include "grammar/json/frames.h"
#include "grammar/json/interner.h"
#include "grammar/json/plans.h"
#include "grammar/json/schema_reader.h"
#include "grammar/json/syntax.h"
#include "grammar/machine.h"

namespace lorikeet::grammar::json {

class JsonMachine final : public Machine {
 public:
  // `parts` holds what the constraints refer to. Throws SchemaError where the schema asks for what
  // cannot be enforced, or where nothing satisfies it.
  struct Parts {
    JsonStore store;
    Languages languages;
    std::unique_ptr<SchemaReader> reader;
    std::unique_ptr<Constraints> constraints;
  };
  JsonMachine(std::shared_ptr<Parts> parts, ConstraintId root, Syntax syntax);

  State Start() override { return start_; }
  bool CanEnd(State state) override;
  bool IsUniform(State state, Slice slice) override;
  LiveTexts Live(State state, Slice slice) override;
  State MaskTwin(State state, uint32_t longest) override;
  void AddNextTokens(State state, TokenTerminals& terminals) override;
  State StepToken(State state, TokenId token) override;
  size_t MemoryBytes() const override;

 protected:
  State DeriveStep(State state, uint8_t byte) override;
  ByteSet DeriveBytes(State state) override;

 private:
  // --- schema_check.cpp: expands whatever the schema can reach, so that it is refused here or
  // never
  void CheckReachable(ConstraintId root);
  void CheckObjectPlan(uint32_t id, std::vector<ConstraintId>& reached);
  void CheckArrayPlan(uint32_t id, std::vector<ConstraintId>& reached);
  void CheckUniqueItems(const ArrayPlan& plan);
  bool PlacesHaveDistinct(const ArrayPlan& plan);
  bool OccurrencesHaveDistinct(const ArrayPlan& plan);

  State Advance(const Configuration& at, uint8_t byte);
  ByteSet BytesOf(const Configuration& at);
  State Make(FrameKind kind, uint32_t frame, State below, uint8_t space = 0) {
    return configurations_.Intern({kind, space, frame, below});
  }
  bool TakesSpace(const Configuration& at) const;
  // The value above `below` has ended and satisfied `goals` (ascending); `scalar` is its text
  // where the frame below records it.
  State Return(State below, const std::vector<uint32_t>& goals, uint32_t scalar);

  // --- machine_values.cpp
  const ValuePlan& PlanOfGoal(const Goal& goal);
  ValuePlan MakeValuePlan(const Goal& goal);
  State StepValue(const Configuration& at, uint8_t byte);
  ByteSet BytesOfValue(const Configuration& at);
  State OpenString(const Configuration& at, uint32_t opened);
  State StepLiteral(const Configuration& at, uint8_t byte);
  State StepNumber(const Configuration& at, uint8_t byte);
  ByteSet BytesOfNumber(const Configuration& at);
  State EndNumber(const Configuration& at);

  // --- machine_strings.cpp
  struct StringStep {
    bool alive = false;
    bool ended = false;
    StringFrame next;
    std::vector<uint32_t> goals;  // where it ended
  };
  StringStep NextString(const StringFrame& frame, uint8_t byte);
  StringStep EndString(const StringFrame& frame);
  State StepString(const Configuration& at, uint8_t byte);
  State FinishString(const Configuration& at, const StringStep& step);
  ByteSet BytesOfString(const Configuration& at);
  bool Feed(StringFrame& frame, std::string_view content);
  bool FeedByte(StringThread& thread, uint8_t byte, uint32_t rest_of_character);
  bool CanFinishInside(const StringPlan& plan, uint32_t state, uint32_t rest, uint32_t min,
                       uint32_t max);
  bool CanFinish(const StringThread& thread);
  std::vector<uint32_t> SatisfiedBy(const StringFrame& frame) const;
  bool IsUniform(const StringFrame& frame, Slice slice);
  LiveTexts Live(const StringFrame& frame, Slice slice);
  bool IsBetweenCharacters(const StringFrame& frame) const;
  uint32_t PlanOf(Dfa& dfa, uint32_t min, uint32_t max);
  StringThread FarThread(StringThread thread, uint32_t longest);
  uint32_t FarPlan(const StringThread& thread, uint32_t longest);
  bool IsPlain(Slice slice) const;

  // --- machine_arrays.cpp
  State StepArray(const Configuration& at, uint8_t byte);
  ByteSet BytesOfArray(const Configuration& at);
  State BeginItem(const Configuration& at);
  State CloseArray(const Configuration& at);
  State AfterItem(State below, const std::vector<uint32_t>& goals, uint32_t scalar);
  bool CanClose(const ArrayThread& thread) const;
  void ItemOptions(const ArrayThread& thread, std::vector<std::pair<ArrayThread, Goal>>& options);
  bool MoreDistinct(const ArrayPlan& plan, uint32_t exclusion, uint32_t count);
  bool HasDistinct(ConstraintId constraint, uint32_t exclusion, uint32_t needed);

  // --- machine_objects.cpp
  State StepObject(const Configuration& at, uint8_t byte);
  ByteSet BytesOfObject(const Configuration& at);
  ByteSet BytesOfKey(const ObjectFrame& frame);
  Dfa& NamesOf(const ObjectThread& thread);
  State OpenKey(const Configuration& at);
  State StepKey(const Configuration& at, uint8_t byte);
  State EndKey(const Configuration& at);
  State StepSeparator(const Configuration& at, uint8_t byte);
  State CloseObject(const Configuration& at);
  State AfterProperty(State below, const std::vector<uint32_t>& goals);
  bool FeedKey(ObjectFrame& frame, std::string_view content);
  bool FeedKeyByte(KeyThread& thread, uint32_t depth, uint8_t byte);
  bool KeyAlive(const KeyThread& thread);
  bool KnowsName(const KeyThread& key, uint32_t text);
  State NameTwin(State state);
  void KeyOptions(const KeyThread& key, const ObjectFrame& frame,
                  std::vector<std::pair<ObjectThread, ConstraintId>>& options);
  bool IsUniform(const ObjectFrame& frame, Slice slice);
  LiveTexts Live(const ObjectFrame& frame, Slice slice);
  bool IsBetweenCharacters(const ObjectFrame& frame) const;

  // --- object_registers.cpp
  bool CanClose(const ObjectThread& thread);
  bool Alive(ObjectPlan& plan, const Registers& registers);
  bool AllowsUnlisted(const ObjectThread& thread);
  Language NextNames(const ObjectThread& thread);
  Language NextNames(ObjectPlan& plan, const Registers& registers);
  bool CanFollow(ObjectPlan& plan, const Registers& registers, uint32_t text, uint32_t meeting);
  NameSet UsedNames(const Registers& registers) const;
  const SlotSet& AllowedSlots(const ObjectThread& thread);  // by text
  bool CanAdd(const ObjectThread& thread);
  bool Remembers(const ObjectThread& thread);
  Registers WithSlot(const ObjectPlan& plan, const Registers& registers, uint32_t slot) const;
  Registers WithUnlisted(const ObjectPlan& plan, const Registers& registers) const;
  // Slots that must still come; false where one of them cannot.
  bool Missing(ObjectPlan& plan, const Registers& registers, SlotSet& missing, uint32_t& count);

  // Stands in texts_ for any text, in the twins that masks are made from.
  static constexpr uint32_t kSomeText = 1;
  bool KnowsItems(uint32_t exclusion) const;
  bool KnowsNextItems(const ArrayFrame& frame);
  bool HasEndlessStrings(ConstraintId item, bool otherwise);
  bool KnowsItemsOf(State below) const;

  std::shared_ptr<Parts> parts_;
  Syntax syntax_;
  const Escapes& escapes_;
  Plans plans_;
  State start_ = kDead;
  State done_ = kDead;

  Interner<Configuration> configurations_;
  Interner<ValueFrame> values_;
  Interner<LiteralFrame> literals_;
  Interner<StringFrame> strings_;
  Interner<NumberFrame> numbers_;
  Interner<ArrayFrame> arrays_;
  Interner<ObjectFrame> objects_;

  Interner<Registers> registers_;
  Interner<std::vector<uint32_t>> counters_;  // occurrences, pattern states, sets of texts
  Interner<std::string> texts_;
  std::vector<StringPlan> string_plans_;
  std::map<std::tuple<const Dfa*, uint32_t, uint32_t>, uint32_t> string_plan_of_;
  std::unordered_map<uint64_t, std::unique_ptr<ValuePlan>> value_plans_;
  std::unordered_map<uint64_t, SlotSet> allowed_slots_;
  std::unordered_map<uint64_t, Language> next_names_;  // by plan and registers
};

}  // namespace lorikeet::grammar::json
