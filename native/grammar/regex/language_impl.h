// The expressions behind `Language`: nodes, their canonical forms, derivatives and liveness.
//
// Canonical forms keep the number of derivatives finite and small:
// - concatenations lean to the right; neighbours with the same body join into one repetition;
// - unions and intersections are flat, sorted and without duplicates;
// - exactly one of several stays one node: its derivative is one of each, where spelling it out
//   takes each of them times each other one;
// - within a union, repetitions of one body before one tail join where their counts touch;
// - every language is a set of texts, so "any text" absorbs a union and vanishes from an
//   intersection that has another member. Only kNot is a set of arbitrary byte strings, and it
//   stands only within an intersection that has a text beside it.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/byte_set.h"
#include "grammar/regex/language.h"

namespace lorikeet::grammar {

enum class NodeKind : uint8_t {
  kNothing,
  kEmpty,
  kBranch,     // a: first edge, b: edges. One byte, then the edge's target
  kConcat,     // a: head (no concatenation), b: tail
  kUnion,      // a: first child, b: children
  kIntersect,  // a: first child, b: children
  kOneOf,      // a: first child, b: children: the texts of exactly one of them
  kNot,        // a: child
  kRepeat,     // a: body, b: min, c: max
  kReference,  // a: index into definitions
  kAutomaton,  // a: index into automata, b: low half of the state, c: high half
};

enum class Known : uint8_t { kUnknown, kNo, kYes };

struct Node {
  NodeKind kind = NodeKind::kNothing;
  Known nullable = Known::kUnknown;
  Known alive = Known::kUnknown;
  // Built of kBranch, kConcat, kUnion and kRepeat alone, hence never empty.
  bool plain = false;
  uint32_t a = 0, b = 0, c = 0;
};

struct Edge {
  uint8_t first = 0;
  uint8_t last = 0;  // inclusive
  uint32_t target = 0;
  friend bool operator==(const Edge&, const Edge&) = default;
};

// How many code points the members of a language have: from `min` to `max`, and where `step` is
// not 0 exactly min, min + step, min + 2 step, ... max.
struct LengthRange {
  uint32_t min = 0;
  uint32_t max = 0;  // or kUnbounded
  uint32_t step = 1;
};

// The bytes that every member of a language holds, or fewer, and those that some member holds, or
// more.
struct HeldBytes {
  ByteSet always;
  ByteSet ever;
};

// Byte values at which a language begins to behave differently: a bit set at b parts b from b-1.
using Boundaries = std::bitset<257>;

struct Languages::Impl {
  static constexpr uint32_t kNothingId = 0, kEmptyId = 1;
  // Nodes visited for one question before it is given up: some tenths of a second.
  static constexpr size_t kWorkOfQuestion = 4'000'000;

  Impl();

  // --- construction (language.cpp) ---
  uint32_t MakeBranch(std::span<const Edge> edges);
  uint32_t MakeConcat(uint32_t first, uint32_t second);
  uint32_t MakeUnion(std::vector<uint32_t>& parts);
  uint32_t MakeUnion(uint32_t a, uint32_t b);
  uint32_t MakeIntersect(std::vector<uint32_t>& parts);
  uint32_t MakeOneOf(std::vector<uint32_t>& parts);
  uint32_t MakeNot(uint32_t child);
  uint32_t MakeRepeat(uint32_t body, uint32_t min, uint32_t max);
  uint32_t MakeAutomaton(uint32_t index, uint64_t state);
  uint32_t MakeCodePoint(const CodePointSet& set);
  uint32_t MakeStrings(const std::vector<std::string>& sorted);

  // --- derivatives (derivative.cpp) ---
  bool Nullable(uint32_t id);
  uint32_t Derive(uint32_t id, uint8_t byte);
  uint32_t DeriveNew(uint32_t id, uint8_t byte);
  // The bytes with which members begin, or more of them (exactly these where `id` is plain).
  ByteSet FirstBytes(uint32_t id);
  // Marks where the first byte of `id` is told apart.
  void MarkFirst(uint32_t id, Boundaries& boundaries);
  // Marks where any byte of any member is told apart.
  void MarkAll(uint32_t id, Boundaries& boundaries);
  // One byte of each group of first bytes that `id` does not tell apart, in ascending order.
  std::vector<uint8_t> Representatives(uint32_t id);

