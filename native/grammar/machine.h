// The contract between an automaton and the mask engine.
//
// A Machine is a lazily explored deterministic automaton over bytes, and over token ids where its
// language has token terminals. Its configurations (stacks, registers, item sets) are its own
// business: it hash-conses them and names each by a small integer, so that equal configurations
// have equal names. A derived class says what a state does (the Derive functions); this base class
// remembers the answers and makes repeated steps cheap.
//
// LIVENESS: every state a machine hands out can be completed. A byte or token after which no
// completion exists leads to kDead. Masks rely on it: a live state always allows some token or can
// end.
//
// THREADS: a machine is used by one thread at a time; Grammar holds the lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "grammar/byte_set.h"
#include "grammar/slices.h"

namespace lorikeet::grammar {

using State = uint32_t;
using TokenId = int32_t;

inline constexpr State kDead = 0;

// "No limit", of the code points of a text.
inline constexpr uint32_t kUnlimitedLength = UINT32_MAX;

// The texts of one slice that are legal in a state.
struct LiveTexts {
  uint32_t length = 0;   // all of up to so many code points are; perhaps kUnlimitedLength
  bool longest = false;  // no longer one is

  friend bool operator==(const LiveTexts&, const LiveTexts&) = default;
};

// The token terminals that are legal in a state: `ids`, and where `all_but`, every other emittable
// token (see Vocabulary) but `excluded`.
struct TokenTerminals {
  std::vector<TokenId> ids;
  bool all_but = false;
  std::optional<TokenId> excluded;

  // Adds every token but one. Two different exceptions leave none.
  void AddAllBut(TokenId token) {
    if (all_but && excluded != token) {
      excluded.reset();
    } else {
      excluded = token;
    }
    all_but = true;
  }
};

class Machine {
 public:
  Machine() = default;
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  virtual ~Machine() = default;

  // The first state; never kDead. Asked anew after Compact.
  virtual State Start() = 0;

  // The state after one more byte, or kDead. REQUIRES: `state` is live.
  // Throws GrammarError GRAMMAR_TOO_LARGE where a budget of the machine is exhausted.
  State Step(State state, uint8_t byte);

  // A superset of the bytes that Step accepts; its complement is certainly dead.
  const ByteSet& NextBytes(State state);

  // Whether what was read so far is a whole text of the language.
  virtual bool CanEnd(State state) = 0;

  // What the machine knows about a whole slice in one state. Saying less is always right.
  //
  // Whether all code points of the slice lead from `state` to one and the same state (kDead
  // included).
  virtual bool IsUniform(State /*state*/, Slice /*slice*/) { return false; }
  // Which texts of the slice are legal, although different ones may lead to different states.
  virtual LiveTexts Live(State /*state*/, Slice /*slice*/) { return {}; }

  // A state that allows the same tokens as `state`, where no token is longer than `longest` bytes;
  // the same one for as many states as possible, because limits far away and texts that matter only
  // later are left out of it. A step from it, or from a state it leads to, may give kAsk: here
  // `state` itself decides. Only masks are made from twins.
  static constexpr State kAsk = UINT32_MAX - 2;
  virtual State MaskTwin(State state, uint32_t /*longest*/) { return state; }

  // Token terminals. Machines whose language is bytes alone leave these as they are.
  virtual void AddNextTokens(State /*state*/, TokenTerminals& /*terminals*/) {}
  virtual State StepToken(State /*state*/, TokenId /*token*/) { return kDead; }

  // The state that allows what either does: a token can satisfy a token terminal and be text at
  // once. Machines in which it cannot leave this as it is.
  virtual State Merge(State a, State b) { return a != kDead ? a : b; }

  // Bytes of memory that Compact could give back, roughly.
  virtual size_t MemoryBytes() const { return StepMemoryBytes(); }

  // Forgets every state but Start(), those in `live` and what they are made of, and replaces each
  // element of `live` by its new name. A machine that keeps all its states may do nothing.
  virtual void Compact(std::span<State> /*live*/) {}

 protected:
  // The same as Step and NextBytes, not remembered; called once for each question. Both may create
  // states. DeriveStep is asked only for members of DeriveBytes.
  virtual State DeriveStep(State state, uint8_t byte) = 0;
  virtual ByteSet DeriveBytes(State state) = 0;

  // Forgets all remembered answers, for Compact.
  void ForgetSteps();
  size_t StepMemoryBytes() const;

 private:
  friend class MaskBuilder;

  // The legal bytes of a state and where its successors lie: `cells_[row + byte]` where `dense`,
  // `cells_[row + bytes.RankOf(byte)]` otherwise.
  struct Memo {
    ByteSet bytes;
    uint32_t row = kNoRow;
    bool dense = false;
  };
  static constexpr uint32_t kNoRow = UINT32_MAX;
  static constexpr State kUnknown = UINT32_MAX;

  const Memo& MemoOf(State state) {
    if (state >= memos_.size() || memos_[state].row == kNoRow) Expand(state);
    return memos_[state];
  }
  static size_t CellOf(const Memo& memo, uint8_t byte) {
    return memo.row + (memo.dense ? byte : memo.bytes.RankOf(byte));
  }
  void Expand(State state);
  State StepFirst(State state, uint8_t byte, size_t cell);

  std::vector<Memo> memos_;
  std::vector<State> cells_;
};

inline const ByteSet& Machine::NextBytes(State state) { return MemoOf(state).bytes; }

inline State Machine::Step(State state, uint8_t byte) {
  const Memo& memo = MemoOf(state);
  if (!memo.bytes.Contains(byte)) return kDead;
  const size_t cell = CellOf(memo, byte);
  return cells_[cell] != kUnknown ? cells_[cell] : StepFirst(state, byte, cell);
}

}  // namespace lorikeet::grammar
