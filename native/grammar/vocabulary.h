// A model's vocabulary, prepared for masks: the vocabulary image.
//
// Built once for each model from its tokens, or read from a cache file. It holds each token's
// bytes, which tokens are text, a trie of the text tokens, and the bitmaps of slices.h. Immutable
// and shared by any number of grammars on any threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "grammar/machine.h"

namespace lorikeet::grammar {

enum class TokenKind : uint8_t {
  kText,         // stands for its bytes
  kByte,         // stands for one byte
  kControl,      // satisfies token terminals only
  kUserDefined,  // a marker that the model's makers added; text only where it is no marker
  kUnused,       // legal only where a token terminal names it
};

// One token as the model's file describes it, in the order of ids. The views are read during Build.
struct TokenInfo {
  std::string_view bytes;  // what it writes; may be empty for control tokens
  std::string_view text;   // the vocabulary's own spelling, for example "<|tool_call>"
  TokenKind kind = TokenKind::kText;
  bool end_of_generation = false;
};

struct VocabularyImage;

class Vocabulary {
 public:
  // Tokens spelt `<unusedN>` or `[multimodal]` are made kUnused whatever kind they came with, and
  // user-defined tokens that are plain text (runs of white space, HTML tags) are made kText.
  //
  // Throws GrammarError GRAMMAR_TOO_LARGE: over 2^21 tokens, or a token over 65,535 bytes.
  static std::shared_ptr<const Vocabulary> Build(std::span<const TokenInfo> tokens);

  // Writes the image to `path` (UTF-8; through a temporary file beside it). `key` names what it was
  // built from, for example a hash of the model's tokenizer metadata. Returns false where the file
  // cannot be written.
  bool Save(const std::string& path, uint64_t key) const;

  // Reads an image back; null where there is none, or it is damaged, of another version or `key`.
  static std::shared_ptr<const Vocabulary> Load(const std::string& path, uint64_t key);

  ~Vocabulary();
  Vocabulary(const Vocabulary&) = delete;
  Vocabulary& operator=(const Vocabulary&) = delete;

  size_t size() const;

  // REQUIRES for all of these: 0 <= id < size().
  std::string_view Bytes(TokenId id) const;
  std::string_view Text(TokenId id) const;
  TokenKind Kind(TokenId id) const;
  bool IsEndOfGeneration(TokenId id) const;

  // Whether the token satisfies text terminals.
  bool IsText(TokenId id) const;

  // Whether a negated token terminal allows it: neither unused nor ending the generation.
  bool IsEmittable(TokenId id) const;

  // Whether `id` is a token of this vocabulary.
  bool Contains(TokenId id) const { return id >= 0 && static_cast<size_t>(id) < size(); }

  // The token with this spelling that is no text: control, marker or unused.
  std::optional<TokenId> FindSpecial(std::string_view text) const;

  // Any token with this spelling; special ones first.
  std::optional<TokenId> Find(std::string_view text) const;

  // Ids that end a generation, ascending.
  std::span<const TokenId> end_of_generation() const;

  // The parts that the mask engine reads (image.h).
  const VocabularyImage& image() const { return *image_; }

  // Bytes held in memory.
  size_t MemoryBytes() const;

 private:
  explicit Vocabulary(std::unique_ptr<const VocabularyImage> image);

  std::unique_ptr<const VocabularyImage> image_;
};

}  // namespace lorikeet::grammar
