#include "engine/snapshot_file.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>

#include "grammar/hash_index.h"

namespace lorikeet::engine {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMagic = 0x32514553'49524F4C;  // "LORISEQ2"
constexpr uint64_t kMaxTokens = 1 << 24;
constexpr uint64_t kMaxCheckpoints = 64;
constexpr uint64_t kMaxBytes = uint64_t{1} << 40;

struct Header {
  uint64_t magic, key, checksum, body_bytes, tokens, state_bytes, checkpoints;
};
// The checksum covers everything from here on.
constexpr size_t kBody = offsetof(Header, tokens);

struct CheckpointHeader {
  uint64_t length, bytes;
};

uint64_t Padded(uint64_t bytes) { return (bytes + 7) / 8 * 8; }

// FNV-1a over whole words, in four lanes that a processor works on at once.
class Checksum {
 public:
  void Add(const void* data, size_t bytes) {
    const auto* next = static_cast<const std::byte*>(data);
    const auto* end = next + bytes / 8 * 8;
    while (next != end && lane_ != 0) next = AddWord(next);
    for (; end - next >= 32; next += 32) {
      for (size_t lane = 0; lane < kLanes; lane++) Mix(lanes_[lane], next + lane * 8);
    }
    while (next != end) next = AddWord(next);
  }
  uint64_t value() const {
    uint64_t value = lane_;
    for (uint64_t lane : lanes_) value = grammar::MixHash(value, lane);
    return value;
  }

 private:
  static constexpr size_t kLanes = 4;

  static void Mix(uint64_t& sum, const std::byte* at) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    sum = (sum ^ word) * 0x100000001b3;
  }
  const std::byte* AddWord(const std::byte* at) {
    Mix(lanes_[lane_], at);
    lane_ = (lane_ + 1) % kLanes;
    return at + 8;
  }

  std::array<uint64_t, kLanes> lanes_ = {1, 2, 3, 4};
  size_t lane_ = 0;
};

uint64_t ChecksumOf(std::span<const std::byte> bytes) {
  Checksum checksum;
  checksum.Add(bytes.data(), bytes.size());
  return checksum.value();
}

fs::path FromUtf8(const std::string& path) {
  return fs::path(std::u8string(path.begin(), path.end()));
}

