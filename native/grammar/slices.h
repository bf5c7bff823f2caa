// Slices: named sets of characters for which the vocabulary keeps ready-made token bitmaps.
//
// A slice S stands for the tokens whose bytes are valid UTF-8 and whose code points all belong to
// S. A machine that says "every character of S leads from this state to one and the same state"
// (see IsUniform in machine.h) spares the mask engine the walk over all of those tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "grammar/regex/code_points.h"

namespace lorikeet::grammar {

enum class Slice : uint8_t {
  kAny,           // every Unicode scalar value
  kPrintable,     // kAny without U+0000..U+001F and U+007F
  kStringSafe,    // kPrintable without '"' and '\'
  kLine,          // kStringSafe without the line ends U+2028 and U+2029: what "." matches
  kNoSpace,       // kStringSafe without ECMA-262 white space (\s)
  kPlain,         // kStringSafe without ASCII punctuation: space, letters, digits, non-ASCII
  kAscii,         // U+0020..U+007E without '"' and '\'
  kAsciiNoSpace,  // kAscii without the space
  kLettersSpace,  // [A-Za-z ]
  kWord,          // [A-Za-z0-9_]
  kLetters,       // [A-Za-z]
  kLower,         // [a-z]
  kUpper,         // [A-Z]
};
inline constexpr size_t kSliceCount = 13;

// A set of slices: bit `1 << Slice`.
using SliceSet = uint32_t;
constexpr SliceSet Only(Slice slice) { return SliceSet{1} << static_cast<unsigned>(slice); }
inline constexpr SliceSet kAllSlices = (SliceSet{1} << kSliceCount) - 1;

// The members of a slice, ascending, disjoint and not adjacent. Surrogates belong to none.
std::span<const CodePointRange> RangesOf(Slice slice);

// An ASCII member that stands for all of them.
uint8_t RepresentativeOf(Slice slice);

// The slices that contain a code point; 0 for surrogates and beyond U+10FFFF.
SliceSet SlicesWith(uint32_t code_point);

// The slices that are subsets of `ranges` / disjoint from `ranges`.
// REQUIRES: `ranges` ascending and disjoint.
SliceSet SlicesInside(std::span<const CodePointRange> ranges);
SliceSet SlicesOutside(std::span<const CodePointRange> ranges);

}  // namespace lorikeet::grammar
