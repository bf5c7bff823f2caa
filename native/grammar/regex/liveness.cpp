// Whether languages have members, and how long these are.
#include <algorithm>
#include <optional>
#include <utility>

#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

uint32_t Add(uint32_t a, uint32_t b) {
  return a == kUnbounded || b == kUnbounded || a > kUnbounded - b ? kUnbounded : a + b;
}

uint32_t Times(uint32_t a, uint32_t b) {
  if (a == 0 || b == 0) return 0;
  const uint64_t product = uint64_t{a} * b;
  return a == kUnbounded || b == kUnbounded || product >= kUnbounded
             ? kUnbounded
             : static_cast<uint32_t>(product);
}

bool IsOne(const LengthRange& range) { return range.min == range.max; }

// REQUIRES: a.min <= b.min.
LengthRange Either(const LengthRange& a, const LengthRange& b) {
  const LengthRange outer{a.min, std::max(a.max, b.max), 0};
  if (a.step == 0 || b.step == 0) return outer;
  const uint32_t apart = b.min - a.min;
  // A single number takes the step of the other side, or both make one.
  uint32_t step = IsOne(a) ? b.step : a.step;
  if (IsOne(a) && IsOne(b)) step = std::max(apart, 1u);
  const bool same = (IsOne(a) || a.step == step) && (IsOne(b) || b.step == step);
  const bool touch = a.max == kUnbounded || b.min <= Add(a.max, step);
  return same && touch && apart % step == 0 ? LengthRange{outer.min, outer.max, step} : outer;
}

LengthRange Any(std::vector<LengthRange> ways) {
  std::sort(ways.begin(), ways.end(),
            [](const LengthRange& a, const LengthRange& b) { return a.min < b.min; });
  LengthRange all = ways[0];
  for (size_t i = 1; i < ways.size(); i++) all = Either(all, ways[i]);
  return all;
}

LengthRange Then(const LengthRange& a, const LengthRange& b) {
  const LengthRange sum{Add(a.min, b.min), Add(a.max, b.max), 0};
  if (a.step == 0 || b.step == 0) return sum;
  const auto with_step = [&](uint32_t step) { return LengthRange{sum.min, sum.max, step}; };
  if (IsOne(a)) return with_step(b.step);
  if (IsOne(b) || a.step == b.step) return with_step(a.step);
  const auto fills = [](const LengthRange& whole, const LengthRange& gaps) {
    return whole.step == 1 && whole.max - whole.min >= gaps.step - 1;
  };
  return fills(a, b) || fills(b, a) ? with_step(1) : sum;
}

LengthRange Repeated(const LengthRange& body, uint32_t min, uint32_t max) {
  LengthRange range{Times(min, body.min), Times(max, body.max), 0};
  if (body.step == 0) return range;
  if (IsOne(body)) {
    range.step = std::max(body.min, 1u);
  } else if (min == max) {
    range.step = body.step;
  } else if (body.step == 1) {
    // k and k + 1 repetitions leave no gap between them where
    // (k + 1) * body.min <= k * body.max + 1; the smallest k is the hardest.
    const uint64_t next = (uint64_t{min} + 1) * body.min;
    const uint32_t least = Times(min, body.max);
    if (least == kUnbounded || next <= uint64_t{least} + 1) range.step = 1;
  }
  return range;
}

// Code points are counted by their lead bytes.
bool IsContinuation(uint8_t byte) { return byte >= 0x80 && byte < 0xC0; }

// What a search over derivatives has met, each with the visit that led to it.
class Visits {
 public:
  struct Visit {
    uint32_t id;
    size_t from;
  };

  explicit Visits(uint32_t first) { Add(first, 0); }

  void Add(uint32_t id, size_t from) {
    // What is met in breadth would stop the way down.
    if (deep_ || !IsLong()) newest_.push_back(visits_.size());
    visits_.push_back({id, from});
    done_.push_back(false);
  }

  // One that was not looked into; nullopt where there is none. The oldest, and in a long search the
  // newest in turns with it: wide languages are left quickly by the one, deep ones by the other.
  std::optional<size_t> Next() {
    deep_ = IsLong() && !deep_;
    while (deep_ && !newest_.empty()) {
      const size_t at = newest_.back();
      newest_.pop_back();
      if (!done_[at]) return Take(at);
    }
    while (oldest_ < visits_.size() && done_[oldest_]) oldest_++;
    if (oldest_ == visits_.size()) return std::nullopt;
    return Take(oldest_);
  }

