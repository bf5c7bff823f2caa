// Gives equal values equal small numbers, in the order in which they come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/json/stable_list.h"

namespace lorikeet::grammar::json {

// Mixes one more word into a hash.
inline uint64_t Mix(uint64_t hash, uint64_t word) {
  hash ^= word + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
  hash *= 0xFF51AFD7ED558CCDull;
  return hash ^ (hash >> 32);
}

inline uint64_t HashOf(uint64_t word) { return Mix(0, word); }
inline uint64_t HashOf(const std::string& text) {
  return std::hash<std::string_view>{}(std::string_view(text));
}
template <typename A, typename B>
uint64_t HashOf(const std::pair<A, B>& pair) {
  return Mix(HashOf(pair.first), HashOf(pair.second));
}
template <typename T>
uint64_t HashOf(const std::vector<T>& values) {
  uint64_t hash = values.size();
  for (const T& value : values) hash = Mix(hash, HashOf(value));
  return hash;
}

// `HashOf(const T&)` must exist, found by argument-dependent look-up. References stay valid.
template <typename T>
class Interner {
 public:
  uint32_t Intern(T value) {
    const uint64_t hash = HashOf(value);
    if (table_.size() < 2 * (hashes_.size() + 1)) Grow();
    size_t slot = hash & (table_.size() - 1);
    for (; table_[slot] != kFree; slot = (slot + 1) & (table_.size() - 1)) {
      const uint32_t id = table_[slot];
      if (hashes_[id] == hash && values_[id] == value) return id;
    }
    const uint32_t id = static_cast<uint32_t>(hashes_.size());
    table_[slot] = id;
    values_.push_back(std::move(value));
    hashes_.push_back(hash);
    return id;
  }

  const T& operator[](uint32_t id) const { return values_[id]; }
  size_t size() const { return hashes_.size(); }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  void Grow() {
    table_.assign(table_.empty() ? 16 : table_.size() * 2, kFree);
    for (uint32_t id = 0; id < hashes_.size(); id++) {
      size_t slot = hashes_[id] & (table_.size() - 1);
      while (table_[slot] != kFree) slot = (slot + 1) & (table_.size() - 1);
      table_[slot] = id;
    }
  }

  StableList<T> values_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> table_;
};

}  // namespace lorikeet::grammar::json
