// Reads the keywords of one schema that speak of the value itself.
#include <algorithm>
#include <charconv>

#include "grammar/json/constraints.h"
#include "grammar/regex/format.h"
#include "grammar/regex/pattern.h"

namespace lorikeet::grammar::json {

namespace {

TypeSet TypeNamed(std::string_view name) {
  static constexpr std::pair<std::string_view, TypeSet> kTypes[] = {
      {"null", kNullType},      {"boolean", kBooleanType}, {"number", kNumberType},
      {"integer", kNumberType}, {"string", kStringType},   {"array", kArrayType},
      {"object", kObjectType},
  };
  for (const auto& [known, type] : kTypes) {
    if (known == name) return type;
  }
  return 0;
}

[[noreturn]] void FailInvalid(const Schema& schema, Keyword keyword, const std::string& expected) {
  const std::string name(InfoOf(keyword).name);
  throw SchemaError(SchemaError::Kind::kInvalid, schema.id, name,
                    "Expected \"" + name + "\" to be " + expected + ".");
}

// One schema's reading; results go to `local`.
class LocalReader {
 public:
  LocalReader(const JsonStore& store, Languages& languages, const Schema& schema,
              const std::function<bool(Keyword)>& uses, LocalKeywords& local)
      : store_(store), languages_(languages), schema_(schema), uses_(uses), local_(local) {}

  void ReadTypes() {
    if (!uses_(Keyword::kType)) return;
    const JsonId value = schema_[Keyword::kType];
    local_.types = 0;
    bool number = false;
    bool integer = false;
    const auto add = [&](JsonId name) {
      const TypeSet type = store_.IsString(name) ? TypeNamed(store_.text(name)) : TypeSet{0};
      if (type == 0) FailInvalid(schema_, Keyword::kType, "the name of a type or a list of names");
      local_.types |= type;
      number |= store_.text(name) == "number";
      integer |= store_.text(name) == "integer";
    };
    if (store_.IsArray(value)) {
      for (uint32_t i = 0; i < store_.size(value); i++) add(store_.item(value, i));
    } else {
      add(value);
    }
    if (integer && !number) {
      local_.number_rules.integer = true;
      local_.number_rules.integer_by_value = schema_.draft != Draft::k4;
      local_.has_number_rules = true;
    }
  }

  void ReadEqual() {
    if (uses_(Keyword::kEnum)) {
      const JsonId value = schema_[Keyword::kEnum];
      if (!store_.IsArray(value)) FailInvalid(schema_, Keyword::kEnum, "a list");
      std::vector<JsonId> values;
      for (uint32_t i = 0; i < store_.size(value); i++) values.push_back(store_.item(value, i));
      local_.equal.push_back(std::move(values));
    }
    if (uses_(Keyword::kConst)) local_.equal.push_back({schema_[Keyword::kConst]});
  }

  void ReadNumbers() {
    NumberRules& rules = local_.number_rules;
    ReadBound(Keyword::kMinimum, Keyword::kExclusiveMinimum, rules.minimum, rules.exclusive_minimum,
              1);
    ReadBound(Keyword::kMaximum, Keyword::kExclusiveMaximum, rules.maximum, rules.exclusive_maximum,
              -1);
    if (uses_(Keyword::kMultipleOf)) {
      const std::string divisor = NumberOf(Keyword::kMultipleOf);
      if (divisor[0] == '-' || CanonicalNumber(divisor) == "0") {
        FailInvalid(schema_, Keyword::kMultipleOf, "a number above 0");
      }
      rules.multiple_of.push_back(divisor);
      local_.has_number_rules = true;
    }
  }

  void ReadStrings(Languages& languages, bool assert_formats, std::set<Note>& notes) {
    local_.min_length = CountOf(Keyword::kMinLength, 0);
    local_.max_length = CountOf(Keyword::kMaxLength, kUnbounded);
    if (uses_(Keyword::kPattern)) {
      local_.texts.push_back(PatternOf(Keyword::kPattern, schema_[Keyword::kPattern]));
    }
    if (!uses_(Keyword::kFormat)) return;
    const JsonId value = schema_[Keyword::kFormat];
    if (!store_.IsString(value)) FailInvalid(schema_, Keyword::kFormat, "a string");
    if (!assert_formats || !IsDefinedFormat(store_.text(value))) {
      notes.emplace(schema_.id, "format");
      return;
    }
    const auto language = FormatLanguage(languages, store_.text(value));
    if (!language) {
      throw SchemaError(SchemaError::Kind::kUnsupported, schema_.id, "format",
                        "The format \"" + std::string(store_.text(value)) +
                            "\" cannot be enforced while text is written.");
    }
    local_.texts.push_back(*language);
  }

