#include "grammar/regex/regex_automaton.h"

#include <string_view>

namespace lorikeet::grammar {
namespace {

constexpr unsigned kMostGroups = 6;

// What was read last.
enum class Place : uint8_t {
  kFree,        // nothing that a quantifier may follow
  kAtom,        // an atom or a group: a quantifier may follow
  kQuantified,  // a quantifier: "?" may follow
  kOpen,        // "("
  kOpenQuestion,
  kOpenAngle,
  kGroupName,
  kCount,        // "{" and digits
  kComma,        // and ","
  kSecondCount,  // and more digits
  // Classes.
  kSetStart,
  kSetNegated,
  kSet,
  kSetLow,      // a character that may begin a range
  kSetLowDash,  // and "-"
  kSetEnd,      // a "-" that only "]" may follow
  // Escapes.
  kBackslash,
  kSeparator1,  // the first byte of U+2028 and U+2029, which may not be escaped, and the second
  kSeparator2,
  kControl,
  kHex,
  kProperty,
  kPropertyOpen,
  kPropertyLetter,
  kPropertyEnd,
};

// Bytes of a character that are missing, and what the next one must be.
enum class Utf8 : uint8_t { kNone, kOne, kTwo, kThree, kAfterE0, kAfterED, kAfterF0, kAfterF4 };

// A state is a number: the fields that still matter, the others are 0.
struct Text {
  Place place = Place::kFree;
  Utf8 utf8 = Utf8::kNone;
  bool in_set = false;  // an escape within a class
  uint8_t depth = 0;
  uint8_t assertions = 0;  // a bit for each open group
  uint8_t value = 0;       // a range's lowest, hexadecimal digits to come, a property's letter
  // Counts: digits of the first, its first two digits where they matter, and of the second.
  uint8_t digits = 0, first = 0, second = 0, more = 0;
  bool in_order = false;  // the second count may end here
};

uint64_t Pack(const Text& t) {
  uint64_t state = static_cast<uint64_t>(t.place) | uint64_t{static_cast<uint8_t>(t.utf8)} << 5;
  state |= uint64_t{t.in_set} << 8 | uint64_t{t.in_order} << 9 | uint64_t{t.depth} << 10;
  state |= uint64_t{t.assertions} << 13 | uint64_t{t.value} << 21 | uint64_t{t.digits} << 29;
  return state | uint64_t{t.first} << 32 | uint64_t{t.second} << 36 | uint64_t{t.more} << 40;
}

Text Unpack(uint64_t state) {
  Text t;
  t.place = static_cast<Place>(state & 31);
  t.utf8 = static_cast<Utf8>(state >> 5 & 7);
  t.in_set = state >> 8 & 1;
  t.in_order = state >> 9 & 1;
  t.depth = state >> 10 & 7;
  t.assertions = static_cast<uint8_t>(state >> 13);
  t.value = static_cast<uint8_t>(state >> 21);
  t.digits = state >> 29 & 7;
  t.first = state >> 32 & 15;
  t.second = state >> 36 & 15;
  t.more = state >> 40 & 15;
  return t;
}

bool In(std::string_view set, uint8_t byte) {
  return set.find(static_cast<char>(byte)) != std::string_view::npos;
}
bool IsDigit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
bool IsLetter(uint8_t byte) { return (byte | 32) >= 'a' && (byte | 32) <= 'z'; }
bool IsHex(uint8_t byte) { return IsDigit(byte) || ((byte | 32) >= 'a' && (byte | 32) <= 'f'); }

// Goes on at `place` with nothing but the groups kept; true.
bool GoOn(Text& t, Place place, uint8_t value = 0) {
  Text next;
  next.place = place;
  next.depth = t.depth;
  next.assertions = t.assertions;
  next.value = value;
  t = next;
  return true;
}

// ---- characters beyond ASCII ----

bool Lead(Text& t, uint8_t byte) {
  if (byte < 0xC2 || byte > 0xF4) return false;
  if (byte < 0xE0) {
    t.utf8 = Utf8::kOne;
  } else if (byte < 0xF0) {
    t.utf8 = byte == 0xE0 ? Utf8::kAfterE0 : byte == 0xED ? Utf8::kAfterED : Utf8::kTwo;
  } else {
    t.utf8 = byte == 0xF0 ? Utf8::kAfterF0 : byte == 0xF4 ? Utf8::kAfterF4 : Utf8::kThree;
  }
  return true;
}

bool Continue(Text& t, uint8_t byte) {
  const uint8_t least = t.utf8 == Utf8::kAfterE0 ? 0xA0 : t.utf8 == Utf8::kAfterF0 ? 0x90 : 0x80;
  const uint8_t most = t.utf8 == Utf8::kAfterED ? 0x9F : t.utf8 == Utf8::kAfterF4 ? 0x8F : 0xBF;
  if (byte < least || byte > most) return false;
  switch (t.utf8) {
    case Utf8::kNone:
    case Utf8::kOne:
      t.utf8 = Utf8::kNone;
      break;
    case Utf8::kTwo:
    case Utf8::kAfterE0:
    case Utf8::kAfterED:
      t.utf8 = Utf8::kOne;
      break;
    default:
      t.utf8 = Utf8::kTwo;
  }
  return true;
}

// ---- escapes ----

bool EndEscape(Text& t) { return GoOn(t, t.in_set ? Place::kSet : Place::kAtom); }

bool StepBackslash(Text& t, uint8_t byte) {
  const auto inside = [&](Place place, uint8_t value) {
    t.place = place;
    t.value = value;
    return true;
  };
  if (byte == 0xE2) return inside(Place::kSeparator1, 0);
  if (byte >= 0x80) return EndEscape(t) && Lead(t, byte);
  if (byte == 'b' || byte == 'B') return t.in_set ? EndEscape(t) : GoOn(t, Place::kFree);
  if (byte == 'c') return inside(Place::kControl, 0);
  if (byte == 'x') return inside(Place::kHex, 2);
  if (byte == 'u') return inside(Place::kHex, 4);
  if (byte == 'p' || byte == 'P') return inside(Place::kProperty, 0);
  if (IsLetter(byte) || IsDigit(byte)) return In("dDwWsStnvfr0", byte) && EndEscape(t);
  return byte != '\n' && byte != '\r' && EndEscape(t);
}

bool StepEscape(Text& t, uint8_t byte) {
  switch (t.place) {
    case Place::kBackslash:
      return StepBackslash(t, byte);
    case Place::kSeparator1:
      if (byte < 0x80 || byte > 0xBF) return false;
      if (byte != 0x80) {
        EndEscape(t);
        t.utf8 = Utf8::kOne;
        return true;
      }
      t.place = Place::kSeparator2;
      return true;
    case Place::kSeparator2:
      return byte >= 0x80 && byte <= 0xBF && byte != 0xA8 && byte != 0xA9 && EndEscape(t);
    case Place::kControl:
      return IsLetter(byte) && EndEscape(t);
    case Place::kHex:
      if (!IsHex(byte)) return false;
      return --t.value > 0 || EndEscape(t);
    case Place::kProperty:
      t.place = Place::kPropertyOpen;
      return byte == '{';
    case Place::kPropertyOpen:
      t.place = Place::kPropertyLetter;
      t.value = byte;
      return In("LMNPSZC", byte);
    case Place::kPropertyLetter: {
      if (byte == '}') return EndEscape(t);
      const uint8_t letter = t.value;
      t.place = Place::kPropertyEnd;
      t.value = 0;
      return In(letter == 'L'   ? "ultmo"
                : letter == 'M' ? "nce"
                : letter == 'N' ? "dlo"
                : letter == 'P' ? "cdseifo"
                : letter == 'S' ? "mcko"
                : letter == 'Z' ? "slp"
                                : "cf",
                byte);
    }
    default:
      return byte == '}' && EndEscape(t);
  }
}

// ---- classes ----

bool StepSet(Text& t, uint8_t byte) {
  const Place place = t.place;
  const uint8_t low = t.value;
  if (byte == ']') return GoOn(t, Place::kAtom);
  if (place == Place::kSetEnd) return false;
  if (place == Place::kSetLowDash) {
    return byte >= low && byte <= '~' && !In("-\\", byte) && GoOn(t, Place::kSet);
  }
  if (byte == '\\') {
    GoOn(t, Place::kBackslash);
    return t.in_set = true;
  }
  if (byte == '-') {
    if (place == Place::kSetLow) return GoOn(t, Place::kSetLowDash, low);
    return GoOn(t, place == Place::kSet ? Place::kSetEnd : Place::kSet);
  }
  if (byte == '^' && place == Place::kSetStart) return GoOn(t, Place::kSetNegated);
  if (byte >= 0x80) return GoOn(t, Place::kSet) && Lead(t, byte);
  const bool begins_range = byte >= '!' && byte <= '~' && byte != '^';
  return begins_range ? GoOn(t, Place::kSetLow, byte) : GoOn(t, Place::kSet);
}

// ---- counts ----

bool StepCount(Text& t, uint8_t byte) {
  if (byte == '}') return t.digits > 0 && GoOn(t, Place::kQuantified);
  if (byte == ',') {
    // Only "a,}" where the first count has a zero in front, or four digits.
    if (t.digits > 1 && t.first == 0) t.digits = 4;
    if (t.digits > 2) t.first = t.second = 0;
    t.place = Place::kComma;
    return t.digits > 0;
  }
  if (!IsDigit(byte) || t.digits == 4) return false;
  const uint8_t digit = byte - '0';
  t.digits++;
  if (t.digits == 1) t.first = digit;
  if (t.digits == 2 && t.first != 0) t.second = digit;
  if (t.digits > 2) {
    t.first = t.first != 0;
    t.second = 0;
  }
  return true;
}

// After the comma: as many digits as the first count has and in order, or more.
bool StepSecondCount(Text& t, uint8_t byte) {
  if (byte == '}') return (t.place == Place::kComma || t.in_order) && GoOn(t, Place::kQuantified);
  if (!IsDigit(byte)) return false;
  const uint8_t digit = byte - '0';
  if (t.place == Place::kComma) {
    if (t.digits == 4) return false;
    t.in_order = t.digits == 1 && digit >= t.first;
    if (digit == 0 && !t.in_order) return false;
    // Of two digits the second decides where the first ones are equal.
    if (t.digits == 2) t.second = digit > t.first ? 0 : digit < t.first ? 10 : t.second;
    // No digit follows a zero.
    t.more = digit == 0 ? 4 : 1;
    t.first = 0;
    t.place = Place::kSecondCount;
    return true;
  }
  if (t.more == 4) return false;
  t.more++;
  t.in_order = t.more > t.digits || (t.more == t.digits && t.digits == 2 && digit >= t.second);
  if (t.more >= t.digits) t.second = 0;
  return true;
}

// ---- outside of all these ----

bool StepOpen(Text& t, uint8_t byte) {
  const auto assertion = [&] {
    t.assertions |= static_cast<uint8_t>(1u << (t.depth - 1));
    return GoOn(t, Place::kFree);
  };
  switch (t.place) {
    case Place::kOpenQuestion:
      if (byte == ':') return GoOn(t, Place::kFree);
      if (byte == '<') return GoOn(t, Place::kOpenAngle);
      return (byte == '=' || byte == '!') && assertion();
    case Place::kOpenAngle:
      if (byte == '=' || byte == '!') return assertion();
      return (IsLetter(byte) || byte == '_' || byte == '$') && GoOn(t, Place::kGroupName);
    default:
      if (byte == '>') return GoOn(t, Place::kFree);
      return IsLetter(byte) || IsDigit(byte) || byte == '_' || byte == '$';
  }
}

bool Close(Text& t) {
  if (t.depth == 0) return false;
  t.depth--;
  const uint8_t bit = static_cast<uint8_t>(1u << t.depth);
  const bool assertion = (t.assertions & bit) != 0;
  t.assertions &= static_cast<uint8_t>(~bit);
  return GoOn(t, assertion ? Place::kFree : Place::kAtom);
}

bool StepTerm(Text& t, uint8_t byte) {
  const Place place = t.place;
  switch (byte) {
    case '?':
      if (place == Place::kOpen) return GoOn(t, Place::kOpenQuestion);
      if (place == Place::kQuantified) return GoOn(t, Place::kFree);
      [[fallthrough]];
    case '*':
    case '+':
      return place == Place::kAtom && GoOn(t, Place::kQuantified);
    case '{':
      return place == Place::kAtom && GoOn(t, Place::kCount);
    case '}':
    case ']':
      return false;
    case '^':
    case '$':
    case '|':
      return GoOn(t, Place::kFree);
    case '\\':
      return GoOn(t, Place::kBackslash);
    case '[':
      return GoOn(t, Place::kSetStart);
    case '(':
      if (t.depth == kMostGroups) return false;
      t.depth++;
      return GoOn(t, Place::kOpen);
    case ')':
      return Close(t);
    default:
      GoOn(t, Place::kAtom);
      return byte < 0x80 || Lead(t, byte);
  }
}

bool StepText(Text& t, uint8_t byte) {
  if (t.utf8 != Utf8::kNone) return Continue(t, byte);
  if (t.place >= Place::kBackslash) return StepEscape(t, byte);
  if (t.place >= Place::kSetStart) return StepSet(t, byte);
  if (t.place == Place::kCount) return StepCount(t, byte);
  if (t.place >= Place::kComma) return StepSecondCount(t, byte);
  return t.place >= Place::kOpenQuestion ? StepOpen(t, byte) : StepTerm(t, byte);
}

}  // namespace

uint64_t RegexAutomaton::Start() const { return Pack({}); }

std::optional<uint64_t> RegexAutomaton::Step(uint64_t state, uint8_t byte) const {
  Text t = Unpack(state);
  if (!StepText(t, byte)) return std::nullopt;
  return Pack(t);
}

bool RegexAutomaton::Accepts(uint64_t state) const {
  const Text t = Unpack(state);
  return t.depth == 0 && t.utf8 == Utf8::kNone && t.place <= Place::kQuantified;
}

void RegexAutomaton::MarkBoundaries(std::bitset<257>& boundaries) const {
  boundaries.set(0x0A).set(0x0B).set(0x0D).set(0x0E);
  for (size_t byte = '!'; byte <= 0x80; byte++) boundaries.set(byte);
  for (size_t byte : {0x81, 0x90, 0xA0, 0xA8, 0xAA, 0xC0, 0xC2, 0xE0, 0xE1, 0xE2, 0xE3, 0xED, 0xEE,
                      0xF0, 0xF1, 0xF4, 0xF5}) {
    boundaries.set(byte);
  }
}

}  // namespace lorikeet::grammar
