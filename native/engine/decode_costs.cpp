#include "engine/decode_costs.h"

#include <algorithm>

namespace lorikeet::engine {
namespace {

// What one more token is hoped to add, as a part of what the others take.
constexpr double kHopedGrowth = 0.1;
// A measurement counts for so many calls; then it is tried again.
constexpr uint64_t kFreshCalls = 1000;
constexpr double kWeight = 0.25;  // of the latest call
// A call that took longer than so many times what is usual was held up.
constexpr double kHeldUp = 1.5;

}  // namespace

void DecodeCosts::Record(size_t tokens, double milliseconds) {
  if (tokens == 0 || tokens > kMostTokens) return;
  calls_++;
  Measured& one = measured_[tokens];
  if (Known(tokens)) {
    const double taken = std::min(milliseconds, kHeldUp * one.milliseconds);
    one.milliseconds += kWeight * (taken - one.milliseconds);
  } else {
    one.milliseconds = milliseconds;
  }
  one.call = calls_;
}

double DecodeCosts::Of(size_t tokens) const {
  size_t below = std::min(tokens, kMostTokens);
  while (below > 0 && !Known(below)) below--;
  size_t above = tokens;
  while (above <= kMostTokens && !Known(above)) above++;
  if (above > kMostTokens) {
    const double known = below == 0 ? 1 : measured_[below].milliseconds;
    const double more = static_cast<double>(tokens - std::max<size_t>(below, 1));
    return known * (1 + kHopedGrowth * more);
  }
  const double high = measured_[above].milliseconds;
  if (below == above) return high;
  if (below == 0) return high / (1 + kHopedGrowth * static_cast<double>(above - tokens));
  const double low = measured_[below].milliseconds;
  const double part = static_cast<double>(tokens - below) / static_cast<double>(above - below);
  return low + part * (high - low);
}

bool DecodeCosts::Known(size_t tokens) const {
  const uint64_t call = measured_[tokens].call;
  return call > 0 && calls_ - call < kFreshCalls;
}

}  // namespace lorikeet::engine
