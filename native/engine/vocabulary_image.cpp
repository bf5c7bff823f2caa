#include "engine/vocabulary_image.h"

#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "engine/model.h"
#include "grammar/hash_index.h"

namespace lorikeet::engine {
namespace {

namespace fs = std::filesystem;

grammar::TokenKind KindOf(llama_token_attr attributes) {
  if (attributes & (LLAMA_TOKEN_ATTR_CONTROL)) return grammar::TokenKind::kControl;
  if (attributes & LLAMA_TOKEN_ATTR_USER_DEFINED) return grammar::TokenKind::kUserDefined;
  if (attributes & (LLAMA_TOKEN_ATTR_UNUSED | LLAMA_TOKEN_ATTR_UNKNOWN)) {
    return grammar::TokenKind::kUnused;
  }
  if (attributes & LLAMA_TOKEN_ATTR_BYTE) return grammar::TokenKind::kByte;
  return grammar::TokenKind::kText;
}

std::shared_ptr<const grammar::Vocabulary> BuildImage(const Model& model) {
  std::vector<std::string> bytes(static_cast<size_t>(model.vocabulary_size()));
  std::vector<grammar::TokenInfo> tokens(bytes.size());
  for (llama_token id = 0; id < model.vocabulary_size(); id++) {
    bytes[id] = model.TokenBytes(id);
    tokens[id] = {bytes[id], llama_vocab_get_text(model.vocab(), id),
                  KindOf(llama_vocab_get_attr(model.vocab(), id)),
                  llama_vocab_is_eog(model.vocab(), id)};
  }
  return grammar::Vocabulary::Build(tokens);
}

uint64_t MixText(uint64_t hash, std::string_view text) {
  hash = grammar::MixHash(hash, text.size());
  while (!text.empty()) {
    uint64_t word = 0;
    const size_t length = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), length);
    hash = grammar::MixHash(hash, word);
    text.remove_prefix(length);
  }
  return hash;
}

// Everything that tokens' bytes and kinds follow from.
uint64_t HashOf(const Model& model) {
  uint64_t hash = static_cast<uint64_t>(llama_vocab_type(model.vocab()));
  hash = grammar::MixHash(hash, static_cast<uint64_t>(model.vocabulary_size()));
  for (llama_token id = 0; id < model.vocabulary_size(); id++) {
    const uint64_t attributes = static_cast<uint64_t>(llama_vocab_get_attr(model.vocab(), id));
    hash = MixText(hash, llama_vocab_get_text(model.vocab(), id));
    hash = grammar::MixHash(hash, attributes << 1 | llama_vocab_is_eog(model.vocab(), id));
  }
  return hash;
}

fs::path FromUtf8(const std::string& path) {
  return fs::path(std::u8string(path.begin(), path.end()));
}

std::string ToUtf8(const fs::path& path) {
  const std::u8string text = path.u8string();
  return std::string(text.begin(), text.end());
}

}  // namespace

std::shared_ptr<const grammar::Vocabulary> LoadVocabularyImage(const Model& model,
                                                               const std::string& cache_folder) {
  if (cache_folder.empty()) return BuildImage(model);
  const uint64_t hash = HashOf(model);
  char name[48];
  std::snprintf(name, sizeof name, "vocabulary-%016" PRIx64 ".bin", hash);
  const fs::path folder = FromUtf8(cache_folder);
  const std::string file = ToUtf8(folder / name);
  if (auto image = grammar::Vocabulary::Load(file, hash)) return image;
  auto image = BuildImage(model);
  std::error_code error;
  fs::create_directories(folder, error);
  (void)image->Save(file, hash);
  return image;
}

}  // namespace lorikeet::engine
