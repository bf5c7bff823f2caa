// The grammar engine's image of a model's vocabulary: from a cache file, or built and kept there.
//
// Building takes a tenth of a second of a large vocabulary, reading a few milliseconds. The file's
// name holds a hash of the vocabulary, so models that share one share the file, and a file of
// another format version is overwritten.
#pragma once

#include <memory>
#include <string>

#include "grammar/vocabulary.h"

namespace lorikeet::engine {

class Model;

// The image of `model`'s vocabulary. `cache_folder` (UTF-8) is made where it is missing; empty: no
// cache. A file that is damaged or cannot be read is built anew, a folder that cannot be written
// left alone. Any thread.
//
// Throws grammar::GrammarError: GRAMMAR_TOO_LARGE.
std::shared_ptr<const grammar::Vocabulary> LoadVocabularyImage(const Model& model,
                                                               const std::string& cache_folder);

}  // namespace lorikeet::engine
