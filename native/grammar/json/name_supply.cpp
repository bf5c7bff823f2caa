#include "grammar/json/name_supply.h"

#include <algorithm>
#include <bit>
#include <functional>
#include <unordered_map>
#include <utility>

namespace lorikeet::grammar::json {

NameSupply::NameSupply(Languages& languages, std::vector<Language> meeting, size_t most)
    : languages_(languages),
      meeting_(std::move(meeting)),
      existences_(static_cast<uint32_t>(std::countr_zero(meeting_.size()))) {
  for (Language names : meeting_) {
    few_.push_back(languages.IsFinite(names) ? languages.Enumerate(names, most) : std::nullopt);
  }
  for (size_t set = 0; set < few_.size(); set++) {
    if (!few_[set]) continue;
    runs_out_ = true;
    if (set > 0 && !few_[set]->empty()) scarcest_ = std::min(scarcest_, few_[set]->size());
  }
  Cover();
}

void NameSupply::Cover() {
  cover_.assign(few_.size(), kUnbounded);
  cover_[0] = 0;
  for (uint32_t set = 1; set < cover_.size(); set++) {
    if (!few_[set] || !few_[set]->empty()) cover_[set] = 1;
    for (uint32_t part = (set - 1) & set; part != 0; part = (part - 1) & set) {
      if (cover_[part] == kUnbounded || cover_[set & ~part] == kUnbounded) continue;
      cover_[set] = std::min(cover_[set], cover_[part] + cover_[set & ~part]);
    }
  }
}

uint32_t NameSupply::Left(const NameSet& used) const {
  if (!few_[0]) return kUnbounded;
  return static_cast<uint32_t>(few_[0]->size() - std::min(few_[0]->size(), used.size()));
}

NameSet NameSupply::Scarce(const NameSet& used) const {
  NameSet names;
  for (uint32_t set = 1; set < few_.size(); set++) {
    if (IsScarce(set, used.size())) names.insert(few_[set]->begin(), few_[set]->end());
  }
  return names;
}

bool NameSupply::CanMeet(uint32_t set, const std::string& name) const {
  return languages_.Contains(meeting_[set], name);
}

// Names that are many more than are used and than are asked for run out in no way.
bool NameSupply::IsScarce(uint32_t set, size_t used) const {
  return few_[set] && few_[set]->size() <= used + existences_;
}

uint32_t NameSupply::Fewest(uint32_t unmet, const NameSet& used) const {
  if (scarcest_ > used.size() + existences_) return cover_[unmet];
  uint32_t fewest = kUnbounded;
  std::vector<uint32_t> groups;
  Partition(unmet, used, groups, fewest);
  return fewest;
}

// Every way to split what is unmet into groups of existences that one property meets.
void NameSupply::Partition(uint32_t unmet, const NameSet& used, std::vector<uint32_t>& groups,
                           uint32_t& fewest) const {
  if (groups.size() >= fewest) return;
  if (unmet == 0) {
    if (HaveDistinctNames(groups, used)) fewest = static_cast<uint32_t>(groups.size());
    return;
  }
  const uint32_t first = unmet & ~(unmet - 1);
  const uint32_t others = unmet & ~first;
  for (uint32_t more = others;; more = (more - 1) & others) {
    const uint32_t group = first | more;
    if (!few_[group] || !few_[group]->empty()) {
      groups.push_back(group);
      Partition(unmet & ~group, used, groups, fewest);
      groups.pop_back();
    }
    if (more == 0) return;
  }
}

// Augments an assignment of names to groups, group by group; who has names to spare always gets
// one.
bool NameSupply::HaveDistinctNames(const std::vector<uint32_t>& groups, const NameSet& used) const {
  std::vector<std::vector<std::string>> candidates;
  for (uint32_t group : groups) {
    if (!IsScarce(group, used.size())) continue;
    std::vector<std::string> names;
    for (const std::string& name : *few_[group]) {
      if (names.size() < groups.size() && !used.contains(name)) names.push_back(name);
    }
    candidates.push_back(std::move(names));
  }
  std::unordered_map<std::string, size_t> holder;
  const std::function<bool(size_t, NameSet&)> assign = [&](size_t group, NameSet& tried) {
    for (const std::string& name : candidates[group]) {
      if (!tried.insert(name).second) continue;
      const auto held = holder.find(name);
      if (held != holder.end() && !assign(held->second, tried)) continue;
      holder[name] = group;
      return true;
    }
    return false;
  };
  for (size_t group = 0; group < candidates.size(); group++) {
    NameSet tried;
    if (!assign(group, tried)) return false;
  }
  return true;
}

}  // namespace lorikeet::grammar::json
