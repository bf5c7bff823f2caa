#include "grammar/json/constraints.h"

#include <algorithm>
#include <utility>

#include "grammar/regex/number.h"

namespace lorikeet::grammar::json {

namespace {

// In-place applications within one another beyond this number are refused.
constexpr size_t kDeepest = 400;

// Digits before and after the point in plain notation: more than a double can tell apart.
constexpr uint32_t kMostDigits = 40;
constexpr uint32_t kMostFraction = 17;

}  // namespace

Constraints::Constraints(Languages& languages, const JsonStore& store, SchemaReader& reader,
                         ConstraintOptions options)
    : languages_(languages),
      store_(store),
      reader_(reader),
      options_(std::move(options)),
      any_text_(languages.AnyText()),
      any_number_(NumberLanguage(languages, {})) {
  const Language digit = languages.OneOf({{'0', '9'}});
  const Language whole =
      languages.Union(languages.Literal("0"),
                      languages.Concat(languages.OneOf({{'1', '9'}}), languages.Star(digit)));
  const Language fraction =
      languages.Concat({languages.Literal("."), digit, languages.Star(digit)});
  plain_decimals_ = languages.Concat(
      {languages.Optional(languages.Literal("-")), whole, languages.Optional(fraction)});
  const Language last = languages.OneOf({{'1', '9'}});
  plain_notation_ = languages.Concat(
      {languages.Optional(languages.Literal("-")),
       languages.Union(languages.Literal("0"),
                       languages.Concat(last, languages.Repeat(digit, 0, kMostDigits - 1))),
       languages.Optional(languages.Concat(
           {languages.Literal("."), languages.Repeat(digit, 0, kMostFraction - 1), last}))});
  atoms_.Intern({Atom::Kind::kNever, 0, 0});  // literals kNever and kAlways
  conjunctions_.Intern({});                   // kAnything
  scopes_.Intern({});                         // scope 0
}

Language Constraints::InNotation(Language numbers) {
  if (!options_.plain_numbers) return numbers;
  const Language plain = languages_.Intersect(numbers, plain_notation_);
  return languages_.IsEmpty(plain) ? numbers : plain;
}

Literal Constraints::LiteralOf(JsonId id, uint32_t scope) {
  for (size_t hops = 0; hops < kDeepest; hops++) {
    const Schema& schema = reader_.At(id);
    if (schema.never) return kNever;
    scope = Enter(scope, id);
    size_t spoken = 0;
    for (size_t i = 0; i < kKeywordCount; i++) {
      if (schema.values[i] == kNoJson) continue;
      const Keyword keyword = static_cast<Keyword>(i);
      if (keyword >= Keyword::kRef && keyword != Keyword::kDefs &&
          keyword != Keyword::kDefinitions && keyword != Keyword::kVocabulary &&
          keyword != Keyword::kContentSchema) {
        spoken++;
      }
    }
    if (spoken == 0) return kAlways;
    if (spoken > 1 || !Uses(schema, Keyword::kRef)) break;
    id = TargetOf(schema, Keyword::kRef, scope);
  }
  return AtomLiteral({Atom::Kind::kSchema, id, scope});
}

ConstraintId Constraints::Conjunction(std::vector<Literal> literals) {
  std::sort(literals.begin(), literals.end());
  literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
  std::erase(literals, kAlways);
  for (size_t i = 0; i < literals.size(); i++) {
    const bool denied_too = i + 1 < literals.size() && literals[i + 1] == Negate(literals[i]);
    if (literals[i] == kNever || denied_too) return conjunctions_.Intern({kNever});
  }
  return conjunctions_.Intern(std::move(literals));
}

const Forms& Constraints::FormsOf(ConstraintId id) {
  const auto found = forms_.find(id);
  if (found != forms_.end()) return *found->second;
  // A value of its own: what is being expanded around it does not matter.
  std::vector<Literal> around;
  applying_.swap(around);
  const Work work_around = work_;
  Forms forms = Any();
  try {
    const std::vector<Literal> literals = conjunctions_[id];
    for (bool denied : {false, true}) {
      for (Literal literal : literals) {
        if ((literal & 1) == denied) Apply(literal, forms);
      }
    }
  } catch (...) {
    applying_.swap(around);
    work_ = work_around;
    throw;
  }
  applying_.swap(around);
  work_ = work_around;
  // A copy takes no more memory than it needs.
  return *(forms_[id] = std::make_unique<Forms>(std::as_const(forms)));
}

void Constraints::ForgetKeywords() {
  locals_ = decltype(locals_)();
  work_ = {};
  reader_.ForgetSchemas();
}

uint32_t Constraints::Enter(uint32_t scope, JsonId schema) {
  if (!reader_.has_dynamic_anchors()) return 0;
  const JsonId resource = reader_.ResourceOf(schema);
  std::vector<JsonId> resources = scopes_[scope];
  if (std::find(resources.begin(), resources.end(), resource) != resources.end()) return scope;
  resources.push_back(resource);
  return scopes_.Intern(std::move(resources));
}

bool Constraints::Uses(const Schema& schema, Keyword keyword) const {
  if (!schema.Has(keyword)) return false;
  return options_.suppressed.empty() ||
         !options_.suppressed.contains({schema.id, std::string(InfoOf(keyword).name)});
}

// Whether one of its keywords is suppressed, so that a value may break it without being seen to.
bool Constraints::IsLoosened(const Schema& schema) const {
  const auto first = options_.suppressed.lower_bound({schema.id, ""});
  return first != options_.suppressed.end() && first->first == schema.id;
}

bool Constraints::Begin(const Schema& schema, Keyword keyword) {
  if (!Uses(schema, keyword)) return false;
  work_ = {&schema, keyword};
  return true;
}

std::vector<Literal> Constraints::ListOf(const Schema& schema, Keyword keyword, uint32_t scope) {
  const JsonId list = schema[keyword];
  if (!store_.IsArray(list)) {
    const std::string name(InfoOf(keyword).name);
    throw SchemaError(SchemaError::Kind::kInvalid, schema.id, name,
                      "Expected \"" + name + "\" to be a list of schemas.");
  }
  std::vector<Literal> literals;
  for (uint32_t i = 0; i < store_.size(list); i++) {
    literals.push_back(LiteralOf(store_.item(list, i), scope));
  }
  return literals;
}

JsonId Constraints::TargetOf(const Schema& schema, Keyword keyword, uint32_t scope) {
  const JsonId value = schema[keyword];
  if (!store_.IsString(value)) Refuse(schema, keyword, "Expected a reference to be a string.");
  const std::string_view reference = store_.text(value);
  JsonId target = kNoJson;
  if (keyword == Keyword::kRef) {
    target = reader_.Resolve(schema.id, reference);
  } else if (keyword == Keyword::kDynamicRef) {
    target = reader_.ResolveDynamic(schema.id, reference, scopes_[scope]);
  } else {
    target = reader_.ResolveRecursive(schema.id, scopes_[scope]);
  }
  if (target == kNoJson) {
    Refuse(schema, keyword,
           "Expected the reference \"" + std::string(reference) +
               "\" to name a schema of this document; other documents are not fetched.");
  }
  return target;
}

void Constraints::RefuseSize(const std::string& what) const {
  const std::string why =
      "The schemas combine into too many " + what + "; simplify their combination.";
  throw SchemaError(SchemaError::Kind::kTooLarge,
                    work_.schema == nullptr ? kNoJson : work_.schema->id,
                    work_.schema == nullptr ? "" : std::string(InfoOf(work_.keyword).name), why);
}

void Constraints::Refuse(const Schema& schema, Keyword keyword, const std::string& why) const {
  throw SchemaError(SchemaError::Kind::kUnsupported, schema.id, std::string(InfoOf(keyword).name),
                    why);
}

}  // namespace lorikeet::grammar::json
