// Derivatives: what remains of a language after one byte.
#include <string>

#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

// Marks a reference as being expanded for as long as it lives.
class Expansion {
 public:
  Expansion(Impl& impl, uint32_t index) : impl_(impl), index_(index) {
    impl_.expanding[index_] = true;
    impl_.expansions++;
  }
  ~Expansion() {
    impl_.expanding[index_] = false;
    impl_.expansions--;
  }
  Expansion(const Expansion&) = delete;
  Expansion& operator=(const Expansion&) = delete;

 private:
  Impl& impl_;
  uint32_t index_;
};

uint64_t StateOf(const Node& node) { return node.b | uint64_t{node.c} << 32; }

ByteSet AllBytes() {
  ByteSet all;
  all.AddRange(0, 255);
  return all;
}

}  // namespace

void Impl::Work() {
  if (work_left == 0) {
    throw LanguageError(
        "Expected a regular language that can be decided within the budget; simplify its "
        "repetitions, lookaheads or intersections");
  }
  work_left--;
}

bool Impl::Nullable(uint32_t id) {
  if (nodes[id].nullable != Known::kUnknown) return nodes[id].nullable == Known::kYes;
  Work();
  const Node n = nodes[id];
  bool result = false;
  switch (n.kind) {
    case NodeKind::kConcat:
      result = Nullable(n.a) && Nullable(n.b);
      break;
    case NodeKind::kUnion:
      for (uint32_t i = 0; i < n.b && !result; i++) result = Nullable(pool[n.a + i]);
      break;
    case NodeKind::kIntersect:
      result = true;
      for (uint32_t i = 0; i < n.b && result; i++) result = Nullable(pool[n.a + i]);
      break;
    case NodeKind::kOneOf: {
      size_t count = 0;
      for (uint32_t i = 0; i < n.b && count < 2; i++) count += Nullable(pool[n.a + i]);
      result = count == 1;
      break;
    }
    case NodeKind::kNot:
      result = !Nullable(n.a);
      break;
    case NodeKind::kRepeat:
      result = n.b == 0 || Nullable(n.a);
      break;
    case NodeKind::kReference:
      if (!expanding[n.a]) {
        const Expansion expansion(*this, n.a);
        result = Nullable(definitions[n.a]);
      }
      break;
    default:
      break;
  }
  if (expansions == 0) nodes[id].nullable = result ? Known::kYes : Known::kNo;
  return result;
}

uint32_t Impl::Derive(uint32_t id, uint8_t byte) {
  const NodeKind kind = nodes[id].kind;
  const bool composed = kind == NodeKind::kConcat || kind == NodeKind::kUnion ||
                        kind == NodeKind::kIntersect || kind == NodeKind::kOneOf ||
                        kind == NodeKind::kRepeat;
  if (!composed || expansions > 0) return DeriveNew(id, byte);
  // Most grammars ask too little for a memory to pay.
  constexpr size_t kFew = 256;
  constexpr size_t kRemembered = 2048;
  if (derived.empty()) {
    if (derivations++ < kFew) return DeriveNew(id, byte);
    derived.resize(kRemembered);
  }
  const size_t slot = (id * 0x9E3779B1u ^ byte * 0x85EBCA6Bu) >> 7 & (kRemembered - 1);
  if (derived[slot].id == id && derived[slot].byte == byte) return derived[slot].derivative;
  const uint32_t derivative = DeriveNew(id, byte);
  derived[slot] = {id, derivative, byte};
  return derivative;
}

uint32_t Impl::DeriveNew(uint32_t id, uint8_t byte) {
  Work();
  const Node n = nodes[id];
  switch (n.kind) {
    case NodeKind::kNothing:
    case NodeKind::kEmpty:
      return kNothingId;
    case NodeKind::kBranch:
      for (const Edge& edge : edges_of(n)) {
        if (byte < edge.first) break;
        if (byte <= edge.last) return edge.target;
      }
      return kNothingId;
    case NodeKind::kConcat: {
      uint32_t first = MakeConcat(Derive(n.a, byte), n.b);
      if (!Nullable(n.a)) return first;
      std::vector<uint32_t> parts{first};
      uint32_t rest = n.b;
      for (; nodes[rest].kind == NodeKind::kConcat; rest = nodes[rest].b) {
        const Node next = nodes[rest];
        parts.push_back(MakeConcat(Derive(next.a, byte), next.b));
        if (!Nullable(next.a)) return MakeUnion(parts);
      }
      parts.push_back(Derive(rest, byte));
      return MakeUnion(parts);
    }
    case NodeKind::kUnion: {
      std::vector<uint32_t> parts;
      for (uint32_t i = 0; i < n.b; i++) {
        const uint32_t part = Derive(pool[n.a + i], byte);
        if (part != kNothingId) parts.push_back(part);
      }
      return MakeUnion(parts);
    }
    case NodeKind::kIntersect: {
      std::vector<uint32_t> parts;
      for (uint32_t i = 0; i < n.b; i++) {
        const uint32_t part = Derive(pool[n.a + i], byte);
        if (part == kNothingId) return kNothingId;
        parts.push_back(part);
      }
      return MakeIntersect(parts);
    }
    case NodeKind::kOneOf: {
      std::vector<uint32_t> parts;
      for (uint32_t i = 0; i < n.b; i++) parts.push_back(Derive(pool[n.a + i], byte));
      return MakeOneOf(parts);
    }
    case NodeKind::kNot:
      return MakeNot(Derive(n.a, byte));
    case NodeKind::kRepeat: {
      const uint32_t first = Derive(n.a, byte);
      if (first == kNothingId) return kNothingId;
      const uint32_t min = n.b == 0 ? 0 : n.b - 1;
      const uint32_t max = n.c == kUnbounded ? kUnbounded : n.c - 1;
      return MakeConcat(first, MakeRepeat(n.a, min, max));
    }
    case NodeKind::kReference: {
      if (expanding[n.a]) return kNothingId;
      const Expansion expansion(*this, n.a);
      return Derive(definitions[n.a], byte);
    }
    case NodeKind::kAutomaton: {
      const std::optional<uint64_t> next = automata[n.a]->Step(StateOf(n), byte);
      return next.has_value() ? MakeAutomaton(n.a, *next) : kNothingId;
    }
  }
  return kNothingId;
}

