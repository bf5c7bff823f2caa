// Chance for the checks of grammars: other spellings of a text, and texts drawn from masks.
#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/matcher.h"

namespace lorikeet::bench {

// Cuts texts into tokens at random: every tokenisation of a text may come.
class RandomTokenizer {
 public:
  explicit RandomTokenizer(std::shared_ptr<const grammar::Vocabulary> vocabulary);

  std::vector<grammar::TokenId> operator()(std::string_view text, std::mt19937& random) const;

 private:
  const std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  std::unordered_map<std::string_view, std::vector<grammar::TokenId>> ids_;
  size_t longest_ = 0;  // bytes
};

// Compact JSON with up to three characters of white space put in here and there, between its parts.
std::string SpacedAtRandom(std::string_view json, std::mt19937& random);

// A text written under the masks of a grammar.
struct Walk {
  enum class End { kWhole, kEmptyMask, kRefusedToken, kUnfinished };

  std::string text;
  std::vector<grammar::TokenId> tokens;
  End end = End::kUnfinished;
};

class RandomWriter {
 public:
  explicit RandomWriter(std::shared_ptr<const grammar::Vocabulary> vocabulary);

  // Takes tokens that the masks allow: any for `free` tokens, then those that end strings, lists
  // and objects wherever there are some. Objects that must have certain properties, in any order,
  // would hardly ever end so: then one of `names` (quoted) is taken for the next property. Gives up
  // after `most` tokens.
  Walk Write(const std::shared_ptr<const grammar::Grammar>& grammar, std::mt19937& random,
             const std::vector<std::string>& names, size_t free, size_t most) const;

 private:
  static bool WriteName(grammar::Matcher& matcher, const std::vector<std::string>& names,
                        std::mt19937& random, Walk& walk);
  // A token of the mask, or -1 where it is empty.
  grammar::TokenId Draw(const grammar::Bitmap& mask, std::mt19937& random, bool hurries,
                        bool in_string) const;

  const std::shared_ptr<const grammar::Vocabulary> vocabulary_;
  std::vector<grammar::TokenId> quotes_;      // a quote
  std::vector<grammar::TokenId> ends_;        // of lists and objects, and nothing else
  std::vector<grammar::TokenId> separators_;  // a comma, a colon
};

}  // namespace lorikeet::bench
