// The memo of Machine: one row of successors for each state that was asked for one.
#include "grammar/machine.h"

#include <utility>

namespace lorikeet::grammar {
namespace {

// Rows with more successors than this are indexed by the byte itself.
constexpr size_t kMaxRankedCells = 24;

}  // namespace

void Machine::Expand(State state) {
  const ByteSet bytes = DeriveBytes(state);
  if (state >= memos_.size()) memos_.resize(state + 1 + state / 2);
  Memo& memo = memos_[state];
  const size_t count = bytes.Count();
  memo.bytes = bytes;
  memo.dense = count > kMaxRankedCells;
  memo.row = static_cast<uint32_t>(cells_.size());
  cells_.resize(cells_.size() + (memo.dense ? 256 : count), kUnknown);
  if (!memo.dense) return;
  for (uint32_t byte = 0; byte < 256; byte++) {
    if (!bytes.Contains(static_cast<uint8_t>(byte))) cells_[memo.row + byte] = kDead;
  }
}

State Machine::StepFirst(State state, uint8_t byte, size_t cell) {
  const State next = DeriveStep(state, byte);
  cells_[cell] = next;
  return next;
}

void Machine::ForgetSteps() {
  std::exchange(memos_, {});
  std::exchange(cells_, {});
}

size_t Machine::StepMemoryBytes() const {
  return memos_.capacity() * sizeof(Memo) + cells_.capacity() * sizeof(State);
}

}  // namespace lorikeet::grammar
