// Looking up how a text went on before.
#include "engine/prompt_lookup.h"

#include <random>

#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::PromptLookup;

PromptLookup Of(const std::vector<llama_token>& tokens) {
  PromptLookup lookup;
  lookup.Append(tokens);
  return lookup;
}

TEST("what followed the same end before is found, the longest end first") {
  const PromptLookup lookup = Of({1, 2, 3, 70, 9, 2, 3, 80, 5, 1, 2, 3});
  const auto match = lookup.Find();
  EXPECT_EQ(match.length, 3u);
  EXPECT_EQ(lookup[match.next], 70);
}

TEST("of equally long ends the latest counts") {
  const PromptLookup lookup = Of({4, 1, 2, 70, 5, 1, 2, 80, 6, 1, 2});
  const auto match = lookup.Find();
  EXPECT_EQ(match.length, 2u);
  EXPECT_EQ(lookup[match.next], 80);
}

TEST("an end that did not stand before, or of one token, is not found") {
  EXPECT_EQ(Of({}).Find().length, 0u);
  EXPECT_EQ(Of({1}).Find().length, 0u);
  EXPECT_EQ(Of({1, 2}).Find().length, 0u);
  EXPECT_EQ(Of({1, 2, 3, 4, 9, 4}).Find().length, 0u);
}

TEST("tokens beyond count as the end, but nothing is found in them") {
  const PromptLookup lookup = Of({1, 2, 3, 4, 5, 9});
  const std::vector<llama_token> beyond = {2, 3};
  const auto match = lookup.Find(beyond);
  EXPECT_EQ(match.length, 2u);
  EXPECT_EQ(lookup[match.next], 4);
  const std::vector<llama_token> twice = {7, 8, 1, 7, 8};
  EXPECT_EQ(lookup.Find(twice).length, 0u);
}

TEST("a text that repeats itself is followed for ever") {
  const PromptLookup lookup = Of({1, 2, 3, 1, 2, 3, 1, 2});
  auto match = lookup.Find();
  std::vector<llama_token> beyond;
  for (int i = 0; i < 20; i++) {
    ASSERT(match.length > 0);
    beyond.push_back(lookup[match.next]);
    EXPECT_EQ(beyond.back(), (i + 2) % 3 + 1);
    match = lookup.Follow(match, beyond);
  }
}

TEST("a copy that goes on is followed, and one that breaks off is looked up again") {
  PromptLookup lookup = Of({1, 2, 3, 4, 5, 8, 9, 7, 1, 2});
  auto match = lookup.Find();
  lookup.Append(std::vector<llama_token>{3});
  match = lookup.Follow(match);
  EXPECT_EQ(match.length, 3u);
  EXPECT_EQ(lookup[match.next], 4);
  lookup.Append(std::vector<llama_token>{8});
  match = lookup.Follow(match);
  EXPECT_EQ(match.length, 0u);
  lookup.Append(std::vector<llama_token>{9});
  match = lookup.Follow(match);
  EXPECT_EQ(match.length, 2u);
  EXPECT_EQ(lookup[match.next], 7);
}

// Every place, longest end first, later ones first.
PromptLookup::Match FindSlowly(const std::vector<llama_token>& tokens) {
  PromptLookup::Match best;
  for (size_t next = tokens.size(); next-- > 0;) {
    size_t length = 0;
    while (length < PromptLookup::kMostMatch && length < next &&
           tokens[next - 1 - length] == tokens[tokens.size() - 1 - length]) {
      length++;
    }
    if (length >= PromptLookup::kLeastMatch && length > best.length) best = {next, length};
  }
  return best;
}

TEST("what is found is what a slow search finds") {
  std::mt19937 random(5);
  for (int round = 0; round < 200; round++) {
    std::vector<llama_token> tokens;
    const int kinds = 3 + round % 9;
    for (int i = 0; i < 60; i++) tokens.push_back(static_cast<llama_token>(random() % kinds));
    const auto found = Of(tokens).Find();
    const auto expected = FindSlowly(tokens);
    EXPECT_EQ(found.length, expected.length);
    EXPECT_EQ(found.next, expected.next);
  }
}

}  // namespace
}  // namespace lorikeet::testing
