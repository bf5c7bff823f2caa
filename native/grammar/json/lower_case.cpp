#include "grammar/json/lower_case.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "grammar/regex/unicode.h"
#include "grammar/utf8.h"

namespace lorikeet::grammar::json {
namespace {

// Every `step`-th code point from `first` to `last` has its lower case `by` code points further on.
struct LowerCases {
  uint32_t first;
  uint32_t last;
  uint32_t step;
  int32_t by;
};

#include "grammar/json/lower_case_table.inc"

constexpr uint32_t kSigma = 0x3A3, kFinalSigma = 0x3C2, kDottedI = 0x130, kDotAbove = 0x307;

uint32_t LowerCaseOf(uint32_t point) {
  const auto* cases =
      std::upper_bound(std::begin(kLowerCases), std::end(kLowerCases), point,
                       [](uint32_t wanted, const LowerCases& each) { return wanted < each.first; });
  if (cases == std::begin(kLowerCases)) return point;
  --cases;
  if (point > cases->last || (point - cases->first) % cases->step != 0) return point;
  return static_cast<uint32_t>(static_cast<int64_t>(point) + cases->by);
}

// Whether the next letter on one side has a case; what case ignores is passed over.
template <typename Iterator>
bool MeetsCased(Iterator from, Iterator end) {
  static const CodePointSet ignorable = *UnicodeProperty("Case_Ignorable", "");
  static const CodePointSet cased = *UnicodeProperty("Cased", "");
  from = std::find_if(from, end, [](uint32_t point) { return !ignorable.Contains(point); });
  return from != end && cased.Contains(*from);
}

}  // namespace

std::string LowerCase(std::string_view text) {
  std::vector<uint32_t> points;
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = DecodeUtf8(text.substr(at));
    if (point.length == 0) return std::string(text);
    points.push_back(point.value);
    at += point.length;
  }
  std::string lower;
  for (auto point = points.begin(); point != points.end(); ++point) {
    if (*point == kSigma && MeetsCased(std::make_reverse_iterator(point), points.rend()) &&
        !MeetsCased(point + 1, points.end())) {
      AppendUtf8(kFinalSigma, lower);
    } else if (*point == kDottedI) {
      lower += 'i';
      AppendUtf8(kDotAbove, lower);
    } else {
      AppendUtf8(LowerCaseOf(*point), lower);
    }
  }
  return lower;
}

}  // namespace lorikeet::grammar::json
