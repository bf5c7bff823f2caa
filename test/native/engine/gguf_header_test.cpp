// The header reader on sound files, on each kind of damage, and on thousands of mutated headers.
#include "engine/gguf_header.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

#include "engine/error.h"
#include "engine/sampling.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::GgufHeader;
using Bytes = std::vector<std::byte>;

Bytes ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  Bytes bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

GgufHeader Parse(const Bytes& bytes) {
  return engine::ParseGgufHeader(bytes.data(), bytes.size(), "test.gguf");
}

std::string CodeOfParsing(const Bytes& bytes) {
  return CodeOf([&] { Parse(bytes); });
}

// Where `text` begins in the file.
size_t Find(const Bytes& bytes, const std::string& text) {
  for (size_t i = 0; i + text.size() <= bytes.size(); i++) {
    if (std::memcmp(bytes.data() + i, text.data(), text.size()) == 0) return i;
  }
  throw Failure("no " + text);
}

template <typename T>
void Put(Bytes& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof(value));
}

template <typename T>
T Get(const Bytes& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

Bytes TinyBytes() { return ReadFile(TinyModelPath()); }

// Offsets in the record of the tensor `output_norm.weight`, which has one dimension.
struct NormRecord {
  size_t dimensions, extent, type, offset;
};
NormRecord FindNorm(const Bytes& bytes) {
  const std::string name = "output_norm.weight";
  const size_t end = Find(bytes, name) + name.size();
  return {end, end + 4, end + 12, end + 16};
}

TEST("a header gives metadata, tensors and their sizes") {
  const GgufHeader header = Parse(TinyBytes());
  EXPECT_EQ(header.version, 3u);
  EXPECT_EQ(header.String("general.architecture"), "gemma3");
  EXPECT_EQ(header.Integer("gemma3.block_count", 0), 2);
  const auto& tokens = header.metadata.at("tokenizer.ggml.tokens");
  ASSERT(std::holds_alternative<engine::LongArray>(tokens));
  EXPECT_EQ(std::get<engine::LongArray>(tokens).type, "string");
  const auto* embedding = header.Find("token_embd.weight");
  ASSERT(embedding != nullptr);
  EXPECT_EQ(embedding->shape[0], 64);
  EXPECT_EQ(embedding->size_bytes, static_cast<uint64_t>(embedding->shape[1]) * 64 * 4);
  EXPECT(header.Find("nothing") == nullptr);
  EXPECT(header.parameter_count > 50'000);
}

TEST("a missing file, a folder and a file that is no GGUF each have their code") {
  EXPECT_EQ(CodeOf([] { engine::ReadGgufHeader(TempPath("none.gguf")); }), "MODEL_NOT_FOUND");
  EXPECT_EQ(CodeOf([] { engine::ReadGgufHeader(TempPath("")); }), "MODEL_NOT_FOUND");
  Bytes bytes = TinyBytes();
  Put<uint32_t>(bytes, 0, 0x12345678);
  EXPECT_EQ(CodeOfParsing(bytes), "MODEL_NOT_GGUF");
  EXPECT_EQ(CodeOfParsing({}), "MODEL_NOT_GGUF");
}

TEST("other versions and big-endian files are refused by name") {
  Bytes bytes = TinyBytes();
  Put<uint32_t>(bytes, 4, 1);
  EXPECT_EQ(CodeOfParsing(bytes), "MODEL_VERSION_UNKNOWN");
  Put<uint32_t>(bytes, 4, 0x03000000);
  try {
    Parse(bytes);
    EXPECT(false);
  } catch (const engine::Error& error) {
    EXPECT_EQ(error.code(), "MODEL_VERSION_UNKNOWN");
    EXPECT(std::string(error.what()).find("big-endian") != std::string::npos);
  }
}

TEST("a file that is cut anywhere in its header or its tensors is truncated") {
  const Bytes bytes = TinyBytes();
  for (size_t size = 8; size < bytes.size(); size += 997) {
    EXPECT_EQ(CodeOfParsing(Bytes(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size))),
              "MODEL_TRUNCATED");
  }
}

TEST("a tensor with a wrong offset lies out of bounds") {
  Bytes bytes = TinyBytes();
  const NormRecord norm = FindNorm(bytes);
  Put<uint64_t>(bytes, norm.offset, uint64_t{1} << 40);
  EXPECT_EQ(CodeOfParsing(bytes), "MODEL_TENSOR_OUT_OF_BOUNDS");
  Put<uint64_t>(bytes, norm.offset, ~uint64_t{0} / 32 * 32);
  EXPECT_EQ(CodeOfParsing(bytes), "MODEL_TENSOR_OUT_OF_BOUNDS");
}

TEST("impossible counts, shapes, types and alignments are malformed") {
  const Bytes sound = TinyBytes();
  const NormRecord norm = FindNorm(sound);
  const auto damaged = [&](const std::function<void(Bytes&)>& damage) {
    Bytes bytes = sound;
    damage(bytes);
    return CodeOfParsing(bytes);
  };
  const std::string malformed = "MODEL_MALFORMED";
  EXPECT_EQ(damaged([](Bytes& b) { Put<uint64_t>(b, 8, ~uint64_t{0}); }), malformed);
  EXPECT_EQ(damaged([](Bytes& b) { Put<uint64_t>(b, 16, ~uint64_t{0}); }), malformed);
  EXPECT_EQ(damaged([](Bytes& b) { Put<uint64_t>(b, 24, uint64_t{1} << 63); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<uint32_t>(b, norm.dimensions, 0); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<uint32_t>(b, norm.dimensions, 5); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<int64_t>(b, norm.extent, 0); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<int64_t>(b, norm.extent, -64); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<int64_t>(b, norm.extent, int64_t{1} << 62); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<uint32_t>(b, norm.type, 4); }), malformed);
  EXPECT_EQ(damaged([&](Bytes& b) { Put<uint32_t>(b, norm.type, 9999); }), malformed);
  EXPECT_EQ(
      damaged([&](Bytes& b) { Put<uint64_t>(b, norm.offset, Get<uint64_t>(b, norm.offset) + 1); }),
      malformed);
  EXPECT_EQ(damaged([](Bytes& b) {  // the type of a metadata value
              Put<uint32_t>(b, Find(b, "general.name") + 12, 77);
            }),
            malformed);
  EXPECT_EQ(damaged([](Bytes& b) {  // an array of arrays
              Put<uint32_t>(b, Find(b, "tokenizer.ggml.scores") + 21 + 4, 9);
            }),
            malformed);
  EXPECT_EQ(damaged([](Bytes& b) {  // two keys of one name
              std::memcpy(b.data() + Find(b, "general.name"), "general.type", 12);
            }),
            malformed);
  EXPECT_EQ(damaged([](Bytes& b) {  // two tensors of one name
              std::memcpy(b.data() + Find(b, "blk.0.attn_k.weight"), "blk.0.attn_q.weight", 19);
            }),
            malformed);
}

TEST("split files are joined from any part, and a missing or foreign part is named") {
  const std::string path = TempPath("split-00001-of-00002.gguf");
  const std::string second = TempPath("split-00002-of-00002.gguf");
  const auto write = [](const std::string& where, int number, const std::string& tensor) {
    gguf_context* file = gguf_init_empty();
    gguf_set_val_u16(file, "split.count", 2);
    gguf_set_val_u16(file, "split.no", static_cast<uint16_t>(number));
    gguf_set_val_i32(file, "split.tensors.count", 2);
    ggml_context* tensors = ggml_init({1 << 20, nullptr, false});
    ggml_tensor* one = ggml_new_tensor_1d(tensors, GGML_TYPE_F32, 32);
    ggml_set_name(one, tensor.c_str());
    gguf_add_tensor(file, one);
    gguf_write_to_file(file, where.c_str(), false);
    ggml_free(tensors);
    gguf_free(file);
  };
  write(path, 0, "a");
  EXPECT_EQ(CodeOf([&] { engine::ReadGgufHeader(path); }), "MODEL_NOT_FOUND");
  write(second, 1, "b");
  for (const std::string& given : {path, second}) {
    const GgufHeader header = engine::ReadGgufHeader(given);
    EXPECT_EQ(header.files.size(), 2u);
    EXPECT_EQ(header.files[0], path);
    ASSERT(header.Find("b") != nullptr);
    EXPECT_EQ(header.Find("b")->file, 1);
    EXPECT_EQ(header.parameter_count, 64u);
  }
  write(second, 0, "b");
  EXPECT_EQ(CodeOf([&] { engine::ReadGgufHeader(path); }), "MODEL_MALFORMED");
  write(second, 1, "a");
  EXPECT_EQ(CodeOf([&] { engine::ReadGgufHeader(path); }), "MODEL_MALFORMED");
}

TEST("a file that is replaced after its header was read is noticed") {
  const std::string path = TempPath("replaced.gguf");
  std::filesystem::copy_file(TinyModelPath(), path);
  const GgufHeader header = engine::ReadGgufHeader(path);
  engine::CheckUnchanged(header);
  std::filesystem::resize_file(path, header.size_bytes + 1);
  EXPECT_EQ(CodeOf([&] { engine::CheckUnchanged(header); }), "MODEL_CHANGED");
  std::filesystem::remove(path);
  EXPECT_EQ(CodeOf([&] { engine::CheckUnchanged(header); }), "MODEL_CHANGED");
}

TEST("mutated headers end in a header or in an error with a code") {
  const Bytes sound = TinyBytes();
  const size_t header_size = Find(sound, "blk.1.post_ffw_norm.weight") + 60;
  engine::RandomStream random(4711);
  const auto below = [&](size_t most) {
    return static_cast<size_t>(random.Next() * static_cast<double>(most));
  };
  static constexpr uint64_t kNasty[] = {0,
                                        1,
                                        0x7F,
                                        0xFF,
                                        0xFFFF,
                                        0x7FFFFFFF,
                                        0xFFFFFFFF,
                                        uint64_t{1} << 32,
                                        uint64_t{1} << 62,
                                        ~uint64_t{0}};
  int refused = 0;
  for (int round = 0; round < 3000; round++) {
    Bytes bytes = sound;
    for (size_t change = 0; change <= below(4); change++) {
      const size_t at = below(header_size - 8);
      if (random.Next() < 0.5) {
        bytes[at] = static_cast<std::byte>(below(256));
      } else {
        const uint64_t value = kNasty[below(std::size(kNasty))];
        std::memcpy(bytes.data() + at, &value, random.Next() < 0.5 ? 4 : 8);
      }
    }
    if (random.Next() < 0.2) bytes.resize(below(bytes.size()));
    if (!CodeOfParsing(bytes).empty()) refused++;
  }
  EXPECT(refused > 500);
}

TEST("a vocabulary with a token twice is malformed") {
  Bytes bytes = TinyBytes();
  std::memcpy(bytes.data() + Find(bytes, "<0x42>"), "<0x41>", 6);
  try {
    Parse(bytes);
    EXPECT(false);
  } catch (const engine::Error& error) {
    EXPECT_EQ(error.code(), "MODEL_MALFORMED");
    EXPECT(std::string(error.what()).find(" twice") != std::string::npos);
  }
}

TEST("the header of a 262,144-token vocabulary is read without its tokens") {
  const char* source = std::getenv("LORIKEET_LLAMA_SOURCE");
  if (source == nullptr) return;
  const GgufHeader header =
      engine::ReadGgufHeader(std::string(source) + "/models/ggml-vocab-gemma-4.gguf");
  EXPECT_EQ(std::get<engine::LongArray>(header.metadata.at("tokenizer.ggml.tokens")).length,
            262144u);
  EXPECT(header.tensors.empty());
}

}  // namespace
}  // namespace lorikeet::testing
