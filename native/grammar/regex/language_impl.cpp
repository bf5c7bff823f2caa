// Construction: every function returns the canonical form of what it is asked for.
#include "grammar/regex/language_impl.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

uint32_t Mix(uint32_t hash, uint32_t value) {
  hash ^= value + 0x9E3779B9u + (hash << 6) + (hash >> 2);
  return hash * 0x85EBCA6Bu;
}

uint32_t HashOf(const Node& node, std::span<const uint32_t> children, std::span<const Edge> edges) {
  uint32_t hash = Mix(0, static_cast<uint32_t>(node.kind));
  switch (node.kind) {
    case NodeKind::kBranch:
      for (const Edge& edge : edges) {
        hash = Mix(Mix(hash, edge.first * 256u + edge.last), edge.target);
      }
      break;
    case NodeKind::kUnion:
    case NodeKind::kIntersect:
    case NodeKind::kOneOf:
      for (uint32_t child : children) hash = Mix(hash, child);
      break;
    default:
      hash = Mix(Mix(Mix(hash, node.a), node.b), node.c);
  }
  return hash ^ (hash >> 15);
}

bool HasChildren(NodeKind kind) {
  return kind == NodeKind::kUnion || kind == NodeKind::kIntersect || kind == NodeKind::kOneOf;
}

uint32_t AddCounts(uint32_t a, uint32_t b) {
  if (a == kUnbounded || b == kUnbounded) return kUnbounded;
  if (a >= kUnbounded - b) throw LanguageError("Expected a repetition count below 4294967295");
  return a + b;
}

// A part of a concatenation as a repetition: x is x{1,1}.
struct Counted {
  uint32_t body, min, max;
};

Counted AsCounted(const Impl& impl, uint32_t id) {
  const Node& node = impl.node(id);
  if (node.kind == NodeKind::kRepeat) return {node.a, node.b, node.c};
  return {id, 1, 1};
}

// An alternative of a union as head and tail: x is x followed by the empty text.
struct Alternative {
  uint32_t tail, body, min, max;
  bool counted;  // the head is a repetition
};

Alternative AsAlternative(const Impl& impl, uint32_t id) {
  uint32_t head = id, tail = Impl::kEmptyId;
  if (impl.node(id).kind == NodeKind::kConcat) {
    head = impl.node(id).a;
    tail = impl.node(id).b;
  }
  const Counted counted = AsCounted(impl, head);
  return {tail, counted.body, counted.min, counted.max, impl.node(head).kind == NodeKind::kRepeat};
}

uint32_t FromAlternative(Impl& impl, const Alternative& alternative) {
  return impl.MakeConcat(impl.MakeRepeat(alternative.body, alternative.min, alternative.max),
                         alternative.tail);
}

// Adds `from` to `into` where both may be read as one repetition; the order is min(into) <=
// min(from).
bool JoinCounts(Alternative& into, const Alternative& from) {
  if (into.tail != from.tail || into.body != from.body) return false;
  if (into.max != kUnbounded && from.min > into.max + 1) return false;
  into.max = std::max(into.max, from.max);
  into.counted = true;
  return true;
}

// Joins repetitions of one body before one tail, and t | x{1,n}t into x{0,n}t. `parts` is sorted.
// Returns whether anything changed.
bool JoinRepetitions(Impl& impl, std::vector<uint32_t>& parts) {
  bool any_counted = false;
  for (uint32_t id : parts) any_counted |= AsAlternative(impl, id).counted;
  if (!any_counted) return false;
  std::vector<Alternative> alternatives;
  alternatives.reserve(parts.size());
  for (uint32_t id : parts) alternatives.push_back(AsAlternative(impl, id));
  std::vector<bool> gone(parts.size(), false);
  bool changed = false;
  for (size_t i = 0; i < parts.size(); i++) {
    if (!alternatives[i].counted || alternatives[i].min > 1) continue;
    const auto tail = std::lower_bound(parts.begin(), parts.end(), alternatives[i].tail);
    if (tail == parts.end() || *tail != alternatives[i].tail) continue;
    const size_t at = tail - parts.begin();
    if (gone[at] || at == i) continue;
    alternatives[i].min = 0;
    gone[at] = changed = true;
  }
  std::vector<Alternative> rest;
  std::vector<uint32_t> kept;
  for (size_t i = 0; i < parts.size(); i++) {
    if (gone[i]) continue;
    rest.push_back(alternatives[i]);
  }
  std::sort(rest.begin(), rest.end(), [](const Alternative& a, const Alternative& b) {
    return std::tie(a.tail, a.body, a.min, a.max) < std::tie(b.tail, b.body, b.min, b.max);
  });
  size_t used = 0;
  for (size_t i = 0; i < rest.size(); i++) {
    if (used > 0 && (rest[used - 1].counted || rest[i].counted) &&
        JoinCounts(rest[used - 1], rest[i])) {
      changed = true;
    } else {
      rest[used++] = rest[i];
    }
  }
  if (!changed) return false;
  for (size_t i = 0; i < used; i++) kept.push_back(FromAlternative(impl, rest[i]));
  parts = std::move(kept);
  return true;
}

