#include "engine/sequence_cache.h"

#include <algorithm>

namespace lorikeet::engine {
namespace {

constexpr size_t kMaxCheckpoints = 3;

// The last of `checkpoints` (by length, ascending) that holds at most `length` tokens.
const Checkpoint* LastWithin(const std::vector<CheckpointPointer>& checkpoints, size_t length) {
  const Checkpoint* found = nullptr;
  for (const CheckpointPointer& one : checkpoints) {
    if (one->length <= length) found = one.get();
  }
  return found;
}

}  // namespace

size_t SavedSequence::bytes() const {
  size_t sum = state.size() + tokens.size() * sizeof(llama_token);
  for (const CheckpointPointer& one : checkpoints) sum += one->state.size();
  return sum;
}

size_t SavedSequence::Reach(size_t length, bool has_window) const {
  if (length >= tokens.size()) return tokens.size();
  if (!has_window) return length;
  const Checkpoint* checkpoint = LastWithin(checkpoints, length);
  return checkpoint == nullptr ? 0 : checkpoint->length;
}

SequenceCache::SequenceCache(llama_context* context, llama_seq_id sequence, size_t window_cells)
    : context_(context), sequence_(sequence), window_cells_(window_cells) {}

size_t SequenceCache::CommonPrefix(std::span<const llama_token> prompt) const {
  const auto end = std::ranges::mismatch(prompt, tokens_).in1;
  return static_cast<size_t>(end - prompt.begin());
}

size_t SequenceCache::Reach(size_t length) const {
  if (length >= size()) return size();
  if (CanCutTo(length)) return length;
  const Checkpoint* checkpoint = FindCheckpoint(length);
  return checkpoint == nullptr ? 0 : checkpoint->length;
}

size_t SequenceCache::CutBack(size_t length) {
  return length >= size() ? size() : CutState(length);
}

void SequenceCache::DropUnknown() { CutState(size()); }

size_t SequenceCache::CutState(size_t length) {
  if (length == 0) {
    Clear();
    return 0;
  }
  DropCheckpointsAfter(length);
  if (CanCutTo(length) && llama_memory_seq_rm(llama_get_memory(context_), sequence_,
                                              static_cast<llama_pos>(length), -1)) {
    tokens_.resize(length);
    return length;
  }
  while (!checkpoints_.empty()) {
    if (Restore(*checkpoints_.back())) return size();
    checkpoints_.pop_back();
  }
  Clear();
  return 0;
}

size_t SequenceCache::Share(const SequenceCache& source, size_t length) {
  Clear();
  length = std::min(length, source.size());
  // The copy of a window that is still whole is taken from the source, which keeps it too.
  const bool whole = length == source.size() || source.CanCutTo(length);
  const Checkpoint* window = source.FindCheckpoint(length);
  if (!whole && window == nullptr) return 0;
  if (whole && window != nullptr && window->length != length) window = nullptr;
  if (window != nullptr) length = window->length;
  if (length == 0) return 0;
  llama_memory_seq_cp(llama_get_memory(context_), source.sequence_, sequence_, 0,
                      static_cast<llama_pos>(length));
  tokens_.assign(source.tokens_.begin(), source.tokens_.begin() + static_cast<ptrdiff_t>(length));
  for (const CheckpointPointer& one : source.checkpoints_) {
    if (one->length <= length) checkpoints_.push_back(one);
  }
  // False where the state cannot be cut (recurrent layers).
  if (!llama_memory_seq_rm(llama_get_memory(context_), sequence_, static_cast<llama_pos>(length),
                           -1)) {
    Clear();
    return 0;
  }
  if (window_cells_ == 0) return length;
  const CheckpointPointer taken = window == nullptr ? TakeCheckpoint() : nullptr;
  if (taken != nullptr) window = taken.get();
  if (window != nullptr && Restore(*window)) return length;
  Clear();
  return 0;
}

std::optional<SavedSequence> SequenceCache::Save() const {
  if (size() == 0) return std::nullopt;
  SavedSequence saved{tokens_, StateBytes(llama_state_seq_get_size(context_, sequence_)),
                      checkpoints_};
  const size_t written =
      llama_state_seq_get_data(context_, saved.state.data(), saved.state.size(), sequence_);
  if (written == 0) return std::nullopt;
  saved.state.Shorten(written);
  return saved;
}

size_t SequenceCache::Load(const SavedSequence& saved, size_t length) {
  Clear();
  if (llama_state_seq_set_data(context_, saved.state.data(), saved.state.size(), sequence_) == 0) {
    Clear();
    return 0;
  }
  tokens_ = saved.tokens;
  checkpoints_ = saved.checkpoints;
  return CutBack(length);
}

void SequenceCache::Append(std::span<const llama_token> tokens) {
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

void SequenceCache::SaveCheckpoint() {
  if (window_cells_ == 0 || size() == 0) return;
  if (!checkpoints_.empty() && checkpoints_.back()->length >= size()) return;
  CheckpointPointer checkpoint = TakeCheckpoint();
  if (checkpoint == nullptr) return;
  if (checkpoints_.size() == kMaxCheckpoints) checkpoints_.erase(checkpoints_.begin() + 1);
  checkpoints_.push_back(std::move(checkpoint));
}

const Checkpoint* SequenceCache::FindCheckpoint(size_t length) const {
  return LastWithin(checkpoints_, length);
}

// Null: llama.cpp cannot write the state.
CheckpointPointer SequenceCache::TakeCheckpoint() const {
  Checkpoint checkpoint{size(), StateBytes(llama_state_seq_get_size_ext(
                                    context_, sequence_, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY))};
  const size_t written =
      llama_state_seq_get_data_ext(context_, checkpoint.state.data(), checkpoint.state.size(),
                                   sequence_, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  if (written == 0) return nullptr;
  checkpoint.state.Shorten(written);
  return std::make_shared<const Checkpoint>(std::move(checkpoint));
}

void SequenceCache::DropCheckpointsAfter(size_t length) {
  std::erase_if(checkpoints_, [&](const CheckpointPointer& one) { return one->length > length; });
}

// The window of position `length` must be whole: itself and the n_swa - 1 positions before it.
bool SequenceCache::CanCutTo(size_t length) const {
  if (window_cells_ == 0) return true;
  const llama_pos first = llama_memory_seq_pos_min(llama_get_memory(context_), sequence_);
  const llama_pos window = llama_model_n_swa(llama_get_model(context_));
  return first >= 0 && first <= std::max<llama_pos>(0, static_cast<llama_pos>(length) + 1 - window);
}

bool SequenceCache::Restore(const Checkpoint& checkpoint) {
  const size_t length = checkpoint.length;
  const size_t read =
      llama_state_seq_set_data_ext(context_, checkpoint.state.data(), checkpoint.state.size(),
                                   sequence_, LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY);
  if (read == 0 || !llama_memory_seq_rm(llama_get_memory(context_), sequence_,
                                        static_cast<llama_pos>(length), -1)) {
    return false;
  }
  tokens_.resize(length);
  return true;
}

void SequenceCache::Clear() {
  llama_memory_seq_rm(llama_get_memory(context_), sequence_, -1, -1);
  tokens_.clear();
  checkpoints_.clear();
}

}  // namespace lorikeet::engine