class File {
 public:
  File(const std::string& path, bool write)
#ifdef _WIN32
      : file_(_wfopen(FromUtf8(path).c_str(), write ? L"wb" : L"rb")){}
#else
      : file_(std::fopen(path.c_str(), write ? "wb" : "rb")) {
  }
#endif
        ~File() {
    if (file_ != nullptr) std::fclose(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool open() const { return file_ != nullptr; }
  bool Read(void* data, size_t bytes) { return std::fread(data, 1, bytes, file_) == bytes; }
  bool Write(const void* data, size_t bytes) { return std::fwrite(data, 1, bytes, file_) == bytes; }
  bool Seek(long offset, int origin) { return std::fseek(file_, offset, origin) == 0; }
  bool Close() { return std::fclose(std::exchange(file_, nullptr)) == 0; }

 private:
  std::FILE* file_;
};

// The sizes in a header are plausible and add up to the body.
bool AddsUp(const Header& header, const std::vector<CheckpointHeader>& checkpoints) {
  uint64_t sum = sizeof(Header) - kBody + checkpoints.size() * sizeof(CheckpointHeader) +
                 Padded(header.tokens * sizeof(llama_token)) + Padded(header.state_bytes);
  uint64_t last = 0;
  for (const CheckpointHeader& one : checkpoints) {
    if (one.bytes > kMaxBytes || one.length <= last || one.length > header.tokens) return false;
    last = one.length;
    sum += Padded(one.bytes);
  }
  return sum == header.body_bytes;
}

bool ReadHeaders(File& file, Header& header, std::vector<CheckpointHeader>& checkpoints) {
  if (!file.open() || !file.Read(&header, sizeof header) || header.magic != kMagic) return false;
  if (header.tokens == 0 || header.tokens > kMaxTokens || header.state_bytes > kMaxBytes ||
      header.checkpoints > kMaxCheckpoints) {
    return false;
  }
  checkpoints.resize(header.checkpoints);
  return file.Read(checkpoints.data(), checkpoints.size() * sizeof(CheckpointHeader)) &&
         AddsUp(header, checkpoints);
}

// Reads a body's pieces straight to where they are kept, and sums them up.
class BodyReader {
 public:
  explicit BodyReader(File& file) : file_(file) {}
  uint64_t checksum() const { return checksum_.value(); }
  // Not all was there.
  bool failed() const { return failed_; }

  template <typename T>
  std::vector<T> TakeValues(uint64_t bytes) {
    std::vector<T> values(Padded(bytes) / sizeof(T));
    Read(values.data(), Padded(bytes));
    values.resize(bytes / sizeof(T));
    return values;
  }
  StateBytes TakeState(uint64_t bytes) {
    StateBytes state(Padded(bytes));
    Read(state.data(), state.size());
    state.Shorten(bytes);
    return state;
  }

 private:
  void Read(void* data, size_t bytes) {
    failed_ = failed_ || !file_.Read(data, bytes);
    if (!failed_) checksum_.Add(data, bytes);
  }

  File& file_;
  Checksum checksum_;
  bool failed_ = false;
};

class BodyWriter {
 public:
  explicit BodyWriter(size_t bytes) { body_.reserve(bytes); }
  void Put(const void* data, size_t bytes) {
    const auto* begin = static_cast<const std::byte*>(data);
    body_.insert(body_.end(), begin, begin + bytes);
    body_.resize(Padded(body_.size()));
  }
  const std::vector<std::byte>& body() const { return body_; }

 private:
  std::vector<std::byte> body_;
};

std::vector<std::byte> BodyOf(const SavedSequence& saved) {
  BodyWriter writer(saved.bytes() + 4096);
  const uint64_t sizes[] = {saved.tokens.size(), saved.state.size(), saved.checkpoints.size()};
  writer.Put(sizes, sizeof sizes);
  for (const CheckpointPointer& one : saved.checkpoints) {
    const CheckpointHeader header{one->length, one->state.size()};
    writer.Put(&header, sizeof header);
  }
  writer.Put(saved.tokens.data(), saved.tokens.size() * sizeof(llama_token));
  writer.Put(saved.state.data(), saved.state.size());
  for (const CheckpointPointer& one : saved.checkpoints) {
    writer.Put(one->state.data(), one->state.size());
  }
  return writer.body();
}

}  // namespace

std::optional<SnapshotFacts> ReadSnapshotFacts(const std::string& path) {
  File file(path, false);
  Header header;
  std::vector<CheckpointHeader> checkpoints;
  if (!ReadHeaders(file, header, checkpoints)) return std::nullopt;
  SnapshotFacts facts{header.key, kBody + header.body_bytes, {}, {}};
  facts.tokens.resize(header.tokens);
  if (!file.Read(facts.tokens.data(), header.tokens * sizeof(llama_token))) return std::nullopt;
  for (const CheckpointHeader& one : checkpoints) facts.checkpoints.push_back(one.length);
  return facts;
}

std::shared_ptr<const SavedSequence> ReadSnapshot(const std::string& path, uint64_t key) {
  File file(path, false);
  Header header;
  std::vector<CheckpointHeader> checkpoints;
  if (!ReadHeaders(file, header, checkpoints) || header.key != key) return nullptr;
  std::error_code error;
  if (fs::file_size(FromUtf8(path), error) != kBody + header.body_bytes || error) return nullptr;
  if (!file.Seek(static_cast<long>(kBody), SEEK_SET)) return nullptr;
  BodyReader reader(file);
  (void)reader.TakeValues<uint64_t>(sizeof(Header) - kBody +
                                    checkpoints.size() * sizeof(CheckpointHeader));
  SavedSequence saved;
  saved.tokens = reader.TakeValues<llama_token>(header.tokens * sizeof(llama_token));
  saved.state = reader.TakeState(header.state_bytes);
  for (const CheckpointHeader& one : checkpoints) {
    saved.checkpoints.push_back(
        std::make_shared<const Checkpoint>(Checkpoint{one.length, reader.TakeState(one.bytes)}));
  }
  if (reader.failed() || reader.checksum() != header.checksum) return nullptr;
  return std::make_shared<const SavedSequence>(std::move(saved));
}

bool WriteSnapshot(const std::string& path, uint64_t key, const SavedSequence& saved) {
  static std::atomic<uint64_t> count = 0;
  const std::vector<std::byte> body = BodyOf(saved);
  const uint64_t head[] = {kMagic, key, ChecksumOf(body), body.size()};
  const fs::path final = FromUtf8(path);
  const std::string partial = path + "." + std::to_string(count++) + ".partial";
  std::error_code error;
  fs::create_directories(final.parent_path(), error);
  File file(partial, true);
  bool written =
      file.open() && file.Write(head, sizeof head) && file.Write(body.data(), body.size());
  if (file.open()) written = file.Close() && written;
  if (written) fs::rename(FromUtf8(partial), final, error);
  if (written && !error) return true;
  fs::remove(FromUtf8(partial), error);
  return false;
}

uint64_t FileFingerprint(const std::string& path) {
  constexpr size_t kPiece = 4096;
  constexpr uint64_t kPieces = 64;
  std::error_code error;
  const uint64_t size = fs::file_size(FromUtf8(path), error);
  File file(path, false);
  if (error || !file.open()) return 0;
  uint64_t hash = grammar::MixHash(1, size);
  std::vector<std::byte> piece(kPiece);
  for (uint64_t i = 0; i < kPieces; i++) {
    const uint64_t room = size - std::min<uint64_t>(size, kPiece);
    const uint64_t at = room / (kPieces - 1) * i;
    const size_t length = static_cast<size_t>(std::min<uint64_t>(kPiece, size));
    std::fill(piece.begin(), piece.end(), std::byte{0});
    if (!file.Seek(static_cast<long>(at), SEEK_SET) || !file.Read(piece.data(), length)) return 0;
    hash = grammar::MixHash(hash, ChecksumOf(piece));
  }
  return hash;
}

}  // namespace lorikeet::engine
