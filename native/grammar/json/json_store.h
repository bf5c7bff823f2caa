// JSON documents as they were written: an arena of values in document order.
//
// Numbers stay text (exact), strings are decoded, members keep their order. A document is read
// without recursion and refused beyond kMaxDepth levels, so that whoever walks it may recurse.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/json/stable_list.h"

namespace lorikeet::grammar::json {

// The text is no JSON (RFC 8259). `what()` says what was expected and where.
struct JsonError : std::runtime_error {
  JsonError(const std::string& message, uint32_t line, uint32_t column)
      : std::runtime_error(message), line(line), column(column) {}
  uint32_t line;    // from 1
  uint32_t column;  // in code points, from 1
};

enum class JsonKind : uint8_t { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

using JsonId = uint32_t;
inline constexpr JsonId kNoJson = UINT32_MAX;

class JsonStore {
 public:
  // Deeper documents are refused.
  static constexpr uint32_t kMaxDepth = 512;

  // Adds a document and returns its root. A name that occurs twice in an object counts once, with
  // the value written last, as JSON.parse does. Throws JsonError.
  JsonId Read(std::string_view text);

  JsonKind kind(JsonId id) const { return nodes_[id].kind; }
  // A string's content in UTF-8, or a number as it was written.
  std::string_view text(JsonId id) const { return nodes_[id].text; }
  // Items of an array, members of an object.
  uint32_t size(JsonId id) const { return nodes_[id].count; }
  JsonId item(JsonId id, uint32_t index) const { return children_[nodes_[id].first + index]; }
  std::string_view key(JsonId id, uint32_t index) const {
    return keys_[nodes_[id].first_key + index];
  }
  // The member `key` of an object, or kNoJson.
  JsonId Find(JsonId id, std::string_view key) const;
  // The array or object that holds a value; kNoJson for a root.
  JsonId parent(JsonId id) const { return nodes_[id].parent; }

  // The path from the document's root as a JSON pointer.
  std::string Pointer(JsonId id) const;
  // The value at a JSON pointer below `root`, or kNoJson.
  JsonId At(JsonId root, std::string_view pointer) const;

  // The same text for equal values (1.0 and 1, members in any order) and for no others.
  std::string Canonical(JsonId id) const;

  bool IsObject(JsonId id) const { return kind(id) == JsonKind::kObject; }
  bool IsArray(JsonId id) const { return kind(id) == JsonKind::kArray; }
  bool IsString(JsonId id) const { return kind(id) == JsonKind::kString; }
  bool IsNumber(JsonId id) const { return kind(id) == JsonKind::kNumber; }
  bool IsBoolean(JsonId id) const {
    return kind(id) == JsonKind::kTrue || kind(id) == JsonKind::kFalse;
  }

 private:
  friend class JsonReader;
  // Members from which an index by name pays.
  static constexpr uint32_t kLargeObject = 24;
  struct Node {
    JsonKind kind = JsonKind::kNull;
    uint32_t first = 0;
    uint32_t first_key = 0;
    uint32_t count = 0;
    JsonId parent = kNoJson;
    std::string_view text;
  };
  using Index = std::unordered_map<std::string_view, JsonId>;

  std::vector<Node> nodes_;
  std::vector<JsonId> children_;
  std::vector<std::string_view> keys_;
  StableList<std::string> texts_;            // documents, and strings that had escapes
  std::unordered_map<JsonId, Index> large_;  // members of large objects by name
};

// The exact value of a JSON number as canonical text: "12e-1" for 1.2 and 1.20, "0" for every zero.
std::string CanonicalNumber(std::string_view number);

// A number's plain decimal spelling without exponent and needless zeros, or nullopt where that has
// more than `limit` characters.
std::optional<std::string> PlainDecimal(std::string_view number, size_t limit);

// A string as a JSON literal with the fewest escapes.
std::string QuoteJson(std::string_view content);

}  // namespace lorikeet::grammar::json