  void ReadArrayBounds() {
    local_.min_items = CountOf(Keyword::kMinItems, 0);
    local_.max_items = CountOf(Keyword::kMaxItems, kUnbounded);
    if (uses_(Keyword::kUniqueItems) && IsTrue(Keyword::kUniqueItems)) local_.unique = schema_.id;
  }

  void ReadContains(Literal item) {
    Occurrence contains;
    contains.item = item;
    if (schema_.draft >= Draft::k2019) {
      contains.min = CountOf(Keyword::kMinContains, 1);
      contains.max = CountOf(Keyword::kMaxContains, kUnbounded);
    }
    if (contains.min > 0 || contains.max != kUnbounded) local_.contains = contains;
  }

  void ReadObjectBounds(const std::function<NameId(std::string_view)>& name_of) {
    local_.min_properties = CountOf(Keyword::kMinProperties, 0);
    local_.max_properties = CountOf(Keyword::kMaxProperties, kUnbounded);
    if (uses_(Keyword::kRequired)) {
      for (const std::string_view name : NamesIn(Keyword::kRequired, schema_[Keyword::kRequired])) {
        local_.required.push_back(name_of(name));
      }
      std::sort(local_.required.begin(), local_.required.end());
      local_.required.erase(std::unique(local_.required.begin(), local_.required.end()),
                            local_.required.end());
    }
    for (Keyword keyword : {Keyword::kDependentRequired, Keyword::kDependencies}) {
      if (!uses_(keyword)) continue;
      const JsonId map = schema_[keyword];
      if (!store_.IsObject(map)) FailInvalid(schema_, keyword, "an object");
      for (uint32_t i = 0; i < store_.size(map); i++) {
        const JsonId needed = store_.item(map, i);
        const NameId trigger = name_of(store_.key(map, i));
        if (keyword == Keyword::kDependencies && store_.IsString(needed)) {
          local_.dependencies.emplace_back(trigger, name_of(store_.text(needed)));
        }
        if (!store_.IsArray(needed)) continue;
        for (std::string_view name : NamesIn(keyword, needed)) {
          local_.dependencies.emplace_back(trigger, name_of(name));
        }
      }
    }
  }

  Language PatternOf(Keyword keyword, JsonId value) {
    if (!store_.IsString(value)) FailInvalid(schema_, keyword, "a regular expression");
    return PatternNamed(keyword, store_.text(value));
  }

  Language PatternNamed(Keyword keyword, std::string_view text) {
    try {
      return PatternLanguage(languages_, text);
    } catch (const PatternError& error) {
      const bool is_none = error.kind == PatternError::Kind::kSyntax;
      FailPattern(is_none ? SchemaError::Kind::kInvalid : SchemaError::Kind::kUnsupported, keyword,
                  error);
    } catch (const LanguageError& error) {
      FailPattern(SchemaError::Kind::kUnsupported, keyword, error);
    }
  }

 private:
  [[noreturn]] void FailPattern(SchemaError::Kind kind, Keyword keyword,
                                const LanguageError& error) const {
    throw SchemaError(kind, schema_.id, std::string(InfoOf(keyword).name), error.what());
  }

  // `side` is 1 for lower bounds and -1 for upper ones. In draft 4 the exclusive keyword is a
  // boolean beside the bound; later it is a bound of its own.
  void ReadBound(Keyword inclusive, Keyword exclusive, std::optional<std::string>& bound,
                 bool& excluded, int side) {
    if (uses_(inclusive)) bound = NumberOf(inclusive);
    if (uses_(exclusive)) {
      if (store_.IsBoolean(schema_[exclusive])) {
        excluded = bound.has_value() && IsTrue(exclusive);
      } else {
        const std::string other = NumberOf(exclusive);
        if (!bound || side * CompareDecimals(other, *bound) >= 0) {
          bound = other;
          excluded = true;
        }
      }
    }
    local_.has_number_rules |= bound.has_value();
  }

  std::string NumberOf(Keyword keyword) const {
    if (!store_.IsNumber(schema_[keyword])) FailInvalid(schema_, keyword, "a number");
    return std::string(store_.text(schema_[keyword]));
  }