// Appends the children of `id` where it is of `kind`, else `id` itself.
void Flatten(const Impl& impl, NodeKind kind, uint32_t id, std::vector<uint32_t>& out) {
  const Node& node = impl.node(id);
  if (node.kind != kind) {
    out.push_back(id);
    return;
  }
  const auto children = impl.children(node);
  out.insert(out.end(), children.begin(), children.end());
}

void FlattenAll(const Impl& impl, NodeKind kind, std::vector<uint32_t>& parts) {
  std::vector<uint32_t> flat;
  flat.reserve(parts.size());
  for (uint32_t id : parts) Flatten(impl, kind, id, flat);
  std::sort(flat.begin(), flat.end());
  flat.erase(std::unique(flat.begin(), flat.end()), flat.end());
  parts = std::move(flat);
}

void EraseValue(std::vector<uint32_t>& values, uint32_t value) {
  values.erase(std::remove(values.begin(), values.end(), value), values.end());
}

}  // namespace

Impl::Impl() {
  slots.assign(64, 0);
  Intern({NodeKind::kNothing, Known::kNo, Known::kNo, false}, {}, {});
  Intern({NodeKind::kEmpty, Known::kYes, Known::kYes, true, 1}, {}, {});
  any_code_point = MakeCodePoint(CodePointSet::All());
  any_text = MakeRepeat(any_code_point, 0, kUnbounded);
}

uint32_t Impl::Intern(Node node, std::span<const uint32_t> parts, std::span<const Edge> branch) {
  const uint32_t hash = HashOf(node, parts, branch);
  const auto same = [&](uint32_t id) {
    const Node& other = nodes[id];
    if (hashes[id] != hash || other.kind != node.kind) return false;
    if (node.kind == NodeKind::kBranch) return std::ranges::equal(edges_of(other), branch);
    if (HasChildren(node.kind)) {
      return std::ranges::equal(children(other), parts);
    }
    return other.a == node.a && other.b == node.b && other.c == node.c;
  };
  size_t slot = hash & (slots.size() - 1);
  for (; slots[slot] != 0; slot = (slot + 1) & (slots.size() - 1)) {
    if (same(slots[slot] - 1)) return slots[slot] - 1;
  }
  if (nodes.size() + pool.size() / 4 + edges.size() / 4 >= node_limit) {
    throw LanguageError("Expected a regular language of at most " + std::to_string(node_limit) +
                        " parts; simplify its repetitions, lookaheads or intersections");
  }
  if (node.kind == NodeKind::kBranch) {
    node.a = static_cast<uint32_t>(edges.size());
    node.b = static_cast<uint32_t>(branch.size());
    edges.insert(edges.end(), branch.begin(), branch.end());
  } else if (HasChildren(node.kind)) {
    node.a = static_cast<uint32_t>(pool.size());
    node.b = static_cast<uint32_t>(parts.size());
    pool.insert(pool.end(), parts.begin(), parts.end());
  }
  const uint32_t id = static_cast<uint32_t>(nodes.size());
  nodes.push_back(node);
  hashes.push_back(hash);
  slots[slot] = id + 1;
  if (nodes.size() * 4 > slots.size() * 3) {
    slots.assign(slots.size() * 2, 0);
    for (uint32_t other = 0; other < nodes.size(); other++) {
      size_t at = hashes[other] & (slots.size() - 1);
      while (slots[at] != 0) at = (at + 1) & (slots.size() - 1);
      slots[at] = other + 1;
    }
  }
  return id;
}

uint32_t Impl::MakeBranch(std::span<const Edge> given) {
  std::vector<Edge> kept;
  kept.reserve(given.size());
  bool plain = true;
  for (const Edge& edge : given) {
    if (edge.target == kNothingId) continue;
    plain = plain && Plain(edge.target);
    if (!kept.empty() && kept.back().target == edge.target && kept.back().last + 1 == edge.first) {
      kept.back().last = edge.last;
    } else {
      kept.push_back(edge);
    }
  }
  if (kept.empty()) return kNothingId;
  return Intern({NodeKind::kBranch, Known::kNo, plain ? Known::kYes : Known::kUnknown, plain}, {},
                kept);
}

