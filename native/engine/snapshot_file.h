// A saved sequence as a file.
//
// Format: 64-bit words in the machine's own byte order (another order has another magic):
//   magic "LORISEQ2", key, checksum of all that follows, bytes of all that follows,
//   number of tokens, bytes of the state, number of checkpoints,
//   then for each checkpoint its length in tokens and its bytes,
//   then the tokens (32 bits each), the state and the checkpoints, each padded to whole words.
// The key says what the state belongs to: model, adapters with scales, version. A file is written
// beside its place and renamed into it, so that it is whole or not there.
//
// THREADS: all functions may be called from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/sequence_cache.h"

namespace lorikeet::engine {

// What the file at `path` (UTF-8) could give, without its state and unchecked; nothing where it is
// no such file.
struct SnapshotFacts {
  uint64_t key = 0;
  uint64_t bytes = 0;
  std::vector<llama_token> tokens;
  std::vector<size_t> checkpoints;  // lengths, ascending
};
std::optional<SnapshotFacts> ReadSnapshotFacts(const std::string& path);

// Null where the file cannot be read, is damaged or has another key.
std::shared_ptr<const SavedSequence> ReadSnapshot(const std::string& path, uint64_t key);

// False where it could not be written; nothing is left of it then.
bool WriteSnapshot(const std::string& path, uint64_t key, const SavedSequence& saved);

// A digest of a file's size and of pieces spread over it; 0 where it cannot be read.
uint64_t FileFingerprint(const std::string& path);

}  // namespace lorikeet::engine
