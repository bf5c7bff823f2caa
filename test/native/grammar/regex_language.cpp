// Languages as values: laws of derivatives, liveness, lengths and enumeration, checked against a
// plain membership test of every short text.
#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "grammar/regex/dfa.h"
#include "grammar/regex/format.h"
#include "grammar/regex/language.h"
#include "grammar/regex/pattern.h"
#include "test.h"

namespace lorikeet::grammar {
namespace {

// A random expression and the set of its members of at most kLength letters, built side by side.
constexpr size_t kLength = 5;
using Members = std::vector<std::string>;  // sorted, distinct

Members Sorted(Members members) {
  std::erase_if(members, [](const std::string& text) { return text.size() > kLength; });
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

Members AllTexts() {
  Members texts{""};
  for (size_t i = 0; i < texts.size(); i++) {
    if (texts[i].size() == kLength) continue;
    texts.push_back(texts[i] + "a");
    texts.push_back(texts[i] + "b");
  }
  return Sorted(texts);
}

Members Join(const Members& a, const Members& b) {
  Members result;
  for (const std::string& x : a) {
    for (const std::string& y : b) {
      if (x.size() + y.size() <= kLength) result.push_back(x + y);
    }
  }
  return Sorted(result);
}

Members InOne(const Members& a, const Members& b, const Members& c) {
  Members one;
  for (const std::string& text : AllTexts()) {
    const auto in = [&](const Members& members) {
      return std::binary_search(members.begin(), members.end(), text);
    };
    if (in(a) + in(b) + in(c) == 1) one.push_back(text);
  }
  return one;
}

struct Pair {
  Language language;
  Members members;
};

class Generator {
 public:
  Generator(Languages& languages, unsigned seed) : languages_(languages), random_(seed) {}

  Pair Next(int depth) {
    if (depth == 0) return Leaf();
    switch (random_() % 8) {
      case 0:
        return Leaf();
      case 1: {
        const Pair a = Next(depth - 1), b = Next(depth - 1);
        return {languages_.Concat(a.language, b.language), Join(a.members, b.members)};
      }
      case 2: {
        const Pair a = Next(depth - 1), b = Next(depth - 1);
        Members both = a.members;
        both.insert(both.end(), b.members.begin(), b.members.end());
        return {languages_.Union(a.language, b.language), Sorted(both)};
      }
      case 3: {
        const Pair a = Next(depth - 1), b = Next(depth - 1);
        Members both;
        std::ranges::set_intersection(a.members, b.members, std::back_inserter(both));
        return {languages_.Intersect(a.language, b.language), both};
      }
      case 4: {
        const Pair a = Next(depth - 1), b = Next(depth - 1);
        Members rest;
        std::ranges::set_difference(a.members, b.members, std::back_inserter(rest));
        return {languages_.Difference(a.language, b.language), rest};
      }
      case 5: {
        const Pair a = Next(depth - 1), b = Next(depth - 1), c = Next(depth - 1);
        const Language parts[] = {a.language, b.language, c.language};
        return {languages_.ExactlyOne(parts), InOne(a.members, b.members, c.members)};
      }
      default:
        return Repeated(Next(depth - 1));
    }
  }

 private:
  Pair Leaf() {
    switch (random_() % 5) {
      case 0:
        return {languages_.Empty(), {""}};
      case 1:
        return {languages_.Literal("ab"), {"ab"}};
      case 2:
        return {languages_.OneOf({{'a', 'b'}}), {"a", "b"}};
      case 3:
        return {languages_.Strings({"b", "ba", "aab"}), {"aab", "b", "ba"}};
      default:
        return {languages_.Literal("a"), {"a"}};
    }
  }

  Pair Repeated(const Pair& body) {
    const uint32_t min = random_() % 3;
    const uint32_t max = random_() % 2 ? kUnbounded : min + random_() % 3;
    Members power{""}, all;
    for (uint32_t i = 0; i <= min + kLength && i <= max; i++) {
      if (i >= min) all.insert(all.end(), power.begin(), power.end());
      power = Join(power, body.members);
    }
    return {languages_.Repeat(body.language, min, max), Sorted(all)};
  }

  Languages& languages_;
  std::mt19937 random_;
};

TEST("random expressions have exactly their members") {
  const Members texts = AllTexts();
  for (unsigned seed = 0; seed < 3000; seed++) {
    Languages languages;
    const Pair pair = Generator(languages, seed).Next(4);
    Dfa dfa(languages, pair.language);
    for (const std::string& text : texts) {
      const bool member = std::binary_search(pair.members.begin(), pair.members.end(), text);
      const uint32_t state = dfa.Walk(dfa.Start(), text);
      if (member != (state != Dfa::kDead && dfa.Accepts(state))) {
        testing::ReportFailure(__FILE__, __LINE__,
                               "seed " + std::to_string(seed) + ", text \"" + text + "\"");
      }
      // A live state has a completion, a dead one has none.
      if (state == Dfa::kDead) {
        for (const std::string& other : pair.members) EXPECT(!other.starts_with(text));
      } else {
        const auto rest = languages.Shortest(dfa.StateLanguage(state));
        EXPECT(rest.has_value() && languages.Contains(pair.language, text + *rest));
      }
    }
    // What is asked of the whole language agrees with its members.
    if (!pair.members.empty()) EXPECT(!languages.IsEmpty(pair.language));
    for (uint32_t length = 0; length <= kLength; length++) {
      const bool some = std::ranges::any_of(
          pair.members, [&](const std::string& text) { return text.size() == length; });
      EXPECT_EQ(languages.HasLengthWithin(pair.language, length, length), some);
    }
  }
}

TEST("equal languages written differently are the same value") {
  Languages languages;
  const Language a = languages.Literal("a"), b = languages.Literal("b");
  const auto star = [&](Language body) { return languages.Star(body); };
  EXPECT(languages.Concat(a, star(a)) == languages.Repeat(a, 1, kUnbounded));
  EXPECT(star(star(a)) == star(a));
  EXPECT(star(languages.Optional(a)) == star(a));
  EXPECT(languages.Union(languages.Empty(), languages.Repeat(a, 1, 7)) ==
         languages.Repeat(a, 0, 7));
  EXPECT(languages.Union(languages.Repeat(a, 0, 5), languages.Repeat(a, 3, 9)) ==
         languages.Repeat(a, 0, 9));
  EXPECT(languages.Union(a, b) == languages.Union(b, a));
  EXPECT(languages.Complement(languages.Complement(a)) == a);
  EXPECT(languages.Intersect(languages.AnyText(2, 9), languages.AnyText(5, 20)) ==
         languages.AnyText(5, 9));
  EXPECT(languages.IsEmpty(languages.Intersect(a, b)));
}

TEST("subset, finiteness and enumeration") {
  Languages languages;
  const Language few = PatternLanguage(languages, "^[ab]{1,2}$");
  const Language many = PatternLanguage(languages, "^[a-c]*$");
  EXPECT(languages.IsSubset(few, many));
  EXPECT(!languages.IsSubset(many, few));
  EXPECT(languages.IsFinite(few));
  EXPECT(!languages.IsFinite(many));
  EXPECT(languages.IsFinite(languages.Intersect(many, languages.AnyText(0, 3))));
  EXPECT(!languages.IsFinite(languages.Difference(many, few)));
  const auto members = languages.Enumerate(few, 6);
  ASSERT(members.has_value());
  EXPECT_EQ(members->size(), 6u);
  EXPECT_EQ(members->front(), "a");
  EXPECT_EQ(members->back(), "bb");
  EXPECT(!languages.Enumerate(few, 5).has_value());
  EXPECT(!languages.Enumerate(many, 1000).has_value());
}

TEST("lengths count code points and know gaps") {
  Languages languages;
  Dfa pairs(languages, PatternLanguage(languages, "^(?:\xC3\xA9\xF0\x9F\x98\x80)*$"));
  EXPECT(pairs.CanFinish(pairs.Start(), 4, 5));
  EXPECT(!pairs.CanFinish(pairs.Start(), 3, 3));
  EXPECT(pairs.CanFinish(pairs.Start(), 100000, 100001));
  const uint32_t inside = pairs.Walk(pairs.Start(), "\xC3\xA9");
  EXPECT(pairs.CanFinish(inside, 1, 1));
  EXPECT(!pairs.CanFinish(inside, 0, 0));
  EXPECT(!pairs.CanFinish(inside, 2, 2));
}

TEST("a length and a pattern together leave only what fits both") {
  Languages languages;
  Dfa dfa(languages,
          languages.Intersect(PatternLanguage(languages, "^a*b$"), languages.AnyText(0, 3)));
  EXPECT(dfa.Walk(dfa.Start(), "aa") != Dfa::kDead);
  EXPECT(dfa.Walk(dfa.Start(), "aaa") == Dfa::kDead);
  EXPECT(dfa.NextBytes(dfa.Walk(dfa.Start(), "aa")) == ByteSet::Range('b', 'b'));
}

// The texts that are legal, up to a length beyond which none is.
LiveTexts Longest(uint32_t length) { return {length, true}; }
// The same where longer ones may be.
LiveTexts AtLeast(uint32_t length) { return {length, false}; }

TEST("slices: uniform where all characters lead to one state, live where all texts are legal") {
  Languages languages;
  Dfa any(languages, languages.AnyText());
  for (size_t i = 0; i < kSliceCount; i++) {
    EXPECT(any.IsUniform(any.Start(), static_cast<Slice>(i)));
    EXPECT(any.Live(any.Start(), static_cast<Slice>(i)) == Longest(kUnlimitedLength));
  }
  Dfa word(languages, PatternLanguage(languages, "^\\w{1,300}$"));
  const uint32_t start = word.Start();
  EXPECT(word.IsUniform(start, Slice::kWord));
  EXPECT(!word.IsUniform(start, Slice::kAscii));
  // Texts of 16 characters are legal from here, but not texts of any length.
  EXPECT(word.Live(start, Slice::kWord) == AtLeast(17));
  EXPECT(word.Live(word.Walk(start, std::string(290, 'a')), Slice::kWord) == Longest(10));
  EXPECT(word.Live(start, Slice::kWord, 0, 20) == AtLeast(17));
  EXPECT(word.Live(start, Slice::kWord, 0, 16) == Longest(16));
  EXPECT(word.Live(start, Slice::kWord, 30, 30) == AtLeast(17));
  EXPECT(word.Live(start, Slice::kWord, 9, 9) == Longest(9));
  EXPECT(word.Live(start, Slice::kAscii, 9, 9) == AtLeast(0));
  // The last character of nine cannot be an x.
  Dfa last(languages, PatternLanguage(languages, "^\\w*[^\\Wx]$"));
  EXPECT(last.Live(last.Start(), Slice::kWord, 9, 9) == AtLeast(8));
  // Where no text goes on, from different states of one length, the length is known.
  Dfa tag(languages, PatternLanguage(languages, "^(i-x|[a-z]{2,8}(-[a-z]{2})?)$"));
  EXPECT(tag.Live(tag.Start(), Slice::kLower) == Longest(8));
  EXPECT(tag.Live(tag.Walk(tag.Start(), "abc"), Slice::kLower) == Longest(5));
  EXPECT(tag.Live(tag.Walk(tag.Start(), "abc-"), Slice::kLower) == Longest(2));
  Dfa uneven(languages, PatternLanguage(languages, "^([a-m][a-z]{2}|[n-z][a-z]{4}|[a-z][n-z]*)$"));
  EXPECT(uneven.Live(uneven.Start(), Slice::kLower) == AtLeast(3));
  Dfa early(languages, PatternLanguage(languages, "^([a-m][a-z]{2}|[n-z][a-z]{4})$"));
  EXPECT(early.Live(early.Start(), Slice::kLower) == AtLeast(3));
  Dfa search(languages, PatternLanguage(languages, "foo"));
  EXPECT(search.Live(search.Start(), Slice::kAny) == Longest(kUnlimitedLength));
  EXPECT(!search.IsUniform(search.Start(), Slice::kAny));
  EXPECT(search.IsUniform(search.Start(), Slice::kUpper));
  // Six letters may hold both words.
  const Language words[] = {PatternLanguage(languages, "foo"), PatternLanguage(languages, "bar")};
  Dfa either(languages, languages.ExactlyOne(words));
  EXPECT(either.Live(either.Start(), Slice::kLower) == AtLeast(5));
  EXPECT(either.Live(either.Walk(either.Start(), "xba"), Slice::kLower) == AtLeast(3));
  EXPECT(either.Live(either.Start(), Slice::kUpper) == Longest(kUnlimitedLength));
  // No label begins with "xn--".
  Dfa label(languages, PatternLanguage(languages, "^(?!xn--)[a-z-]+$"));
  EXPECT(label.Live(label.Start(), Slice::kLower, 0, 200) == AtLeast(17));
  EXPECT(label.Live(label.Walk(label.Start(), "xn-"), Slice::kLower, 0, 9) == Longest(9));
  Dfa line(languages, PatternLanguage(languages, "^.+x$"));
  EXPECT(line.Live(line.Start(), Slice::kLine) == Longest(kUnlimitedLength));
  EXPECT(line.Live(line.Start(), Slice::kStringSafe) == AtLeast(0));
}

TEST("half a unicode escape asks whether any code point of a range is alive") {
  Languages languages;
  Dfa dfa(languages, PatternLanguage(languages, "^[\\u00e0-\\u00ef\\u{1F600}]$"));
  EXPECT(dfa.AnyAlive(dfa.Start(), 0xE5, 0xFF));
  EXPECT(!dfa.AnyAlive(dfa.Start(), 0xF0, 0xFFFF));
  EXPECT(dfa.AnyAlive(dfa.Start(), 0x1F000, 0x1FFFF));
  EXPECT(!dfa.AnyAlive(dfa.Start(), 0x1F601, 0x10FFFF));
}

TEST("ten thousand strings make one trie") {
  Languages languages;
  std::vector<std::string> texts;
  for (int i = 0; i < 10000; i++) texts.push_back("value-" + std::to_string(i * 7919));
  Dfa dfa(languages, languages.Strings(texts));
  for (const std::string& text : texts) EXPECT(dfa.Accepts(dfa.Walk(dfa.Start(), text)));
  EXPECT(dfa.Walk(dfa.Start(), "value-x") == Dfa::kDead);
}

TEST("a long search leaves out what bytes decide, and goes down as well as wide") {
  // The 1,440 hours and minutes of a time are states of their own, and its seconds.
  constexpr size_t kFewNodes = 3000;
  Languages languages;
  const Language time = *FormatLanguage(languages, "time");
  const size_t before = languages.size();
  EXPECT(languages.IsEmpty(languages.Intersect(time, PatternLanguage(languages, "T\\d"))));
  EXPECT(!languages.IsEmpty(languages.Intersect(time, PatternLanguage(languages, "\\d\\dZ"))));
  EXPECT(languages.size() < before + kFewNodes);
  // What repeats or branches holds no byte always; what counts does.
  const auto empty = [&](const char* a, const char* b) {
    return languages.IsEmpty(
        languages.Intersect(PatternLanguage(languages, a), PatternLanguage(languages, b)));
  };
  EXPECT(!empty("^[a-f]{40,90}$", "^(x*|y)[a-c]{3,80}$"));
  EXPECT(empty("^[a-f]{40,90}$", "^(x|yx)[a-c]{3,80}$"));
  EXPECT(empty("^[a-f]{40,90}$", "^[a-c]{30}(xa){1,3}[a-c]{3,80}$"));
}

TEST("a language beyond the budget is refused by name") {
  Languages languages;
  languages.set_node_limit(2000);
  EXPECT_THROWS(
      [&] {
        Dfa dfa(languages, PatternLanguage(languages, "a.{500}$"));
        uint32_t state = dfa.Start();
        for (int i = 0; i < 5000; i++) state = dfa.Step(state, i % 3 ? 'a' : 'b');
      }(),
      LanguageError);
}

}  // namespace
}  // namespace lorikeet::grammar
