// The escapes that stand in strings, read byte by byte.
//
// Every text has one canonical spelling: an escape is used where a character needs it, and nowhere
// else. Strings that are free (no pattern, format or list of values) may use any escape of JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "grammar/byte_set.h"

namespace lorikeet::grammar::json {

// Where the reading of an escape stands: 0 is outside.
using EscapePhase = uint32_t;

class Escapes {
 public:
  enum class Kind : uint8_t { kNone, kJson, kPython };
  Escapes(Kind kind, char quote);

  bool any() const { return !nodes_.empty(); }

  // After the backslash, canonical escapes only / any escape of JSON.
  static constexpr EscapePhase kCanonical = 1;
  static constexpr EscapePhase kFree = 1u << 20;

  struct Result {
    EscapePhase phase = 0;  // 0: the escape is complete (or dead)
    bool dead = false;
    std::string content = {};  // in UTF-8, once complete
  };
  Result Read(EscapePhase phase, uint8_t byte) const;

  // The bytes with which an escape can go on.
  ByteSet NextBytes(EscapePhase phase) const;

  // What a canonical escape can still stand for.
  const std::string& Candidates(EscapePhase phase) const { return nodes_[phase].candidates; }
  static bool IsFree(EscapePhase phase) { return phase >= kFree; }

  // Bytes that cannot stand for themselves in a string.
  bool NeedsEscape(uint8_t byte) const { return needing_.Contains(byte); }

  // The bytes with which the spelling of one of these bytes of content begins.
  ByteSet Spelling(const ByteSet& content) const {
    ByteSet bytes = content & ~needing_;
    if (bytes != content) bytes.Add('\\');
    return bytes;
  }

 private:
  struct Node {
    std::vector<std::pair<uint8_t, uint32_t>> next;  // 0: complete
    std::string candidates;
    char content = 0;
  };
  void Add(std::string_view spelling, char content);
  Result ReadFree(EscapePhase phase, uint8_t byte) const;

  std::vector<Node> nodes_;
  ByteSet needing_;
};

}  // namespace lorikeet::grammar::json
