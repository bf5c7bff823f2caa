// From the grammar library's error, which knows nothing of the engine's, to the engine's.
#pragma once

#include "engine/error.h"
#include "grammar/error.h"

namespace lorikeet::engine {

// `details` has what applies of line, column, expected, schema, pointer and keyword.
Error ToEngineError(const grammar::GrammarError& error);

}  // namespace lorikeet::engine