  bool IsLong() const { return visits_.size() > kFew; }
  const Visit& operator[](size_t at) const { return visits_[at]; }
  const std::vector<Visit>& all() const { return visits_; }

 private:
  static constexpr size_t kFew = 32;

  size_t Take(size_t at) {
    done_[at] = true;
    return at;
  }

  std::vector<Visit> visits_;
  std::vector<bool> done_;
  std::vector<size_t> newest_;
  size_t oldest_ = 0;
  bool deep_ = false;
};

}  // namespace

bool Impl::Alive(uint32_t id) {
  if (nodes[id].alive != Known::kUnknown) return nodes[id].alive == Known::kYes;
  const Node n = nodes[id];
  bool alive = false;
  switch (n.kind) {
    case NodeKind::kUnion:
      for (uint32_t i = 0; i < n.b && !alive; i++)
        alive = nodes[pool[n.a + i]].alive == Known::kYes;
      for (uint32_t i = 0; i < n.b && !alive; i++) alive = Alive(pool[n.a + i]);
      break;
    case NodeKind::kConcat:
      alive = Alive(n.a);
      for (uint32_t rest = n.b; alive; rest = nodes[rest].b) {
        const bool concat = nodes[rest].kind == NodeKind::kConcat;
        alive = Alive(concat ? nodes[rest].a : rest);
        if (!concat) break;
      }
      break;
    case NodeKind::kRepeat:
      alive = Alive(n.a);
      break;
    case NodeKind::kBranch:
      for (uint32_t i = 0; i < n.b && !alive; i++) alive = Alive(edges[n.a + i].target);
      break;
    default:
      alive = SearchAlive(id);
  }
  nodes[id].alive = alive ? Known::kYes : Known::kNo;
  return alive;
}

// Over derivatives until one is known to have a member. Then all on the way to it are alive; where
// none is found, all that were visited are dead. A long search leaves out what its bytes empty.
bool Impl::SearchAlive(uint32_t id) {
  Visits visits(id);
  std::unordered_map<uint32_t, bool> seen{{id, true}};
  const auto mark_way = [&](size_t at) {
    for (;; at = visits[at].from) {
      nodes[visits[at].id].alive = Known::kYes;
      if (at == 0) return true;
    }
  };
  if (Nullable(id)) return mark_way(0);
  while (const std::optional<size_t> at = visits.Next()) {
    const uint32_t current = visits[*at].id;
    for (uint8_t byte : Representatives(current)) {
      const uint32_t next = Derive(current, byte);
      const bool is_union = nodes[next].kind == NodeKind::kUnion;
      const uint32_t count = is_union ? nodes[next].b : 1;
      for (uint32_t i = 0; i < count; i++) {
        const uint32_t part = is_union ? pool[nodes[next].a + i] : next;
        if (nodes[part].alive == Known::kYes || Nullable(part)) return mark_way(*at);
        if (nodes[part].alive == Known::kNo || !seen.emplace(part, true).second) continue;
        if (visits.IsLong() && Contradicts(part)) continue;
        visits.Add(part, *at);
      }
    }
  }
  for (const Visits::Visit& visit : visits.all()) nodes[visit.id].alive = Known::kNo;
  return false;
}

// Children first, without recursion: literals make chains of branches.
const LengthRange& Impl::Lengths(uint32_t id) {
  std::vector<uint32_t> open{id};
  std::vector<uint32_t> missing;
  while (!open.empty()) {
    Work();
    const uint32_t current = open.back();
    missing.clear();
    ForEachPart(current, [&](uint32_t part) {
      if (!lengths.contains(part)) missing.push_back(part);
    });
    if (missing.empty()) {
      if (!lengths.contains(current)) lengths[current] = LengthsOfParts(current);
      open.pop_back();
    } else {
      open.insert(open.end(), missing.begin(), missing.end());
    }
  }
  return lengths[id];
}

uint32_t Impl::SomeLength(uint32_t id) {
  constexpr size_t kFew = 48;
  if (const auto known = some_lengths.find(id); known != some_lengths.end()) return known->second;
  const auto found = [&](uint32_t length) { return some_lengths[id] = length; };
  if (Nullable(id)) return found(0);
  std::vector<std::pair<uint32_t, uint32_t>> visits{{id, 0}};  // languages, and what led to them
  for (size_t at = 0; at < visits.size() && at < kFew; at++) {
    const auto [current, length] = visits[at];
    for (uint8_t byte : Representatives(current)) {
      const uint32_t next = Derive(current, byte);
      const uint32_t longer = length + !IsContinuation(byte);
      const auto known = some_lengths.find(next);
      const bool ends = known != some_lengths.end() && known->second != kUnbounded;
      if (ends) return found(longer + known->second);
      if (Nullable(next)) return found(longer);
      if (next != kNothingId && visits.size() < kFew) visits.emplace_back(next, longer);
    }
  }
  return found(kUnbounded);
}

