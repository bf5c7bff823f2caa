#include "random_writing.h"

#include <algorithm>
#include <bit>
#include <iterator>

namespace lorikeet::bench {

using grammar::Bitmap;
using grammar::Grammar;
using grammar::Matcher;
using grammar::TokenId;
using grammar::Vocabulary;

RandomTokenizer::RandomTokenizer(std::shared_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  for (TokenId id = 0; vocabulary_->Contains(id); id++) {
    if (!vocabulary_->IsText(id)) continue;
    const std::string_view bytes = vocabulary_->Bytes(id);
    longest_ = std::max(longest_, bytes.size());
    if (!bytes.empty()) ids_[bytes].push_back(id);
  }
}

std::vector<TokenId> RandomTokenizer::operator()(std::string_view text,
                                                 std::mt19937& random) const {
  std::vector<TokenId> tokens;
  while (!text.empty()) {
    std::vector<std::pair<TokenId, size_t>> fitting;
    for (size_t length = 1; length <= std::min(longest_, text.size()); length++) {
      const auto found = ids_.find(text.substr(0, length));
      if (found == ids_.end()) continue;
      for (TokenId id : found->second) fitting.emplace_back(id, length);
    }
    const auto& [id, length] = fitting[random() % fitting.size()];
    tokens.push_back(id);
    text.remove_prefix(length);
  }
  return tokens;
}

std::string SpacedAtRandom(std::string_view json, std::mt19937& random) {
  constexpr std::string_view kSpaces = " \n\t\r";
  std::string spaced;
  bool in_string = false;
  const auto space = [&] {
    for (unsigned i = random() % 8; i < 3; i++) spaced += kSpaces[random() % kSpaces.size()];
  };
  for (size_t i = 0; i < json.size(); i++) {
    const char c = json[i];
    if (in_string) {
      spaced += c;
      if (c == '\\') spaced += json[++i];
      in_string = c != '"';
      continue;
    }
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    const bool parts = c == ',' || c == ':';
    if (closes || parts) space();
    spaced += c;
    if (opens || parts) space();
    in_string = c == '"';
  }
  return spaced;
}

namespace {

// Whether a string of JSON text is open at the end.
bool IsInString(std::string_view json) {
  bool in_string = false;
  for (size_t i = 0; i < json.size(); i++) {
    if (in_string && json[i] == '\\') {
      i++;
    } else if (json[i] == '"') {
      in_string = !in_string;
    }
  }
  return in_string;
}

}  // namespace

RandomWriter::RandomWriter(std::shared_ptr<const Vocabulary> vocabulary)
    : vocabulary_(std::move(vocabulary)) {
  for (TokenId id = 0; vocabulary_->Contains(id); id++) {
    const std::string_view bytes = vocabulary_->Bytes(id);
    if (bytes.empty() || !vocabulary_->IsText(id)) continue;
    if (bytes == "\"") quotes_.push_back(id);
    if (bytes.find_first_not_of("}]") == std::string_view::npos) ends_.push_back(id);
    if (bytes == "," || bytes == ":") separators_.push_back(id);
  }
}

Walk RandomWriter::Write(const std::shared_ptr<const Grammar>& grammar, std::mt19937& random,
                         const std::vector<std::string>& names, size_t free, size_t most) const {
  Matcher matcher(grammar);
  Walk walk;
  Bitmap mask;
  while (walk.tokens.size() < most) {
    const bool hurries = walk.tokens.size() >= free;
    if (matcher.CanEnd() && (hurries || matcher.MustEnd() || random() % 4 == 0)) {
      walk.end = Walk::End::kWhole;
      return walk;
    }
    if (hurries && WriteName(matcher, names, random, walk)) continue;
    matcher.Mask(mask);
    const TokenId token = Draw(mask, random, hurries, IsInString(walk.text));
    walk.end = token < 0 ? Walk::End::kEmptyMask : Walk::End::kRefusedToken;
    if (token < 0 || !matcher.Accept(token)) return walk;
    walk.end = matcher.ended() ? Walk::End::kWhole : Walk::End::kUnfinished;
    if (matcher.ended()) return walk;
    walk.tokens.push_back(token);
    walk.text += vocabulary_->Bytes(token);
  }
  return walk;
}

// One of the names, where a name may begin and it is legal.
bool RandomWriter::WriteName(Matcher& matcher, const std::vector<std::string>& names,
                             std::mt19937& random, Walk& walk) {
  if (names.empty() || walk.text.empty() || IsInString(walk.text)) return false;
  if (walk.text.back() != '{' && walk.text.back() != ',') return false;
  for (size_t i = 0, first = random() % names.size(); i < names.size(); i++) {
    const std::string& name = names[(first + i) % names.size()];
    if (!matcher.AcceptBytes(name + ":")) continue;
    walk.text += name + ":";
    return true;
  }
  return false;
}

TokenId RandomWriter::Draw(const Bitmap& mask, std::mt19937& random, bool hurries,
                           bool in_string) const {
  std::vector<TokenId> legal;
  const auto wanted =
      in_string ? std::vector{&quotes_} : std::vector{&ends_, &quotes_, &separators_};
  for (const auto* preferred : wanted) {
    if (!hurries) break;
    std::copy_if(preferred->begin(), preferred->end(), std::back_inserter(legal),
                 [&](TokenId id) { return mask.Test(static_cast<size_t>(id)); });
    if (!legal.empty()) return legal[random() % legal.size()];
  }
  const size_t count = mask.Count();
  if (count == 0) return -1;
  size_t skip = random() % count;
  for (size_t i = 0;; i++) {
    uint64_t word = mask.words()[i];
    const auto here = static_cast<size_t>(std::popcount(word));
    if (skip >= here) {
      skip -= here;
      continue;
    }
    while (skip-- > 0) word &= word - 1;
    return static_cast<TokenId>(i * 64 + static_cast<size_t>(std::countr_zero(word)));
  }
}

}  // namespace lorikeet::bench
