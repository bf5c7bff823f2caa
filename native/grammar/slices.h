// Slices: named sets of characters for which the vocabulary keeps ready-made token bitmaps.
//
// A slice S stands for the tokens whose bytes are valid UTF-8 and whose code points all belong to
// S. A machine that says "every character of S leads from this state to one and the same state"
// (see IsUniform in machine.h) spares the mask engine the walk over all of those tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "grammar/regex/code_points.h"

namespace lorikeet::grammar {

enum class Slice : uint8_t {
  kAny,             // every Unicode scalar value
  kStringSafe,      // kAny without U+0000..U+001F, U+007F, '"' and '\'
  kLine,            // kStringSafe without the line ends U+2028 and U+2029: what "." matches
  kNoUpper,         // kStringSafe without A-Z: what text beside words in capitals is made of
  kNoSpace,         // kStringSafe without ECMA-262 white space (\s)
  kPlain,           // kStringSafe without ASCII punctuation: space, letters, digits, non-ASCII
  kPlainNoSpace,    // letters and digits, and kForeign
  kForeign,         // kNoSpace without ASCII, controls, private use and what is no character
  kAscii,           // U+0020..U+007E without '"' and '\'
  kAsciiNoSpace,    // kAscii without the space
  kAnyLetters,      // kLetters and kForeignLetters
  kForeignLetters,  // of kForeign, letters that every class of letters holds
  kWord,            // [A-Za-z0-9_]
  kLetters,         // [A-Za-z]
  kLower,           // [a-z]
  kUpper,           // [A-Z]
};
inline constexpr size_t kSliceCount = 16;

// A set of slices: bit `1 << Slice`.
using SliceSet = uint32_t;
constexpr SliceSet Only(Slice slice) { return SliceSet{1} << static_cast<unsigned>(slice); }
inline constexpr SliceSet kAllSlices = (SliceSet{1} << kSliceCount) - 1;

// The members of a slice, ascending, disjoint and not adjacent. Surrogates belong to none.
std::span<const CodePointRange> RangesOf(Slice slice);

// A member that stands for all of them, in UTF-8.
std::string_view RepresentativeOf(Slice slice);

// The slices that contain a code point; 0 for surrogates and beyond U+10FFFF.
SliceSet SlicesWith(uint32_t code_point);

// Whether masks are made upon the slice's tokens, which have tables of their own for it. Not kAscii
// and kNoUpper: most tokens with a space are outside of them, so that these tables would hold half
// of all tokens. Not kUpper: more tokens begin so than are so. Nor kAnyLetters: it is nearly always
// live together with a larger slice.
bool IsBase(Slice slice);

// The same for many code points, quickly.
class SliceLookup {
 public:
  SliceLookup();
  SliceSet operator()(uint32_t code_point) const {
    return code_point < 128 ? ascii_[code_point] : Search(code_point);
  }

 private:
  struct Segment {
    uint32_t start;  // its first code point; it reaches to the next one's
    SliceSet slices;
  };
  SliceSet Search(uint32_t code_point) const;

  std::vector<Segment> segments_;
  SliceSet ascii_[128];
};

// The slices that hold all of another one, which itself is among them.
SliceSet SlicesAround(Slice slice);

// The slices that are subsets of `ranges` / disjoint from `ranges`.
// REQUIRES: `ranges` ascending and disjoint.
SliceSet SlicesInside(std::span<const CodePointRange> ranges);
SliceSet SlicesOutside(std::span<const CodePointRange> ranges);

}  // namespace lorikeet::grammar
