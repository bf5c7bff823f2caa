// The image as one block of memory, and as a file.
//
// File: magic "LORIVOC1" (8 bytes), key, size of the block in bytes, its checksum, then the block;
// all numbers are 64-bit in the machine's own byte order (another order has another magic).
// The block is a sequence of arrays in the fixed order of VisitArrays, each a word with its number
// of elements, then the elements, padded to whole words.
#include <bit>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <type_traits>

#include "grammar/image.h"

namespace lorikeet::grammar {
namespace {

// "LORIVOC" and the version of the format, which changes with anything that Build writes.
constexpr uint64_t kMagic = 0x37434F5649524F4C;

struct FileHeader {
  uint64_t magic, key, bytes, checksum;
};

struct Malformed : std::runtime_error {
  Malformed() : std::runtime_error("malformed vocabulary image") {}
};

size_t WholeWords(size_t bytes) { return (bytes + 7) / 8 * 8; }

// Every array in order; `visit` is called with the same member of an image or of its tables.
template <typename TrieLike, typename Visit>
void VisitTrie(TrieLike& trie, Visit& visit) {
  visit(trie.nodes);
  visit(trie.ids);
  visit(trie.subtrees);
}

template <typename Tables, typename Visit>
void VisitArrays(Tables& tables, Visit visit) {
  visit(tables.byte_offsets);
  visit(tables.bytes);
  visit(tables.text_offsets);
  visit(tables.texts);
  visit(tables.kinds);
  visit(tables.end_tokens);
  visit(tables.special_by_text);
  VisitTrie(tables.trie, visit);
  visit(tables.emittable);
  visit(tables.spaced_letters);
  visit(tables.spaced_any_letters);
  VisitTrie(tables.spaced_foreign, visit);
  VisitTrie(tables.spaced_others, visit);
  for (auto& slice : tables.slices) {
    visit(slice.tokens);
    VisitTrie(slice.other_first, visit);
    VisitTrie(slice.mixed, visit);
    VisitTrie(slice.tails, visit);
    VisitTrie(slice.far, visit);
    for (auto& tails : slice.tails_after) VisitTrie(tails, visit);
  }
  for (auto& bitmap : tables.at_most) visit(bitmap);
}

class BlockWriter {
 public:
  explicit BlockWriter(std::span<std::byte> block) : block_(block) {}

  void Number(uint64_t number) { Append(&number, sizeof number); }

  template <typename Array>
  void operator()(const Array& array) {
    static_assert(std::is_trivially_copyable_v<typename Array::value_type>);
    Number(array.size());
    Append(array.data(), array.size() * sizeof(array[0]));
  }

 private:
  void Append(const void* data, size_t bytes) {
    if (bytes > 0) std::memcpy(block_.data() + at_, data, bytes);
    std::memset(block_.data() + at_ + bytes, 0, WholeWords(bytes) - bytes);
    at_ += WholeWords(bytes);
  }

  std::span<std::byte> block_;
  size_t at_ = 0;
};

class BlockReader {
 public:
  explicit BlockReader(std::span<const std::byte> block) : block_(block) {}

  uint64_t Number() {
    if (block_.size() - at_ < sizeof(uint64_t)) throw Malformed();
    uint64_t number;
    std::memcpy(&number, block_.data() + at_, sizeof number);
    at_ += sizeof number;
    return number;
  }

  template <typename Element>
  void operator()(std::span<const Element>& array) {
    const uint64_t count = Number();
    if (count > (block_.size() - at_) / sizeof(Element)) throw Malformed();
    array = {reinterpret_cast<const Element*>(block_.data() + at_), static_cast<size_t>(count)};
    at_ += WholeWords(count * sizeof(Element));
  }