  uint32_t CountOf(Keyword keyword, uint32_t otherwise) const {
    if (!uses_(keyword)) return otherwise;
    const JsonId value = schema_[keyword];
    const auto plain = store_.IsNumber(value) ? PlainDecimal(store_.text(value), 64) : std::nullopt;
    if (!plain || plain->find_first_of("-.") != std::string::npos) {
      FailInvalid(schema_, keyword, "a whole number of 0 or more");
    }
    uint32_t count = 0;
    const auto [end, error] = std::from_chars(plain->data(), plain->data() + plain->size(), count);
    return error == std::errc() ? std::min(count, kUnbounded - 1) : kUnbounded - 1;
  }

  bool IsTrue(Keyword keyword) const {
    if (!store_.IsBoolean(schema_[keyword])) FailInvalid(schema_, keyword, "true or false");
    return store_.kind(schema_[keyword]) == JsonKind::kTrue;
  }

  std::vector<std::string_view> NamesIn(Keyword keyword, JsonId list) const {
    if (!store_.IsArray(list)) FailInvalid(schema_, keyword, "a list of names");
    std::vector<std::string_view> names;
    for (uint32_t i = 0; i < store_.size(list); i++) {
      const JsonId name = store_.item(list, i);
      if (!store_.IsString(name)) FailInvalid(schema_, keyword, "a list of names");
      names.push_back(store_.text(name));
    }
    return names;
  }

  const JsonStore& store_;
  Languages& languages_;
  const Schema& schema_;
  const std::function<bool(Keyword)>& uses_;
  LocalKeywords& local_;
};

}  // namespace

const LocalKeywords& Constraints::LocalOf(const Schema& schema, uint32_t scope) {
  auto& known = locals_[uint64_t{schema.id} << 32 | scope];
  if (known) return *known;
  auto local = std::make_unique<LocalKeywords>();
  const std::function<bool(Keyword)> uses = [&](Keyword keyword) { return Uses(schema, keyword); };
  LocalReader reader(store_, languages_, schema, uses, *local);
  reader.ReadTypes();
  reader.ReadEqual();
  reader.ReadNumbers();
  reader.ReadStrings(languages_, options_.assert_formats, notes_);
  reader.ReadArrayBounds();
  if (uses(Keyword::kContains)) reader.ReadContains(LiteralOf(schema[Keyword::kContains], scope));
  reader.ReadObjectBounds([this](std::string_view name) { return NameOf(name); });
  if (uses(Keyword::kPropertyNames)) {
    local->property_names = LiteralOf(schema[Keyword::kPropertyNames], scope);
  }

  ArrayRule items;
  if (uses(Keyword::kPrefixItems)) items.prefix = ListOf(schema, Keyword::kPrefixItems, scope);
  if (uses(Keyword::kItems)) {
    if (store_.IsArray(schema[Keyword::kItems])) {
      items.prefix = ListOf(schema, Keyword::kItems, scope);
      if (uses(Keyword::kAdditionalItems)) {
        items.rest = LiteralOf(schema[Keyword::kAdditionalItems], scope);
      }
    } else {
      items.rest = LiteralOf(schema[Keyword::kItems], scope);
    }
  }
  if (!items.prefix.empty() || items.rest != kAlways) {
    array_rules_.push_back(std::move(items));
    local->array_rule = static_cast<uint32_t>(array_rules_.size() - 1);
  }

  ObjectRule members;
  if (uses(Keyword::kProperties)) {
    const JsonId map = schema[Keyword::kProperties];
    if (!store_.IsObject(map)) FailInvalid(schema, Keyword::kProperties, "an object");
    for (uint32_t i = 0; i < store_.size(map); i++) {
      members.names.emplace_back(NameOf(store_.key(map, i)), LiteralOf(store_.item(map, i), scope));
    }
  }
  if (uses(Keyword::kPatternProperties)) {
    const JsonId map = schema[Keyword::kPatternProperties];
    if (!store_.IsObject(map)) FailInvalid(schema, Keyword::kPatternProperties, "an object");
    for (uint32_t i = 0; i < store_.size(map); i++) {
      members.patterns.emplace_back(
          reader.PatternNamed(Keyword::kPatternProperties, store_.key(map, i)),
          LiteralOf(store_.item(map, i), scope));
    }
  }
  if (uses(Keyword::kAdditionalProperties)) {
    members.rest = LiteralOf(schema[Keyword::kAdditionalProperties], scope);
  }
  if (!members.names.empty() || !members.patterns.empty() || members.rest != kAlways) {
    local->object_rule = AddObjectRule(std::move(members));
  }
  auto& slot = locals_[uint64_t{schema.id} << 32 | scope];
  slot = std::move(local);
  return *slot;
}

}  // namespace lorikeet::grammar::json
