#include "grammar/gbnf/machine.h"

#include <algorithm>
#include <utility>

#include "grammar/error.h"

namespace lorikeet::grammar {
namespace {

using NodeKind = NetworkNode::Kind;

// Items, entries and requests that one closure may touch: a few tenths of a second.
constexpr size_t kMaxWork = 1'000'000;
// Bytes that closed states may take up; Compact is called long before.
constexpr size_t kMaxMemory = size_t{64} << 20;
// Returns of one terminal that are merged entry by entry.
constexpr size_t kMaxMergedReturns = 8;
// Kernels are forgotten together when they take up this much.
constexpr size_t kMaxKernelItems = 1 << 16;

template <typename ItemLike>
uint64_t HashItems(std::span<const ItemLike> items, uint64_t hash) {
  for (const ItemLike& item : items) {
    hash = MixHash(hash, uint64_t{item.node} << 32 | item.next);
    if (item.inner != kDead) hash = MixHash(hash, item.inner);
  }
  return hash;
}

}  // namespace

GbnfMachine::GbnfMachine(Network network, std::vector<std::unique_ptr<Machine>> schemas,
                         const Vocabulary& vocabulary)
    : network_(std::move(network)),
      schemas_(std::move(schemas)),
      vocabulary_(vocabulary),
      returns_(network_),
      states_(1) {  // kDead
  start_ = Close({{.node = network_.rules[0].start, .next = returns_.top()}});
}

// ---- reading ----

ByteSet GbnfMachine::DeriveBytes(State state) {
  ByteSet bytes;
  for (const Item& item : ItemsOf(state)) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kSchema) {
      bytes |= schemas_[node.index]->NextBytes(item.inner);
    } else if (node.kind == NodeKind::kBytes) {
      for (uint32_t i = node.index; i < node.index + node.count; i++) {
        bytes.AddRange(network_.edges[i].first, network_.edges[i].last);
      }
    }
  }
  return bytes;
}

State GbnfMachine::DeriveStep(State state, uint8_t byte) {
  std::vector<Item> kernel;
  for (const Item& item : ItemsOf(state)) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kSchema) {
      const State inner = schemas_[node.index]->Step(item.inner, byte);
      if (inner == kAsk) return kAsk;
      if (inner != kDead) kernel.push_back({item.node, item.next, inner});
    } else if (node.kind == NodeKind::kBytes) {
      for (uint32_t i = node.index; i < node.index + node.count; i++) {
        const ByteEdge& edge = network_.edges[i];
        if (edge.first <= byte && byte <= edge.last) kernel.push_back({edge.target, item.next});
      }
    }
  }
  return kernel.empty() ? kDead : Close(kernel);
}

void GbnfMachine::AddNextTokens(State state, TokenTerminals& terminals) {
  for (const Item& item : ItemsOf(state)) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kSchema) {
      schemas_[node.index]->AddNextTokens(item.inner, terminals);
    } else if (node.kind == NodeKind::kToken) {
      const TokenTerminal& token = network_.tokens[node.index];
      if (token.negated) {
        terminals.AddAllBut(token.id);
      } else {
        terminals.ids.push_back(token.id);
      }
    }
  }
}

State GbnfMachine::StepToken(State state, TokenId token) {
  std::vector<Item> kernel;
  for (const Item& item : ItemsOf(state)) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kSchema) {
      const State inner = schemas_[node.index]->StepToken(item.inner, token);
      if (inner != kDead) kernel.push_back({item.node, item.next, inner});
    } else if (node.kind == NodeKind::kToken) {
      const TokenTerminal& terminal = network_.tokens[node.index];
      const bool same = terminal.id == token;
      if (terminal.negated ? !same && vocabulary_.IsEmittable(token) : same) {
        kernel.push_back({node.target, item.next});
      }
    }
  }
  return kernel.empty() ? kDead : Close(kernel);
}

State GbnfMachine::Merge(State a, State b) {
  if (a == b || b == kDead) return a;
  if (a == kDead) return b;
  leaves_.assign(ItemsOf(a).begin(), ItemsOf(a).end());
  leaves_.insert(leaves_.end(), ItemsOf(b).begin(), ItemsOf(b).end());
  MergeLeaves();
  return InternLeaves(states_[a].can_end || states_[b].can_end);
}

// A slice leads to one state where each item reads all of its characters or none, and schemas say
// so of themselves.
bool GbnfMachine::IsUniform(State state, Slice slice) {
  const auto items = ItemsOf(state);
  return std::all_of(items.begin(), items.end(), [&](const Item& item) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kSchema) return schemas_[node.index]->IsUniform(item.inner, slice);
    if (node.kind != NodeKind::kBytes) return true;
    return ((node.inside | node.outside) & Only(slice)) != 0;
  });
}

