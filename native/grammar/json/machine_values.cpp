// The beginning of values, and those that are read in one run: literals and numbers.
#include <algorithm>

#include "grammar/json/json_machine.h"

namespace lorikeet::grammar::json {

namespace {

bool BeginsNumber(uint8_t byte) { return byte == '-' || (byte >= '0' && byte <= '9'); }

}  // namespace

const ValuePlan& JsonMachine::PlanOfGoal(const Goal& goal) {
  auto& plan = value_plans_[uint64_t{goal.constraint} << 32 | goal.exclusion];
  if (!plan) {
    auto made = std::make_unique<ValuePlan>(MakeValuePlan(goal));
    auto& slot = value_plans_[uint64_t{goal.constraint} << 32 | goal.exclusion];
    slot = std::move(made);
    return *slot;
  }
  return *plan;
}

ValuePlan JsonMachine::MakeValuePlan(const Goal& goal) {
  Constraints& constraints = plans_.constraints();
  const Forms& forms = constraints.FormsOf(goal.constraint);
  ValuePlan plan;
  plan.null_value = forms.null_value;
  plan.true_value = forms.true_value;
  plan.false_value = forms.false_value;
  Language numbers = forms.numbers;
  std::vector<StringForm> strings = forms.strings;
  if (goal.exclusion != 0) {
    // Scalars that came before in an array of unique items: strings with their quotation marks.
    Languages& languages = plans_.languages();
    std::vector<std::string> texts, taken_numbers;
    for (uint32_t id : counters_[goal.exclusion]) {
      const std::string& text = texts_[id];
      if (text == "null") plan.null_value = false;
      if (text == "true") plan.true_value = false;
      if (text == "false") plan.false_value = false;
      if (text[0] == '"') texts.push_back(text.substr(1));
      if (BeginsNumber(static_cast<uint8_t>(text[0]))) taken_numbers.push_back(text);
    }
    if (!texts.empty()) {
      const Language taken = languages.Strings(texts);
      for (StringForm& form : strings) form.language = languages.Difference(form.language, taken);
    }
    if (!taken_numbers.empty() && numbers != languages.Nothing()) {
      numbers = languages.Intersect(
          numbers, languages.Difference(constraints.plain_decimals(),
                                        constraints.NumbersEqualTo(taken_numbers)));
    }
  }
  if (numbers != plans_.languages().Nothing()) {
    Dfa& dfa = plans_.DfaOf(constraints.InNotation(numbers));
    if (dfa.Start() != Dfa::kDead) plan.numbers = &dfa;
  }
  for (const StringForm& form : strings) {
    const Language language = plans_.Writable(form.language);
    Dfa& dfa = plans_.DfaOf(language);
    if (dfa.Start() == Dfa::kDead || !dfa.CanFinish(dfa.Start(), form.min, form.max)) continue;
    plan.strings.push_back(PlanOf(dfa, form.min, form.max));
  }
  plan.arrays = plans_.ArrayPlansOf(goal.constraint);
  plan.objects = plans_.ObjectPlansOf(goal.constraint);
  for (uint32_t object : plan.objects) plans_.SettleUnlisted(object);
  return plan;
}

uint32_t JsonMachine::PlanOf(Dfa& dfa, uint32_t min, uint32_t max) {
  const uint32_t next = static_cast<uint32_t>(string_plans_.size());
  const auto [place, fresh] = string_plan_of_.emplace(std::tuple{&dfa, min, max}, next);
  if (fresh) {
    const bool any_text = dfa.StateLanguage(dfa.Start()) == plans_.constraints().any_text();
    string_plans_.push_back({&dfa, min, max, any_text});
  }
  return place->second;
}

State JsonMachine::StepValue(const Configuration& at, uint8_t byte) {
  const ValueFrame frame = values_[at.frame];
  if (!syntax_.marker_token && byte == static_cast<uint8_t>(syntax_.marker[0])) {
    return OpenString(at, 1);
  }
  if (byte == '[') {
    ArrayFrame next;
    for (uint32_t goal = 0; goal < frame.goals.size(); goal++) {
      for (uint32_t plan : PlanOfGoal(frame.goals[goal]).arrays) {
        const std::vector<uint32_t> none(plans_.array(plan).occurrences.size(), 0);
        next.threads.push_back({goal, plan, 0, counters_.Intern(none), 0});
      }
    }
    if (next.threads.empty()) return kDead;
    Normalize(next.threads);
    return Make(FrameKind::kArray, arrays_.Intern(std::move(next)), at.below);
  }
  if (byte == '{') {
    ObjectFrame next;
    for (uint32_t goal = 0; goal < frame.goals.size(); goal++) {
      for (uint32_t plan : PlanOfGoal(frame.goals[goal]).objects) {
        plans_.SettleUnlisted(plan);
        next.threads.push_back({goal, plan, 0});
      }
    }
    if (next.threads.empty()) return kDead;
    Normalize(next.threads);
    return Make(FrameKind::kObject, objects_.Intern(std::move(next)), at.below);
  }
  if (BeginsNumber(byte)) {
    NumberFrame next;
    next.record = frame.record;
    for (uint32_t goal = 0; goal < frame.goals.size(); goal++) {
      Dfa* dfa = PlanOfGoal(frame.goals[goal]).numbers;
      if (dfa == nullptr) continue;
      const uint32_t state = dfa->Step(dfa->Start(), byte);
      const uint32_t language = dfa->StateLanguage(dfa->Start()).id;
      if (state != Dfa::kDead) next.threads.push_back({goal, language, state});
    }
    if (next.threads.empty()) return kDead;
    if (next.record) next.text = texts_.Intern(std::string(1, static_cast<char>(byte)));
    return Make(FrameKind::kNumber, numbers_.Intern(std::move(next)), at.below);
  }
  const std::string_view words[] = {syntax_.null_word, syntax_.true_word, syntax_.false_word};
  for (uint8_t word = 0; word < 3; word++) {
    if (static_cast<uint8_t>(words[word][0]) != byte) continue;
    LiteralFrame next;
    next.word = word;
    next.read = 1;
    next.record = frame.record;
    for (uint32_t goal = 0; goal < frame.goals.size(); goal++) {
      const ValuePlan& plan = PlanOfGoal(frame.goals[goal]);
      if (word == 0 ? plan.null_value : word == 1 ? plan.true_value : plan.false_value) {
        next.goals.push_back(goal);
      }
    }
    if (next.goals.empty()) return kDead;
    return Make(FrameKind::kLiteral, literals_.Intern(std::move(next)), at.below);
  }
  return kDead;
}

ByteSet JsonMachine::BytesOfValue(const Configuration& at) {
  const ValueFrame frame = values_[at.frame];
  const std::string_view words[] = {syntax_.null_word, syntax_.true_word, syntax_.false_word};
  ByteSet bytes;
  for (const Goal& goal : frame.goals) {
    const ValuePlan& plan = PlanOfGoal(goal);
    if (!plan.strings.empty() && !syntax_.marker_token) {
      bytes.Add(static_cast<uint8_t>(syntax_.marker[0]));
    }
    if (!plan.arrays.empty()) bytes.Add('[');
    if (!plan.objects.empty()) bytes.Add('{');
    if (plan.null_value) bytes.Add(static_cast<uint8_t>(words[0][0]));
    if (plan.true_value) bytes.Add(static_cast<uint8_t>(words[1][0]));
    if (plan.false_value) bytes.Add(static_cast<uint8_t>(words[2][0]));
    if (plan.numbers == nullptr) continue;
    for (uint8_t byte : std::string_view("-0123456789")) {
      if (plan.numbers->Step(plan.numbers->Start(), byte) != Dfa::kDead) bytes.Add(byte);
    }
  }
  return bytes;
}

State JsonMachine::OpenString(const Configuration& at, uint32_t opened) {
  const ValueFrame frame = values_[at.frame];
  StringFrame next;
  next.opening = static_cast<uint8_t>(syntax_.marker.size() - opened);
  next.record = frame.record;
  if (next.record) next.text = texts_.Intern("\"");
  for (uint32_t goal = 0; goal < frame.goals.size(); goal++) {
    for (uint32_t plan : PlanOfGoal(frame.goals[goal]).strings) {
      next.threads.push_back({goal, plan, string_plans_[plan].dfa->Start(), 0});
    }
  }
  if (next.threads.empty()) return kDead;
  return Make(FrameKind::kString, strings_.Intern(std::move(next)), at.below);
}

State JsonMachine::StepLiteral(const Configuration& at, uint8_t byte) {
  LiteralFrame frame = literals_[at.frame];
  const std::string_view words[] = {syntax_.null_word, syntax_.true_word, syntax_.false_word};
  const std::string_view word = words[frame.word];
  if (static_cast<uint8_t>(word[frame.read]) != byte) return kDead;
  if (++frame.read < word.size()) {
    return Make(FrameKind::kLiteral, literals_.Intern(std::move(frame)), at.below);
  }
  static constexpr const char* kScalars[] = {"null", "true", "false"};
  const uint32_t scalar = frame.record ? texts_.Intern(kScalars[frame.word]) : 0;
  return Return(at.below, frame.goals, scalar);
}

// A number ends where another byte comes, which then belongs to the frame below.
State JsonMachine::StepNumber(const Configuration& at, uint8_t byte) {
  NumberFrame next;
  const NumberFrame& frame = numbers_[at.frame];
  for (NumberThread thread : frame.threads) {
    thread.state = plans_.DfaOf(Language{thread.language}).Step(thread.state, byte);
    if (thread.state != Dfa::kDead) next.threads.push_back(thread);
  }
  if (!next.threads.empty()) {
    next.record = frame.record;
    if (next.record) {
      next.text = texts_.Intern(texts_[frame.text] + static_cast<char>(byte));
    }
    return Make(FrameKind::kNumber, numbers_.Intern(std::move(next)), at.below);
  }
  if (at.below == kDead) return kDead;
  const State ended = EndNumber(at);
  return ended == kDead ? kDead : Step(ended, byte);
}

State JsonMachine::EndNumber(const Configuration& at) {
  const NumberFrame& frame = numbers_[at.frame];
  std::vector<uint32_t> goals;
  for (const NumberThread& thread : frame.threads) {
    if (plans_.DfaOf(Language{thread.language}).Accepts(thread.state)) goals.push_back(thread.goal);
  }
  Normalize(goals);
  const uint32_t scalar = frame.record ? texts_.Intern(CanonicalNumber(texts_[frame.text])) : 0;
  return Return(at.below, goals, scalar);
}

ByteSet JsonMachine::BytesOfNumber(const Configuration& at) {
  const NumberFrame& frame = numbers_[at.frame];
  ByteSet bytes;
  for (uint8_t byte : std::string_view("0123456789.eE+-")) {
    for (const NumberThread& thread : frame.threads) {
      if (plans_.DfaOf(Language{thread.language}).Step(thread.state, byte) != Dfa::kDead) {
        bytes.Add(byte);
        break;
      }
    }
  }
  if (at.below == kDead) return bytes;
  const State ended = EndNumber(at);
  if (ended != kDead) bytes |= NextBytes(ended);
  return bytes;
}

}  // namespace lorikeet::grammar::json