  // --- liveness and lengths (liveness.cpp) ---
  bool Alive(uint32_t id);
  bool SearchAlive(uint32_t id);
  // --- what members hold (held_bytes.cpp) ---
  const HeldBytes& Held(uint32_t id);
  HeldBytes HeldOfParts(uint32_t id) const;
  // Whether each member would hold a byte that none can; false where that is not known.
  bool Contradicts(uint32_t id);
  // REQUIRES: `id` is plain.
  const LengthRange& Lengths(uint32_t id);
  LengthRange LengthsOfParts(uint32_t id);
  // The code points of some member; kUnbounded where a short search finds none.
  uint32_t SomeLength(uint32_t id);
  // The most code points, or more, that the shortest end of a member may need that began with some
  // text. REQUIRES: `id` is plain.
  uint32_t Detour(uint32_t id);
  uint32_t DetourOfParts(uint32_t id);
  // The greatest count, where it is limited, of any repetition in it; 0 without one.
  uint32_t MostCount(uint32_t id) const;
  // A language that cannot be told apart from this one by `longest` bytes and what may follow them:
  // without limits of repetitions that are further away. REQUIRES: `id` is plain.
  uint32_t Widen(uint32_t id, uint32_t longest);
  // Calls `visit(uint32_t)` for every node that `id` is made of.
  template <typename Visit>
  void ForEachPart(uint32_t id, Visit visit) const;

  const Node& node(uint32_t id) const { return nodes[id]; }
  std::span<const uint32_t> children(const Node& n) const { return {&pool[n.a], n.b}; }
  std::span<const Edge> edges_of(const Node& n) const { return {&edges[n.a], n.b}; }
  // Counts a visited node of the running question; throws LanguageError at the limit.
  void Work();
  void BeginQuestion() { work_left = kWorkOfQuestion; }

  uint32_t Intern(Node node, std::span<const uint32_t> children, std::span<const Edge> branch);
  bool Plain(uint32_t id) const { return nodes[id].plain; }

  std::vector<Node> nodes;
  std::vector<uint32_t> pool;   // children of unions and intersections
  std::vector<Edge> edges;      // of branches
  std::vector<uint32_t> slots;  // open-addressed hash table of ids; 0: free
  std::vector<uint32_t> hashes;
  std::vector<uint32_t> definitions;  // of references; kNothingId until defined
  std::vector<std::shared_ptr<const ByteAutomaton>> automata;
  // References being expanded: meeting one again adds nothing (the least fixed point). What is
  // found out meanwhile is not remembered.
  std::vector<bool> expanding;
  size_t expansions = 0;
  // Derivatives of late, by a hash: branches of one intersection have most of them in common.
  struct Derived {
    uint32_t id = kNothingId;
    uint32_t derivative = kNothingId;
    uint8_t byte = 0;
  };
  std::vector<Derived> derived;
  size_t derivations = 0;
  std::unordered_map<uint32_t, LengthRange> lengths;
  std::unordered_map<uint32_t, uint32_t> detours;
  std::unordered_map<uint32_t, uint32_t> some_lengths;
  std::unordered_map<uint32_t, HeldBytes> held;

  size_t node_limit = 400'000;
  size_t work_left = kWorkOfQuestion;
  uint32_t any_code_point = 0;
  uint32_t any_text = 0;
};

template <typename Visit>
void Languages::Impl::ForEachPart(uint32_t id, Visit visit) const {
  const Node& n = nodes[id];
  switch (n.kind) {
    case NodeKind::kBranch:
      for (const Edge& edge : edges_of(n)) visit(edge.target);
      break;
    case NodeKind::kConcat:
      visit(n.a);
      visit(n.b);
      break;
    case NodeKind::kUnion:
    case NodeKind::kIntersect:
    case NodeKind::kOneOf:
      for (uint32_t child : children(n)) visit(child);
      break;
    case NodeKind::kNot:
    case NodeKind::kRepeat:
      visit(n.a);
      break;
    case NodeKind::kReference:
      visit(definitions[n.a]);
      break;
    default:
      break;
  }
}

}  // namespace lorikeet::grammar
