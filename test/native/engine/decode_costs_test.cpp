// What decode calls are expected to take.
#include "engine/decode_costs.h"

#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::DecodeCosts;

bool IsNear(double value, double expected) {
  return value > 0.999 * expected && value < 1.001 * expected;
}

TEST("measured calls take what they took, those between lie between") {
  DecodeCosts costs;
  costs.Record(1, 10);
  costs.Record(5, 30);
  EXPECT(IsNear(costs.Of(1), 10));
  EXPECT(IsNear(costs.Of(5), 30));
  EXPECT(IsNear(costs.Of(3), 20));
}

TEST("longer calls than were measured are hoped to take little more") {
  DecodeCosts costs;
  EXPECT(costs.Of(8) < 2 * costs.Of(1));
  costs.Record(1, 10);
  EXPECT(costs.Of(8) > 10);
  EXPECT(costs.Of(8) < 20);
  costs.Record(4, 40);
  EXPECT(costs.Of(8) > 40);
  EXPECT(costs.Of(500) > costs.Of(96));
}

TEST("times follow what is measured, and one call that was held up moves them little") {
  DecodeCosts costs;
  costs.Record(2, 10);
  costs.Record(2, 1000);
  EXPECT(costs.Of(2) < 12);
  for (int i = 0; i < 60; i++) costs.Record(2, 20);
  EXPECT(IsNear(costs.Of(2), 20));
}

TEST("what was measured long ago is tried again") {
  DecodeCosts costs;
  costs.Record(8, 1000);
  costs.Record(1, 10);
  EXPECT(IsNear(costs.Of(8), 1000));
  for (int i = 0; i < 1500; i++) costs.Record(1, 10);
  EXPECT(costs.Of(8) < 20);
}

TEST("calls of no tokens or of very many are left out") {
  DecodeCosts costs;
  costs.Record(0, 5);
  costs.Record(100000, 5);
  costs.Record(1, 10);
  EXPECT(IsNear(costs.Of(1), 10));
}

}  // namespace
}  // namespace lorikeet::testing
