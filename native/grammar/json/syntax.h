// How values are written: JSON, Gemma 4, FunctionGemma and Python, as data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "grammar/regex/language.h"
#include "grammar/schema_machine.h"

namespace lorikeet::grammar::json {

struct Syntax {
  // What opens and closes a string: one token, or bytes.
  std::optional<TokenId> marker_token;
  std::string marker = "\"";
  // Escapes inside strings begin with a backslash; without, strings are written as they are.
  bool escapes = true;
  bool python_escapes = false;
  // Names are written like strings; otherwise bare, up to the colon.
  bool quoted_keys = true;
  std::string_view null_word = "null", true_word = "true", false_word = "false";
  std::string_view item_separator = ",", key_separator = ":";
  // White space is allowed between JSON's tokens, at most this many bytes in a row.
  uint32_t most_space = 0;
  PropertyOrder order = PropertyOrder::kWritten;

  // Whether strings end at a marker of several bytes, which no string may contain.
  bool TextMarker() const { return !marker_token && marker.size() > 1; }
};

Syntax SyntaxOf(const SchemaSource& source, const Vocabulary* vocabulary);

// Whether a bare name can be written and read back.
bool IsBareName(std::string_view name);
Language BareNames(Languages& languages);

}  // namespace lorikeet::grammar::json
