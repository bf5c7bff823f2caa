// The members of each slice, and set relations between slices and ranges of code points.
#include "grammar/slices.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace lorikeet::grammar {
namespace {

using Range = CodePointRange;

constexpr Range kAnyRanges[] = {{0x0, 0xD7FF}, {0xE000, 0x10FFFF}};
constexpr Range kStringSafeRanges[] = {
    {0x20, 0x21}, {0x23, 0x5B}, {0x5D, 0x7E}, {0x80, 0xD7FF}, {0xE000, 0x10FFFF}};
constexpr Range kLineRanges[] = {{0x20, 0x21},   {0x23, 0x5B},     {0x5D, 0x7E},
                                 {0x80, 0x2027}, {0x202A, 0xD7FF}, {0xE000, 0x10FFFF}};
constexpr Range kNoUpperRanges[] = {{0x20, 0x21}, {0x23, 0x40},   {0x5B, 0x5B},
                                    {0x5D, 0x7E}, {0x80, 0xD7FF}, {0xE000, 0x10FFFF}};
// ECMA-262 white space beyond ASCII: U+00A0, U+1680, U+2000..U+200A, U+2028, U+2029, U+202F,
// U+205F, U+3000, U+FEFF.
constexpr Range kNoSpaceRanges[] = {
    {0x21, 0x21},     {0x23, 0x5B},     {0x5D, 0x7E},      {0x80, 0x9F},     {0xA1, 0x167F},
    {0x1681, 0x1FFF}, {0x200B, 0x2027}, {0x202A, 0x202E},  {0x2030, 0x205E}, {0x2060, 0x2FFF},
    {0x3001, 0xD7FF}, {0xE000, 0xFEFE}, {0xFF00, 0x10FFFF}};
constexpr Range kPlainRanges[] = {{' ', ' '}, {'0', '9'},     {'A', 'Z'},
                                  {'a', 'z'}, {0x80, 0xD7FF}, {0xE000, 0x10FFFF}};
// Beyond ASCII, here and in kForeign, what RFC 3987 calls ucschar, up to plane 2.
constexpr Range kPlainNoSpaceRanges[] = {
    {'0', '9'},       {'A', 'Z'},       {'a', 'z'},       {0xA1, 0x167F},     {0x1681, 0x1FFF},
    {0x200B, 0x2027}, {0x202A, 0x202E}, {0x2030, 0x205E}, {0x2060, 0x2FFF},   {0x3001, 0xD7FF},
    {0xF900, 0xFDCF}, {0xFDF0, 0xFEFE}, {0xFF00, 0xFFEF}, {0x10000, 0x1FFFD}, {0x20000, 0x2FFFD}};
constexpr Range kForeignRanges[] = {{0xA1, 0x167F},   {0x1681, 0x1FFF},   {0x200B, 0x2027},
                                    {0x202A, 0x202E}, {0x2030, 0x205E},   {0x2060, 0x2FFF},
                                    {0x3001, 0xD7FF}, {0xF900, 0xFDCF},   {0xFDF0, 0xFEFE},
                                    {0xFF00, 0xFFEF}, {0x10000, 0x1FFFD}, {0x20000, 0x2FFFD}};
constexpr Range kAsciiRanges[] = {{0x20, 0x21}, {0x23, 0x5B}, {0x5D, 0x7E}};
constexpr Range kAsciiNoSpaceRanges[] = {{0x21, 0x21}, {0x23, 0x5B}, {0x5D, 0x7E}};
// Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Vietnamese, kana, Han, Hangul.
constexpr Range kForeignLettersRanges[] = {
    {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2C1},    {0x391, 0x3A1},   {0x3A3, 0x3F5},
    {0x400, 0x481},   {0x5D0, 0x5EA},   {0x620, 0x64A},   {0x904, 0x939},   {0xE01, 0xE30},
    {0x1E00, 0x1F15}, {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3}};
constexpr Range kAnyLettersRanges[] = {
    {'A', 'Z'},       {'a', 'z'},      {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x2C1},
    {0x391, 0x3A1},   {0x3A3, 0x3F5},  {0x400, 0x481},   {0x5D0, 0x5EA},   {0x620, 0x64A},
    {0x904, 0x939},   {0xE01, 0xE30},  {0x1E00, 0x1F15}, {0x3041, 0x3096}, {0x30A1, 0x30FA},
    {0x4E00, 0x9FA5}, {0xAC00, 0xD7A3}};
constexpr Range kWordRanges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
constexpr Range kLettersRanges[] = {{'A', 'Z'}, {'a', 'z'}};
constexpr Range kLowerRanges[] = {{'a', 'z'}};
constexpr Range kUpperRanges[] = {{'A', 'Z'}};

constexpr std::array<std::span<const Range>, kSliceCount> kRanges = {
    kAnyRanges,     kStringSafeRanges,   kLineRanges,         kNoUpperRanges,
    kNoSpaceRanges, kPlainRanges,        kPlainNoSpaceRanges, kForeignRanges,
    kAsciiRanges,   kAsciiNoSpaceRanges, kAnyLettersRanges,   kForeignLettersRanges,
    kWordRanges,    kLettersRanges,      kLowerRanges,        kUpperRanges};

// Whether each range of `inner` lies within one range of `outer`; adjacent outer ranges count as
// one.
bool Covers(std::span<const Range> outer, std::span<const Range> inner) {
  size_t at = 0;
  for (const Range& range : inner) {
    uint32_t from = range.first;
    while (true) {
      while (at < outer.size() && outer[at].last < from) at++;
      if (at == outer.size() || outer[at].first > from) return false;
      if (outer[at].last >= range.last) break;
      from = outer[at].last + 1;
    }
  }
  return true;
}

bool Meets(std::span<const Range> a, std::span<const Range> b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].last < b[j].first) {
      i++;
    } else if (b[j].last < a[i].first) {
      j++;
    } else {
      return true;
    }
  }
  return false;
}

}  // namespace