uint32_t Impl::MakeConcat(uint32_t first, uint32_t second) {
  if (first == kNothingId || second == kNothingId) return kNothingId;
  if (first == kEmptyId) return second;
  std::vector<uint32_t> heads;
  for (; nodes[first].kind == NodeKind::kConcat; first = nodes[first].b) {
    heads.push_back(nodes[first].a);
  }
  heads.push_back(first);
  uint32_t result = second;
  while (!heads.empty()) {
    const uint32_t head = heads.back();
    heads.pop_back();
    if (result == kEmptyId) {
      result = head;
      continue;
    }
    const bool concat = nodes[result].kind == NodeKind::kConcat;
    const Counted a = AsCounted(*this, head);
    const Counted b = AsCounted(*this, concat ? nodes[result].a : result);
    if (a.body == b.body) {
      const uint32_t rest = concat ? nodes[result].b : kEmptyId;
      const uint32_t joined = MakeRepeat(a.body, AddCounts(a.min, b.min), AddCounts(a.max, b.max));
      result = rest;
      heads.push_back(joined);
      continue;
    }
    const bool plain = Plain(head) && Plain(result);
    const bool known =
        nodes[head].nullable != Known::kUnknown && nodes[result].nullable != Known::kUnknown;
    const bool nullable =
        nodes[head].nullable == Known::kYes && nodes[result].nullable == Known::kYes;
    result =
        Intern({NodeKind::kConcat, known ? (nullable ? Known::kYes : Known::kNo) : Known::kUnknown,
                plain ? Known::kYes : Known::kUnknown, plain, head, result},
               {}, {});
  }
  return result;
}

uint32_t Impl::MakeUnion(uint32_t a, uint32_t b) {
  if (a == b || b == kNothingId) return a;
  if (a == kNothingId) return b;
  std::vector<uint32_t> parts{a, b};
  return MakeUnion(parts);
}

uint32_t Impl::MakeUnion(std::vector<uint32_t>& parts) {
  FlattenAll(*this, NodeKind::kUnion, parts);
  EraseValue(parts, kNothingId);
  if (std::binary_search(parts.begin(), parts.end(), any_text)) return any_text;
  if (parts.size() > 1 && JoinRepetitions(*this, parts)) return MakeUnion(parts);
  if (parts.empty()) return kNothingId;
  if (parts.size() == 1) return parts[0];
  // An empty text beside something that has it already.
  if (parts[0] == kEmptyId && std::any_of(parts.begin() + 1, parts.end(), [&](uint32_t id) {
        return nodes[id].nullable == Known::kYes;
      })) {
    parts.erase(parts.begin());
    if (parts.size() == 1) return parts[0];
  }
  bool plain = true, any_nullable = false, all_known = true;
  for (uint32_t id : parts) {
    plain = plain && Plain(id);
    any_nullable = any_nullable || nodes[id].nullable == Known::kYes;
    all_known = all_known && nodes[id].nullable != Known::kUnknown;
  }
  const Known nullable = any_nullable ? Known::kYes : (all_known ? Known::kNo : Known::kUnknown);
  return Intern({NodeKind::kUnion, nullable, plain ? Known::kYes : Known::kUnknown, plain}, parts,
                {});
}

uint32_t Impl::MakeIntersect(std::vector<uint32_t>& parts) {
  FlattenAll(*this, NodeKind::kIntersect, parts);
  if (std::binary_search(parts.begin(), parts.end(), kNothingId)) return kNothingId;
  EraseValue(parts, MakeNot(kNothingId));
  // Nothing is a text and none. (The text beside a complement may have vanished by now.)
  if (parts.size() > 1 && std::binary_search(parts.begin(), parts.end(), MakeNot(any_text))) {
    return kNothingId;
  }
  // All windows of lengths are one window.
  uint32_t min = 0, max = kUnbounded;
  bool has_text = false;
  std::erase_if(parts, [&](uint32_t id) {
    const Counted window = AsCounted(*this, id);
    if (window.body != any_code_point) return false;
    has_text = true;
    min = std::max(min, window.min);
    max = std::min(max, window.max);
    return true;
  });
  if (min > max) return kNothingId;
  const bool has_other = std::any_of(parts.begin(), parts.end(),
                                     [&](uint32_t id) { return nodes[id].kind != NodeKind::kNot; });
  if (has_text && (min > 0 || max != kUnbounded || !has_other)) {
    const uint32_t window = MakeRepeat(any_code_point, min, max);
    parts.insert(std::lower_bound(parts.begin(), parts.end(), window), window);
  }
  if (parts.empty()) return MakeNot(kNothingId);
  if (parts.size() == 1) return parts[0];
  bool any_not_nullable = false, all_known = true;
  for (uint32_t id : parts) {
    any_not_nullable = any_not_nullable || nodes[id].nullable == Known::kNo;
    all_known = all_known && nodes[id].nullable != Known::kUnknown;
    if (nodes[id].kind == NodeKind::kNot &&
        std::binary_search(parts.begin(), parts.end(), nodes[id].a)) {
      return kNothingId;
    }
  }
  const Known nullable =
      any_not_nullable ? Known::kNo : (all_known ? Known::kYes : Known::kUnknown);
  if (parts[0] == kEmptyId && nullable != Known::kUnknown) {
    return nullable == Known::kYes ? kEmptyId : kNothingId;
  }
  return Intern({NodeKind::kIntersect, nullable,
                 nullable == Known::kYes ? Known::kYes : Known::kUnknown, false},
                parts, {});
}