uint32_t Impl::MostCount(uint32_t id) const {
  uint32_t most = 0;
  std::vector<bool> seen(nodes.size());
  std::vector<uint32_t> open{id};
  while (!open.empty()) {
    const uint32_t current = open.back();
    open.pop_back();
    if (seen[current]) continue;
    seen[current] = true;
    const Node& n = nodes[current];
    if (n.kind == NodeKind::kRepeat && n.c != kUnbounded) most = std::max(most, n.c);
    ForEachPart(current, [&](uint32_t part) { open.push_back(part); });
  }
  return most;
}

// Each byte takes one repetition at most. What branches lead to is left as it is.
uint32_t Impl::Widen(uint32_t id, uint32_t longest) {
  Work();
  const Node n = nodes[id];
  switch (n.kind) {
    case NodeKind::kConcat: {
      std::vector<uint32_t> heads;
      uint32_t rest = id;
      for (; nodes[rest].kind == NodeKind::kConcat; rest = nodes[rest].b) {
        heads.push_back(Widen(nodes[rest].a, longest));
      }
      uint32_t whole = Widen(rest, longest);
      for (size_t i = heads.size(); i-- > 0;) whole = MakeConcat(heads[i], whole);
      return whole;
    }
    case NodeKind::kUnion: {
      std::vector<uint32_t> parts;
      for (uint32_t i = 0; i < n.b; i++) parts.push_back(Widen(pool[n.a + i], longest));
      return MakeUnion(parts);
    }
    case NodeKind::kRepeat: {
      const bool far = n.c != kUnbounded && n.c > longest;
      return MakeRepeat(Widen(n.a, longest), n.b, far ? kUnbounded : n.c);
    }
    default:
      return id;
  }
}

uint32_t Impl::Detour(uint32_t id) {
  Lengths(id);
  std::vector<uint32_t> open{id};
  while (!open.empty()) {
    Work();
    const uint32_t current = open.back();
    const size_t before = open.size();
    ForEachPart(current, [&](uint32_t part) {
      if (!detours.contains(part)) open.push_back(part);
    });
    if (open.size() > before) continue;
    if (!detours.contains(current)) detours[current] = DetourOfParts(current);
    open.pop_back();
  }
  return detours[id];
}

uint32_t Impl::DetourOfParts(uint32_t id) {
  const Node n = nodes[id];
  switch (n.kind) {
    case NodeKind::kBranch: {
      uint32_t most = lengths[id].min;
      for (const Edge& edge : edges_of(n)) most = std::max(most, detours[edge.target]);
      return most;
    }
    case NodeKind::kUnion: {
      uint32_t most = 0;
      for (uint32_t child : children(n)) most = std::max(most, detours[child]);
      return most;
    }
    case NodeKind::kConcat:
      return std::max(Add(detours[n.a], lengths[n.b].min), detours[n.b]);
    case NodeKind::kRepeat:
      return Add(detours[n.a], Times(n.b, lengths[n.a].min));
    default:
      return 0;
  }
}

LengthRange Impl::LengthsOfParts(uint32_t id) {
  const Node n = nodes[id];
  switch (n.kind) {
    case NodeKind::kBranch: {
      std::vector<LengthRange> ways;
      for (const Edge& edge : edges_of(n)) {
        const uint32_t weight = IsContinuation(edge.first) ? 0 : 1;
        const LengthRange rest = lengths[edge.target];
        ways.push_back({Add(rest.min, weight), Add(rest.max, weight), rest.step});
      }
      return Any(std::move(ways));
    }
    case NodeKind::kUnion: {
      std::vector<LengthRange> ways;
      for (uint32_t child : children(n)) ways.push_back(lengths[child]);
      return Any(std::move(ways));
    }
    case NodeKind::kConcat:
      return Then(lengths[n.a], lengths[n.b]);
    case NodeKind::kRepeat:
      return Repeated(lengths[n.a], n.b, n.c);
    default:
      return {0, 0, 1};
  }
}

}  // namespace lorikeet::grammar