 private:
  std::span<const std::byte> block_;
  size_t at_ = 0;
};

// Four independent lanes of multiply and rotate, folded at the end.
uint64_t Checksum(std::span<const std::byte> block) {
  const std::span words(reinterpret_cast<const uint64_t*>(block.data()), block.size() / 8);
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;
  uint64_t lanes[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 4 <= words.size(); i += 4) {
    for (size_t lane = 0; lane < 4; lane++) {
      lanes[lane] = std::rotl((lanes[lane] ^ words[i + lane]) * kFactor, 29);
    }
  }
  for (; i < words.size(); i++) lanes[i & 3] = std::rotl((lanes[i & 3] ^ words[i]) * kFactor, 29);
  uint64_t sum = words.size();
  for (uint64_t lane : lanes) sum = std::rotl((sum ^ lane) * kFactor, 31);
  return sum;
}

// Sets the views of `image` into its own block.
void OpenBlock(VocabularyImage& image) {
  BlockReader reader(image.Block());
  image.size = static_cast<uint32_t>(reader.Number());
  for (SliceImage& slice : image.slices) {
    slice.token_count = static_cast<uint32_t>(reader.Number());
    for (size_t byte = 0; byte < 256; byte += 64) {
      const uint64_t word = reader.Number();
      for (size_t bit = 0; bit < 64; bit++) {
        if (word >> bit & 1) slice.other_roots.Add(static_cast<uint8_t>(byte + bit));
      }
    }
  }
  std::iota(image.slices_by_size.begin(), image.slices_by_size.end(), uint8_t{0});
  std::stable_sort(image.slices_by_size.begin(), image.slices_by_size.end(),
                   [&](uint8_t a, uint8_t b) {
                     return image.slices[a].token_count > image.slices[b].token_count;
                   });
  VisitArrays(image, [&](auto& array) { reader(array); });
  for (size_t id = 0; id + 1 < image.byte_offsets.size(); id++) {
    const uint32_t bytes = image.byte_offsets[id + 1] - image.byte_offsets[id];
    image.longest_token = std::max(image.longest_token, bytes);
  }
}

void WriteByteSet(const ByteSet& set, BlockWriter& writer) {
  uint64_t words[4] = {};
  set.ForEach([&](uint8_t byte) { words[byte >> 6] |= uint64_t{1} << (byte & 63); });
  for (uint64_t word : words) writer.Number(word);
}

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

std::filesystem::path FromUtf8(const std::string& path) {
  return std::filesystem::path(std::u8string(path.begin(), path.end()));
}

enum class Mode { kRead, kWrite };

File Open(const std::filesystem::path& path, Mode mode) {
#ifdef _WIN32
  return File(_wfopen(path.c_str(), mode == Mode::kRead ? L"rb" : L"wb"), &std::fclose);
#else
  return File(std::fopen(path.c_str(), mode == Mode::kRead ? "rb" : "wb"), &std::fclose);
#endif
}

}  // namespace

std::unique_ptr<const VocabularyImage> AssembleImage(const VocabularyTables& tables) {
  auto image = std::make_unique<VocabularyImage>();
  size_t bytes = 8 + kSliceCount * 5 * 8;
  VisitArrays(tables,
              [&](const auto& array) { bytes += 8 + WholeWords(array.size() * sizeof(array[0])); });
  image->Allocate(bytes);
  BlockWriter writer({image->memory.get(), bytes});
  writer.Number(tables.kinds.size());
  for (const auto& slice : tables.slices) {
    writer.Number(slice.token_count);
    WriteByteSet(slice.other_roots, writer);
  }
  VisitArrays(tables, [&](const auto& array) { writer(array); });
  OpenBlock(*image);
  return image;
}

bool WriteImage(const VocabularyImage& image, const std::string& path, uint64_t key) {
  const FileHeader header{kMagic, key, image.memory_size, Checksum(image.Block())};
  const auto unique = std::chrono::steady_clock::now().time_since_epoch().count();
  const std::filesystem::path temporary = FromUtf8(path + "." + std::to_string(unique) + ".tmp");
  std::error_code error;
  {
    const File file = Open(temporary, Mode::kWrite);
    if (!file) return false;
    const bool written =
        std::fwrite(&header, sizeof header, 1, file.get()) == 1 &&
        std::fwrite(image.memory.get(), 1, image.memory_size, file.get()) == image.memory_size &&
        std::fflush(file.get()) == 0;
    if (!written) {
      std::filesystem::remove(temporary, error);
      return false;
    }
  }
  std::filesystem::rename(temporary, FromUtf8(path), error);
  if (!error) return true;
  std::filesystem::remove(temporary, error);
  return false;
}

std::unique_ptr<const VocabularyImage> ReadImage(const std::string& path, uint64_t key) {
  std::error_code error;
  const auto file_size = std::filesystem::file_size(FromUtf8(path), error);
  const File file = error ? File(nullptr, &std::fclose) : Open(FromUtf8(path), Mode::kRead);
  FileHeader header;
  if (!file || std::fread(&header, sizeof header, 1, file.get()) != 1) return nullptr;
  if (header.magic != kMagic || header.key != key) return nullptr;
  if (header.bytes % 8 != 0 || header.bytes != file_size - sizeof header) return nullptr;
  auto image = std::make_unique<VocabularyImage>();
  image->Allocate(header.bytes);
  if (std::fread(image->memory.get(), 1, header.bytes, file.get()) != header.bytes) return nullptr;
  if (Checksum(image->Block()) != header.checksum) return nullptr;
  try {
    OpenBlock(*image);
  } catch (const Malformed&) {
    return nullptr;
  }
  return image;
}

}  // namespace lorikeet::grammar
