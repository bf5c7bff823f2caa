// From code points and strings to branches over bytes.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

constexpr uint32_t kLastOfLength[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

// The byte at `position` (0 is the lead) of `code_point` in a UTF-8 form of `length` bytes.
uint8_t ByteAt(uint32_t code_point, int length, int position) {
  static constexpr uint8_t kLead[] = {0x00, 0xC0, 0xE0, 0xF0};
  const uint32_t bits = code_point >> (6 * (length - 1 - position));
  if (position > 0) return static_cast<uint8_t>(0x80 | (bits & 0x3F));
  return static_cast<uint8_t>(kLead[length - 1] | bits);
}

// The branch for `ranges` (sorted, of one UTF-8 length, equal in the bytes before `position`).
uint32_t BytesFrom(Impl& impl, std::vector<CodePointRange> ranges, int length, int position) {
  if (position == length) return Impl::kEmptyId;
  const uint32_t span = 1u << (6 * (length - 1 - position));  // code points under one byte
  std::vector<Edge> out;
  for (size_t i = 0; i < ranges.size();) {
    const uint32_t first = ranges[i].first;
    const uint32_t whole = first % span == 0 ? (ranges[i].last - first + 1) / span : 0;
    std::vector<CodePointRange> below;
    uint32_t end = first + whole * span - 1;
    if (whole > 0) {
      below.push_back({first, first + span - 1});
    } else {
      end = first | (span - 1);
      for (size_t j = i; j < ranges.size() && ranges[j].first <= end; j++) {
        below.push_back({ranges[j].first, std::min(ranges[j].last, end)});
      }
    }
    out.push_back({ByteAt(first, length, position), ByteAt(end, length, position),
                   BytesFrom(impl, std::move(below), length, position + 1)});
    while (i < ranges.size() && ranges[i].last <= end) i++;
    if (i < ranges.size()) ranges[i].first = std::max(ranges[i].first, end + 1);
  }
  return impl.MakeBranch(out);
}

}  // namespace

uint32_t Impl::MakeCodePoint(const CodePointSet& set) {
  static const CodePointSet kScalars = CodePointSet{{0xD800, 0xDFFF}}.Complement();
  const CodePointSet scalars = set.Intersect(kScalars);
  std::vector<Edge> joined;
  uint32_t first = 0;
  for (int length = 1; length <= 4; length++) {
    const uint32_t last = kLastOfLength[length - 1];
    const uint32_t branch =
        BytesFrom(*this, scalars.Intersect(CodePointSet{{first, last}}).ranges(), length, 0);
    const auto of_length = edges_of(nodes[branch]);
    if (branch != kNothingId) joined.insert(joined.end(), of_length.begin(), of_length.end());
    first = last + 1;
  }
  return MakeBranch(joined);
}

// Sorted, distinct strings to the minimal acyclic automaton: the path of the last string is kept
// open, and closed from below where the next one leaves it.
uint32_t Impl::MakeStrings(const std::vector<std::string>& sorted) {
  struct Open {
    std::vector<Edge> edges;
    bool accepts = false;
  };
  std::vector<Open> path(1);
  const auto close = [&](size_t depth, const std::string& text) {
    while (path.size() > depth + 1) {
      Open last = std::move(path.back());
      path.pop_back();
      uint32_t node = MakeBranch(last.edges);
      if (last.accepts) node = MakeUnion(kEmptyId, node);
      const uint8_t byte = static_cast<uint8_t>(text[path.size() - 1]);
      path.back().edges.push_back({byte, byte, node});
    }
  };
  const std::string* previous = nullptr;
  for (const std::string& text : sorted) {
    if (previous != nullptr) {
      const auto [at, _] =
          std::mismatch(previous->begin(), previous->end(), text.begin(), text.end());
      close(at - previous->begin(), *previous);
    }
    path.resize(text.size() + 1);
    path.back().accepts = true;
    previous = &text;
  }
  if (previous == nullptr) return kNothingId;
  close(0, *previous);
  const uint32_t node = MakeBranch(path[0].edges);
  return path[0].accepts ? MakeUnion(kEmptyId, node) : node;
}

}  // namespace lorikeet::grammar
