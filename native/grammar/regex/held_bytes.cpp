// Which bytes the members of a language hold: what some must have and others cannot empties an
// intersection without a search.
#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

constexpr ByteSet kNoBytes;
constexpr ByteSet kAllBytes = ByteSet::Range(0, 255);

}  // namespace

// Parts first, without recursion: literals make chains of branches.
const HeldBytes& Impl::Held(uint32_t id) {
  std::vector<uint32_t> open{id};
  while (!open.empty()) {
    const uint32_t current = open.back();
    const size_t before = open.size();
    // References may lead back to themselves.
    if (!held.contains(current) && nodes[current].kind != NodeKind::kReference) {
      Work();
      ForEachPart(current, [&](uint32_t part) {
        if (!held.contains(part)) open.push_back(part);
      });
    }
    if (open.size() > before) continue;
    if (!held.contains(current)) held.emplace(current, HeldOfParts(current));
    open.pop_back();
  }
  return held.at(id);
}

HeldBytes Impl::HeldOfParts(uint32_t id) const {
  const Node n = nodes[id];
  HeldBytes result;
  switch (n.kind) {
    case NodeKind::kNothing:
      return {kAllBytes, kNoBytes};
    case NodeKind::kEmpty:
      return {kNoBytes, kNoBytes};
    case NodeKind::kBranch:
      result = {kAllBytes, kNoBytes};
      for (const Edge& edge : edges_of(n)) {
        const HeldBytes& rest = held.at(edge.target);
        const ByteSet bytes = ByteSet::Range(edge.first, edge.last);
        result.always &= edge.first == edge.last ? rest.always | bytes : rest.always;
        result.ever |= rest.ever | bytes;
      }
      return result;
    case NodeKind::kConcat:
      return {held.at(n.a).always | held.at(n.b).always, held.at(n.a).ever | held.at(n.b).ever};
    case NodeKind::kUnion:
    case NodeKind::kOneOf:
      result = {kAllBytes, kNoBytes};
      for (uint32_t child : children(n)) {
        result.always &= held.at(child).always;
        result.ever |= held.at(child).ever;
      }
      return result;
    case NodeKind::kIntersect:
      result = {kNoBytes, kAllBytes};
      for (uint32_t child : children(n)) {
        result.always |= held.at(child).always;
        result.ever &= held.at(child).ever;
      }
      return result;
    case NodeKind::kRepeat:
      return {n.b > 0 ? held.at(n.a).always : kNoBytes, held.at(n.a).ever};
    case NodeKind::kAutomaton:
      return {kNoBytes, automata[n.a]->BytesAfter(n.b | uint64_t{n.c} << 32)};
    case NodeKind::kNot:
    case NodeKind::kReference:
      return {kNoBytes, kAllBytes};
  }
  return result;
}

bool Impl::Contradicts(uint32_t id) {
  const HeldBytes& bytes = Held(id);
  return !(bytes.always & ~bytes.ever).Empty();
}

}  // namespace lorikeet::grammar
