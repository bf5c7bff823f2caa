// Sequences that no slot holds: first in memory, the oldest then on disk, until somebody goes on
// with one.
//
// An entry is found by what its state belongs to (a key: model, adapters with scales, version) and
// by its tokens. Files are named by both, so that processes share a folder; the folder's size is
// limited, the file that was used longest ago goes first. A file that is damaged or belongs to
// something else is left out with a warning.
//
// THREADS: the engine thread only; files are written by a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/sequence_cache.h"

namespace lorikeet::engine {

struct StateStoreOptions {
  uint64_t memory_bytes = 0;
  std::string folder;  // UTF-8; empty: nothing is written to disk
  uint64_t folder_bytes = 0;
};

class StateStore {
 public:
  // `has_window`: see SavedSequence::Reach. Reads the folder's index; blocks.
  StateStore(StateStoreOptions options, bool has_window);
  // Waits until everything is written.
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  bool has_folder() const { return !options_.folder.empty(); }

  // The most tokens that a prompt's beginning can have from one entry.
  size_t Reach(uint64_t key, std::span<const llama_token> prompt) const;
  // The sequence that gives them, and how many of its tokens are the prompt's; null where it cannot
  // be read any more.
  struct Found {
    std::shared_ptr<const SavedSequence> saved;
    size_t common = 0;
  };
  Found Find(uint64_t key, std::span<const llama_token> prompt);

  // Notes a warning for each file that has this prompt's text but another key, once.
  void WarnOfForeign(uint64_t key, std::span<const llama_token> prompt);

  // Whether an entry holds these tokens and perhaps more.
  bool Holds(uint64_t key, std::span<const llama_token> tokens) const;
  bool HoldsOnDisk(uint64_t key, std::span<const llama_token> tokens) const;

  // Keeps a sequence in memory.
  void Put(uint64_t key, SavedSequence saved);
  // Writes a sequence to the folder soon, if there is one.
  void Write(uint64_t key, SavedSequence saved);
  // Waits until all that was to be written is.
  void Flush();

  uint64_t memory_bytes() const { return held_bytes_; }
  // What went wrong since the last call, for people.
  std::vector<std::string> TakeWarnings();

 private:
  struct Entry {
    uint64_t key;
    std::vector<llama_token> tokens;
    std::vector<size_t> checkpoints;             // lengths
    std::shared_ptr<const SavedSequence> saved;  // null: only on disk
    std::string path;                            // empty: only in memory
    uint64_t last_used;
    bool from_folder;  // another process wrote it, and it was not warned of
  };
  struct Job {
    std::string path;
    uint64_t key;
    std::shared_ptr<const SavedSequence> saved;
  };

  size_t ReachOf(const Entry& entry, std::span<const llama_token> prompt) const;
  const Entry* Best(uint64_t key, std::span<const llama_token> prompt) const;
  Entry& Add(uint64_t key, SavedSequence saved);
  void DropWhatItReplaces(const Entry& added);
  void WriteEntry(Entry& entry);
  void LimitMemory();
  void ReadFolder();
  void LimitFolder();
  void Warn(std::string warning);
  void WriteLoop();

  StateStoreOptions options_;
  bool has_window_;
  std::vector<std::unique_ptr<Entry>> entries_;
  uint64_t clock_ = 0;
  uint64_t held_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;               // guarded by mutex_; the first is being written
  bool ending_ = false;                // guarded by mutex_
  std::vector<std::string> warnings_;  // guarded by mutex_
  std::thread writer_;                 // started with the first job
};

}  // namespace lorikeet::engine
