// Constraints and what they come down to: schemas in, Forms out.
//
// Atoms are schemas (or parts of one); literals assert or deny them; constraints are conjunctions
// of literals. Everything is interned, so that recursive schemas have finitely many constraints.
//
// What cannot be enforced is thrown as SchemaError with the schema and the keyword. A keyword that
// was suppressed (lenient mode) counts as satisfied, whether it is asserted or denied.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/json/forms.h"
#include "grammar/json/interner.h"
#include "grammar/json/local_keywords.h"
#include "grammar/json/schema_reader.h"
#include "grammar/regex/language.h"

namespace lorikeet::grammar::json {

struct Atom {
  enum class Kind : uint32_t {
    kNever,       // nothing satisfies it
    kSchema,      // schema a, reached through the resources of scope b
    kLocal,       // the same without the keywords that apply other schemas in place
    kEqual,       // the JSON value a
    kEither,      // one of the literals of list a
    kArrayRule,   // no array, or one that keeps rule a
    kObjectRule,  // no object, or one that keeps rule a
  };
  Kind kind = Kind::kNever;
  uint32_t a = 0;
  uint32_t b = 0;
  friend bool operator==(const Atom&, const Atom&) = default;
};
inline uint64_t HashOf(const Atom& atom) {
  return Mix(Mix(static_cast<uint64_t>(atom.kind), atom.a), atom.b);
}

struct ConstraintOptions {
  bool assert_formats = true;
  bool plain_numbers = false;                           // NumberNotation::kPlain
  std::set<std::pair<JsonId, std::string>> suppressed;  // schema and keyword
};

// An annotation of interest that was met: a `format` that is not asserted.
using Note = std::pair<JsonId, std::string>;

class Constraints {
 public:
  Constraints(Languages& languages, const JsonStore& store, SchemaReader& reader,
              ConstraintOptions options);

  // The literal of a schema seen from `scope`.
  Literal LiteralOf(JsonId schema, uint32_t scope = 0);
  ConstraintId Conjunction(std::vector<Literal> literals);
  const std::vector<Literal>& LiteralsOf(ConstraintId id) const { return conjunctions_[id]; }

  // Frees what was kept to expand constraints quickly; it is read anew where one more comes.
  void ForgetKeywords();

  // What a constraint comes down to. Throws SchemaError.
  const Forms& FormsOf(ConstraintId id);

  // The strings that satisfy a literal, as one language.
  Language StringsOf(Literal literal);

  const ArrayRule& array_rule(uint32_t id) const { return array_rules_[id]; }
  const ObjectRule& object_rule(uint32_t id) const { return object_rules_[id]; }
  const std::string& name(NameId id) const { return names_[id]; }
  NameId NameOf(std::string_view text) { return names_.Intern(std::string(text)); }

  Languages& languages() { return languages_; }
  const JsonStore& store() const { return store_; }
  Language any_text() const { return any_text_; }
  Language any_number() const { return any_number_; }
  // `numbers` in the notation that is asked for; all of them where that would leave none.
  Language InNotation(Language numbers);
  Language plain_decimals() const { return plain_decimals_; }
  // The texts of these numbers, however they are written without an exponent.
  Language NumbersEqualTo(const std::vector<std::string>& numbers);
  const std::set<Note>& notes() const { return notes_; }

  // Throws where the schemas ask for more than the budget allows: at the combinator at work.
  // `what` was made too often, for example "alternatives".
  [[noreturn]] void RefuseSize(const std::string& what) const;

  // Whether some value may satisfy a form, set by the layer above, which knows objects' plans. It
  // says "no" only where there certainly is none.
  std::function<bool(const Forms&)> may_have_value;

 private:
  friend class Scenarios;

  // --- expand.cpp: `forms` becomes what satisfies it and the literal
  void Apply(Literal literal, Forms& forms);
  void ApplySchema(const Schema& schema, uint32_t scope, Forms& forms);
  void ApplyCombinators(const Schema& schema, uint32_t scope, Forms& forms);
  void ApplyAnyOf(const std::vector<Literal>& branches, Forms& forms);
  void ApplyOneOf(const std::vector<Literal>& branches, Forms& forms);
  std::vector<StringForm> TakeExclusiveStrings(std::vector<Forms>& branches);
  void ApplyCondition(const Schema& schema, uint32_t scope, Forms& forms);
  void ApplyDependentSchemas(const Schema& schema, uint32_t scope, Forms& forms);
  void ApplyEqual(const std::vector<JsonId>& values, Forms& forms);
  void ApplyLocal(const LocalKeywords& local, Forms& forms);
  void ApplyLocalToArrays(const LocalKeywords& local, Forms& forms);
  void ApplyLocalToObjects(const LocalKeywords& local, Forms& forms);

