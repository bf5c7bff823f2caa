#include "engine/grammar_error.h"

namespace lorikeet::engine {

Error ToEngineError(const grammar::GrammarError& error) {
  const grammar::GrammarErrorPlace& place = error.place();
  Details details;
  if (place.line > 0) {
    details["line"] = static_cast<int64_t>(place.line);
    details["column"] = static_cast<int64_t>(place.column);
  }
  if (!place.expected.empty()) details["expected"] = place.expected;
  if (!place.schema.empty()) details["schema"] = place.schema;
  if (!place.keyword.empty()) {
    details["pointer"] = place.pointer;
    details["keyword"] = place.keyword;
  }
  return Error(grammar::NameOf(error.code()), error.what(), std::move(details));
}

}  // namespace lorikeet::engine