// What a schema says of live slices stands where nothing else reads them.
LiveTexts GbnfMachine::Live(State state, Slice slice) {
  const Item* schema = nullptr;
  for (const Item& item : ItemsOf(state)) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind == NodeKind::kBytes && (node.outside & Only(slice)) == 0) return {};
    if (node.kind != NodeKind::kSchema) continue;
    if (schema != nullptr) return {};
    schema = &item;
  }
  if (schema == nullptr) return {};
  return schemas_[network_.nodes[schema->node].index]->Live(schema->inner, slice);
}

State GbnfMachine::MaskTwin(State state, uint32_t longest) {
  bool same = true;
  leaves_.assign(ItemsOf(state).begin(), ItemsOf(state).end());
  for (Item& item : leaves_) {
    const NetworkNode& node = network_.nodes[item.node];
    if (node.kind != NodeKind::kSchema) continue;
    const State twin = schemas_[node.index]->MaskTwin(item.inner, longest);
    same = same && twin == item.inner;
    item.inner = twin;
  }
  if (same) return state;
  MergeLeaves();
  return InternLeaves(states_[state].can_end);
}

// ---- closing ----

State GbnfMachine::Close(const std::vector<Item>& kernel) {
  const uint64_t hash = HashItems(std::span(kernel), 0);
  const uint32_t known = kernel_index_.Find(hash, [&](uint32_t number) {
    const Kernel& other = kernels_[number];
    return other.count == kernel.size() &&
           std::equal(kernel.begin(), kernel.end(), kernel_items_.begin() + other.first);
  });
  if (known != HashIndex::kNone) return kernels_[known].state;

  work_ = 0;
  accepts_ = false;
  leaves_.clear();
  seen_.clear();
  pending_ = kernel;
  while (!pending_.empty()) {
    const Item item = pending_.back();
    pending_.pop_back();
    CloseItem(item);
  }
  EnterGroups();
  MergeLeaves();
  const State state = InternLeaves(accepts_);

  if (kernel_items_.size() + kernel.size() > kMaxKernelItems) {
    kernels_.clear();
    kernel_items_.clear();
    kernel_index_.Clear();
  }
  kernel_index_.Insert(hash, static_cast<uint32_t>(kernels_.size()));
  kernels_.push_back(
      {static_cast<uint32_t>(kernel_items_.size()), static_cast<uint32_t>(kernel.size()), state});
  kernel_items_.insert(kernel_items_.end(), kernel.begin(), kernel.end());
  return state;
}

// Follows what needs no reading from an item whose return is known.
void GbnfMachine::CloseItem(const Item& item) {
  CountWork(1);
  if (!MarkSeen(item)) return;
  const NetworkNode& node = network_.nodes[item.node];
  switch (node.kind) {
    case NodeKind::kBytes:
    case NodeKind::kToken:
      leaves_.push_back(item);
      break;
    case NodeKind::kSchema: {
      Machine& schema = *schemas_[node.index];
      const State inner = item.inner == kDead ? schema.Start() : item.inner;
      leaves_.push_back({item.node, item.next, inner});
      if (schema.CanEnd(inner)) pending_.push_back({node.target, item.next});
      break;
    }
    case NodeKind::kSplit:
      for (uint32_t i = node.index; i < node.index + node.count; i++) {
        pending_.push_back({network_.split_targets[i], item.next});
      }
      break;
    case NodeKind::kCall:
    case NodeKind::kRepeat:
      Call(item.node, item.next);
      if (network_.CanSkip(node)) pending_.push_back({node.target, item.next});
      break;
    case NodeKind::kEnd:
      Finish(item.next);
      break;
  }
}

// False where the item was seen in this closure before. Few items need no index.
bool GbnfMachine::MarkSeen(const Item& item) {
  constexpr size_t kUnindexed = 16;
  if (seen_.size() < kUnindexed) {
    if (std::find(seen_.begin(), seen_.end(), item) != seen_.end()) return false;
    seen_.push_back(item);
    return true;
  }
  const auto hash = [&](const Item& one) { return HashItems(std::span(&one, 1), 0); };
  if (seen_.size() == kUnindexed) {
    seen_index_.Clear();
    for (uint32_t i = 0; i < kUnindexed; i++) seen_index_.Insert(hash(seen_[i]), i);
  }
  const auto same = [&](uint32_t number) { return seen_[number] == item; };
  if (seen_index_.Find(hash(item), same) != HashIndex::kNone) return false;
  seen_index_.Insert(hash(item), static_cast<uint32_t>(seen_.size()));
  seen_.push_back(item);
  return true;
}