  // --- deny.cpp: `forms` becomes what satisfies it and not the schema
  void DenySchema(const Schema& schema, uint32_t scope, Forms& forms);
  void DenyCombinators(const Schema& schema, uint32_t scope, const Forms& forms, Forms& result);
  void DenyEqual(const std::vector<JsonId>& values, Forms& forms);
  Forms DenyLocal(const LocalKeywords& local, const Forms& forms);
  void DenyLocalStrings(const LocalKeywords& local, const Forms& forms, Forms& result);
  void DenyLocalArrays(const LocalKeywords& local, const Forms& forms, Forms& result);
  void DenyLocalObjects(const LocalKeywords& local, const Forms& forms, Forms& result);
  void DenyArrayRule(const ArrayRule& rule, const Forms& forms, Forms& result);
  void DenyObjectRule(const ObjectRule& rule, const Forms& forms, Forms& result);

  // --- form_operations.cpp
  Forms Any() const;
  Forms None() const;
  bool IsNone(const Forms& forms) const;
  void UniteWith(Forms& forms, const Forms& other);
  void Prune(Forms& forms);
  void IntersectStrings(Forms& forms, Language language, uint32_t min, uint32_t max);
  void IntersectNumbers(Forms& forms, Language language);
  void Require(Forms& forms, NameId name);
  void Forbid(Forms& forms, NameId name);
  uint32_t NamedRule(NameId name, Literal value);
  uint32_t RuleOfArrayValue(JsonId value);
  uint32_t RuleOfObjectValue(JsonId value);
  uint32_t AddObjectRule(ObjectRule rule);
  Language UnlistedKeys(const ObjectRule& rule);
  Language Folded(const StringForm& form);

  // --- constraints.cpp
  const LocalKeywords& LocalOf(const Schema& schema, uint32_t scope);
  Literal AtomLiteral(Atom atom) { return atoms_.Intern(atom) << 1; }
  std::vector<Literal> ListOf(const Schema& schema, Keyword keyword, uint32_t scope);
  JsonId TargetOf(const Schema& schema, Keyword keyword, uint32_t scope);
  uint32_t Enter(uint32_t scope, JsonId schema);
  bool Uses(const Schema& schema, Keyword keyword) const;
  bool IsLoosened(const Schema& schema) const;
  [[noreturn]] void Refuse(const Schema& schema, Keyword keyword, const std::string& why) const;

  Languages& languages_;
  const JsonStore& store_;
  SchemaReader& reader_;
  ConstraintOptions options_;
  Language any_text_;
  Language any_number_;
  Language plain_decimals_;
  Language plain_notation_;
  std::set<Note> notes_;
  size_t alternatives_ = 0;  // forms united so far
  size_t applied_ = 0;       // literals applied so far

  Interner<Atom> atoms_;
  Interner<std::vector<Literal>> conjunctions_;
  Interner<std::vector<Literal>> lists_;
  Interner<std::vector<JsonId>> scopes_;
  Interner<std::string> names_;
  StableList<ArrayRule> array_rules_;
  StableList<ObjectRule> object_rules_;
  std::unordered_map<uint64_t, uint32_t> named_rules_;
  std::unordered_map<JsonId, uint32_t> value_rules_;
  std::unordered_map<uint64_t, std::unique_ptr<LocalKeywords>> locals_;
  std::unordered_map<ConstraintId, std::unique_ptr<Forms>> forms_;
  std::unordered_map<Literal, Language> strings_;

  // What is being expanded: a literal that comes back here would never end.
  std::vector<Literal> applying_;
  // The combinator at work, for errors.
  struct Work {
    const Schema* schema = nullptr;
    Keyword keyword = Keyword::kRef;
  };
  Work work_;
  bool Begin(const Schema& schema, Keyword keyword);
};

}  // namespace lorikeet::grammar::json
