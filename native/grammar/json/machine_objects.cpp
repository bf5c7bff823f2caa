// Objects: names read by threads, one after another property by property.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

namespace {

bool IsContinuation(uint8_t byte) { return (byte & 0xC0) == 0x80; }
uint8_t RestOf(uint8_t lead) { return lead < 0xC0 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3; }

}  // namespace

State JsonMachine::StepObject(const Configuration& at, uint8_t byte) {
  const ObjectFrame& frame = objects_[at.frame];
  using Phase = ObjectFrame::Phase;
  switch (frame.phase) {
    case Phase::kStart:
      if (byte == '}') return CloseObject(at);
      [[fallthrough]];
    case Phase::kKeyStart: {
      if (syntax_.quoted_keys) {
        return byte == static_cast<uint8_t>(syntax_.marker[0]) ? OpenKey(at) : kDead;
      }
      const State key = OpenKey(at);
      return key == kDead ? kDead : StepKey(configurations_[key], byte);
    }
    case Phase::kKey:
      return StepKey(at, byte);
    case Phase::kAfterValue:
      if (byte == '}') return CloseObject(at);
      [[fallthrough]];
    case Phase::kKeySeparator:
    case Phase::kSeparator:
      return StepSeparator(at, byte);
    case Phase::kValue:
      return kDead;
  }
  return kDead;
}

ByteSet JsonMachine::BytesOfObject(const Configuration& at) {
  const ObjectFrame& frame = objects_[at.frame];
  using Phase = ObjectFrame::Phase;
  ByteSet bytes;
  const auto any = [&](bool (JsonMachine::*can)(const ObjectThread&)) {
    return std::any_of(frame.threads.begin(), frame.threads.end(),
                       [&](const ObjectThread& thread) { return (this->*can)(thread); });
  };
  switch (frame.phase) {
    case Phase::kStart:
      if (any(&JsonMachine::CanClose)) bytes.Add('}');
      [[fallthrough]];
    case Phase::kKeyStart:
      if (syntax_.quoted_keys) {
        if (any(&JsonMachine::CanAdd)) bytes.Add(static_cast<uint8_t>(syntax_.marker[0]));
      } else if (const State key = OpenKey(at); key != kDead) {
        bytes |= NextBytes(key);
      }
      break;
    case Phase::kKey:
      return BytesOfKey(frame);
    case Phase::kAfterValue:
      if (any(&JsonMachine::CanClose)) bytes.Add('}');
      if (any(&JsonMachine::CanAdd)) bytes.Add(static_cast<uint8_t>(syntax_.item_separator[0]));
      break;
    case Phase::kSeparator:
      bytes.Add(static_cast<uint8_t>(syntax_.item_separator[frame.read]));
      break;
    case Phase::kKeySeparator:
      bytes.Add(static_cast<uint8_t>(syntax_.key_separator[frame.read]));
      break;
    case Phase::kValue:
      break;
  }
  return bytes;
}

// May hold some more: bytes after which nothing is left of what a pattern of names allows.
ByteSet JsonMachine::BytesOfKey(const ObjectFrame& frame) {
  if (frame.escape != 0) return escapes_.NextBytes(frame.escape);
  const uint8_t end =
      static_cast<uint8_t>(syntax_.quoted_keys ? syntax_.marker[0] : syntax_.key_separator[0]);
  ByteSet content;
  bool ends = false;
  for (const KeyThread& key : frame.keys) {
    ObjectPlan& plan = plans_.object(key.thread.plan);
    if (key.unlisted) {
      content |= NamesOf(key.thread).PossibleBytes(key.keys);
      ends |= NamesOf(key.thread).Accepts(key.keys);
    }
    if (key.first == key.last) continue;
    const SlotSet& allowed = AllowedSlots(key.thread);
    for (uint32_t place = key.first; place < key.last; place++) {
      if (!HasSlot(allowed, place)) continue;
      const std::string_view text = plan.texts[place];
      if (text.size() == frame.depth) {
        ends = true;
      } else {
        content.Add(static_cast<uint8_t>(text[frame.depth]));
      }
    }
  }
  if (frame.rest > 0) return content;
  ByteSet bytes = escapes_.Spelling(content);
  if (!syntax_.quoted_keys) bytes.Remove(end);
  if (ends) bytes.Add(end);
  return bytes;
}

