// The machine of a GBNF grammar: a network read with stacks, determinised state by state.
//
// A state is a set of items, each a terminal that can be read next with the return of the rule it
// stands in (and, inside an embedded schema, the state of that schema's machine). Items are closed:
// whatever can be entered, skipped or finished without reading has been. Ambiguity only makes more
// items, never more paths.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "grammar/gbnf/network.h"
#include "grammar/gbnf/returns.h"
#include "grammar/hash_index.h"
#include "grammar/machine.h"

namespace lorikeet::grammar {

class GbnfMachine : public Machine {
 public:
  // `schemas` are the machines of network.schemas, in that order.
  GbnfMachine(Network network, std::vector<std::unique_ptr<Machine>> schemas,
              const Vocabulary& vocabulary);

  State Start() override { return start_; }
  bool CanEnd(State state) override { return states_[state].can_end; }
  bool IsUniform(State state, Slice slice) override;
  LiveTexts Live(State state, Slice slice) override;
  State MaskTwin(State state, uint32_t longest) override;
  void AddNextTokens(State state, TokenTerminals& terminals) override;
  State StepToken(State state, TokenId token) override;
  State Merge(State a, State b) override;
  size_t MemoryBytes() const override;
  void Compact(std::span<State> live) override;

 protected:
  State DeriveStep(State state, uint8_t byte) override;
  ByteSet DeriveBytes(State state) override;

 private:
  struct Item {
    uint32_t node;
    ReturnId next;
    State inner = kDead;  // kSchema: where its machine is; kDead before the value begins
    friend auto operator<=>(const Item&, const Item&) = default;
  };
  struct Record {
    uint32_t first = 0;  // into items_
    uint32_t count = 0;
    bool can_end = false;
  };
  // A state that a set of unclosed items was closed to.
  struct Kernel {
    uint32_t first = 0;  // into kernel_items_
    uint32_t count = 0;
    State state = kDead;
  };

  std::span<const Item> ItemsOf(State state) const {
    return {items_.data() + states_[state].first, states_[state].count};
  }

  // Closes `items` to a state.
  State Close(const std::vector<Item>& items);
  void CloseItem(const Item& item);
  bool MarkSeen(const Item& item);
  void Finish(ReturnId id);
  void Call(uint32_t call, ReturnId next);
  void AddRequest(uint32_t rule, const ReturnEntry& entry);
  void EnterGroups();
  void EnterRule(uint32_t rule, ReturnId next);
  void MergeLeaves();
  State InternLeaves(bool can_end);
  void AddLeaf(uint32_t node, ReturnId next);
  void CountWork(size_t amount);
  size_t OwnMemoryBytes() const;

  const Network network_;
  const std::vector<std::unique_ptr<Machine>> schemas_;
  const Vocabulary& vocabulary_;
  Returns returns_;
  State start_ = kDead;

  std::vector<Record> states_;
  std::vector<Item> items_;
  HashIndex state_index_;
  std::vector<Kernel> kernels_;
  std::vector<Item> kernel_items_;
  HashIndex kernel_index_;

  // Of the closure in progress.
  struct Request {
    uint32_t group;
    uint32_t rule;
    ReturnEntry entry;
  };
  static bool IsEnteredLater(const Request& a, const Request& b) { return a.group < b.group; }
  std::vector<Item> pending_;
  std::vector<Item> seen_;  // items of pending_ so far; by seen_index_ where they are many
  HashIndex seen_index_;
  std::vector<Item> leaves_;
  std::vector<Request> requests_;  // a heap, largest group first
  std::vector<ReturnEntry> scratch_;
  bool accepts_ = false;
  size_t work_ = 0;
};

}  // namespace lorikeet::grammar