// The same part twice stays there twice: its texts are no longer in one alone.
uint32_t Impl::MakeOneOf(std::vector<uint32_t>& parts) {
  EraseValue(parts, kNothingId);
  std::sort(parts.begin(), parts.end());
  const auto any = std::equal_range(parts.begin(), parts.end(), any_text);
  if (any.second - any.first > 1) return kNothingId;
  if (parts.empty()) return kNothingId;
  if (parts.size() == 1) return parts[0];
  if (any.first != any.second) {
    parts.erase(any.first);
    std::vector<uint32_t> rest{any_text, MakeNot(MakeUnion(parts))};
    return MakeIntersect(rest);
  }
  const auto count = [&](Known nullable) {
    return std::count_if(parts.begin(), parts.end(),
                         [&](uint32_t id) { return nodes[id].nullable == nullable; });
  };
  Known nullable = count(Known::kYes) == 1 ? Known::kYes : Known::kNo;
  if (count(Known::kUnknown) > 0) nullable = Known::kUnknown;
  const Known alive = nullable == Known::kYes ? Known::kYes : Known::kUnknown;
  return Intern({NodeKind::kOneOf, nullable, alive, false}, parts, {});
}

uint32_t Impl::MakeNot(uint32_t child) {
  if (nodes[child].kind == NodeKind::kNot) return nodes[child].a;
  Known nullable = nodes[child].nullable;
  if (nullable != Known::kUnknown) nullable = nullable == Known::kYes ? Known::kNo : Known::kYes;
  return Intern({NodeKind::kNot, nullable, Known::kUnknown, false, child}, {}, {});
}

uint32_t Impl::MakeRepeat(uint32_t body, uint32_t min, uint32_t max) {
  if (min > max) return kNothingId;
  if (max == 0 || body == kEmptyId) return kEmptyId;
  if (body == kNothingId) return min == 0 ? kEmptyId : kNothingId;
  if (nodes[body].kind == NodeKind::kUnion && children(nodes[body])[0] == kEmptyId) {
    // The empty text within the body only lifts the lower bound.
    std::vector<uint32_t> rest(children(nodes[body]).begin() + 1, children(nodes[body]).end());
    body = MakeUnion(rest);
    min = 0;
  }
  if (nodes[body].nullable == Known::kYes) min = 0;
  if (min == 1 && max == 1) return body;
  if (nodes[body].kind == NodeKind::kRepeat) {
    const Node inner = nodes[body];
    if (inner.c == kUnbounded && inner.b <= 1 && max == kUnbounded) {
      return MakeRepeat(inner.a, inner.b * min, kUnbounded);
    }
    if (inner.b == 0 && min == 0) {
      const uint64_t product = uint64_t{inner.c} * max;
      const bool endless = inner.c == kUnbounded || max == kUnbounded;
      if (endless || product < kUnbounded) {
        return MakeRepeat(inner.a, 0, endless ? kUnbounded : static_cast<uint32_t>(product));
      }
    }
  }
  const Known nullable = min == 0 ? Known::kYes : nodes[body].nullable;
  const bool plain = Plain(body);
  return Intern({NodeKind::kRepeat, nullable, plain || min == 0 ? Known::kYes : Known::kUnknown,
                 plain, body, min, max},
                {}, {});
}

uint32_t Impl::MakeAutomaton(uint32_t index, uint64_t state) {
  const std::optional<bool> alive = automata[index]->Alive(state);
  const bool accepts = automata[index]->Accepts(state);
  Known known = accepts ? Known::kYes : Known::kUnknown;
  if (alive.has_value()) known = *alive ? Known::kYes : Known::kNo;
  if (known == Known::kNo) return kNothingId;
  return Intern({NodeKind::kAutomaton, accepts ? Known::kYes : Known::kNo, known, false, index,
                 static_cast<uint32_t>(state), static_cast<uint32_t>(state >> 32)},
                {}, {});
}

}  // namespace lorikeet::grammar