State JsonMachine::StepSeparator(const Configuration& at, uint8_t byte) {
  ObjectFrame next = objects_[at.frame];
  using Phase = ObjectFrame::Phase;
  const bool after_key = next.phase == Phase::kKeySeparator;
  const std::string_view separator = after_key ? syntax_.key_separator : syntax_.item_separator;
  if (static_cast<uint8_t>(separator[next.read]) != byte) return kDead;
  next.read++;
  if (next.phase == Phase::kAfterValue) {
    std::erase_if(next.threads, [&](const ObjectThread& thread) { return !CanAdd(thread); });
    if (next.threads.empty()) return kDead;
    next.phase = Phase::kSeparator;
  }
  const bool whole = next.read == separator.size();
  if (!whole) return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
  next.read = 0;
  if (!after_key) {
    next.phase = Phase::kKeyStart;
    return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
  }
  ValueFrame value;
  value.goals = std::move(next.goals);
  next.goals.clear();
  next.phase = Phase::kValue;
  const State below = Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
  return Make(FrameKind::kValue, values_.Intern(std::move(value)), below);
}

State JsonMachine::OpenKey(const Configuration& at) {
  const std::vector<ObjectThread> threads = objects_[at.frame].threads;
  ObjectFrame next;
  next.phase = ObjectFrame::Phase::kKey;
  for (const ObjectThread& thread : threads) {
    ObjectPlan& plan = plans_.object(thread.plan);
    KeyThread key{thread};
    key.last = static_cast<uint32_t>(plan.texts.size());
    key.unlisted = AllowsUnlisted(thread);
    if (key.unlisted) {
      key.keys = NamesOf(thread).Start();
      std::vector<uint32_t> states;
      for (Dfa* pattern : plan.patterns) states.push_back(pattern->Start());
      key.patterns = counters_.Intern(std::move(states));
    }
    if (KeyAlive(key)) next.keys.push_back(key);
  }
  if (next.keys.empty()) return kDead;
  Normalize(next.keys);
  return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
}

State JsonMachine::StepKey(const Configuration& at, uint8_t byte) {
  const ObjectFrame& frame = objects_[at.frame];
  ObjectFrame next = frame;
  if (frame.escape != 0) {
    const Escapes::Result result = escapes_.Read(frame.escape, byte);
    if (result.dead) return kDead;
    next.escape = result.phase;
    bool alive = false;
    if (result.phase == 0) {
      alive = FeedKey(next, result.content);
    } else {
      for (char candidate : escapes_.Candidates(result.phase)) {
        ObjectFrame tried = next;
        alive = alive || FeedKey(tried, std::string_view(&candidate, 1));
      }
    }
    return alive ? Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below) : kDead;
  }
  if (frame.rest == 0) {
    if (syntax_.quoted_keys && byte == static_cast<uint8_t>(syntax_.marker[0])) return EndKey(at);
    if (!syntax_.quoted_keys && byte == static_cast<uint8_t>(syntax_.key_separator[0])) {
      const State ended = EndKey(at);
      if (ended == kDead || ended == kAsk) return ended;
      return StepSeparator(configurations_[ended], byte);
    }
    if (byte == '\\' && escapes_.any()) {
      next.escape = Escapes::kCanonical;
      for (char candidate : escapes_.Candidates(Escapes::kCanonical)) {
        ObjectFrame tried = frame;
        if (FeedKey(tried, std::string_view(&candidate, 1))) {
          return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
        }
      }
      return kDead;
    }
  }
  if (escapes_.NeedsEscape(byte)) return kDead;
  const char c = static_cast<char>(byte);
  if (!FeedKey(next, std::string_view(&c, 1))) return kDead;
  return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
}

// Of names without a slot that the thread may go on with. Where any name will do, it only has to be
// UTF-8.
Dfa& JsonMachine::NamesOf(const ObjectThread& thread) {
  const ObjectPlan& plan = plans_.object(thread.plan);
  if (plan.supply) return plans_.DfaOf(NextNames(thread));
  return plan.keys != nullptr ? *plan.keys : plans_.DfaOf(plans_.constraints().any_text());
}

bool JsonMachine::FeedKey(ObjectFrame& frame, std::string_view content) {
  for (char c : content) {
    const uint8_t byte = static_cast<uint8_t>(c);
    if (frame.rest > 0 ? !IsContinuation(byte) : IsContinuation(byte) || byte > 0xF4) return false;
    frame.rest = frame.rest > 0 ? frame.rest - 1 : RestOf(byte);
    std::erase_if(frame.keys,
                  [&](KeyThread& thread) { return !FeedKeyByte(thread, frame.depth, byte); });
    if (frame.keys.empty()) return false;
    frame.depth++;
  }
  bool tracked = false;
  bool listed = false;
  for (const KeyThread& thread : frame.keys) {
    tracked |= thread.unlisted && Remembers(thread.thread);
    listed |= thread.first < thread.last;
  }
  if (tracked && frame.text != kSomeText)
    frame.text = texts_.Intern(texts_[frame.text] + std::string(content));
  // The depth matters only while a listed name is possible.
  if (!listed) frame.depth = 0;
  return true;
}

