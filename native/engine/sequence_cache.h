// The cached state of one sequence in one llama_context, and the tokens that it stands for.
//
// Layers with a sliding window forget what lies before it, so a sequence cannot always be cut back
// to an earlier length. The cache keeps a few checkpoints of what such layers held for that.
//
// Sequences of one context may stand for the same beginning: they share its cells, but for the
// window, of which each has a copy. (A shared window would keep its cells for ever, because
// llama.cpp reuses the cells behind a window only where one sequence holds them.)
//
// THREADS: the engine thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "llama.h"

namespace lorikeet::engine {

// State as llama.cpp writes it. (A vector would fill it with zeros first.)
class StateBytes {
 public:
  StateBytes() = default;
  // Not yet written.
  explicit StateBytes(size_t size) : data_(new uint8_t[size]), size_(size) {}

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  size_t size() const { return size_; }
  // Leaves off the end. REQUIRES: size <= size().
  void Shorten(size_t size) { size_ = size; }

 private:
  std::unique_ptr<uint8_t[]> data_;
  size_t size_ = 0;
};

// What layers with a sliding window held after `length` tokens.
struct Checkpoint {
  size_t length;
  StateBytes state;
};
using CheckpointPointer = std::shared_ptr<const Checkpoint>;

// A whole sequence outside of any llama_context: its tokens, the state after all of them, and
// checkpoints before.
struct SavedSequence {
  std::vector<llama_token> tokens;
  StateBytes state;
  std::vector<CheckpointPointer> checkpoints;  // by length, ascending

  size_t bytes() const;
  // The longest state of at most `length` tokens that Load can give; 0: none. `has_window`: the
  // model has layers that forget.
  size_t Reach(size_t length, bool has_window) const;
};

class SequenceCache {
 public:
  // `window_cells`: cells that the layers with a sliding window have for all sequences; 0 where
  // there are no such layers and every length can be cut back to.
  SequenceCache(llama_context* context, llama_seq_id sequence, size_t window_cells);

  const std::vector<llama_token>& tokens() const { return tokens_; }
  size_t size() const { return tokens_.size(); }

  // Whose tokens they are, and how many of the first are a beginning that others may have too.
  void SetOwner(uint64_t owner, size_t shared) {
    owner_ = owner;
    shared_ = shared;
    wanted_ = true;
  }
  // The owner does not come back.
  void Forget(uint64_t owner) { wanted_ = wanted_ && owner_ != owner; }
  // How many of the first tokens somebody may come back for.
  size_t wanted() const { return wanted_ ? size() : std::min(shared_, size()); }

  // How many of the first tokens of `prompt` are those of the cache.
  size_t CommonPrefix(std::span<const llama_token> prompt) const;

  // The size that CutBack(length) would give, or Share with this as its source.
  size_t Reach(size_t length) const;

  // Cuts back to the first `length` tokens, or to the longest state below that can be had; returns
  // the new size.
  size_t CutBack(size_t length);

  // Forgets its own tokens and takes the first `length` tokens of another sequence of the same
  // context, or the longest state below that can be had; returns the new size.
  size_t Share(const SequenceCache& source, size_t length);

  // Everything that is needed to go on elsewhere; nothing where there are no tokens or llama.cpp
  // cannot write the state.
  std::optional<SavedSequence> Save() const;

  // Forgets its own tokens and takes the first `length` of what Save gave, or the longest state
  // below that can be had; returns the new size, 0 where llama.cpp refuses the state.
  size_t Load(const SavedSequence& saved, size_t length);

  // Whether tokens that are decoded next in one piece can be taken back.
  bool CanTakeBack() const { return CanCutTo(size()); }

  // Forgets what a decode call has left beyond the tokens: one that failed, or held wrong guesses.
  void DropUnknown();

  // Notes tokens that were decoded at the end of this sequence.
  void Append(std::span<const llama_token> tokens);

  // Keeps the state of the present length, where cutting back to it may fail later. Of several the
  // first stays longest: it is the beginning that sessions share.
  void SaveCheckpoint();

  void Clear();

 private:
  const Checkpoint* FindCheckpoint(size_t length) const;
  CheckpointPointer TakeCheckpoint() const;
  void DropCheckpointsAfter(size_t length);
  bool CanCutTo(size_t length) const;
  size_t CutState(size_t length);
  bool Restore(const Checkpoint& checkpoint);

  llama_context* context_;
  llama_seq_id sequence_;
  size_t window_cells_;
  std::vector<llama_token> tokens_;
  uint64_t owner_ = 0;
  size_t shared_ = 0;
  bool wanted_ = true;
  std::vector<CheckpointPointer> checkpoints_;  // by length, ascending
};

}  // namespace lorikeet::engine
