// Classifying a model's tokens and building their image.
#include "grammar/vocabulary.h"

#include <algorithm>
#include <array>

#include "grammar/error.h"
#include "grammar/image.h"

namespace lorikeet::grammar {
namespace {

constexpr size_t kMaxTokens = size_t{1} << 21;
constexpr size_t kMaxTokenBytes = 65535;

// HTML tags that Gemma 3 has as user-defined tokens, and that stand in ordinary text.
constexpr std::array<std::string_view, 33> kHtmlTags = {
    "a",  "b",  "blockquote", "br", "caption", "code",   "div",   "em",    "h1",  "h2",  "h3",
    "h4", "h5", "h6",         "hr", "i",       "img",    "li",    "ol",    "p",   "s",   "span",
    "td", "th", "tr",         "u",  "ul",      "strong", "table", "tbody", "sub", "sup", "thead"};

bool IsNumberedUnused(std::string_view text) {
  if (!text.starts_with("<unused") || !text.ends_with('>')) return false;
  const std::string_view digits = text.substr(7, text.size() - 8);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsHtmlTag(std::string_view text) {
  if (!text.starts_with('<') || !text.ends_with('>')) return false;
  std::string_view name = text.substr(1, text.size() - 2);
  if (name.starts_with('/')) name.remove_prefix(1);
  return std::find(kHtmlTags.begin(), kHtmlTags.end(), name) != kHtmlTags.end();
}

// A user-defined token is a marker where it looks like one: in angle or square brackets.
bool IsMarker(std::string_view text) {
  return (text.starts_with('<') || text.starts_with('[')) && !IsHtmlTag(text);
}

TokenKind Classify(const TokenInfo& token) {
  if (IsNumberedUnused(token.text) || token.text == "[multimodal]") return TokenKind::kUnused;
  if (token.kind == TokenKind::kUserDefined && !IsMarker(token.text) && !token.bytes.empty()) {
    return TokenKind::kText;
  }
  if (token.kind == TokenKind::kText && token.bytes.empty()) return TokenKind::kUnused;
  return token.kind;
}

bool IsTextKind(TokenKind kind) { return kind == TokenKind::kText || kind == TokenKind::kByte; }

void CheckSize(std::span<const TokenInfo> tokens) {
  if (tokens.size() > kMaxTokens) {
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge,
                       "Expected a vocabulary of at most 2,097,152 tokens, got " +
                           std::to_string(tokens.size()) + ".");
  }
  for (size_t id = 0; id < tokens.size(); id++) {
    if (tokens[id].bytes.size() <= kMaxTokenBytes) continue;
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge,
                       "Expected tokens of at most 65,535 bytes, got " +
                           std::to_string(tokens[id].bytes.size()) + " in token " +
                           std::to_string(id) + ".");
  }
}

void AddStrings(std::span<const TokenInfo> tokens, VocabularyTables& tables) {
  for (const TokenInfo& token : tokens) {
    tables.byte_offsets.push_back(static_cast<uint32_t>(tables.bytes.size()));
    tables.bytes += token.bytes;
    tables.text_offsets.push_back(static_cast<uint32_t>(tables.texts.size()));
    tables.texts += token.text;
  }
  tables.byte_offsets.push_back(static_cast<uint32_t>(tables.bytes.size()));
  tables.text_offsets.push_back(static_cast<uint32_t>(tables.texts.size()));
}

// Kinds and what follows from them; returns the text tokens.
std::vector<TrieEntry> AddKinds(std::span<const TokenInfo> tokens, VocabularyTables& tables) {
  std::vector<TrieEntry> text_tokens;
  text_tokens.reserve(tokens.size());
  tables.emittable.resize((tokens.size() + 63) / 64);
  for (size_t i = 0; i < tokens.size(); i++) {
    const TokenId id = static_cast<TokenId>(i);
    const TokenKind kind = Classify(tokens[i]);
    tables.kinds.push_back(static_cast<uint8_t>(kind));
    if (tokens[i].end_of_generation) tables.end_tokens.push_back(id);
    if (!IsTextKind(kind)) tables.special_by_text.push_back(id);
    if (kind != TokenKind::kUnused && !tokens[i].end_of_generation) {
      tables.emittable[i >> 6] |= uint64_t{1} << (i & 63);
    }
    if (IsTextKind(kind) && !tokens[i].end_of_generation && !tokens[i].bytes.empty()) {
      text_tokens.push_back({tokens[i].bytes, id});
    }
  }
  std::stable_sort(
      tables.special_by_text.begin(), tables.special_by_text.end(), [&](TokenId a, TokenId b) {
        return tokens[static_cast<size_t>(a)].text < tokens[static_cast<size_t>(b)].text;
      });
  return text_tokens;
}

// Lets the sorted strings lie one after the other in `memory`, as they are read from here on.
void LayInOrder(std::vector<TrieEntry>& sorted, std::string& memory) {
  size_t bytes = 0;
  for (const TrieEntry& entry : sorted) bytes += entry.bytes.size();
  memory.reserve(bytes);
  for (TrieEntry& entry : sorted) {
    const size_t at = memory.size();
    memory += entry.bytes;
    entry.bytes = {memory.data() + at, entry.bytes.size()};
  }
}

std::string_view StringAt(std::span<const uint32_t> offsets, std::span<const char> chars,
                          TokenId id) {
  const size_t i = static_cast<size_t>(id);
  return {chars.data() + offsets[i], offsets[i + 1] - offsets[i]};
}

}  // namespace