bool JsonMachine::FeedKeyByte(KeyThread& thread, uint32_t depth, uint8_t byte) {
  ObjectPlan& plan = plans_.object(thread.thread.plan);
  if (thread.first < thread.last) {
    const auto texts = plan.texts.begin();
    const auto byte_at = [&](std::string_view text) {
      return text.size() > depth ? static_cast<int>(static_cast<uint8_t>(text[depth])) : -1;
    };
    thread.first = static_cast<uint32_t>(
        std::lower_bound(
            texts + thread.first, texts + thread.last, static_cast<int>(byte),
            [&](std::string_view text, int wanted) { return byte_at(text) < wanted; }) -
        texts);
    thread.last = static_cast<uint32_t>(
        std::upper_bound(
            texts + thread.first, texts + thread.last, static_cast<int>(byte),
            [&](int wanted, std::string_view text) { return wanted < byte_at(text); }) -
        texts);
    if (thread.first >= thread.last) thread.first = thread.last = 0;
  }
  if (thread.unlisted) {
    thread.keys = NamesOf(thread.thread).Step(thread.keys, byte);
    if (thread.keys == Dfa::kDead) thread.unlisted = false;
  }
  if (thread.unlisted && !plan.patterns.empty()) {
    std::vector<uint32_t> states = counters_[thread.patterns];
    for (size_t i = 0; i < states.size(); i++) {
      if (states[i] != Dfa::kDead) states[i] = plan.patterns[i]->Step(states[i], byte);
    }
    thread.patterns = counters_.Intern(std::move(states));
  }
  if (!thread.unlisted) thread.keys = thread.patterns = 0;
  return KeyAlive(thread);
}

// Whether the name can become one that the thread allows.
bool JsonMachine::KeyAlive(const KeyThread& thread) {
  if (thread.unlisted) return true;
  const SlotSet& allowed = AllowedSlots(thread.thread);
  for (uint32_t place = thread.first; place < thread.last; place++) {
    if (HasSlot(allowed, place)) return true;
  }
  return false;
}

State JsonMachine::EndKey(const Configuration& at) {
  const ObjectFrame frame = objects_[at.frame];
  ObjectFrame next;
  next.phase = ObjectFrame::Phase::kKeySeparator;
  const bool known = std::all_of(frame.keys.begin(), frame.keys.end(),
                                 [&](const KeyThread& key) { return KnowsName(key, frame.text); });
  if (!known) return kAsk;
  std::vector<std::pair<ObjectThread, ConstraintId>> options;
  for (const KeyThread& key : frame.keys) KeyOptions(key, frame, options);
  if (options.empty()) return kDead;
  for (const auto& [after, constraint] : options) next.goals.push_back({constraint, 0});
  Normalize(next.goals);
  for (const auto& [after, constraint] : options) {
    const auto place = std::lower_bound(next.goals.begin(), next.goals.end(), Goal{constraint, 0});
    next.waiting.push_back({after, static_cast<uint32_t>(place - next.goals.begin())});
  }
  Normalize(next.waiting);
  return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
}

// In a twin, whether a name or an earlier one matters that was left out of it.
bool JsonMachine::KnowsName(const KeyThread& key, uint32_t text) {
  if (!key.unlisted || !Remembers(key.thread)) return true;
  const std::vector<uint32_t>& names = counters_[registers_[key.thread.registers].unlisted];
  if (std::binary_search(names.begin(), names.end(), kSomeText)) return false;
  return text != kSomeText || (names.empty() && !plans_.object(key.thread.plan).supply);
}

