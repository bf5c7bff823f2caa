#include "grammar/json/escapes.h"

#include <algorithm>

namespace lorikeet::grammar::json {

namespace {

constexpr char kHex[] = "0123456789abcdef";

int HexValue(uint8_t byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  const int letter = byte | 0x20;
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// A free phase: how far the escape is, and the digits so far.
//   0 after the backslash, 1..4 before the n-th digit, 5 before the second backslash, 6 before its
//   'u', 7..10 before the n-th digit of the low surrogate.
constexpr EscapePhase FreePhase(uint32_t step, uint32_t code) {
  return Escapes::kFree + (step << 16) + code;
}
constexpr uint32_t StepOf(EscapePhase phase) { return (phase - Escapes::kFree) >> 16; }
constexpr uint32_t CodeOf(EscapePhase phase) { return phase & 0xFFFF; }

std::string Utf8(uint32_t code) {
  std::string text;
  if (code < 0x80) return {static_cast<char>(code)};
  if (code >= 0x10000) {
    text += static_cast<char>(0xF0 | (code >> 18));
    text += static_cast<char>(0x80 | ((code >> 12) & 63));
  } else if (code >= 0x800) {
    text += static_cast<char>(0xE0 | (code >> 12));
  } else {
    text += static_cast<char>(0xC0 | (code >> 6));
  }
  if (code >= 0x800) text += static_cast<char>(0x80 | ((code >> 6) & 63));
  text += static_cast<char>(0x80 | (code & 63));
  return text;
}

}  // namespace

Escapes::Escapes(Kind kind, char quote) {
  if (kind == Kind::kNone) return;
  nodes_.resize(2);  // 0: outside; kCanonical: after the backslash
  const std::string_view names = kind == Kind::kJson ? "bfnrt" : "nrt";
  const std::string_view contents = kind == Kind::kJson ? "\b\f\n\r\t" : "\n\r\t";
  Add(std::string_view(&quote, 1), quote);
  Add("\\", '\\');
  for (size_t i = 0; i < names.size(); i++) Add(names.substr(i, 1), contents[i]);
  for (char control = 0; control < 0x20; control++) {
    if (contents.find(control) != std::string_view::npos) continue;
    const std::string prefix = kind == Kind::kJson ? "u00" : "x";
    Add(prefix + kHex[control >> 4] + kHex[control & 15], control);
  }
}

void Escapes::Add(std::string_view spelling, char content) {
  needing_.Add(static_cast<uint8_t>(content));
  uint32_t node = kCanonical;
  for (size_t i = 0; i < spelling.size(); i++) {
    nodes_[node].candidates += content;
    const uint8_t byte = static_cast<uint8_t>(spelling[i]);
    auto& next = nodes_[node].next;
    const auto known =
        std::find_if(next.begin(), next.end(), [&](auto& edge) { return edge.first == byte; });
    if (known != next.end()) {
      node = known->second;
      continue;
    }
    const uint32_t fresh = static_cast<uint32_t>(nodes_.size());
    next.emplace_back(byte, fresh);
    nodes_.emplace_back();
    node = fresh;
  }
  nodes_[node].content = content;
}

Escapes::Result Escapes::Read(EscapePhase phase, uint8_t byte) const {
  if (IsFree(phase)) return ReadFree(phase, byte);
  const bool hex_letter = byte >= 'A' && byte <= 'F' && phase != kCanonical;
  const uint8_t wanted = hex_letter ? byte | 0x20 : byte;
  for (const auto& [edge, node] : nodes_[phase].next) {
    if (edge != wanted) continue;
    if (!nodes_[node].next.empty()) return {node};
    return {0, false, std::string(1, nodes_[node].content)};
  }
  return {0, true};
}

ByteSet Escapes::NextBytes(EscapePhase phase) const {
  ByteSet bytes;
  for (uint32_t value = 0; IsFree(phase) && value < 128; value++) {
    const uint8_t byte = static_cast<uint8_t>(value);
    if (!ReadFree(phase, byte).dead) bytes.Add(byte);
  }
  if (IsFree(phase)) return bytes;
  for (const auto& [edge, node] : nodes_[phase].next) {
    bytes.Add(edge);
    if (phase != kCanonical && edge >= 'a' && edge <= 'f') bytes.Add(edge & 0xDF);
  }
  return bytes;
}

Escapes::Result Escapes::ReadFree(EscapePhase phase, uint8_t byte) const {
  const uint32_t step = StepOf(phase);
  const uint32_t code = CodeOf(phase);
  if (step == 0) {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kContents = "\"\\/\b\f\n\r\t";
    if (byte == 'u') return {FreePhase(1, 0)};
    const size_t name = kNames.find(static_cast<char>(byte));
    if (name == std::string_view::npos) return {0, true};
    return {0, false, std::string(1, kContents[name])};
  }
  if (step == 5) return byte == '\\' ? Result{FreePhase(6, code)} : Result{0, true};
  // From here on `code` is the high surrogate's offset, times 64 in the low surrogate's digits.
  if (step == 6) return byte == 'u' ? Result{FreePhase(7, code)} : Result{0, true};
  const int digit = HexValue(byte);
  if (digit < 0) return {0, true};
  const uint32_t value = static_cast<uint32_t>(digit);
  if (step <= 4) {
    const uint32_t next = code << 4 | value;
    if (step == 2 && next >= 0xDC && next <= 0xDF) return {0, true};  // a low surrogate alone
    if (step < 4) return {FreePhase(step + 1, next)};
    if (next >= 0xD800 && next < 0xDC00) return {FreePhase(5, next)};
    return {0, false, Utf8(next)};
  }
  // The low surrogate: DC00 to DFFF. Ten bits of the high one and six of the low one fit a phase;
  // the last digit completes it.
  const uint32_t high = step == 7 ? code - 0xD800 : code >> 6;
  if (step == 7) return value == 0xD ? Result{FreePhase(8, high << 6)} : Result{0, true};
  if (step == 8) {
    return value >= 0xC ? Result{FreePhase(9, high << 6 | (value - 0xC))} : Result{0, true};
  }
  const uint32_t low = (code & 63) << 4 | value;
  if (step == 9) return {FreePhase(10, high << 6 | low)};
  return {0, false, Utf8(0x10000 + (high << 10 | low))};
}

}  // namespace lorikeet::grammar::json
