#include "grammar/json/schema_reader.h"

#include <utility>

#include "grammar/json/uri.h"

namespace lorikeet::grammar::json {

namespace {

// The name under which the dynamic anchor of `$recursiveAnchor: true` is kept.
constexpr std::string_view kRecursiveName = "";

std::string AnchorKey(JsonId root, std::string_view name) {
  return std::to_string(root) + "#" + std::string(name);
}

// Whether a document's text can hold identifiers at all; without them the walk is spared.
bool MayHoldIdentifiers(std::string_view text) {
  for (std::string_view name : {"\"$id\"", "\"id\"", "nchor\""}) {
    if (text.find(name) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

void SchemaReader::AddDocument(JsonId root, const std::string& address, std::string_view text) {
  resources_[root] = {address, DraftOf(root, Draft::k2020)};
  by_uri_[ResolveUri(address, "")] = root;
  if (MayHoldIdentifiers(text)) Walk(root, root);
}

Draft SchemaReader::DraftOf(JsonId root, Draft inherited) {
  if (!store_.IsObject(root)) return inherited;
  const JsonId value = store_.Find(root, "$schema");
  if (value == kNoJson || !store_.IsString(value)) return inherited;
  const std::string_view uri = store_.text(value);
  static constexpr std::pair<std::string_view, Draft> kNames[] = {
      {"draft-03", Draft::k4}, {"draft-04", Draft::k4},         {"draft-06", Draft::k6},
      {"draft-07", Draft::k7}, {"draft/2019-09", Draft::k2019},
  };
  for (const auto& [name, draft] : kNames) {
    if (uri.find(name) != std::string_view::npos) return draft;
  }
  if (!uri.empty() && uri.find("json-schema.org/") == std::string_view::npos) unknown_.insert(root);
  return Draft::k2020;
}

// Finds identifiers and anchors in every subschema below `root`, which belongs to `resource`.
void SchemaReader::Walk(JsonId root, JsonId resource) {
  std::vector<std::pair<JsonId, JsonId>> open = {{root, resource}};
  while (!open.empty()) {
    auto [schema, owner] = open.back();
    open.pop_back();
    if (!store_.IsObject(schema)) continue;
    Visit(schema, owner);
    for (uint32_t i = 0; i < store_.size(schema); i++) {
      const auto keyword = FindKeyword(store_.key(schema, i));
      if (!keyword) continue;
      const Subschemas kind = InfoOf(*keyword).subschemas;
      if (kind == Subschemas::kNone) continue;
      const JsonId value = store_.item(schema, i);
      const bool holder =
          store_.IsArray(value) ? kind != Subschemas::kMap : kind == Subschemas::kMap;
      if (!holder) {
        open.push_back({value, owner});
      } else {
        for (uint32_t j = 0; j < store_.size(value); j++) {
          open.push_back({store_.item(value, j), owner});
        }
      }
    }
  }
}

// Registers what one schema object declares; `resource` becomes the schema itself where it has an
// identifier.
void SchemaReader::Visit(JsonId schema, JsonId& resource) {
  const auto text_of = [&](std::string_view name) {
    const JsonId value = store_.Find(schema, name);
    return value != kNoJson && store_.IsString(value) ? store_.text(value) : std::string_view();
  };
  Resource own = resources_[resource];
  own.draft = DraftOf(schema, own.draft);
  const bool ref_hides = own.draft <= Draft::k7 && store_.Find(schema, "$ref") != kNoJson;
  if (schema != resource && ref_hides) return;
  const std::string_view id = text_of(own.draft == Draft::k4 ? "id" : "$id");
  if (!id.empty() && id[0] == '#') {
    by_anchor_.emplace(own.base + "#" + FragmentOf(id), schema);
  } else if (!id.empty()) {
    own.base = ResolveUri(own.base, id);
    by_uri_.emplace(own.base, schema);
    resources_[schema] = own;
    resource = schema;
  }
  for (std::string_view name : {"$anchor", "$dynamicAnchor"}) {
    if (const std::string_view anchor = text_of(name); !anchor.empty()) {
      by_anchor_.emplace(resources_[resource].base + "#" + std::string(anchor), schema);
    }
  }
  if (const std::string_view anchor = text_of("$dynamicAnchor"); !anchor.empty()) {
    dynamic_anchors_.emplace(AnchorKey(resource, anchor), schema);
  }
  const JsonId recursive = store_.Find(schema, "$recursiveAnchor");
  if (recursive != kNoJson && store_.kind(recursive) == JsonKind::kTrue) {
    dynamic_anchors_.emplace(AnchorKey(resource, kRecursiveName), schema);
  }
}

const Schema& SchemaReader::At(JsonId id) {
  const auto found = schemas_.find(id);
  if (found != schemas_.end()) return *found->second;
  auto schema = std::make_unique<Schema>();
  schema->id = id;
  schema->draft = resources_[ResourceOf(id)].draft;
  schema->values.fill(kNoJson);
  if (store_.IsBoolean(id)) {
    schema->always = store_.kind(id) == JsonKind::kTrue;
    schema->never = !schema->always;
  } else if (store_.IsObject(id)) {
    for (uint32_t i = 0; i < store_.size(id); i++) {
      const auto keyword = FindKeyword(store_.key(id, i));
      if (!keyword) continue;
      const KeywordInfo& info = InfoOf(*keyword);
      if (schema->draft < info.since || schema->draft > info.until) {
        foreign_.emplace(id, info.name);
      } else {
        schema->values[static_cast<size_t>(*keyword)] = store_.item(id, i);
      }
    }
    if (schema->draft <= Draft::k7 && schema->Has(Keyword::kRef)) {
      const JsonId ref = (*schema)[Keyword::kRef];
      schema->values.fill(kNoJson);
      schema->values[static_cast<size_t>(Keyword::kRef)] = ref;
    }
  } else {
    throw SchemaError(SchemaError::Kind::kInvalid, id, "",
                      "Expected a schema (an object or a boolean).");
  }
  return *schemas_.emplace(id, std::move(schema)).first->second;
}

void SchemaReader::ForgetSchemas() {
  schemas_ = decltype(schemas_)();
  resolved_ = decltype(resolved_)();
}

JsonId SchemaReader::ResourceOf(JsonId id) const {
  while (!resources_.contains(id)) id = store_.parent(id);
  return id;
}

JsonId SchemaReader::Resolve(JsonId from, std::string_view reference) {
  auto& known = resolved_[ResourceOf(from)];
  const auto found = known.find(std::string(reference));
  if (found != known.end()) return found->second;
  const JsonId target = Locate(from, reference);
  known.emplace(reference, target);
  return target;
}

JsonId SchemaReader::Locate(JsonId from, std::string_view reference) const {
  const JsonId resource = ResourceOf(from);
  const std::string& base = resources_.at(resource).base;
  const std::string fragment = FragmentOf(reference);
  JsonId root = resource;
  std::string uri = base;
  if (!reference.empty() && reference[0] != '#') {
    uri = ResolveUri(base, reference);
    const auto found = by_uri_.find(uri);
    if (found == by_uri_.end()) return kNoJson;
    root = found->second;
  }
  if (fragment.empty()) return root;
  if (fragment[0] == '/') return store_.At(root, fragment);
  const auto anchor = by_anchor_.find(uri + "#" + fragment);
  return anchor == by_anchor_.end() ? kNoJson : anchor->second;
}

JsonId SchemaReader::ResolveDynamic(JsonId from, std::string_view reference,
                                    const std::vector<JsonId>& scope) {
  const JsonId target = Resolve(from, reference);
  if (target == kNoJson) return kNoJson;
  const std::string name = FragmentOf(reference);
  if (name.empty() || name[0] == '/') return target;
  if (!dynamic_anchors_.contains(AnchorKey(ResourceOf(target), name))) return target;
  for (JsonId resource : scope) {
    const auto found = dynamic_anchors_.find(AnchorKey(resource, name));
    if (found != dynamic_anchors_.end()) return found->second;
  }
  return target;
}

JsonId SchemaReader::ResolveRecursive(JsonId from, const std::vector<JsonId>& scope) {
  const JsonId target = ResourceOf(from);
  if (!dynamic_anchors_.contains(AnchorKey(target, kRecursiveName))) return target;
  for (JsonId resource : scope) {
    const auto found = dynamic_anchors_.find(AnchorKey(resource, kRecursiveName));
    if (found != dynamic_anchors_.end()) return found->second;
  }
  return target;
}

}  // namespace lorikeet::grammar::json
