// A deterministic automaton of one language, built state by state as it is walked.
//
// State 0 is dead: no completion exists. Every other state is alive: liveness is exact. Bytes are
// compressed to the classes that the language tells apart, so a step that was taken before costs
// two loads.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/byte_set.h"
#include "grammar/machine.h"
#include "grammar/regex/language.h"
#include "grammar/slices.h"

namespace lorikeet::grammar {

class Dfa {
 public:
  static constexpr uint32_t kDead = 0;

  // `languages` must outlive this. Throws LanguageError where emptiness cannot be settled within
  // the budget; so does every function below that meets a state for the first time.
  Dfa(Languages& languages, Language language);

  // kDead where the language is empty.
  uint32_t Start() const { return start_; }

  uint32_t Step(uint32_t state, uint8_t byte) {
    const uint32_t next = table_[size_t{state} * class_count_ + class_of_[byte]];
    return next != kUnknown ? next : StepSlow(state, byte);
  }
  uint32_t Walk(uint32_t state, std::string_view bytes);
  bool Accepts(uint32_t state) const { return accepts_[state]; }

  // The bytes that lead from `state` to a state that is alive.
  ByteSet NextBytes(uint32_t state);

  // The same and possibly more: no search for what is alive.
  const ByteSet& PossibleBytes(uint32_t state);

  // --- REQUIRED of `state` below: it lies between code points and is not dead ---

  // What is known about a whole slice, as a mask engine wants it (machine.h). Of live texts, where
  // the whole rest must have `min_rest` to `max_rest` code points; the length is at most 17 or
  // kUnlimitedLength: a mask engine counts no further.
  bool IsUniform(uint32_t state, Slice slice);
  LiveTexts Live(uint32_t state, Slice slice, uint32_t min_rest = 0,
                 uint32_t max_rest = kUnbounded);

  // Whether some code point of first..last leads from `state` to a state that is alive (a \u escape
  // half read asks this).
  bool AnyAlive(uint32_t state, uint32_t first, uint32_t last);

  // Whether some completion has `min` to `max` code points: with it, a counter kept outside makes
  // minLength and maxLength exact together with this language.
  bool CanFinish(uint32_t state, uint32_t min, uint32_t max) {
    return languages_->HasLengthWithin(language_of_[state], min, max);
  }

  // The most code points, or more, that the shortest completion of a state may have; kUnbounded
  // where that is not known.
  uint32_t Detour();

  // A language that allows the same next `longest` bytes as the state, and whose end is as near;
  // without counts that are further away, so that many states share it. nullopt where that would be
  // the state's own.
  std::optional<Language> Widened(uint32_t state, uint32_t longest);

  // What a state stands for, and how many there are so far.
  Language StateLanguage(uint32_t state) const { return language_of_[state]; }
  size_t state_count() const { return language_of_.size(); }
  size_t MemoryBytes() const;

 private:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  uint32_t StepSlow(uint32_t state, uint8_t byte);
  uint32_t StateOf(uint32_t language);

  Languages* languages_;
  uint32_t start_ = kDead;
  uint32_t class_count_ = 0;
  uint8_t class_of_[256] = {};
  std::vector<uint32_t> table_;  // [state][class]
  // Where the state that was last stepped from tells bytes apart.
  uint32_t marked_ = kDead;
  std::bitset<257> boundaries_;
  std::optional<uint32_t> most_count_;  // Impl::MostCount, once it was asked
  std::vector<uint8_t> accepts_;
  std::vector<Language> language_of_;
  std::vector<ByteSet> possible_;                    // by state; empty: not asked for
  std::unordered_map<uint32_t, uint32_t> state_of_;  // by language

  // --- live_texts.cpp
  //
  // Where the code points of a slice lead from one state.
  struct Targets {
    enum class Kind : uint8_t {
      kAlive,  // to `count` states of target_states_ from `first` on, all alive
      kDead,   // none goes on
      kSome,   // some go on and some do not, or there are too many states
    };
    Kind kind = Kind::kSome;
    uint32_t first = 0;
    uint32_t count = 0;
  };
  Targets TargetsOf(uint32_t state, Slice slice);
  LiveTexts SearchLive(uint32_t start, Slice slice, uint32_t min_rest);
  LiveTexts SearchBounded(uint32_t start, Slice slice, uint32_t min_rest, uint32_t max_rest);
  bool CertainlyFinishes(uint32_t state, uint32_t min, uint32_t max);
  std::optional<LiveTexts> KnownLive(uint32_t state, Slice slice);
  bool IsEvergreen(uint32_t state) const;

  // Answers about slices that were given before, by state; of live texts where the rest may have
  // any length.
  struct SliceAnswers {
    SliceSet asked_uniform = 0, uniform = 0;
    SliceSet asked_live = 0, longest = 0;
    static constexpr uint8_t kUnlimited = 0xFF;
    std::array<uint8_t, kSliceCount> lengths{};
  };
  SliceAnswers& AnswersOf(uint32_t state);
  std::vector<SliceAnswers> slice_answers_;
  std::unordered_map<uint64_t, Targets> targets_;  // by state and slice
  std::vector<uint32_t> target_states_;
};

}  // namespace lorikeet::grammar