// A rule with this return has ended.
void GbnfMachine::Finish(ReturnId id) {
  std::vector<ReturnEntry> entries;
  returns_.AppendEntries(id, entries);
  CountWork(entries.size());
  for (const ReturnEntry& entry : entries) {
    if (entry.node == Returns::kAccept) {
      accepts_ = true;
    } else if (!entry.is_counter()) {
      pending_.push_back({entry.node, entry.next});
    } else {
      const NetworkNode& node = network_.nodes[entry.node];
      const Repetition& repetition = network_.repetitions[node.index];
      const bool unlimited = repetition.max == GbnfExpression::kUnlimited;
      // Beyond `min` an unlimited counter has nothing left to count.
      const uint32_t most = unlimited ? repetition.min : repetition.max;
      const uint32_t low = std::min(entry.low + 1, most);
      const uint32_t high = std::min(entry.high + 1, most);
      if (high >= repetition.min) pending_.push_back({node.target, entry.next});
      if (unlimited) {
        AddRequest(repetition.rule, {entry.node, low, high, entry.next});
      } else if (low < most) {
        AddRequest(repetition.rule, {entry.node, low, std::min(high, most - 1), entry.next});
      }
    }
  }
}

void GbnfMachine::Call(uint32_t call, ReturnId next) {
  const NetworkNode& node = network_.nodes[call];
  if (node.kind == NodeKind::kRepeat) {
    AddRequest(network_.CalleeOf(node), {.node = call, .low = 0, .high = 0, .next = next});
  } else {
    AddRequest(network_.CalleeOf(node), {.node = network_.Continuation(node), .next = next});
  }
}

void GbnfMachine::AddRequest(uint32_t rule, const ReturnEntry& entry) {
  requests_.push_back({network_.rules[rule].group, rule, entry});
  std::push_heap(requests_.begin(), requests_.end(), IsEnteredLater);
}

// Enters the requested rules, callers before those they begin with, so that all callers of a rule
// are known when it is entered.
void GbnfMachine::EnterGroups() {
  std::vector<std::pair<uint32_t, ReturnEntry>> callers;  // of one group, by rule
  std::vector<Returns::OutsideCaller> outside;
  while (!requests_.empty()) {
    const uint32_t group = requests_.front().group;
    callers.clear();
    while (!requests_.empty() && requests_.front().group == group) {
      std::pop_heap(requests_.begin(), requests_.end(), IsEnteredLater);
      callers.emplace_back(requests_.back().rule, requests_.back().entry);
      requests_.pop_back();
    }
    CountWork(callers.size());
    std::sort(callers.begin(), callers.end());
    outside.clear();
    for (size_t from = 0; from < callers.size();) {
      const uint32_t rule = callers[from].first;
      scratch_.clear();
      for (; from < callers.size() && callers[from].first == rule; from++) {
        scratch_.push_back(callers[from].second);
      }
      outside.push_back({rule, returns_.Make(scratch_)});
    }
    if (!network_.groups[group].recursive) {
      EnterRule(outside[0].rule, outside[0].outside);
      continue;
    }
    const uint32_t group_call = returns_.MakeGroupCall(outside);
    for (uint32_t rule : network_.groups[group].rules) {
      EnterRule(rule, returns_.Member(group_call, rule));
    }
  }
}

void GbnfMachine::EnterRule(uint32_t rule, ReturnId next) {
  const NetworkRule& entered = network_.rules[rule];
  CountWork(entered.leaves.size() + entered.calls.size());
  for (uint32_t leaf : entered.leaves) AddLeaf(leaf, next);
  for (uint32_t call : entered.calls) {
    const uint32_t callee = network_.CalleeOf(network_.nodes[call]);
    // Calls inside of a group are part of its members' returns.
    if (network_.rules[callee].group != entered.group) Call(call, next);
  }
}

void GbnfMachine::AddLeaf(uint32_t leaf, ReturnId next) {
  const NetworkNode& node = network_.nodes[leaf];
  const bool schema = node.kind == NodeKind::kSchema;
  leaves_.push_back({leaf, next, schema ? schemas_[node.index]->Start() : kDead});
}

