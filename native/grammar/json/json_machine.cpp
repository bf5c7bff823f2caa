#include "grammar/json/json_machine.h"

#include <algorithm>

#include "grammar/error.h"

namespace lorikeet::grammar::json {

namespace {

// Shared by all machines.
const Escapes& EscapesOf(const Syntax& syntax) {
  static const Escapes none(Escapes::Kind::kNone, '\0');
  static const Escapes json(Escapes::Kind::kJson, '"');
  static const Escapes python(Escapes::Kind::kPython, '\'');
  if (!syntax.escapes) return none;
  return syntax.python_escapes ? python : json;
}

}  // namespace

JsonMachine::JsonMachine(std::shared_ptr<Parts> parts, ConstraintId root, Syntax syntax)
    : parts_(std::move(parts)),
      syntax_(std::move(syntax)),
      escapes_(EscapesOf(syntax_)),
      plans_(*parts_->constraints, syntax_) {
  configurations_.Intern({});  // kDead
  registers_.Intern({});
  counters_.Intern({});
  texts_.Intern("");
  texts_.Intern("\xFF");  // kSomeText: what no text is
  if (!plans_.HasValue(root)) {
    throw SchemaError(SchemaError::Kind::kInvalid, kNoJson, "",
                      "Expected a schema that some value satisfies; nothing satisfies this one.");
  }
  CheckReachable(root);
  parts_->constraints->ForgetKeywords();
  done_ = Make(FrameKind::kDone, 0, kDead);
  start_ = Make(FrameKind::kValue, values_.Intern({{{root, 0}}, false}), kDead);
}

bool JsonMachine::CanEnd(State state) {
  const Configuration at = configurations_[state];
  if (at.kind == FrameKind::kDone) return true;
  if (at.kind != FrameKind::kNumber || at.below != kDead) return false;
  return EndNumber(at) != kDead;
}

bool JsonMachine::TakesSpace(const Configuration& at) const {
  if (at.space >= syntax_.most_space) return false;
  switch (at.kind) {
    case FrameKind::kValue:
      return at.below != kDead;
    case FrameKind::kArray:
      return arrays_[at.frame].phase != ArrayFrame::Phase::kValue;
    case FrameKind::kObject:
      return objects_[at.frame].phase != ObjectFrame::Phase::kKey;
    default:
      return false;
  }
}

State JsonMachine::DeriveStep(State state, uint8_t byte) {
  try {
    return Advance(configurations_[state], byte);
  } catch (const LanguageError& error) {
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge, error.what());
  }
}

ByteSet JsonMachine::DeriveBytes(State state) {
  try {
    return BytesOf(configurations_[state]);
  } catch (const LanguageError& error) {
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge, error.what());
  }
}

State JsonMachine::Advance(const Configuration& from, uint8_t byte) {
  Configuration at = from;
  const bool space = byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
  if (space && TakesSpace(at)) return Make(at.kind, at.frame, at.below, at.space + 1);
  at.space = 0;
  switch (at.kind) {
    case FrameKind::kNone:
    case FrameKind::kDone:
      return kDead;
    case FrameKind::kValue:
      return StepValue(at, byte);
    case FrameKind::kLiteral:
      return StepLiteral(at, byte);
    case FrameKind::kString:
      return StepString(at, byte);
    case FrameKind::kNumber:
      return StepNumber(at, byte);
    case FrameKind::kArray:
      return StepArray(at, byte);
    case FrameKind::kObject:
      return StepObject(at, byte);
  }
  return kDead;
}

ByteSet JsonMachine::BytesOf(const Configuration& from) {
  const Configuration at = from;
  ByteSet bytes;
  switch (at.kind) {
    case FrameKind::kNone:
    case FrameKind::kDone:
      return bytes;
    case FrameKind::kValue:
      bytes = BytesOfValue(at);
      break;
    case FrameKind::kLiteral: {
      const LiteralFrame& frame = literals_[at.frame];
      const std::string_view words[] = {syntax_.null_word, syntax_.true_word, syntax_.false_word};
      bytes.Add(static_cast<uint8_t>(words[frame.word][frame.read]));
      break;
    }
    case FrameKind::kString:
      bytes = BytesOfString(at);
      break;
    case FrameKind::kNumber:
      bytes = BytesOfNumber(at);
      break;
    case FrameKind::kArray:
      bytes = BytesOfArray(at);
      break;
    case FrameKind::kObject:
      bytes = BytesOfObject(at);
      break;
  }
  if (TakesSpace(at)) {
    for (char space : std::string_view(" \n\t\r")) bytes.Add(static_cast<uint8_t>(space));
  }
  return bytes;
}

State JsonMachine::Return(State below, const std::vector<uint32_t>& goals, uint32_t scalar) {
  if (goals.empty()) return kDead;
  if (below == kDead) return done_;
  if (configurations_[below].kind == FrameKind::kArray) return AfterItem(below, goals, scalar);
  return AfterProperty(below, goals);
}

bool JsonMachine::IsUniform(State state, Slice slice) {
  const Configuration& at = configurations_[state];
  if (at.kind == FrameKind::kString) return IsUniform(strings_[at.frame], slice);
  return at.kind == FrameKind::kObject && IsUniform(objects_[at.frame], slice);
}

LiveTexts JsonMachine::Live(State state, Slice slice) {
  const Configuration& at = configurations_[state];
  if (at.kind == FrameKind::kString) return Live(strings_[at.frame], slice);
  return at.kind == FrameKind::kObject ? Live(objects_[at.frame], slice) : LiveTexts{};
}

void JsonMachine::AddNextTokens(State state, TokenTerminals& terminals) {
  if (!syntax_.marker_token) return;
  if (StepToken(state, *syntax_.marker_token) != kDead) {
    terminals.ids.push_back(*syntax_.marker_token);
  }
}

State JsonMachine::StepToken(State state, TokenId token) {
  if (!syntax_.marker_token || token != *syntax_.marker_token) return kDead;
  const Configuration at = configurations_[state];
  switch (at.kind) {
    case FrameKind::kValue:
      return OpenString(at, static_cast<uint32_t>(syntax_.marker.size()));
    case FrameKind::kString:
      return FinishString(at, EndString(strings_[at.frame]));
    case FrameKind::kArray: {
      // The first item may be a string.
      if (arrays_[at.frame].phase != ArrayFrame::Phase::kStart) return kDead;
      const State item = BeginItem(at);
      return item == kDead ? kDead : StepToken(item, token);
    }
    default:
      return kDead;
  }
}

size_t JsonMachine::MemoryBytes() const {
  return StepMemoryBytes() + configurations_.size() * 48 + strings_.size() * 160 +
         objects_.size() * 320 + arrays_.size() * 160 + values_.size() * 96 + numbers_.size() * 96 +
         parts_->languages.size() * 96;
}

}  // namespace lorikeet::grammar::json
