#include "grammar/regex/dfa.h"

#include <algorithm>
#include <array>
#include <utility>

#include "grammar/regex/language_impl.h"
#include "grammar/regex/utf8.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

}  // namespace

Dfa::Dfa(Languages& languages, Language language) : languages_(&languages) {
  Boundaries boundaries;
  languages.impl().MarkAll(language.id, boundaries);
  for (int byte = 0; byte < 256; byte++) {
    if (byte == 0 || boundaries[byte]) class_count_++;
    class_of_[byte] = static_cast<uint8_t>(class_count_ - 1);
  }
  table_.assign(class_count_, kDead);
  accepts_.push_back(0);
  language_of_.push_back(languages.Nothing());
  languages.impl().BeginQuestion();
  start_ = StateOf(language.id);
}

uint32_t Dfa::StateOf(uint32_t language) {
  if (language == Impl::kNothingId) return kDead;
  if (const auto found = state_of_.find(language); found != state_of_.end()) return found->second;
  Impl& impl = languages_->impl();
  uint32_t state = kDead;
  if (impl.Alive(language)) {
    const bool accepts = impl.Nullable(language);
    state = static_cast<uint32_t>(language_of_.size());
    language_of_.push_back({language});
    accepts_.push_back(accepts);
    table_.insert(table_.end(), class_count_, kUnknown);
  }
  state_of_.emplace(language, state);
  return state;
}

uint32_t Dfa::StepSlow(uint32_t state, uint8_t byte) {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[state].id;
  const uint32_t next = StateOf(impl.Derive(language, byte));
  // All bytes that this state does not tell apart lead there.
  if (marked_ != state) {
    marked_ = state;
    boundaries_.reset();
    impl.MarkFirst(language, boundaries_);
  }
  const Boundaries& boundaries = boundaries_;
  unsigned first = byte, last = byte;
  while (first > 0 && !boundaries[first]) first--;
  while (last < 255 && !boundaries[last + 1]) last++;
  uint32_t* row = &table_[size_t{state} * class_count_];
  std::fill(row + class_of_[first], row + class_of_[last] + 1, next);
  return next;
}

uint32_t Dfa::Walk(uint32_t state, std::string_view bytes) {
  for (char byte : bytes) state = Step(state, static_cast<uint8_t>(byte));
  return state;
}

ByteSet Dfa::NextBytes(uint32_t state) {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[state].id;
  ByteSet bytes = impl.FirstBytes(language);
  if (impl.Plain(language)) return bytes;
  const ByteSet possible = bytes;
  possible.ForEach([&](uint8_t byte) {
    if (Step(state, byte) == kDead) bytes.Remove(byte);
  });
  return bytes;
}

const ByteSet& Dfa::PossibleBytes(uint32_t state) {
  if (state >= possible_.size()) possible_.resize(language_of_.size());
  // Of states that are alive, only the end of a language has none.
  if (possible_[state].Empty()) {
    Impl& impl = languages_->impl();
    impl.BeginQuestion();
    possible_[state] = impl.FirstBytes(language_of_[state].id);
  }
  return possible_[state];
}

uint32_t Dfa::Detour() {
  Impl& impl = languages_->impl();
  impl.BeginQuestion();
  const uint32_t language = language_of_[start_].id;
  return impl.Plain(language) ? impl.Detour(language) : kUnbounded;
}

std::optional<Language> Dfa::Widened(uint32_t state, uint32_t longest) {
  Impl& impl = languages_->impl();
  if (!most_count_) most_count_ = impl.MostCount(language_of_[start_].id);
  const uint32_t language = language_of_[state].id;
  if (*most_count_ <= longest || !impl.Plain(language)) return std::nullopt;
  impl.BeginQuestion();
  const uint32_t widened = impl.Widen(language, longest);
  if (widened == language) return std::nullopt;
  return Language{widened};
}

bool Dfa::AnyAlive(uint32_t state, uint32_t first, uint32_t last) {
  for (const Utf8Block& block : Utf8Blocks(first, last)) {
    uint32_t at = state;
    for (uint8_t byte : block.prefix) at = Step(at, byte);
    for (unsigned byte = block.first; byte <= block.last && at != kDead; byte++) {
      if (Step(at, static_cast<uint8_t>(byte)) != kDead) return true;
    }
  }
  return false;
}

size_t Dfa::MemoryBytes() const {
  return sizeof(*this) + table_.capacity() * sizeof(uint32_t) + accepts_.capacity() +
         language_of_.capacity() * sizeof(Language) + possible_.capacity() * sizeof(ByteSet) +
         slice_answers_.capacity() * sizeof(SliceAnswers) + state_of_.size() * 32 +
         targets_.size() * 48 + target_states_.capacity() * sizeof(uint32_t);
}

}  // namespace lorikeet::grammar