// One item for each terminal: several returns become one with all their entries.
void GbnfMachine::MergeLeaves() {
  std::sort(leaves_.begin(), leaves_.end(), [](const Item& a, const Item& b) {
    if (a.node != b.node) return a.node < b.node;
    if (a.inner != b.inner) return a.inner < b.inner;
    return a.next < b.next;
  });
  size_t kept = 0;
  for (size_t from = 0; from < leaves_.size();) {
    const Item first = leaves_[from];
    size_t to = from + 1;
    bool several = false;
    for (;
         to < leaves_.size() && leaves_[to].node == first.node && leaves_[to].inner == first.inner;
         to++) {
      several |= leaves_[to].next != first.next;
    }
    leaves_[kept] = first;
    if (several) {
      scratch_.clear();
      // Few returns are merged entry by entry, so that equal sets are found equal.
      for (size_t i = from; i < to; i++) {
        if (to - from <= kMaxMergedReturns) {
          returns_.AppendEntries(leaves_[i].next, scratch_);
        } else {
          scratch_.push_back({.node = Network::kEndNode, .next = leaves_[i].next});
        }
      }
      CountWork(scratch_.size());
      leaves_[kept].next = returns_.Make(scratch_);
    }
    kept++;
    from = to;
  }
  leaves_.resize(kept);
}

State GbnfMachine::InternLeaves(bool can_end) {
  const uint64_t hash = HashItems(std::span<const Item>(leaves_), can_end);
  const uint32_t known = state_index_.Find(hash, [&](State state) {
    const auto items = ItemsOf(state);
    return states_[state].can_end == can_end &&
           std::equal(items.begin(), items.end(), leaves_.begin(), leaves_.end());
  });
  if (known != HashIndex::kNone) return known;
  if (OwnMemoryBytes() > kMaxMemory) {
    throw GrammarError(GrammarErrorCode::kGrammarTooLarge,
                       "The grammar needs more than 64 MiB to follow this text; make it less "
                       "ambiguous or less deep.");
  }
  const State state = static_cast<State>(states_.size());
  states_.push_back(
      {static_cast<uint32_t>(items_.size()), static_cast<uint32_t>(leaves_.size()), can_end});
  items_.insert(items_.end(), leaves_.begin(), leaves_.end());
  state_index_.Insert(hash, state);
  return state;
}

void GbnfMachine::CountWork(size_t amount) {
  work_ += amount;
  if (work_ <= kMaxWork) return;
  pending_.clear();
  requests_.clear();
  throw GrammarError(GrammarErrorCode::kGrammarTooLarge,
                     "One step of the grammar takes over 1,000,000 operations; make it less "
                     "ambiguous.");
}

// ---- memory ----

size_t GbnfMachine::OwnMemoryBytes() const {
  return StepMemoryBytes() + returns_.MemoryBytes() + state_index_.MemoryBytes() +
         kernel_index_.MemoryBytes() + states_.capacity() * sizeof(Record) +
         items_.capacity() * sizeof(Item) + kernels_.capacity() * sizeof(Kernel) +
         kernel_items_.capacity() * sizeof(Item);
}

size_t GbnfMachine::MemoryBytes() const {
  size_t bytes = OwnMemoryBytes();
  for (const auto& schema : schemas_) bytes += schema->MemoryBytes();
  return bytes;
}

void GbnfMachine::Compact(std::span<State> live) {
  // The items of the states to keep, start first.
  std::vector<State> kept = {start_};
  kept.insert(kept.end(), live.begin(), live.end());
  std::vector<Item> items;
  std::vector<ReturnId> returns;
  std::vector<std::vector<State>> inner(schemas_.size());
  for (State state : kept) {
    for (const Item& item : ItemsOf(state)) {
      items.push_back(item);
      returns.push_back(item.next);
      const NetworkNode& node = network_.nodes[item.node];
      if (node.kind == NodeKind::kSchema) inner[node.index].push_back(item.inner);
    }
  }
  returns_.Compact(returns);
  for (size_t i = 0; i < schemas_.size(); i++) schemas_[i]->Compact(inner[i]);

  std::vector<size_t> next_inner(schemas_.size());
  for (size_t i = 0; i < items.size(); i++) {
    items[i].next = returns[i];
    const NetworkNode& node = network_.nodes[items[i].node];
    if (node.kind == NodeKind::kSchema) {
      items[i].inner = inner[node.index][next_inner[node.index]++];
    }
  }

  const std::vector<Record> old = std::exchange(states_, std::vector<Record>(1));
  items_ = {};
  state_index_.Clear();
  kernels_ = {};
  kernel_items_ = {};
  kernel_index_.Clear();
  ForgetSteps();
  auto next_item = items.begin();
  for (size_t i = 0; i < kept.size(); i++) {
    const Record& record = old[kept[i]];
    leaves_.assign(next_item, next_item + record.count);
    next_item += record.count;
    MergeLeaves();
    const State state = InternLeaves(record.can_end);
    (i == 0 ? start_ : live[i - 1]) = state;
  }
}

}  // namespace lorikeet::grammar
