// Regular languages over bytes, as hash-consed expressions that are differentiated lazily.
//
// A `Language` is an index into one `Languages`: equal expressions have equal indices, so comparing
// and storing languages is free. Text is UTF-8; "code point" below always means a Unicode scalar
// value (no surrogates). Repetition counts, intersections and complements are nodes, never unrolled
// or determinised in advance; `Dfa` (dfa.h) builds states as they are visited.
//
// Every language is a set of texts: byte strings that are valid UTF-8 (REQUIRED of literals).
//
// One `Languages` belongs to one grammar and is used by one thread at a time.
#pragma once

#include <bitset>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/byte_set.h"
#include "grammar/error.h"
#include "grammar/regex/code_points.h"

namespace lorikeet::grammar {

// A language was asked for something that its budget of work does not allow, or that this library
// does not do. `what()` names the construct and what was expected instead.
struct LanguageError : GrammarError {
  explicit LanguageError(const std::string& message,
                         GrammarErrorCode code = GrammarErrorCode::kGrammarTooLarge)
      : GrammarError(code, message) {}
};

struct Language {
  uint32_t id = 0;
  friend bool operator==(Language, Language) = default;
};

// "No upper bound", for counts of repetitions and of code points.
inline constexpr uint32_t kUnbounded = 0xFFFFFFFF;

// A deterministic automaton given by code instead of by an expression (numbers use it). Its states
// are visited lazily; state values are the automaton's own.
class ByteAutomaton {
 public:
  virtual ~ByteAutomaton() = default;
  virtual uint64_t Start() const = 0;
  // The next state, or nullopt where `byte` leaves the language for good.
  virtual std::optional<uint64_t> Step(uint64_t state, uint8_t byte) const = 0;
  virtual bool Accepts(uint64_t state) const = 0;
  // Whether a completion exists, where that is known without a search.
  virtual std::optional<bool> Alive(uint64_t state) const = 0;
  // The bytes that completions hold, or more.
  virtual ByteSet BytesAfter(uint64_t /*state*/) const { return ByteSet::Range(0, 255); }
  // Splits bytes into those that `Step` tells apart: a bit set at b means that b and b-1 may
  // differ.
  virtual void MarkBoundaries(std::bitset<257>& boundaries) const = 0;
};

class Languages {
 public:
  Languages();
  ~Languages();
  Languages(const Languages&) = delete;
  Languages& operator=(const Languages&) = delete;

  // Atoms. `Nothing` has no member; `Empty` has the empty text alone.
  Language Nothing() const;
  Language Empty() const;
  Language Literal(std::string_view bytes);
  // Finitely many byte strings, as one deterministic trie (10,000 enum values are fine).
  Language Strings(std::vector<std::string> texts);
  // One code point of the set, in UTF-8.
  Language OneOf(const CodePointSet& set);
  // Every text (UTF-8, any length).
  Language AnyText();
  // Every text of `min` to `max` code points.
  Language AnyText(uint32_t min, uint32_t max);
  Language Automaton(std::shared_ptr<const ByteAutomaton> automaton);

  Language Concat(Language first, Language second);
  Language Concat(std::initializer_list<Language> parts);
  Language Union(Language a, Language b);
  Language Union(std::span<const Language> parts);
  Language Intersect(Language a, Language b);
  Language Intersect(std::span<const Language> parts);
  // Texts of exactly one of the parts.
  Language ExactlyOne(std::span<const Language> parts);
  // Texts (UTF-8) that are not in `language`.
  Language Complement(Language language);
  // Texts of `a` that are not in `b`.
  Language Difference(Language a, Language b);
  // `min` to `max` (or kUnbounded) members of `body` in a row.
  Language Repeat(Language body, uint32_t min, uint32_t max);
  Language Star(Language body) { return Repeat(body, 0, kUnbounded); }
  Language Optional(Language body) { return Repeat(body, 0, 1); }

  // A language that is defined after it is used (recursion through its own tail only, so that the
  // result stays regular). REQUIRES: defined before anything is asked of a language that holds it.
  Language Declare();
  void Define(Language declared, Language definition);

  // --- questions; each throws LanguageError where its budget of work ends first ---

  // Whether the empty text is a member.
  bool AcceptsEmpty(Language language);
  // What remains of the members that begin with `byte`.
  Language Derivative(Language language, uint8_t byte);
  bool Contains(Language language, std::string_view text);
  // Exact: no member at all.
  bool IsEmpty(Language language);
  // Whether some member has `min` to `max` code points.
  bool HasLengthWithin(Language language, uint32_t min, uint32_t max);
  // Every member of `a` is one of `b`.
  bool IsSubset(Language a, Language b);
  bool IsFinite(Language language);
  // All members in order of length, then bytes, where there are at most `limit`; else nullopt.
  std::optional<std::vector<std::string>> Enumerate(Language language, size_t limit);
  // A shortest member (fewest bytes); nullopt where the language is empty.
  std::optional<std::string> Shortest(Language language);

  // Nodes made so far: the measure of memory that budgets count.
  size_t size() const;
  // Most nodes this may hold before LanguageError; @default 400,000 (about 40 MB).
  void set_node_limit(size_t nodes);

  // The representation, for dfa.cpp and the sources of this folder.
  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace lorikeet::grammar
