// What the Matchers of one grammar share: the machine, its mask cache, and the lock over both.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/machine.h"
#include "grammar/mask.h"
#include "grammar/matcher.h"
#include "grammar/vocabulary.h"

namespace lorikeet::grammar {

class GrammarRuntime {
 public:
  // After an end-of-generation id.
  static constexpr State kEnded = UINT32_MAX - 1;

  GrammarRuntime(std::shared_ptr<const Vocabulary> vocabulary, std::unique_ptr<Machine> machine);
  ~GrammarRuntime();

  // Held around every other call.
  std::mutex& mutex() { return mutex_; }

  // Matchers whose states must survive a compaction.
  void Register(Matcher& matcher) { matchers_.push_back(&matcher); }
  void Unregister(Matcher& matcher);

  State Start() { return machine_->Start(); }

  // The state after a token or some bytes, or kDead.
  State Step(State state, TokenId token);
  State Step(State state, std::string_view bytes);

  bool CanEnd(State state) { return state != kEnded && machine_->CanEnd(state); }
  // Whether nothing can follow but the end.
  bool MustEnd(State state);

  // The legal tokens; the reference holds until the next call.
  const TokenMask& Mask(State state);

  // What must come next without an alternative: a byte, a token terminal, or neither.
  struct Forced {
    int byte = -1;
    TokenId token = -1;
  };
  Forced ForcedNext(State state);

  // Called now and then: compacts the machine where it has grown too much.
  void LimitMemory();

  Machine& machine() { return *machine_; }
  const Vocabulary& vocabulary() const { return *vocabulary_; }
  size_t MemoryBytes() const;

 private:
  const TokenMask& Keep(State state, TokenMask mask);
  void Compact();
  void ForgetMasks();

  std::mutex mutex_;
  const std::shared_ptr<const Vocabulary> vocabulary_;
  const std::unique_ptr<Machine> machine_;
  std::vector<Matcher*> matchers_;
  std::unordered_map<State, TokenMask> masks_;
  size_t mask_bytes_ = 0;
  size_t memory_limit_;
  size_t calls_ = 0;
};

}  // namespace lorikeet::grammar
