// What satisfies a schema: its keywords applied, one after another, to Forms.
//
// Every function narrows `forms` in place. Unions work on copies of what the keywords before them
// left, so that impossible branches vanish early.
#include <algorithm>
#include <optional>

#include "grammar/json/constraints.h"
#include "grammar/json/scenarios.h"

namespace lorikeet::grammar::json {
namespace {

// Conditions applied, all in all: about a second.
constexpr size_t kMostApplied = 1'000'000;

}  // namespace

void Constraints::Apply(Literal literal, Forms& forms) {
  if (literal == kAlways) return;
  if (literal == kNever) {
    forms = None();
    return;
  }
  if (IsNone(forms)) return;
  if (++applied_ > kMostApplied) RefuseSize("conditions for one value");
  const Atom atom = atoms_[literal >> 1];
  const bool denied = literal & 1;
  switch (atom.kind) {
    case Atom::Kind::kNever:
      break;
    case Atom::Kind::kSchema: {
      const Schema& schema = reader_.At(atom.a);
      if (std::find(applying_.begin(), applying_.end(), literal) != applying_.end()) {
        throw SchemaError(SchemaError::Kind::kInvalid, atom.a, "$ref",
                          "Expected a reference that does not lead back to itself for the same "
                          "value: validating it would never end.");
      }
      const Work around = work_;
      applying_.push_back(literal);
      if (denied) {
        DenySchema(schema, atom.b, forms);
      } else {
        ApplySchema(schema, atom.b, forms);
      }
      applying_.pop_back();
      work_ = around;
      break;
    }
    case Atom::Kind::kLocal: {
      const LocalKeywords& local = LocalOf(reader_.At(atom.a), atom.b);
      if (!denied) {
        ApplyLocal(local, forms);
      } else if (!IsLoosened(reader_.At(atom.a))) {
        forms = DenyLocal(local, forms);
      }
      break;
    }
    case Atom::Kind::kEqual:
      denied ? DenyEqual({atom.a}, forms) : ApplyEqual({atom.a}, forms);
      break;
    case Atom::Kind::kEither: {
      const std::vector<Literal> list = lists_[atom.a];
      if (denied) {
        for (Literal one : list) Apply(Negate(one), forms);
      } else {
        ApplyAnyOf(list, forms);
      }
      break;
    }
    case Atom::Kind::kArrayRule:
    case Atom::Kind::kObjectRule: {
      LocalKeywords local;
      (atom.kind == Atom::Kind::kArrayRule ? local.array_rule : local.object_rule) = atom.a;
      if (denied) {
        forms = DenyLocal(local, forms);
      } else {
        ApplyLocal(local, forms);
      }
      break;
    }
  }
}

void Constraints::ApplySchema(const Schema& schema, uint32_t scope, Forms& forms) {
  if (Uses(schema, Keyword::kUnevaluatedProperties) || Uses(schema, Keyword::kUnevaluatedItems)) {
    Scenarios(*this).Apply(schema, scope, forms);
    return;
  }
  ApplyLocal(LocalOf(schema, scope), forms);
  if (!IsNone(forms)) ApplyCombinators(schema, scope, forms);
}

void Constraints::ApplyCombinators(const Schema& schema, uint32_t scope, Forms& forms) {
  const auto enter = [&](Keyword keyword) { return Begin(schema, keyword); };
  for (Keyword keyword : {Keyword::kRef, Keyword::kDynamicRef, Keyword::kRecursiveRef}) {
    if (enter(keyword)) Apply(LiteralOf(TargetOf(schema, keyword, scope), scope), forms);
  }
  if (enter(Keyword::kAllOf)) {
    for (Literal part : ListOf(schema, Keyword::kAllOf, scope)) Apply(part, forms);
  }
  if (enter(Keyword::kAnyOf)) ApplyAnyOf(ListOf(schema, Keyword::kAnyOf, scope), forms);
  if (enter(Keyword::kNot)) Apply(Negate(LiteralOf(schema[Keyword::kNot], scope)), forms);
  if (enter(Keyword::kOneOf)) ApplyOneOf(ListOf(schema, Keyword::kOneOf, scope), forms);
  if (enter(Keyword::kIf)) ApplyCondition(schema, scope, forms);
  if (enter(Keyword::kDependentSchemas) || enter(Keyword::kDependencies)) {
    ApplyDependentSchemas(schema, scope, forms);
  }
}

void Constraints::ApplyAnyOf(const std::vector<Literal>& branches, Forms& forms) {
  Forms all = None();
  for (Literal branch : branches) {
    Forms one = forms;
    Apply(branch, one);
    UniteWith(all, one);
  }
  forms = std::move(all);
}

void Constraints::ApplyOneOf(const std::vector<Literal>& branches, Forms& forms) {
  std::vector<Forms> each;
  for (Literal branch : branches) {
    each.push_back(forms);
    Apply(branch, each.back());
  }
  const std::vector<StringForm> strings = TakeExclusiveStrings(each);
  Forms all = None();
  for (size_t i = 0; i < branches.size(); i++) {
    Forms one = each[i];
    for (size_t j = 0; j < branches.size(); j++) {
      if (j == i || IsNone(one) || IsNone(each[j])) continue;
      Forms both = one;
      Apply(branches[j], both);
      if (may_have_value(both)) Apply(Negate(branches[j]), one);
    }
    UniteWith(all, one);
  }
  all.strings.insert(all.strings.end(), strings.begin(), strings.end());
  forms = std::move(all);
}

// Takes the strings out of the branches of a oneOf, and returns those of exactly one branch, where
// all have the same bounds of length; else leaves them and returns none.
std::vector<StringForm> Constraints::TakeExclusiveStrings(std::vector<Forms>& branches) {
  std::optional<StringForm> first;
  for (const Forms& branch : branches) {
    if (branch.strings.empty()) continue;
    const StringForm& form = branch.strings[0];
    if (!first) first = form;
    if (branch.strings.size() > 1 || form.min != first->min || form.max != first->max) return {};
  }
  if (!first) return {};
  std::vector<Language> each, shared;
  for (Forms& branch : branches) {
    if (!branch.strings.empty()) each.push_back(branch.strings[0].language);
    branch.strings.clear();
  }
  // Those that share no text with another branch are simply united.
  first->language = languages_.Nothing();
  for (size_t i = 0; i < each.size(); i++) {
    const bool alone = std::none_of(each.begin(), each.end(), [&](const Language& other) {
      return &other != &each[i] && !languages_.IsEmpty(languages_.Intersect(each[i], other));
    });
    if (alone) {
      first->language = languages_.Union(first->language, each[i]);
    } else {
      shared.push_back(each[i]);
    }
  }
  first->language = languages_.Union(first->language, languages_.ExactlyOne(shared));
  if (first->language == languages_.Nothing()) return {};
  return {*first};
}

void Constraints::ApplyCondition(const Schema& schema, uint32_t scope, Forms& forms) {
  const bool has_then = Uses(schema, Keyword::kThen);
  const bool has_else = Uses(schema, Keyword::kElse);
  if (!has_then && !has_else) return;
  const Literal condition = LiteralOf(schema[Keyword::kIf], scope);
  Forms met = forms;
  Apply(condition, met);
  if (has_then) Apply(LiteralOf(schema[Keyword::kThen], scope), met);
  Apply(Negate(condition), forms);
  if (has_else) Apply(LiteralOf(schema[Keyword::kElse], scope), forms);
  UniteWith(forms, met);
}

void Constraints::ApplyDependentSchemas(const Schema& schema, uint32_t scope, Forms& forms) {
  for (Keyword keyword : {Keyword::kDependentSchemas, Keyword::kDependencies}) {
    if (!Uses(schema, keyword)) continue;
    const JsonId map = schema[keyword];
    for (uint32_t i = 0; i < store_.size(map); i++) {
      const JsonId needed = store_.item(map, i);
      if (store_.IsArray(needed) || store_.IsString(needed)) continue;
      const NameId name = NameOf(store_.key(map, i));
      Forms present = None();
      present.objects = forms.objects;
      Require(present, name);
      Apply(LiteralOf(needed, scope), present);
      Forbid(forms, name);
      UniteWith(forms, present);
    }
  }
}

void Constraints::ApplyEqual(const std::vector<JsonId>& values, Forms& forms) {
  Forms all = None();
  std::vector<std::string> strings, numbers;
  for (JsonId value : values) {
    switch (store_.kind(value)) {
      case JsonKind::kNull:
        all.null_value = forms.null_value;
        break;
      case JsonKind::kTrue:
        all.true_value = forms.true_value;
        break;
      case JsonKind::kFalse:
        all.false_value = forms.false_value;
        break;
      case JsonKind::kNumber:
        numbers.emplace_back(store_.text(value));
        break;
      case JsonKind::kString:
        strings.emplace_back(store_.text(value));
        break;
      case JsonKind::kArray: {
        Forms one = None();
        one.arrays = forms.arrays;
        LocalKeywords local;
        local.array_rule = RuleOfArrayValue(value);
        local.min_items = local.max_items = store_.size(value);
        ApplyLocalToArrays(local, one);
        UniteWith(all, one);
        break;
      }
      case JsonKind::kObject: {
        Forms one = None();
        one.objects = forms.objects;
        LocalKeywords local;
        local.object_rule = RuleOfObjectValue(value);
        for (const auto& [name, literal] : object_rules_[*local.object_rule].names) {
          local.required.push_back(name);
        }
        ApplyLocalToObjects(local, one);
        UniteWith(all, one);
        break;
      }
    }
  }
  if (!strings.empty()) {
    all.strings = forms.strings;
    IntersectStrings(all, languages_.Strings(strings), 0, kUnbounded);
  }
  if (!numbers.empty() && forms.numbers != languages_.Nothing()) {
    all.numbers = forms.numbers;
    IntersectNumbers(all, NumbersEqualTo(numbers));
  }
  forms = std::move(all);
}

void Constraints::ApplyLocal(const LocalKeywords& local, Forms& forms) {
  if (!(local.types & kNullType)) forms.null_value = false;
  if (!(local.types & kBooleanType)) forms.true_value = forms.false_value = false;
  if (!(local.types & kNumberType)) forms.numbers = languages_.Nothing();
  if (!(local.types & kStringType)) forms.strings.clear();
  if (!(local.types & kArrayType)) forms.arrays.clear();
  if (!(local.types & kObjectType)) forms.objects.clear();
  for (const auto& values : local.equal) ApplyEqual(values, forms);
  if (local.has_number_rules && forms.numbers != languages_.Nothing()) {
    IntersectNumbers(forms, NumberLanguage(languages_, local.number_rules));
  }
  IntersectStrings(forms, any_text_, local.min_length, local.max_length);
  for (Language text : local.texts) IntersectStrings(forms, text, 0, kUnbounded);
  if (!forms.arrays.empty()) ApplyLocalToArrays(local, forms);
  if (!forms.objects.empty()) ApplyLocalToObjects(local, forms);
}

void Constraints::ApplyLocalToArrays(const LocalKeywords& local, Forms& forms) {
  std::erase_if(forms.arrays, [&](ArrayForm& form) {
    if (local.array_rule &&
        std::find(form.rules.begin(), form.rules.end(), *local.array_rule) == form.rules.end()) {
      form.rules.push_back(*local.array_rule);
    }
    form.min = std::max(form.min, local.min_items);
    form.max = std::min(form.max, local.max_items);
    if (local.contains && std::find(form.occurrences.begin(), form.occurrences.end(),
                                    *local.contains) == form.occurrences.end()) {
      form.occurrences.push_back(*local.contains);
    }
    if (local.unique != kNoJson) form.unique = local.unique;
    return form.min > form.max;
  });
}

void Constraints::ApplyLocalToObjects(const LocalKeywords& local, Forms& forms) {
  for (NameId name : local.required) Require(forms, name);
  std::erase_if(forms.objects, [&](ObjectForm& form) {
    if (local.object_rule &&
        std::find(form.rules.begin(), form.rules.end(), *local.object_rule) == form.rules.end()) {
      form.rules.push_back(*local.object_rule);
    }
    form.min = std::max(form.min, local.min_properties);
    form.max = std::min(form.max, local.max_properties);
    for (const auto& dependency : local.dependencies) {
      if (std::find(form.dependencies.begin(), form.dependencies.end(), dependency) ==
          form.dependencies.end()) {
        form.dependencies.push_back(dependency);
      }
    }
    return form.min > form.max || form.required.size() > form.max;
  });
  if (local.property_names) {
    const Language keys = StringsOf(*local.property_names);
    if (keys == any_text_) return;
    for (ObjectForm& form : forms.objects) {
      if (std::find(form.keys.begin(), form.keys.end(), keys) == form.keys.end()) {
        form.keys.push_back(keys);
      }
    }
  }
}

}  // namespace lorikeet::grammar::json
