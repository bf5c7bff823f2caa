#include "grammar/json/syntax.h"

#include <algorithm>

#include "grammar/error.h"
#include "grammar/utf8.h"

namespace lorikeet::grammar::json {

namespace {

// Between two of JSON's tokens: a line break and the indentation of a dozen levels.
constexpr uint32_t kMostSpace = 32;

// What no bare name holds, and what none that a model makes up holds either.
constexpr std::string_view kStructural = ":{}[],";
constexpr std::string_view kUnusual = "<>|\"'\\";
constexpr std::string_view kMarkers[] = {"<|\"|>", "<escape>"};
// White space at the edges of a bare name is not read as part of it: what Python's strip() takes.
constexpr CodePointRange kEdgeSpace[] = {{0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},
                                         {0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029},
                                         {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};

// Raw strings between two markers and bare names; null is what the official templates print.
void SetGemma(Syntax& syntax, std::string_view marker, const Vocabulary* vocabulary) {
  syntax.marker = marker;
  if (vocabulary != nullptr) syntax.marker_token = vocabulary->FindSpecial(marker);
  syntax.escapes = false;
  syntax.quoted_keys = false;
  syntax.null_word = "None";
}

void SetSpaced(Syntax& syntax) {
  syntax.item_separator = ", ";
  syntax.key_separator = ": ";
}

bool IsEdgeSpace(uint32_t code_point) {
  return std::any_of(std::begin(kEdgeSpace), std::end(kEdgeSpace), [=](const auto& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

}  // namespace

Syntax SyntaxOf(const SchemaSource& source, const Vocabulary* vocabulary) {
  Syntax syntax;
  syntax.order = source.property_order;
  switch (source.syntax) {
    case ValueSyntax::kJson:
      if (source.whitespace == WhitespaceMode::kFlexible) syntax.most_space = kMostSpace;
      if (source.whitespace == WhitespaceMode::kSpaced) SetSpaced(syntax);
      break;
    case ValueSyntax::kGemma4:
      SetGemma(syntax, "<|\"|>", vocabulary);
      break;
    case ValueSyntax::kFunctionGemma:
      SetGemma(syntax, "<escape>", vocabulary);
      break;
    case ValueSyntax::kPython:
      syntax.marker = "'";
      syntax.python_escapes = true;
      syntax.null_word = "None";
      syntax.true_word = "True";
      syntax.false_word = "False";
      SetSpaced(syntax);
      break;
  }
  return syntax;
}

bool IsBareName(std::string_view name) {
  if (name.empty() || IsEdgeSpace(DecodeUtf8(name).value)) return false;
  size_t last = name.size() - 1;
  while (last > 0 && (name[last] & 0xC0) == 0x80) last--;
  if (IsEdgeSpace(DecodeUtf8(name.substr(last)).value)) return false;
  for (std::string_view marker : kMarkers) {
    if (name.find(marker) != std::string_view::npos) return false;
  }
  return std::all_of(name.begin(), name.end(), [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F &&
           kStructural.find(c) == std::string_view::npos;
  });
}

Language BareNames(Languages& languages) {
  CodePointSet barred({{0, 0x1F}, {0x7F, 0x7F}});
  for (std::string_view characters : {kStructural, kUnusual}) {
    for (char c : characters) {
      barred.Add(static_cast<unsigned char>(c), static_cast<unsigned char>(c));
    }
  }
  const Language inner = languages.OneOf(barred.Complement());
  for (const CodePointRange& space : kEdgeSpace) barred.Add(space.first, space.last);
  const Language edge = languages.OneOf(barred.Complement());
  return languages.Concat(edge, languages.Optional(languages.Concat(languages.Star(inner), edge)));
}

}  // namespace lorikeet::grammar::json
