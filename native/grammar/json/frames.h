// The frames of the JSON machine: what is known while one value is read.
//
// All are plain data, compared and hashed by content. Threads are kept ascending and unique.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "grammar/json/escapes.h"
#include "grammar/json/interner.h"
#include "grammar/json/plans.h"
#include "grammar/machine.h"

namespace lorikeet::grammar::json {

enum class FrameKind : uint8_t {
  kNone,
  kDone,
  kValue,
  kLiteral,
  kString,
  kNumber,
  kArray,
  kObject,
};

struct Configuration {
  FrameKind kind = FrameKind::kNone;
  uint8_t space = 0;  // bytes of white space just read
  uint32_t frame = 0;
  State below = kDead;  // kDead under the outermost value
  friend bool operator==(const Configuration&, const Configuration&) = default;
};
inline uint64_t HashOf(const Configuration& c) {
  return Mix(Mix(uint64_t{static_cast<uint8_t>(c.kind)} << 8 | c.space, c.frame), c.below);
}

// What a value is asked to be. `exclusion`: a set of scalars that it must not equal.
struct Goal {
  ConstraintId constraint = kAnything;
  uint32_t exclusion = 0;
  friend auto operator<=>(const Goal&, const Goal&) = default;
};
inline uint64_t HashOf(const Goal& goal) { return Mix(goal.constraint, goal.exclusion); }

struct StringPlan {
  Dfa* dfa = nullptr;
  uint32_t min = 0;
  uint32_t max = kUnbounded;
  bool any_text = false;           // only the length matters
  std::optional<uint32_t> detour;  // Dfa::Detour, once it was asked
};

// A goal's forms, ready to be walked.
struct ValuePlan {
  bool null_value = false, true_value = false, false_value = false;
  std::vector<uint32_t> strings;  // places in string_plans_
  Dfa* numbers = nullptr;
  std::vector<uint32_t> arrays, objects;  // plans
};

// Before a value's first byte.
struct ValueFrame {
  std::vector<Goal> goals;
  bool record = false;  // whether the frame below wants the text of scalars
  friend bool operator==(const ValueFrame&, const ValueFrame&) = default;
};
inline uint64_t HashOf(const ValueFrame& f) { return Mix(HashOf(f.goals), f.record); }

// Inside null, true or false.
struct LiteralFrame {
  uint8_t word = 0;  // null, true, false
  uint8_t read = 0;  // bytes
  bool record = false;
  std::vector<uint32_t> goals;
  friend bool operator==(const LiteralFrame&, const LiteralFrame&) = default;
};
inline uint64_t HashOf(const LiteralFrame& f) {
  return Mix(HashOf(f.goals), uint64_t{f.word} << 16 | uint64_t{f.read} << 8 | f.record);
}

struct StringThread {
  uint32_t goal = 0;
  uint32_t plan = 0;
  uint32_t state = 0;  // of the plan's automaton
  uint32_t count = 0;  // code points, as far as they matter
  friend auto operator<=>(const StringThread&, const StringThread&) = default;
};
inline uint64_t HashOf(const StringThread& t) {
  return Mix(Mix(Mix(t.goal, t.plan), t.state), t.count);
}

struct StringFrame {
  EscapePhase escape = 0;
  uint8_t opening = 0;  // bytes of the opening marker still to come
  uint8_t closing = 0;  // bytes of a text marker that were just read
  uint8_t rest = 0;     // bytes of the character still to come
  bool record = false;
  uint32_t text = 0;           // what was read, where it is recorded
  std::vector<uint32_t> ends;  // goals satisfied where the marker began
  std::vector<StringThread> threads;
  friend bool operator==(const StringFrame&, const StringFrame&) = default;
};
inline uint64_t HashOf(const StringFrame& f) {
  uint64_t hash = Mix(f.escape, uint64_t{f.opening} << 24 | uint64_t{f.closing} << 16 |
                                    uint64_t{f.rest} << 8 | f.record);
  return Mix(Mix(Mix(hash, f.text), HashOf(f.ends)), HashOf(f.threads));
}

struct NumberThread {
  uint32_t goal = 0;
  uint32_t language = 0;  // whose automaton
  uint32_t state = 0;
  friend auto operator<=>(const NumberThread&, const NumberThread&) = default;
};
inline uint64_t HashOf(const NumberThread& t) { return Mix(Mix(t.goal, t.language), t.state); }

struct NumberFrame {
  bool record = false;
  uint32_t text = 0;
  std::vector<NumberThread> threads;
  friend bool operator==(const NumberFrame&, const NumberFrame&) = default;
};
inline uint64_t HashOf(const NumberFrame& f) {
  return Mix(Mix(HashOf(f.threads), f.text), f.record);
}

struct ArrayThread {
  uint32_t goal = 0;
  uint32_t plan = 0;
  uint32_t count = 0;      // items, as far as they matter
  uint32_t seen = 0;       // occurrences counted, by number
  uint32_t exclusion = 0;  // items so far, where they must differ
  friend auto operator<=>(const ArrayThread&, const ArrayThread&) = default;
};
inline uint64_t HashOf(const ArrayThread& t) {
  return Mix(Mix(Mix(Mix(t.goal, t.plan), t.count), t.seen), t.exclusion);
}

// A thread as it goes on once the value above satisfies its goal.
template <typename Thread>
struct Waiting {
  Thread after;
  uint32_t goal = 0;  // of the value above
  friend auto operator<=>(const Waiting&, const Waiting&) = default;
};
template <typename Thread>
uint64_t HashOf(const Waiting<Thread>& w) {
  return Mix(HashOf(w.after), w.goal);
}

struct ArrayFrame {
  enum class Phase : uint8_t { kStart, kValue, kAfterItem, kSeparator };
  Phase phase = Phase::kStart;
  uint8_t read = 0;  // bytes of the separator
  std::vector<ArrayThread> threads;
  std::vector<Waiting<ArrayThread>> waiting;  // in kValue
  friend bool operator==(const ArrayFrame&, const ArrayFrame&) = default;
};
inline uint64_t HashOf(const ArrayFrame& f) {
  const uint64_t hash = uint64_t{static_cast<uint8_t>(f.phase)} << 8 | f.read;
  return Mix(Mix(hash, HashOf(f.threads)), HashOf(f.waiting));
}

// What an object thread remembers of the properties so far.
struct Registers {
  uint32_t position = 0;  // slots before it are past (where the order is fixed)
  uint32_t count = 0;     // properties, as far as they matter
  uint32_t met = 0;       // existences met, one bit each
  uint32_t unlisted = 0;  // names without a slot, where they matter
  SlotSet seen;           // slots, where they matter
  friend bool operator==(const Registers&, const Registers&) = default;
};
inline uint64_t HashOf(const Registers& r) {
  return Mix(Mix(Mix(Mix(HashOf(r.seen), r.position), r.count), r.met), r.unlisted);
}

struct ObjectThread {
  uint32_t goal = 0;
  uint32_t plan = 0;
  uint32_t registers = 0;
  friend auto operator<=>(const ObjectThread&, const ObjectThread&) = default;
};
inline uint64_t HashOf(const ObjectThread& t) { return Mix(Mix(t.goal, t.plan), t.registers); }

// An object thread inside a name.
struct KeyThread {
  ObjectThread thread;
  uint32_t first = 0, last = 0;  // the plan's names (by text) that begin so, last excluded
  bool unlisted = false;         // it may also become a name without a slot
  uint32_t keys = 0;             // state of the plan's `keys`
  uint32_t patterns = 0;         // states of the plan's patterns, by number
  friend auto operator<=>(const KeyThread&, const KeyThread&) = default;
};
inline uint64_t HashOf(const KeyThread& t) {
  const uint64_t hash = Mix(Mix(HashOf(t.thread), t.first), t.last);
  return Mix(Mix(Mix(hash, t.unlisted), t.keys), t.patterns);
}

struct ObjectFrame {
  enum class Phase : uint8_t {
    kStart,
    kKeyStart,
    kKey,
    kKeySeparator,
    kValue,
    kAfterValue,
    kSeparator
  };
  Phase phase = Phase::kStart;
  uint8_t read = 0;        // bytes of a separator
  uint8_t rest = 0;        // bytes of the name's character still to come
  EscapePhase escape = 0;  // in a name
  uint32_t depth = 0;      // bytes of the name so far
  uint32_t text = 0;       // the name so far, where it matters
  std::vector<ObjectThread> threads;
  std::vector<KeyThread> keys;                 // in kKey
  std::vector<Waiting<ObjectThread>> waiting;  // from kKeySeparator to kValue
  std::vector<Goal> goals;                     // in kKeySeparator
  friend bool operator==(const ObjectFrame&, const ObjectFrame&) = default;
};
inline uint64_t HashOf(const ObjectFrame& f) {
  uint64_t hash = uint64_t{static_cast<uint8_t>(f.phase)} << 16 | uint64_t{f.read} << 8 | f.rest;
  hash = Mix(Mix(Mix(hash, f.escape), f.depth), f.text);
  hash = Mix(Mix(hash, HashOf(f.threads)), HashOf(f.keys));
  return Mix(Mix(hash, HashOf(f.waiting)), HashOf(f.goals));
}

// Sorts and drops what is there twice.
template <typename T>
void Normalize(std::vector<T>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

}  // namespace lorikeet::grammar::json
