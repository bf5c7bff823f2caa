#include "engine/state_store.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>

#include "engine/snapshot_file.h"
#include "grammar/hash_index.h"

namespace lorikeet::engine {
namespace {

namespace fs = std::filesystem;

// A foreign snapshot is worth a word where it begins with so many of the prompt's tokens.
constexpr size_t kSimilarTokens = 64;
constexpr const char* kExtension = ".lorikeet-state";

fs::path FromUtf8(const std::string& path) {
  return fs::path(std::u8string(path.begin(), path.end()));
}

std::string ToUtf8(const fs::path& path) {
  const std::u8string text = path.u8string();
  return std::string(text.begin(), text.end());
}

size_t CommonLength(std::span<const llama_token> a, std::span<const llama_token> b) {
  return static_cast<size_t>(std::ranges::mismatch(a, b).in1 - a.begin());
}

bool BeginsWith(std::span<const llama_token> tokens, std::span<const llama_token> beginning) {
  return CommonLength(tokens, beginning) == beginning.size();
}

std::string FileName(uint64_t key, std::span<const llama_token> tokens) {
  uint64_t hash = tokens.size();
  for (llama_token token : tokens) hash = grammar::MixHash(hash, static_cast<uint64_t>(token));
  char name[64];
  std::snprintf(name, sizeof name, "%016" PRIx64 "-%016" PRIx64, key, hash);
  return std::string(name) + kExtension;
}

}  // namespace

StateStore::StateStore(StateStoreOptions options, bool has_window)
    : options_(std::move(options)), has_window_(has_window) {
  if (has_folder()) ReadFolder();
}

StateStore::~StateStore() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

size_t StateStore::Reach(uint64_t key, std::span<const llama_token> prompt) const {
  const Entry* best = Best(key, prompt);
  return best == nullptr ? 0 : ReachOf(*best, prompt);
}

StateStore::Found StateStore::Find(uint64_t key, std::span<const llama_token> prompt) {
  const Entry* best = Best(key, prompt);
  if (best == nullptr) return {};
  Found found{best->saved, CommonLength(best->tokens, prompt)};
  if (found.saved == nullptr) {
    Flush();
    found.saved = ReadSnapshot(best->path, key);
  }
  if (found.saved != nullptr && found.saved->tokens == best->tokens) {
    const_cast<Entry*>(best)->last_used = ++clock_;
    std::error_code error;
    if (!best->path.empty()) {
      fs::last_write_time(FromUtf8(best->path), fs::file_time_type::clock::now(), error);
    }
    return found;
  }
  std::error_code error;
  if (fs::exists(FromUtf8(best->path), error)) {
    Warn("The snapshot \"" + best->path + "\" is damaged; its text is read again.");
  }
  fs::remove(FromUtf8(best->path), error);
  std::erase_if(entries_, [&](const auto& one) { return one.get() == best; });
  return {};
}

void StateStore::WarnOfForeign(uint64_t key, std::span<const llama_token> prompt) {
  for (const auto& entry : entries_) {
    if (!entry->from_folder || entry->key == key) continue;
    if (CommonLength(entry->tokens, prompt) < std::min(entry->tokens.size(), kSimilarTokens)) {
      continue;
    }
    entry->from_folder = false;
    Warn("The snapshot \"" + entry->path +
         "\" has this text, but of another model file, adapter or version; it is left out.");
  }
}

bool StateStore::Holds(uint64_t key, std::span<const llama_token> tokens) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) {
    return entry->key == key && ReachOf(*entry, tokens) == tokens.size();
  });
}

bool StateStore::HoldsOnDisk(uint64_t key, std::span<const llama_token> tokens) const {
  return std::ranges::any_of(entries_, [&](const auto& entry) {
    return entry->key == key && !entry->path.empty() && ReachOf(*entry, tokens) == tokens.size();
  });
}

void StateStore::Put(uint64_t key, SavedSequence saved) {
  Add(key, std::move(saved));
  LimitMemory();
}

void StateStore::Write(uint64_t key, SavedSequence saved) {
  if (!has_folder()) return;
  Entry& entry = Add(key, std::move(saved));
  WriteEntry(entry);
  held_bytes_ -= entry.saved->bytes();
  entry.saved = nullptr;
}

void StateStore::Flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return jobs_.empty(); });
}

std::vector<std::string> StateStore::TakeWarnings() {
  std::lock_guard lock(mutex_);
  return std::exchange(warnings_, {});
}

size_t StateStore::ReachOf(const Entry& entry, std::span<const llama_token> prompt) const {
  const size_t common = CommonLength(entry.tokens, prompt);
  if (common == entry.tokens.size() || !has_window_) return common;
  size_t reach = 0;
  for (size_t length : entry.checkpoints) {
    if (length <= common) reach = length;
  }
  return reach;
}

