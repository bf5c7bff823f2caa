// RFC 3339's full-time: hours, minutes, seconds with an optional fraction, and the offset.
#pragma once

#include "grammar/regex/language.h"

namespace lorikeet::grammar {

// Every state can be completed. A second of 60 is allowed exactly where the time is 23:59 in UTC,
// so the offset depends on the hour and the minute: a relation that would need 1,440 alternatives
// as an expression.
class TimeAutomaton : public ByteAutomaton {
 public:
  uint64_t Start() const override { return 0; }
  std::optional<uint64_t> Step(uint64_t state, uint8_t byte) const override;
  bool Accepts(uint64_t state) const override;
  std::optional<bool> Alive(uint64_t) const override { return true; }
  ByteSet BytesAfter(uint64_t state) const override;
  void MarkBoundaries(std::bitset<257>& boundaries) const override;
};

}  // namespace lorikeet::grammar
