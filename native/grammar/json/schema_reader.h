// From JSON documents to schemas: drafts, identifiers, anchors and references.
//
// A schema is the JSON value that holds it; its keywords are looked up once and kept by number.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "grammar/json/json_store.h"
#include "grammar/json/keywords.h"

namespace lorikeet::grammar::json {

// What is wrong with a schema and where.
struct SchemaError : std::runtime_error {
  enum class Kind : uint8_t { kInvalid, kUnsupported, kTooLarge };
  SchemaError(Kind kind, JsonId schema, std::string keyword, const std::string& message)
      : std::runtime_error(message), kind(kind), schema(schema), keyword(std::move(keyword)) {}
  Kind kind;
  JsonId schema;        // kNoJson where it is no particular one
  std::string keyword;  // empty where it is none
};

struct Schema {
  JsonId id = kNoJson;
  Draft draft = Draft::k2020;
  bool always = false;  // the schema is `true`, or says nothing
  bool never = false;   // the schema is `false`
  std::array<JsonId, kKeywordCount> values;

  JsonId operator[](Keyword keyword) const { return values[static_cast<size_t>(keyword)]; }
  bool Has(Keyword keyword) const { return (*this)[keyword] != kNoJson; }
};

class SchemaReader {
 public:
  explicit SchemaReader(const JsonStore& store) : store_(store) {}

  // Registers a document under the address it was taken from (empty for the main one).
  void AddDocument(JsonId root, const std::string& address, std::string_view text);

  // The schema at a JSON value. Throws SchemaError where that is none.
  const Schema& At(JsonId id);

  // Frees the schemas that were read; references to them end. They are read anew where they are
  // asked for.
  void ForgetSchemas();

  // The schema that a `$ref` in `from` names, or kNoJson.
  JsonId Resolve(JsonId from, std::string_view reference);

  // The same for `$dynamicRef` and `$recursiveRef`, seen from the resources in `scope`, outermost
  // first.
  JsonId ResolveDynamic(JsonId from, std::string_view reference, const std::vector<JsonId>& scope);
  JsonId ResolveRecursive(JsonId from, const std::vector<JsonId>& scope);

  // The root of the resource (document or `$id`) that a schema belongs to.
  JsonId ResourceOf(JsonId id) const;
  // Keywords of other drafts than their schema's, which say nothing there: schema and name.
  const std::set<std::pair<JsonId, std::string>>& foreign() const { return foreign_; }
  // Schemas whose `$schema` names a dialect that is no draft: its keywords may mean anything.
  const std::set<JsonId>& of_unknown_dialect() const { return unknown_; }
  // Whether any dynamic anchor was read, so that scopes matter at all.
  bool has_dynamic_anchors() const { return !dynamic_anchors_.empty(); }

 private:
  struct Resource {
    std::string base;
    Draft draft = Draft::k2020;
  };
  void Walk(JsonId root, JsonId resource);
  void Visit(JsonId schema, JsonId& resource);
  Draft DraftOf(JsonId root, Draft inherited);
  JsonId Locate(JsonId from, std::string_view reference) const;

  const JsonStore& store_;
  std::set<std::pair<JsonId, std::string>> foreign_;
  std::set<JsonId> unknown_;
  std::unordered_map<JsonId, Resource> resources_;
  std::unordered_map<std::string, JsonId> by_uri_;           // without fragment
  std::unordered_map<std::string, JsonId> by_anchor_;        // uri#anchor
  std::unordered_map<std::string, JsonId> dynamic_anchors_;  // root id#anchor
  std::unordered_map<JsonId, std::unique_ptr<Schema>> schemas_;
  std::unordered_map<JsonId, std::unordered_map<std::string, JsonId>> resolved_;  // per resource
};

}  // namespace lorikeet::grammar::json
