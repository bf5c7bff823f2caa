// A list whose elements stay where they are while it grows. Unlike std::deque it takes no memory
// while it is empty and little while it is short: most schemas fill most of their lists with a
// handful of elements.
#pragma once

#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

namespace lorikeet::grammar::json {

// Chunk n holds 2^n times as many elements as the first.
template <typename T>
class StableList {
 public:
  const T& operator[](size_t index) const {
    const auto [chunk, place] = PlaceOf(index);
    return chunks_[chunk][place];
  }
  T& operator[](size_t index) { return const_cast<T&>(std::as_const(*this)[index]); }

  T& push_back(T value) {
    const auto [chunk, place] = PlaceOf(size_);
    if (chunk == chunks_.size()) chunks_.emplace_back().reserve(kFirst << chunk);
    size_++;
    return chunks_[chunk].emplace_back(std::move(value));
  }

  T& back() { return (*this)[size_ - 1]; }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kFirst = 2;
  struct Place {
    size_t chunk;
    size_t place;
  };
  static Place PlaceOf(size_t index) {
    const size_t from_first = index + kFirst;
    const size_t chunk = static_cast<size_t>(std::bit_width(from_first) - std::bit_width(kFirst));
    return {chunk, from_first - (kFirst << chunk)};
  }

  std::vector<std::vector<T>> chunks_;
  size_t size_ = 0;
};

}  // namespace lorikeet::grammar::json
