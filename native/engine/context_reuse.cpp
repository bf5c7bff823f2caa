// What slots hold of former prompts: who takes it over, and where it is kept.
#include <algorithm>
#include <bit>
#include <span>
#include <utility>
#include <vector>

#include "engine/context_state.h"
#include "grammar/hash_index.h"

namespace lorikeet::engine {
namespace {

// A checkpoint is taken so far before the end of a prompt: the next turn's rendering may differ in
// its last tokens.
constexpr size_t kCheckpointDistance = 64;
// Copying state takes about as long as reading so many tokens.
constexpr size_t kWorthSharing = 16;
// Fewer tokens are not put aside: reading them again takes little longer.
constexpr size_t kWorthKeeping = 64;

}  // namespace

// Brings the longest beginning of a run's prompt that any slot of the set holds into its own slot;
// returns how many tokens it is.
size_t ContextState::TakePrefix(AdapterSet& set, SlotState& slot) {
  // At least one token is decoded for its logits.
  const auto prompt = std::span(slot.run->tokens()).first(slot.run->prompt_size() - 1);
  SequenceCache& own = set.cache(slot.index);
  size_t common = own.CommonPrefix(prompt);
  size_t reach = own.Reach(common);
  const SequenceCache* source = nullptr;
  for (const auto& other : slots_) {
    if (other.get() == &slot) continue;
    const SequenceCache& cache = set.cache(other->index);
    const size_t others_common = cache.CommonPrefix(prompt);
    const size_t others_reach = cache.Reach(others_common);
    if (others_reach < reach + (source == nullptr ? kWorthSharing : 1)) continue;
    source = &cache;
    common = others_common;
    reach = others_reach;
  }
  const uint64_t key = KeyOf(set);
  store_.WarnOfForeign(key, prompt);
  StateStore::Found stored;
  if (store_.Reach(key, prompt) > reach + kWorthSharing) stored = store_.Find(key, prompt);
  const bool moves = stored.saved != nullptr || source != nullptr;
  PutAside(set, own, moves ? 0 : reach);
  size_t cached = 0;
  if (stored.saved != nullptr) {
    common = stored.common;
    cached = own.Load(*stored.saved, common);
    own.SaveCheckpoint();
  } else {
    cached = source == nullptr ? own.CutBack(common) : own.Share(*source, common);
  }
  own.SetOwner(slot.owner, slot.run->shared_tokens());
  PlanCheckpoints(slot, cached, common);
  return cached;
}

// Keeps a sequence that is about to be cut back to `kept` tokens, where much would be lost; of one
// whose session was disposed only the beginning that others may have too.
void ContextState::PutAside(const AdapterSet& set, SequenceCache& cache, size_t kept) {
  if (options_.idle_bytes == 0 && !store_.has_folder()) return;
  if (cache.wanted() < kept + kWorthKeeping) return;
  cache.CutBack(cache.wanted());
  if (cache.size() < kept + kWorthKeeping || store_.Holds(KeyOf(set), cache.tokens())) return;
  if (auto saved = cache.Save()) store_.Put(KeyOf(set), std::move(*saved));
}

// Writes the beginning that other prompts share, once it has been read.
void ContextState::SaveShared(const AdapterSet& set, const SlotState& slot) {
  const SequenceCache& cache = set.cache(slot.index);
  if (!store_.has_folder() || cache.size() != slot.run->shared_tokens() ||
      cache.size() < kWorthKeeping || store_.HoldsOnDisk(KeyOf(set), cache.tokens())) {
    return;
  }
  auto saved = cache.Save();
  if (!saved) return;
  saved->checkpoints.clear();
  store_.Write(KeyOf(set), std::move(*saved));
}

// Of the checkpoints the last is enough: beginnings that others share have files of their own.
void ContextState::SaveSlot(SlotState& slot) {
  if (!store_.has_folder()) return;
  for (const auto& set : sets_) {
    const SequenceCache& cache = set->cache(slot.index);
    if (cache.size() < kWorthKeeping || store_.HoldsOnDisk(KeyOf(*set), cache.tokens())) continue;
    auto saved = cache.Save();
    if (!saved) continue;
    while (saved->checkpoints.size() > 1) saved->checkpoints.erase(saved->checkpoints.begin());
    store_.Write(KeyOf(*set), std::move(*saved));
  }
}

// What the state of a set belongs to.
uint64_t ContextState::KeyOf(const AdapterSet& set) const {
  std::vector<std::pair<uint64_t, float>> adapters;
  for (const ScaledAdapter& one : set.adapters()) {
    adapters.emplace_back(one.adapter->fingerprint(), one.scale);
  }
  std::ranges::sort(adapters);
  uint64_t key = model_key_;
  for (const auto& [fingerprint, scale] : adapters) {
    key = grammar::MixHash(grammar::MixHash(key, fingerprint), std::bit_cast<uint32_t>(scale));
  }
  return key;
}

// Checkpoints are kept where prompts are likely to part: where this one parted from another, where
// the caller says, and before the last message.
void ContextState::PlanCheckpoints(SlotState& slot, size_t cached, size_t common) {
  const size_t end = slot.run->prompt_size();
  const size_t shared = slot.run->shared_tokens();
  slot.checkpoints.clear();
  for (size_t length : {common, shared}) {
    if (length > cached && length < end) slot.checkpoints.push_back(length);
  }
  std::ranges::sort(slot.checkpoints);
  const size_t last = slot.checkpoints.empty() ? cached : slot.checkpoints.back();
  if (last + kCheckpointDistance < end) slot.checkpoints.push_back(end - kCheckpointDistance);
}

}  // namespace lorikeet::engine
