// The questions of language.h.
#include <algorithm>
#include <map>
#include <unordered_map>
#include <utility>

#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {
namespace {

using Impl = Languages::Impl;

// A derivative graph explored to its end: is there a cycle?
bool HasCycle(Impl& impl, uint32_t start) {
  enum class Mark : uint8_t { kOpen, kDone };
  struct Frame {
    uint32_t id;
    std::vector<uint8_t> bytes;
    size_t next = 0;
  };
  std::unordered_map<uint32_t, Mark> marks{{start, Mark::kOpen}};
  std::vector<Frame> stack{{start, impl.Representatives(start)}};
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.next == frame.bytes.size()) {
      marks[frame.id] = Mark::kDone;
      stack.pop_back();
      continue;
    }
    const uint32_t next = impl.Derive(frame.id, frame.bytes[frame.next++]);
    if (!impl.Alive(next)) continue;
    const auto [mark, fresh] = marks.emplace(next, Mark::kOpen);
    if (fresh) {
      stack.push_back({next, impl.Representatives(next)});
    } else if (mark->second == Mark::kOpen) {
      return true;
    }
  }
  return false;
}

// Whether the language, which is not empty, has more members than `limit`. Prefixes that leave the
// same rest are counted together; each prefix stands for one member at least.
bool HasMoreThan(Impl& impl, uint32_t start, size_t limit) {
  size_t found = 0;
  std::map<uint32_t, size_t> open{{start, 1}};  // how many prefixes leave a rest, at most limit + 1
  while (!open.empty()) {
    size_t standing_for = found;
    for (const auto& [id, count] : open) standing_for += count;
    if (standing_for > limit) return true;
    std::map<uint32_t, size_t> longer;
    for (const auto& [id, count] : open) {
      if (impl.Nullable(id)) found += count;
      impl.FirstBytes(id).ForEach([&, state = id, times = count](uint8_t byte) {
        const uint32_t next = impl.Derive(state, byte);
        if (!impl.Alive(next)) return;
        size_t& known = longer[next];
        known = std::min(known + times, limit + 1);
      });
    }
    open = std::move(longer);
  }
  return found > limit;
}

}  // namespace

bool Languages::AcceptsEmpty(Language language) {
  impl_->BeginQuestion();
  return impl_->Nullable(language.id);
}

Language Languages::Derivative(Language language, uint8_t byte) {
  impl_->BeginQuestion();
  return {impl_->Derive(language.id, byte)};
}

bool Languages::Contains(Language language, std::string_view text) {
  uint32_t id = language.id;
  for (char byte : text) {
    impl_->BeginQuestion();
    id = impl_->Derive(id, static_cast<uint8_t>(byte));
    if (id == Impl::kNothingId) return false;
  }
  return impl_->Nullable(id);
}

bool Languages::IsEmpty(Language language) {
  impl_->BeginQuestion();
  return !impl_->Alive(language.id);
}

bool Languages::HasLengthWithin(Language language, uint32_t min, uint32_t max) {
  impl_->BeginQuestion();
  if (min > max || language.id == Impl::kNothingId) return false;
  if (impl_->Plain(language.id)) {
    const LengthRange range = impl_->Lengths(language.id);
    if (range.max < min || max < range.min) return false;
    if (min <= range.min) return true;
    const uint32_t behind = range.step == 0 ? 0 : (min - range.min) % range.step;
    const uint32_t next = behind == 0 ? 0 : range.step - behind;  // to the next length
    if (range.step != 0) return next <= std::min(max, range.max) - min;
  }
  return !IsEmpty(Intersect(language, AnyText(min, max)));
}

bool Languages::IsSubset(Language a, Language b) { return IsEmpty(Difference(a, b)); }

bool Languages::IsFinite(Language language) {
  impl_->BeginQuestion();
  if (language.id == Impl::kNothingId) return true;
  if (impl_->Plain(language.id)) return impl_->Lengths(language.id).max != kUnbounded;
  return !impl_->Alive(language.id) || !HasCycle(*impl_, language.id);
}

std::optional<std::vector<std::string>> Languages::Enumerate(Language language, size_t limit) {
  impl_->BeginQuestion();
  std::vector<std::string> found;
  // All prefixes of one length that some member has.
  std::vector<std::pair<std::string, uint32_t>> open;
  if (impl_->Alive(language.id)) {
    if (HasMoreThan(*impl_, language.id, limit)) return std::nullopt;
    open.emplace_back("", language.id);
  }
  while (!open.empty()) {
    std::vector<std::pair<std::string, uint32_t>> longer;
    for (const auto& [prefix, id] : open) {
      if (impl_->Nullable(id)) found.push_back(prefix);
      impl_->FirstBytes(id).ForEach([&, &from = prefix, state = id](uint8_t byte) {
        const uint32_t next = impl_->Derive(state, byte);
        if (impl_->Alive(next)) longer.emplace_back(from + static_cast<char>(byte), next);
      });
    }
    open = std::move(longer);
  }
  return found;
}

std::optional<std::string> Languages::Shortest(Language language) {
  impl_->BeginQuestion();
  struct Visit {
    uint32_t id;
    size_t from;
    uint8_t byte;
  };
  if (!impl_->Alive(language.id)) return std::nullopt;
  std::vector<Visit> visits{{language.id, 0, 0}};
  std::unordered_map<uint32_t, bool> seen{{language.id, true}};
  for (size_t at = 0; at < visits.size(); at++) {
    const uint32_t current = visits[at].id;
    if (impl_->Nullable(current)) {
      std::string text;
      for (; at != 0; at = visits[at].from) text.push_back(static_cast<char>(visits[at].byte));
      std::reverse(text.begin(), text.end());
      return text;
    }
    for (uint8_t byte : impl_->Representatives(current)) {
      const uint32_t next = impl_->Derive(current, byte);
      if (impl_->Alive(next) && seen.emplace(next, true).second) visits.push_back({next, at, byte});
    }
  }
  return std::nullopt;
}

}  // namespace lorikeet::grammar
