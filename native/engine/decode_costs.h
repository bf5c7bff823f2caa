// What decode calls of few tokens take, as measured on this machine with this model.
//
// A call of two tokens may cost one and a half times, or twice as much as one of one token,
// depending on kernels and memory. Whether tokens are worth guessing depends on it.
//
// THREADS: any, one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace lorikeet::engine {

class DecodeCosts {
 public:
  // Calls of more tokens are not recorded.
  static constexpr size_t kMostTokens = 96;

  // Notes a call whose tokens all gave logits.
  void Record(size_t tokens, double milliseconds);

  // What a call of so many tokens takes, in milliseconds: as measured lately, or between or beyond
  // what was; hopefully little where nothing is known, so that it is tried. REQUIRES: tokens > 0.
  double Of(size_t tokens) const;

 private:
  struct Measured {
    double milliseconds = 0;
    uint64_t call = 0;  // the last one; 0: none
  };

  bool Known(size_t tokens) const;

  std::array<Measured, kMostTokens + 1> measured_;
  uint64_t calls_ = 0;
};

}  // namespace lorikeet::engine
