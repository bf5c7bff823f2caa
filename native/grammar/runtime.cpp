#include "grammar/runtime.h"

#include <algorithm>
#include <atomic>

namespace lorikeet::grammar {
namespace {

// Machines are compacted beyond this, and again when twice what was live then is reached.
constexpr size_t kMemoryLimit = size_t{32} << 20;
// How often LimitMemory looks.
constexpr size_t kCallsPerLook = 64;

// Masks of one grammar, and of all of them: each may always keep the former, and together they may
// keep the latter.
constexpr size_t kOwnMaskBytes = size_t{64} << 10;
constexpr size_t kAllMaskBytes = size_t{32} << 20;
std::atomic<size_t> all_mask_bytes{0};

}  // namespace

GrammarRuntime::GrammarRuntime(std::shared_ptr<const Vocabulary> vocabulary,
                               std::unique_ptr<Machine> machine)
    : vocabulary_(std::move(vocabulary)),
      machine_(std::move(machine)),
      memory_limit_(kMemoryLimit) {}

GrammarRuntime::~GrammarRuntime() { ForgetMasks(); }

void GrammarRuntime::Unregister(Matcher& matcher) {
  const auto found = std::find(matchers_.begin(), matchers_.end(), &matcher);
  if (found == matchers_.end()) return;
  *found = matchers_.back();
  matchers_.pop_back();
}

State GrammarRuntime::Step(State state, TokenId token) {
  if (state == kEnded || !vocabulary_->Contains(token)) return kDead;
  const State by_token = machine_->StepToken(state, token);
  if (vocabulary_->IsEndOfGeneration(token)) {
    return by_token == kDead && machine_->CanEnd(state) ? kEnded : by_token;
  }
  const State by_text = vocabulary_->IsText(token) ? Step(state, vocabulary_->Bytes(token)) : kDead;
  if (by_token == kDead) return by_text;
  return by_text == kDead ? by_token : machine_->Merge(by_token, by_text);
}

State GrammarRuntime::Step(State state, std::string_view bytes) {
  if (state == kEnded) return bytes.empty() ? kEnded : kDead;
  for (size_t i = 0; i < bytes.size() && state != kDead; i++) {
    state = machine_->Step(state, static_cast<uint8_t>(bytes[i]));
  }
  return state;
}

bool GrammarRuntime::MustEnd(State state) {
  if (!CanEnd(state)) return false;
  TokenTerminals terminals;
  machine_->AddNextTokens(state, terminals);
  if (!terminals.ids.empty() || terminals.all_but) return false;
  bool dead = true;
  const ByteSet bytes = machine_->NextBytes(state);
  bytes.ForEach([&](uint8_t byte) { dead = dead && machine_->Step(state, byte) == kDead; });
  return dead;
}

const TokenMask& GrammarRuntime::Mask(State state) {
  static const TokenMask empty;
  if (state == kEnded) return empty;
  const auto known = masks_.find(state);
  if (known != masks_.end() && known->second.asked.empty()) return known->second;
  const VocabularyImage& image = vocabulary_->image();
  const State twin = machine_->MaskTwin(state, image.longest_token);
  const auto made = masks_.find(twin);
  const TokenMask& mask =
      made != masks_.end() ? made->second : Keep(twin, BuildMask(image, *machine_, twin));
  return mask.asked.empty() ? mask : Keep(state, SettleMask(mask, image, *machine_, state));
}

const TokenMask& GrammarRuntime::Keep(State state, TokenMask mask) {
  const size_t bytes = mask.MemoryBytes();
  const bool crowded = all_mask_bytes.load(std::memory_order_relaxed) + bytes > kAllMaskBytes;
  if (mask_bytes_ + bytes > kOwnMaskBytes && crowded) ForgetMasks();
  mask_bytes_ += bytes;
  all_mask_bytes.fetch_add(bytes, std::memory_order_relaxed);
  return masks_.emplace(state, std::move(mask)).first->second;
}

GrammarRuntime::Forced GrammarRuntime::ForcedNext(State state) {
  if (state == kEnded || machine_->CanEnd(state)) return {};
  TokenTerminals terminals;
  machine_->AddNextTokens(state, terminals);
  if (terminals.all_but) return {};
  std::sort(terminals.ids.begin(), terminals.ids.end());
  const auto last = std::unique(terminals.ids.begin(), terminals.ids.end());
  const auto token_count = last - terminals.ids.begin();
  int byte = -1;
  size_t live = 0;
  const ByteSet bytes = machine_->NextBytes(state);
  bytes.ForEach([&](uint8_t candidate) {
    if (live > 1 || machine_->Step(state, candidate) == kDead) return;
    byte = candidate;
    live++;
  });
  if (live == 1 && token_count == 0) return {.byte = byte};
  if (live == 0 && token_count == 1) return {.token = terminals.ids[0]};
  return {};
}

void GrammarRuntime::LimitMemory() {
  if (++calls_ % kCallsPerLook != 0) return;
  if (machine_->MemoryBytes() <= memory_limit_) return;
  Compact();
  memory_limit_ = std::max(kMemoryLimit, machine_->MemoryBytes() * 2);
}

void GrammarRuntime::Compact() {
  std::vector<State*> places;
  for (Matcher* matcher : matchers_) {
    places.push_back(&matcher->state_);
    for (State& state : matcher->history_) places.push_back(&state);
  }
  std::erase_if(places, [](const State* place) { return *place == kEnded; });
  std::vector<State> live;
  for (const State* place : places) live.push_back(*place);
  machine_->Compact(live);
  for (size_t i = 0; i < places.size(); i++) *places[i] = live[i];
  ForgetMasks();
}

void GrammarRuntime::ForgetMasks() {
  all_mask_bytes.fetch_sub(mask_bytes_, std::memory_order_relaxed);
  mask_bytes_ = 0;
  masks_.clear();
}

size_t GrammarRuntime::MemoryBytes() const {
  return sizeof *this + machine_->MemoryBytes() + mask_bytes_;
}

}  // namespace lorikeet::grammar
