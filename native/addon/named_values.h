// Values that JavaScript passes by name.
#pragma once

#include <string>
#include <string_view>

#include "engine/error.h"

namespace lorikeet::addon {

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};

// The value of `name` in a table of `Named`; `what` is what messages call it.
// Throws engine::Error INVALID_OPTION.
template <typename Table>
auto FindNamed(const Table& table, const std::string& what, const std::string& name) {
  for (const auto& entry : table) {
    if (entry.name == name) return entry.value;
  }
  throw engine::Error("INVALID_OPTION", "Expected " + what + " to be known, got \"" + name + "\".");
}

}  // namespace lorikeet::addon