// The ways to go on with the property whose name has just ended.
void JsonMachine::KeyOptions(const KeyThread& key, const ObjectFrame& frame,
                             std::vector<std::pair<ObjectThread, ConstraintId>>& options) {
  ObjectPlan& plan = plans_.object(key.thread.plan);
  const Registers registers = registers_[key.thread.registers];
  if (key.first < key.last && plan.texts[key.first].size() == frame.depth) {
    if (!HasSlot(AllowedSlots(key.thread), key.first)) return;
    const uint32_t slot = plan.by_text[key.first];
    ObjectThread after = key.thread;
    after.registers = registers_.Intern(WithSlot(plan, registers, slot));
    options.emplace_back(after, plan.slots[slot].value);
    return;
  }
  if (!key.unlisted) return;
  if (!NamesOf(key.thread).Accepts(key.keys)) return;
  Registers more = WithUnlisted(plan, registers);
  if (!Remembers(key.thread)) {
    more.unlisted = 0;
  } else {
    std::vector<uint32_t> names = counters_[registers.unlisted];
    const auto place = std::lower_bound(names.begin(), names.end(), frame.text);
    if (place != names.end() && *place == frame.text) return;
    names.insert(place, frame.text);
    more.unlisted = counters_.Intern(std::move(names));
  }
  const std::vector<uint32_t>& states = counters_[key.patterns];
  std::vector<bool> matched;
  for (size_t i = 0; i < plan.patterns.size(); i++) {
    matched.push_back(states[i] != Dfa::kDead && plan.patterns[i]->Accepts(states[i]));
  }
  const ConstraintId value = plans_.UnlistedValue(plan, matched);
  const auto add = [&](const Registers& after_registers, ConstraintId constraint) {
    if (!plans_.HasValue(constraint) || !Alive(plan, after_registers)) return;
    ObjectThread after = key.thread;
    after.registers = registers_.Intern(after_registers);
    options.emplace_back(after, constraint);
  };
  add(more, value);
  // Or with one or more of the existences met by this property.
  for (uint32_t bits = 1; bits < 1u << plan.existences.size(); bits++) {
    ConstraintId constraint = value;
    bool possible = (registers.met & bits) == 0;
    for (size_t i = 0; possible && i < plan.existences.size(); i++) {
      if (!(bits >> i & 1)) continue;
      Dfa& names = *plan.existences[i].first;
      possible = names.Accepts(names.Walk(names.Start(), texts_[frame.text]));
      constraint = plans_.With(constraint, plan.existences[i].second);
    }
    if (!possible) continue;
    Registers met = more;
    met.met |= bits;
    add(met, constraint);
  }
}

// Once a name is none of the listed ones, automata alone read it. Where names are remembered, each
// leads to a frame of its own.
bool JsonMachine::IsUniform(const ObjectFrame& frame, Slice slice) {
  if (!IsBetweenCharacters(frame) || !IsPlain(slice)) return false;
  return std::all_of(frame.keys.begin(), frame.keys.end(), [&](const KeyThread& key) {
    const ObjectPlan& plan = plans_.object(key.thread.plan);
    if (!key.unlisted || key.first < key.last) return false;
    if (frame.text != kSomeText && Remembers(key.thread)) return false;
    const std::vector<uint32_t>& states = counters_[key.patterns];
    for (size_t i = 0; i < states.size(); i++) {
      const bool dead = states[i] == Dfa::kDead;
      if (!dead && !plan.patterns[i]->IsUniform(states[i], slice)) return false;
    }
    return NamesOf(key.thread).IsUniform(key.keys, slice);
  });
}

// Legal is what one thread takes as a name without a slot; others may take longer names.
LiveTexts JsonMachine::Live(const ObjectFrame& frame, Slice slice) {
  if (!IsBetweenCharacters(frame) || !IsPlain(slice)) return {};
  LiveTexts all;
  for (const KeyThread& key : frame.keys) {
    if (!key.unlisted) continue;
    const LiveTexts live = NamesOf(key.thread).Live(key.keys, slice);
    if (live.length >= all.length) all = live;
  }
  const bool alone = frame.keys.size() == 1 && frame.keys[0].first == frame.keys[0].last;
  all.longest &= alone || all.length == kUnlimitedLength;
  return all;
}

bool JsonMachine::IsBetweenCharacters(const ObjectFrame& frame) const {
  return frame.phase == ObjectFrame::Phase::kKey && frame.escape == 0 && frame.rest == 0 &&
         syntax_.quoted_keys;
}

// The name that is remembered matters where it ends, and later.
State JsonMachine::NameTwin(State state) {
  const Configuration at = configurations_[state];
  const ObjectFrame& frame = objects_[at.frame];
  const bool remembers =
      frame.phase == ObjectFrame::Phase::kKey &&
      std::any_of(frame.keys.begin(), frame.keys.end(),
                  [&](const KeyThread& key) { return key.unlisted && Remembers(key.thread); });
  if (!remembers) return state;
  ObjectFrame twin = frame;
  twin.text = kSomeText;
  return Make(FrameKind::kObject, objects_.Intern(std::move(twin)), at.below);
}

State JsonMachine::CloseObject(const Configuration& at) {
  const std::vector<ObjectThread> threads = objects_[at.frame].threads;
  std::vector<uint32_t> goals;
  for (const ObjectThread& thread : threads) {
    if (CanClose(thread)) goals.push_back(thread.goal);
  }
  Normalize(goals);
  return Return(at.below, goals, 0);
}

State JsonMachine::AfterProperty(State below, const std::vector<uint32_t>& goals) {
  const Configuration at = configurations_[below];
  ObjectFrame next;
  next.phase = ObjectFrame::Phase::kAfterValue;
  for (const auto& [after, goal] : objects_[at.frame].waiting) {
    if (std::binary_search(goals.begin(), goals.end(), goal)) next.threads.push_back(after);
  }
  if (next.threads.empty()) return kDead;
  Normalize(next.threads);
  return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
}

}  // namespace lorikeet::grammar::json
