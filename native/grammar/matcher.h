// One generation under a grammar: what was accepted so far, and what may come next.
//
//   Matcher matcher(grammar);
//   if (!matcher.Allows(sampled)) { matcher.Mask(bitmap); sampled = SampleAgain(bitmap); }
//   matcher.Accept(sampled);
//   if (matcher.MustEnd()) ...
//
// A copy is a fork: it goes its own way from there, history included.
//
// THREADS: a Matcher is used by one thread at a time. Any number of them may use one Grammar at
// once; every call locks it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/bitmap.h"
#include "grammar/grammar.h"

namespace lorikeet::grammar {

// Turns text into the model's own tokens: special tokens are never recognised in it and nothing is
// added in front. `text` is whole code points.
using Tokenizer = std::function<std::vector<TokenId>(std::string_view text)>;

class Matcher {
 public:
  explicit Matcher(std::shared_ptr<const Grammar> grammar);
  Matcher(const Matcher& other);
  Matcher& operator=(const Matcher& other);
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;
  ~Matcher();

  // REQUIRES: not moved from, for everything below.

  // Takes a token. False, and nothing changes, where it is illegal or no token of the vocabulary.
  // An end-of-generation id is legal where the grammar can end; after it nothing is.
  bool Accept(TokenId token);

  // Whether Accept(token) would take it.
  bool Allows(TokenId token) const;

  // Takes text as bytes, whatever tokens it came in; for triggers that end inside a token. All or
  // nothing. One call counts as one token for Rollback; no bytes are always accepted.
  bool AcceptBytes(std::string_view bytes);

  // Undoes the last `count` accepted tokens, or all there are if fewer.
  void Rollback(size_t count);

  // How many tokens Rollback can undo.
  size_t accepted() const { return history_.size(); }

  // Whether the text so far is complete.
  bool CanEnd() const;

  // Whether it is complete and nothing but an end-of-generation id may follow.
  bool MustEnd() const;

  // Whether an end-of-generation id was accepted.
  bool ended() const;

  // The legal tokens. `mask` gets the vocabulary's size if it has another one.
  // Never empty before the end, provided every byte can be written by some token.
  void Mask(Bitmap& mask) const;

  // As Mask, as ascending ids, where there are at most `most` of them; false otherwise, and
  // `tokens` is then empty.
  bool AllowedTokens(size_t most, std::vector<TokenId>& tokens) const;

  // The bytes that must come next: the longest text of at most `most` bytes that has no
  // alternative (another byte, a token terminal, or the end) before any of its bytes.
  std::string ForcedBytes(size_t most) const;

  // The tokens that the model's own tokenizer writes for what must come next, at most `most`;
  // empty where nothing is forced or its tokenisation depends on what follows.
  //
  // `recent` are the last tokens before this point, newest last (a dozen is enough; they may lie
  // before the grammar's beginning): the text is tokenised together with what they wrote. Where the
  // tokenizer would join the two they stand, and the text is tokenised by itself. Tokens at the end
  // that a longer legal token could replace are left to the model. Nothing is accepted.
  std::vector<TokenId> ForcedTokens(const Tokenizer& tokenize, std::span<const TokenId> recent,
                                    size_t most) const;

  const Grammar& grammar() const { return *grammar_; }

 private:
  friend class GrammarRuntime;

  std::shared_ptr<const Grammar> grammar_;
  std::vector<State> history_;  // the states before each accepted token
  State state_;
};

}  // namespace lorikeet::grammar
