#include "grammar/regex/time_automaton.h"

#include <string_view>

namespace lorikeet::grammar {
namespace {

// Where in the text a state is. "HH:MM:SS.f+HH:MM", by what was read last.
enum class Place : uint8_t {
  kStart,
  kHour1,
  kHour2,
  kColon1,
  kMinute1,
  kMinute2,
  kColon2,
  kSecond1,
  kSecond2,
  kPoint,
  kFraction,
  kSign,
  kOffsetHour1,
  kOffsetHour2,
  kOffsetColon,
  kOffsetMinute1,
  kEnd,
};

// A state is a number: the fields that still matter, the others are 0.
struct Time {
  Place place = Place::kStart;
  bool leap = false;  // the second is 60, so hour and minute of the offset are known
  uint8_t digit = 0;  // the first digit of the pair being read
  uint8_t hour = 0;   // local time until the second is known, then the offset's
  uint8_t minute = 0;
  uint8_t minute2 = 0;  // while leap: the offset's minute and hour under a minus sign
  uint8_t hour2 = 0;
};

uint64_t Pack(const Time& time) {
  return static_cast<uint64_t>(time.place) | uint64_t{time.leap} << 8 | uint64_t{time.digit} << 16 |
         uint64_t{time.hour} << 24 | uint64_t{time.minute} << 32 | uint64_t{time.minute2} << 40 |
         uint64_t{time.hour2} << 48;
}

Time Unpack(uint64_t state) {
  Time time;
  time.place = static_cast<Place>(state & 0xFF);
  time.leap = state >> 8 & 1;
  time.digit = static_cast<uint8_t>(state >> 16);
  time.hour = static_cast<uint8_t>(state >> 24);
  time.minute = static_cast<uint8_t>(state >> 32);
  time.minute2 = static_cast<uint8_t>(state >> 40);
  time.hour2 = static_cast<uint8_t>(state >> 48);
  return time;
}

// Forgets hour and minute, unless a leap second may still ask for them.
void AfterSecond(Time& time, bool leap) {
  if (!leap) {
    time.hour = time.minute = 0;
    return;
  }
  // 23:59 UTC plus the offset is the local time, or minus it.
  const uint8_t hour = time.hour, minute = time.minute;
  time.leap = true;
  time.minute = static_cast<uint8_t>((minute + 1) % 60);
  time.hour = static_cast<uint8_t>(time.minute == 0 ? (hour + 1) % 24 : hour);
  time.minute2 = static_cast<uint8_t>(59 - minute);
  time.hour2 = static_cast<uint8_t>(23 - hour);
}

// The first of a pair of digits up to `most`.
bool First(Time& time, uint8_t digit, uint8_t most, Place place) {
  if (digit > most / 10) return false;
  time.digit = digit;
  time.place = place;
  return true;
}

// The second of them; `value` gets the pair.
bool Second(Time& time, uint8_t digit, uint8_t most, Place place, uint8_t& value) {
  value = static_cast<uint8_t>(time.digit * 10 + digit);
  time.digit = 0;
  time.place = place;
  return value <= most;
}

bool Offset(Time& time, uint8_t byte) {
  if (byte == 'Z' || byte == 'z') {
    const bool utc = !time.leap || (time.hour == 0 && time.minute == 0);
    time = Time{Place::kEnd};
    return utc;
  }
  if (byte != '+' && byte != '-') return false;
  if (byte == '-') time.hour = time.hour2, time.minute = time.minute2;
  time.hour2 = time.minute2 = 0;
  time.place = Place::kSign;
  return true;
}

bool Advance(Time& time, uint8_t byte) {
  const bool is_digit = byte >= '0' && byte <= '9';
  const uint8_t digit = static_cast<uint8_t>(byte - '0');
  uint8_t value = 0;
  const auto separator = [&](uint8_t expected, Place place) {
    time.place = place;
    return byte == expected;
  };
  switch (time.place) {
    case Place::kStart:
      return is_digit && First(time, digit, 23, Place::kHour1);
    case Place::kHour1:
      return is_digit && Second(time, digit, 23, Place::kHour2, time.hour);
    case Place::kHour2:
      return separator(':', Place::kColon1);
    case Place::kColon1:
      return is_digit && First(time, digit, 59, Place::kMinute1);
    case Place::kMinute1:
      return is_digit && Second(time, digit, 59, Place::kMinute2, time.minute);
    case Place::kMinute2:
      return separator(':', Place::kColon2);
    case Place::kColon2:
      return is_digit && First(time, digit, 60, Place::kSecond1);
    case Place::kSecond1:
      if (!is_digit || !Second(time, digit, 60, Place::kSecond2, value)) return false;
      AfterSecond(time, value == 60);
      return true;
    case Place::kSecond2:
      return byte == '.' ? separator('.', Place::kPoint) : Offset(time, byte);
    case Place::kPoint:
      time.place = Place::kFraction;
      return is_digit;
    case Place::kFraction:
      return is_digit || Offset(time, byte);
    case Place::kSign:
      if (time.leap) {
        time.place = Place::kOffsetHour1;
        return is_digit && digit == time.hour / 10;
      }
      return is_digit && First(time, digit, 23, Place::kOffsetHour1);
    case Place::kOffsetHour1:
      if (time.leap) {
        time.place = Place::kOffsetHour2;
        return is_digit && digit == time.hour % 10;
      }
      return is_digit && Second(time, digit, 23, Place::kOffsetHour2, value);
    case Place::kOffsetHour2:
      time.hour = 0;
      return separator(':', Place::kOffsetColon);
    case Place::kOffsetColon:
      if (time.leap) {
        time.place = Place::kOffsetMinute1;
        return is_digit && digit == time.minute / 10;
      }
      return is_digit && First(time, digit, 59, Place::kOffsetMinute1);
    case Place::kOffsetMinute1:
      if (time.leap) {
        const bool right = is_digit && digit == time.minute % 10;
        time = Time{Place::kEnd};
        return right;
      }
      if (!is_digit || !Second(time, digit, 59, Place::kEnd, value)) return false;
      time = Time{Place::kEnd};
      return true;
    case Place::kEnd:
      return false;
  }
  return false;
}

}  // namespace

std::optional<uint64_t> TimeAutomaton::Step(uint64_t state, uint8_t byte) const {
  Time time = Unpack(state);
  if (!Advance(time, byte)) return std::nullopt;
  return Pack(time);
}

bool TimeAutomaton::Accepts(uint64_t state) const { return Unpack(state).place == Place::kEnd; }

ByteSet TimeAutomaton::BytesAfter(uint64_t) const {
  ByteSet bytes = ByteSet::Range('0', '9');
  for (const char c : std::string_view("+-.:Zz")) bytes.Add(static_cast<uint8_t>(c));
  return bytes;
}

void TimeAutomaton::MarkBoundaries(std::bitset<257>& boundaries) const {
  for (unsigned byte = '0'; byte <= '9' + 1u; byte++) boundaries.set(byte);
  for (const char c : std::string_view("+-.:Zz")) {
    boundaries.set(static_cast<uint8_t>(c));
    boundaries.set(static_cast<uint8_t>(c) + 1u);
  }
}

}  // namespace lorikeet::grammar
