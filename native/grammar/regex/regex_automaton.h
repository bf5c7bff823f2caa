// ECMA-262 patterns with the `u` flag, as texts: format "regex".
#pragma once

#include "grammar/regex/language.h"

namespace lorikeet::grammar {

// Every state can be completed. Narrower than ECMA-262: groups nest six deep, ranges of classes lie
// within ASCII, escapes of letters are those of the `u` flag, braces and brackets that stand for
// themselves are escaped. Ranges and counts of two are in order, which would need hundreds of
// alternatives as an expression.
class RegexAutomaton : public ByteAutomaton {
 public:
  uint64_t Start() const override;
  std::optional<uint64_t> Step(uint64_t state, uint8_t byte) const override;
  bool Accepts(uint64_t state) const override;
  std::optional<bool> Alive(uint64_t) const override { return true; }
  void MarkBoundaries(std::bitset<257>& boundaries) const override;
};

}  // namespace lorikeet::grammar