ByteSet Impl::FirstBytes(uint32_t id) {
  Work();
  const Node n = nodes[id];
  ByteSet result;
  switch (n.kind) {
    case NodeKind::kBranch:
      for (const Edge& edge : edges_of(n)) result.AddRange(edge.first, edge.last);
      break;
    case NodeKind::kConcat:
      result = FirstBytes(n.a);
      for (uint32_t rest = id; nodes[rest].kind == NodeKind::kConcat && Nullable(nodes[rest].a);) {
        rest = nodes[rest].b;
        const bool concat = nodes[rest].kind == NodeKind::kConcat;
        result |= FirstBytes(concat ? nodes[rest].a : rest);
      }
      break;
    case NodeKind::kUnion:
    case NodeKind::kOneOf:
      for (uint32_t i = 0; i < n.b; i++) result |= FirstBytes(pool[n.a + i]);
      break;
    case NodeKind::kIntersect:
      result = AllBytes();
      for (uint32_t i = 0; i < n.b; i++) result &= FirstBytes(pool[n.a + i]);
      break;
    case NodeKind::kRepeat:
      return FirstBytes(n.a);
    case NodeKind::kReference:
      if (!expanding[n.a]) {
        const Expansion expansion(*this, n.a);
        result = FirstBytes(definitions[n.a]);
      }
      break;
    case NodeKind::kNot:
    case NodeKind::kAutomaton:
      return AllBytes();
    default:
      break;
  }
  return result;
}

void Impl::MarkFirst(uint32_t id, Boundaries& boundaries) {
  Work();
  const Node n = nodes[id];
  switch (n.kind) {
    case NodeKind::kBranch:
      for (const Edge& edge : edges_of(n)) {
        boundaries.set(edge.first);
        boundaries.set(edge.last + 1u);
      }
      break;
    case NodeKind::kConcat:
      MarkFirst(n.a, boundaries);
      for (uint32_t rest = id; nodes[rest].kind == NodeKind::kConcat && Nullable(nodes[rest].a);) {
        rest = nodes[rest].b;
        const bool concat = nodes[rest].kind == NodeKind::kConcat;
        MarkFirst(concat ? nodes[rest].a : rest, boundaries);
      }
      break;
    case NodeKind::kUnion:
    case NodeKind::kIntersect:
    case NodeKind::kOneOf:
      for (uint32_t i = 0; i < n.b; i++) MarkFirst(pool[n.a + i], boundaries);
      break;
    case NodeKind::kNot:
    case NodeKind::kRepeat:
      MarkFirst(n.a, boundaries);
      break;
    case NodeKind::kReference:
      if (!expanding[n.a]) {
        const Expansion expansion(*this, n.a);
        MarkFirst(definitions[n.a], boundaries);
      }
      break;
    case NodeKind::kAutomaton:
      automata[n.a]->MarkBoundaries(boundaries);
      break;
    default:
      break;
  }
}

void Impl::MarkAll(uint32_t id, Boundaries& boundaries) {
  std::vector<bool> seen(nodes.size());
  std::vector<uint32_t> open{id};
  seen[id] = true;
  while (!open.empty()) {
    const uint32_t current = open.back();
    const Node& n = nodes[current];
    open.pop_back();
    if (n.kind == NodeKind::kAutomaton) automata[n.a]->MarkBoundaries(boundaries);
    if (n.kind == NodeKind::kBranch) {
      for (const Edge& edge : edges_of(n)) {
        boundaries.set(edge.first);
        boundaries.set(edge.last + 1u);
      }
    }
    ForEachPart(current, [&](uint32_t part) {
      if (!seen[part]) open.push_back(part);
      seen[part] = true;
    });
  }
}

std::vector<uint8_t> Impl::Representatives(uint32_t id) {
  Boundaries boundaries;
  MarkFirst(id, boundaries);
  boundaries.set(0);
  const ByteSet possible = FirstBytes(id);
  std::vector<uint8_t> result;
  for (int byte = 0; byte < 256; byte++) {
    // All bytes of one group are possible or none is.
    if (boundaries[byte] && possible.Contains(static_cast<uint8_t>(byte))) {
      result.push_back(static_cast<uint8_t>(byte));
    }
  }
  return result;
}

}  // namespace lorikeet::grammar