std::shared_ptr<const Vocabulary> Vocabulary::Build(std::span<const TokenInfo> tokens) {
  CheckSize(tokens);
  VocabularyTables tables;
  AddStrings(tokens, tables);
  std::vector<TrieEntry> text_tokens = AddKinds(tokens, tables);
  SortTrieEntries(text_tokens);
  std::string memory;
  LayInOrder(text_tokens, memory);
  tables.trie = BuildTrie(text_tokens);
  DescribeSubtrees(tables.trie);
  BuildSliceTables(text_tokens, tokens.size(), tables);
  return std::shared_ptr<const Vocabulary>(new Vocabulary(AssembleImage(tables)));
}

bool Vocabulary::Save(const std::string& path, uint64_t key) const {
  return WriteImage(*image_, path, key);
}

std::shared_ptr<const Vocabulary> Vocabulary::Load(const std::string& path, uint64_t key) {
  auto image = ReadImage(path, key);
  if (!image) return nullptr;
  return std::shared_ptr<const Vocabulary>(new Vocabulary(std::move(image)));
}

Vocabulary::Vocabulary(std::unique_ptr<const VocabularyImage> image) : image_(std::move(image)) {}

Vocabulary::~Vocabulary() = default;

size_t Vocabulary::size() const { return image_->size; }

std::string_view Vocabulary::Bytes(TokenId id) const {
  return StringAt(image_->byte_offsets, image_->bytes, id);
}

std::string_view Vocabulary::Text(TokenId id) const {
  return StringAt(image_->text_offsets, image_->texts, id);
}

TokenKind Vocabulary::Kind(TokenId id) const {
  return static_cast<TokenKind>(image_->kinds[static_cast<size_t>(id)]);
}

bool Vocabulary::IsEndOfGeneration(TokenId id) const {
  return std::binary_search(image_->end_tokens.begin(), image_->end_tokens.end(), id);
}

bool Vocabulary::IsText(TokenId id) const {
  return IsTextKind(Kind(id)) && !Bytes(id).empty() && !IsEndOfGeneration(id);
}

bool Vocabulary::IsEmittable(TokenId id) const {
  return image_->emittable[static_cast<size_t>(id) >> 6] >> (id & 63) & 1;
}

std::optional<TokenId> Vocabulary::FindSpecial(std::string_view text) const {
  const auto& ids = image_->special_by_text;
  auto at =
      std::lower_bound(ids.begin(), ids.end(), text,
                       [&](TokenId id, std::string_view wanted) { return Text(id) < wanted; });
  if (at == ids.end() || Text(*at) != text) return std::nullopt;
  return *at;
}

std::optional<TokenId> Vocabulary::Find(std::string_view text) const {
  if (const auto special = FindSpecial(text)) return special;
  for (TokenId id = 0; Contains(id); id++) {
    if (Text(id) == text) return id;
  }
  return std::nullopt;
}

std::span<const TokenId> Vocabulary::end_of_generation() const { return image_->end_tokens; }

size_t Vocabulary::MemoryBytes() const { return sizeof(VocabularyImage) + image_->memory_size; }

}  // namespace lorikeet::grammar