// Null: none has any. Of equals the one in memory.
const StateStore::Entry* StateStore::Best(uint64_t key, std::span<const llama_token> prompt) const {
  const Entry* best = nullptr;
  size_t best_reach = 0;
  for (const auto& entry : entries_) {
    if (entry->key != key) continue;
    const size_t reach = ReachOf(*entry, prompt);
    const bool better = reach > best_reach ||
                        (best != nullptr && reach == best_reach && !best->saved && entry->saved);
    if (reach == 0 || !better) continue;
    best = entry.get();
    best_reach = reach;
  }
  return best;
}

StateStore::Entry& StateStore::Add(uint64_t key, SavedSequence saved) {
  auto entry = std::make_unique<Entry>(Entry{key, saved.tokens, {}, nullptr, "", ++clock_, false});
  for (const CheckpointPointer& one : saved.checkpoints) entry->checkpoints.push_back(one->length);
  held_bytes_ += saved.bytes();
  entry->saved = std::make_shared<const SavedSequence>(std::move(saved));
  DropWhatItReplaces(*entry);
  entries_.push_back(std::move(entry));
  return *entries_.back();
}

// Entries whose tokens the new one can give too; files stay until the folder is full.
void StateStore::DropWhatItReplaces(const Entry& added) {
  std::erase_if(entries_, [&](const auto& old) {
    const bool replaced = old->key == added.key && BeginsWith(added.tokens, old->tokens) &&
                          ReachOf(added, old->tokens) == old->tokens.size();
    if (!replaced) return false;
    if (old->saved != nullptr) held_bytes_ -= old->saved->bytes();
    old->saved = nullptr;
    return old->path.empty();
  });
}

void StateStore::WriteEntry(Entry& entry) {
  entry.path = ToUtf8(FromUtf8(options_.folder) / FileName(entry.key, entry.tokens));
  {
    std::lock_guard lock(mutex_);
    jobs_.push_back({entry.path, entry.key, entry.saved});
  }
  if (!writer_.joinable()) writer_ = std::thread([this] { WriteLoop(); });
  changed_.notify_all();
}

void StateStore::LimitMemory() {
  while (held_bytes_ > options_.memory_bytes) {
    Entry* oldest = nullptr;
    for (const auto& entry : entries_) {
      if (entry->saved && (oldest == nullptr || entry->last_used < oldest->last_used)) {
        oldest = entry.get();
      }
    }
    if (oldest == nullptr) return;
    if (has_folder() && oldest->path.empty()) WriteEntry(*oldest);
    held_bytes_ -= oldest->saved->bytes();
    oldest->saved = nullptr;
    std::erase_if(entries_, [](const auto& one) { return !one->saved && one->path.empty(); });
  }
}

void StateStore::ReadFolder() {
  std::error_code error;
  for (const auto& file : fs::directory_iterator(FromUtf8(options_.folder), error)) {
    if (file.path().extension() != kExtension) continue;
    const std::string path = ToUtf8(file.path());
    auto facts = ReadSnapshotFacts(path);
    if (!facts) {
      Warn("The snapshot \"" + path + "\" is damaged or of another version; it is left out.");
      continue;
    }
    entries_.push_back(
        std::make_unique<Entry>(Entry{facts->key, std::move(facts->tokens),
                                      std::move(facts->checkpoints), nullptr, path, 0, true}));
  }
}

// On the writer's thread: removes the files that were used longest ago while there are too many.
void StateStore::LimitFolder() {
  struct File {
    fs::path path;
    fs::file_time_type time;
    uint64_t bytes;
  };
  std::vector<File> files;
  uint64_t sum = 0;
  std::error_code error;
  for (const auto& file : fs::directory_iterator(FromUtf8(options_.folder), error)) {
    if (file.path().extension() != kExtension) continue;
    files.push_back({file.path(), file.last_write_time(error), file.file_size(error)});
    sum += files.back().bytes;
  }
  std::ranges::sort(files, {}, &File::time);
  for (const File& file : files) {
    if (sum <= options_.folder_bytes) return;
    fs::remove(file.path, error);
    sum -= file.bytes;
  }
}

void StateStore::Warn(std::string warning) {
  std::lock_guard lock(mutex_);
  warnings_.push_back(std::move(warning));
}

void StateStore::WriteLoop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return !jobs_.empty() || ending_; });
    if (jobs_.empty()) return;
    const Job job = jobs_.front();
    lock.unlock();
    const bool written = WriteSnapshot(job.path, job.key, *job.saved);
    LimitFolder();
    lock.lock();
    if (!written) warnings_.push_back("The snapshot \"" + job.path + "\" could not be written.");
    jobs_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace lorikeet::engine