std::span<const CodePointRange> RangesOf(Slice slice) {
  return kRanges[static_cast<size_t>(slice)];
}

std::string_view RepresentativeOf(Slice slice) {
  if (slice == Slice::kForeign || slice == Slice::kForeignLetters) return "\xC3\xA9";
  return slice == Slice::kUpper ? "A" : "a";
}

SliceSet SlicesWith(uint32_t code_point) {
  const Range one[] = {{code_point, code_point}};
  return kAllSlices & ~SlicesOutside(one);
}

bool IsBase(Slice slice) {
  return slice != Slice::kAscii && slice != Slice::kNoUpper && slice != Slice::kAnyLetters &&
         slice != Slice::kUpper;
}

SliceLookup::SliceLookup() {
  std::vector<uint32_t> starts = {0};
  for (size_t i = 0; i < kSliceCount; i++) {
    for (const CodePointRange& range : kRanges[i]) {
      starts.push_back(range.first);
      starts.push_back(range.last + 1);
    }
  }
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  for (uint32_t start : starts) segments_.push_back({start, SlicesWith(start)});
  for (uint32_t c = 0; c < 128; c++) ascii_[c] = SlicesWith(c);
}

SliceSet SliceLookup::Search(uint32_t code_point) const {
  const auto after = std::upper_bound(
      segments_.begin(), segments_.end(), code_point,
      [](uint32_t wanted, const Segment& segment) { return wanted < segment.start; });
  return std::prev(after)->slices;
}

SliceSet SlicesAround(Slice slice) {
  SliceSet set = 0;
  for (size_t i = 0; i < kSliceCount; i++) {
    if (Covers(kRanges[i], RangesOf(slice))) set |= SliceSet{1} << i;
  }
  return set;
}

SliceSet SlicesInside(std::span<const CodePointRange> ranges) {
  SliceSet set = 0;
  for (size_t i = 0; i < kSliceCount; i++) {
    if (Covers(ranges, kRanges[i])) set |= SliceSet{1} << i;
  }
  return set;
}

SliceSet SlicesOutside(std::span<const CodePointRange> ranges) {
  SliceSet set = 0;
  for (size_t i = 0; i < kSliceCount; i++) {
    if (!Meets(ranges, kRanges[i])) set |= SliceSet{1} << i;
  }
  return set;
}

}  // namespace lorikeet::grammar
