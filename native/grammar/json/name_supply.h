// The names without a slot that one object has left: whether there are enough of them, all
// different, for the properties that must still exist.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "grammar/regex/language.h"

namespace lorikeet::grammar::json {

using NameSet = std::set<std::string>;

class NameSupply {
 public:
  // `meeting[S]`: the names whose property can meet the whole set S of existences, one bit each;
  // meeting[0]: all names. More than `most` of them count as endless.
  NameSupply(Languages& languages, std::vector<Language> meeting, size_t most);

  // How many properties with names that are not in `used` meet the set `unmet` at least;
  // kUnbounded where none do.
  uint32_t Fewest(uint32_t unmet, const NameSet& used) const;

  // How many names are not in `used`; kUnbounded where they are endless.
  uint32_t Left(const NameSet& used) const;

  Language meeting(uint32_t set) const { return meeting_[set]; }

  // Whether names matter that were used: otherwise `used` may be empty.
  bool runs_out() const { return runs_out_; }

  // The names that meet something and are so few that each one taken may matter.
  NameSet Scarce(const NameSet& used) const;

  // Whether the property with this name can meet the set.
  bool CanMeet(uint32_t set, const std::string& name) const;

 private:
  void Cover();
  bool IsScarce(uint32_t set, size_t used) const;
  void Partition(uint32_t unmet, const NameSet& used, std::vector<uint32_t>& groups,
                 uint32_t& fewest) const;
  bool HaveDistinctNames(const std::vector<uint32_t>& groups, const NameSet& used) const;

  Languages& languages_;
  std::vector<Language> meeting_;
  std::vector<std::optional<std::vector<std::string>>> few_;  // nullopt: endless
  uint32_t existences_ = 0;                                   // how many
  bool runs_out_ = false;
  size_t scarcest_ = SIZE_MAX;   // the size of the smallest set of names that meet something
  std::vector<uint32_t> cover_;  // Fewest where no names are scarce, by set
};

}  // namespace lorikeet::grammar::json
