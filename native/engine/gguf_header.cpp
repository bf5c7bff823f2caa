#include "engine/gguf_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <set>

#include "engine/byte_reader.h"
#include "engine/error.h"
#include "engine/split_files.h"
#include "gguf.h"

namespace lorikeet::engine {
namespace {

constexpr uint64_t kMaxKeyBytes = 65'535;
constexpr uint64_t kMaxStringBytes = uint64_t{1} << 26;
constexpr uint64_t kMaxTensorNameBytes = GGML_MAX_NAME - 1;
constexpr uint64_t kMinPairBytes = 8 + 1 + 4 + 1;            // key, type, the smallest value
constexpr uint64_t kMinTensorBytes = 8 + 1 + 4 + 8 + 4 + 8;  // name, dimensions, type, offset

// 0 for strings and arrays, which have no fixed size.
uint64_t ScalarBytes(uint32_t type) {
  switch (type) {
    case GGUF_TYPE_UINT8:
    case GGUF_TYPE_INT8:
    case GGUF_TYPE_BOOL:
      return 1;
    case GGUF_TYPE_UINT16:
    case GGUF_TYPE_INT16:
      return 2;
    case GGUF_TYPE_UINT32:
    case GGUF_TYPE_INT32:
    case GGUF_TYPE_FLOAT32:
      return 4;
    case GGUF_TYPE_UINT64:
    case GGUF_TYPE_INT64:
    case GGUF_TYPE_FLOAT64:
      return 8;
    default:
      return 0;
  }
}

const char* ScalarName(uint32_t type) {
  static constexpr const char* kNames[] = {"uint8",  "int8",    "uint16", "int16",  "uint32",
                                           "int32",  "float32", "bool",   "string", "array",
                                           "uint64", "int64",   "float64"};
  return kNames[type];
}

void CheckMagicAndVersion(ByteReader& reader, GgufHeader& header) {
  if (reader.size() < 4 || reader.Number<uint32_t>() != 0x46554747) {  // "GGUF"
    throw Error("MODEL_NOT_GGUF",
                "Expected \"" + reader.name() +
                    "\" to begin with the letters GGUF. Models in other formats (safetensors, "
                    "PyTorch) must be converted first.",
                {{"path", reader.name()}});
  }
  header.version = reader.Number<uint32_t>();
  if (header.version == 2 || header.version == 3) return;
  const bool big_endian = header.version != 0 && (header.version & 0xFFFF) == 0;
  throw Error("MODEL_VERSION_UNKNOWN",
              "Expected GGUF version 2 or 3, little-endian, in \"" + reader.name() + "\", got " +
                  (big_endian ? "a big-endian file. Take the little-endian file."
                              : "version " + std::to_string(header.version) +
                                    ". Convert the model again, or update this library."),
              {{"path", reader.name()},
               {"version", static_cast<int64_t>(header.version)},
               {"bigEndian", big_endian}});
}

MetadataScalar ReadScalar(ByteReader& reader, uint32_t type) {
  switch (type) {
    case GGUF_TYPE_UINT8:
      return uint64_t{reader.Number<uint8_t>()};
    case GGUF_TYPE_INT8:
      return int64_t{reader.Number<int8_t>()};
    case GGUF_TYPE_UINT16:
      return uint64_t{reader.Number<uint16_t>()};
    case GGUF_TYPE_INT16:
      return int64_t{reader.Number<int16_t>()};
    case GGUF_TYPE_UINT32:
      return uint64_t{reader.Number<uint32_t>()};
    case GGUF_TYPE_INT32:
      return int64_t{reader.Number<int32_t>()};
    case GGUF_TYPE_FLOAT32:
      return double{reader.Number<float>()};
    case GGUF_TYPE_BOOL:
      return reader.Number<uint8_t>() != 0;
    case GGUF_TYPE_STRING:
      return reader.String(kMaxStringBytes, "a string length");
    case GGUF_TYPE_UINT64:
      return reader.Number<uint64_t>();
    case GGUF_TYPE_INT64:
      return reader.Number<int64_t>();
    case GGUF_TYPE_FLOAT64:
      return reader.Number<double>();
    default:
      reader.Malformed("a metadata value has the unknown type " + std::to_string(type));
  }
}

// The index of the second of two equal hashes, or -1. They are sorted into buckets first, so that
// each look-up stays in the processor's nearest cache.
int64_t FindRepeated(const std::vector<uint64_t>& hashes) {
  constexpr size_t kBuckets = 256;
  const auto bucket_of = [](uint64_t hash) { return static_cast<size_t>(hash >> 56); };
  std::array<size_t, kBuckets + 1> begin{};
  for (uint64_t hash : hashes) begin[bucket_of(hash) + 1]++;
  size_t largest = 0;
  for (size_t i = 1; i <= kBuckets; i++) {
    largest = std::max(largest, begin[i]);
    begin[i] += begin[i - 1];
  }
  std::vector<uint64_t> sorted(hashes.size());
  std::array<size_t, kBuckets + 1> next = begin;
  for (uint64_t hash : hashes) sorted[next[bucket_of(hash)]++] = hash | 1;  // 0 is an empty slot

  std::vector<uint64_t> slots(std::bit_ceil(largest * 2 + 1));
  for (size_t bucket = 0; bucket < kBuckets; bucket++) {
    std::fill(slots.begin(), slots.end(), 0);
    for (size_t i = begin[bucket]; i < begin[bucket + 1]; i++) {
      size_t at = static_cast<size_t>(sorted[i] >> 1) & (slots.size() - 1);
      while (slots[at] != 0 && slots[at] != sorted[i]) at = (at + 1) & (slots.size() - 1);
      if (slots[at] == 0) {
        slots[at] = sorted[i];
        continue;
      }
      const auto second = std::find_if(hashes.rbegin(), hashes.rend(),
                                       [&](uint64_t hash) { return (hash | 1) == sorted[i]; });
      return std::distance(second, hashes.rend()) - 1;
    }
  }
  return -1;
}

// `distinct`: llama.cpp ends the process over a vocabulary in which a token occurs twice.
void SkipStrings(ByteReader& reader, uint64_t length, bool distinct) {
  if (!distinct) {
    for (uint64_t i = 0; i < length; i++) reader.SkipString();
    return;
  }
  std::vector<uint64_t> hashes;
  hashes.reserve(static_cast<size_t>(length));
  for (uint64_t i = 0; i < length; i++) hashes.push_back(reader.HashString());
  const int64_t repeated = FindRepeated(hashes);
  if (repeated >= 0) {
    reader.Malformed("the vocabulary has token " + std::to_string(repeated) + " twice");
  }
}

MetadataValue ReadArray(ByteReader& reader, const std::string& key) {
  const uint32_t type = reader.Number<uint32_t>();
  const uint64_t item_bytes = type == GGUF_TYPE_STRING ? 8 : ScalarBytes(type);
  if (item_bytes == 0) {
    reader.Malformed("an array has elements of the type " + std::to_string(type) +
                     " (nested arrays are unknown to llama.cpp)");
  }
  const uint64_t length = reader.Count(item_bytes, "an array length");
  if (length <= kShortArrayLength) {
    MetadataArray items;
    for (uint64_t i = 0; i < length; i++) items.push_back(ReadScalar(reader, type));
    return items;
  }
  if (type == GGUF_TYPE_STRING) {
    SkipStrings(reader, length, key == "tokenizer.ggml.tokens");
  } else {
    reader.Skip(length * item_bytes);
  }
  return LongArray{ScalarName(type), length};
}

MetadataValue ReadValue(ByteReader& reader, const std::string& key) {
  const uint32_t type = reader.Number<uint32_t>();
  if (type == GGUF_TYPE_ARRAY) return ReadArray(reader, key);
  return std::visit([](auto&& value) { return MetadataValue(std::move(value)); },
                    ReadScalar(reader, type));
}

void ReadMetadata(ByteReader& reader, uint64_t count, GgufHeader& header) {
  for (uint64_t i = 0; i < count; i++) {
    const std::string key = reader.String(kMaxKeyBytes, "a key length");
    if (key.empty()) reader.Malformed("a metadata key is empty");
    if (header.metadata.contains(key)) reader.Malformed("the key \"" + key + "\" occurs twice");
    header.metadata.emplace(key, ReadValue(reader, key));
  }
}

// Rows of whole blocks; the size must not overflow.
uint64_t TensorBytes(const ByteReader& reader, const TensorInfo& tensor) {
  const uint64_t block = static_cast<uint64_t>(ggml_blck_size(tensor.type));
  if (static_cast<uint64_t>(tensor.shape[0]) % block != 0) {
    reader.Malformed("tensor \"" + tensor.name + "\" has rows of " +
                     std::to_string(tensor.shape[0]) + " values, but " +
                     TensorTypeName(tensor.type) + " needs multiples of " + std::to_string(block));
  }
  uint64_t count = 1;
  for (int64_t extent : tensor.shape) {
    if (count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / extent) {
      reader.Malformed("tensor \"" + tensor.name + "\" has a shape that overflows");
    }
    count *= static_cast<uint64_t>(extent);
  }
  const uint64_t type_size = ggml_type_size(tensor.type);
  if (count / block > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / type_size) {
    reader.Malformed("tensor \"" + tensor.name + "\" has a shape that overflows");
  }
  return count / block * type_size;
}

TensorInfo ReadTensor(ByteReader& reader) {
  TensorInfo tensor;
  tensor.name = reader.String(kMaxTensorNameBytes, "a tensor name");
  if (tensor.name.empty()) reader.Malformed("a tensor has no name");
  const uint32_t dimensions = reader.Number<uint32_t>();
  if (dimensions < 1 || dimensions > GGML_MAX_DIMS) {
    reader.Malformed("tensor \"" + tensor.name + "\" has " + std::to_string(dimensions) +
                     " dimensions, 1 to 4 expected");
  }
  for (uint32_t i = 0; i < dimensions; i++) {
    tensor.shape.push_back(reader.Number<int64_t>());
    if (tensor.shape.back() < 1) {
      reader.Malformed("tensor \"" + tensor.name + "\" has a dimension of " +
                       std::to_string(tensor.shape.back()));
    }
  }
  const uint32_t type = reader.Number<uint32_t>();
  if (type >= GGML_TYPE_COUNT || ggml_blck_size(static_cast<ggml_type>(type)) == 0 ||
      ggml_type_size(static_cast<ggml_type>(type)) == 0) {
    reader.Malformed("tensor \"" + tensor.name + "\" has the unknown type " + std::to_string(type));
  }
  tensor.type = static_cast<ggml_type>(type);
  tensor.offset = reader.Number<uint64_t>();
  tensor.size_bytes = TensorBytes(reader, tensor);
  return tensor;
}

void ReadTensors(ByteReader& reader, uint64_t count, GgufHeader& header) {
  std::set<std::string> names;
  header.tensors.reserve(static_cast<size_t>(count));
  for (uint64_t i = 0; i < count; i++) {
    header.tensors.push_back(ReadTensor(reader));
    const TensorInfo& tensor = header.tensors.back();
    if (!names.insert(tensor.name).second) {
      reader.Malformed("the tensor \"" + tensor.name + "\" occurs twice");
    }
    uint64_t values = 1;
    for (int64_t extent : tensor.shape) values *= static_cast<uint64_t>(extent);
    header.parameter_count += values;
  }
}

uint64_t Alignment(const ByteReader& reader, const GgufHeader& header) {
  auto found = header.metadata.find(GGUF_KEY_GENERAL_ALIGNMENT);
  if (found == header.metadata.end()) return GGUF_DEFAULT_ALIGNMENT;
  const uint64_t* value = std::get_if<uint64_t>(&found->second);
  if (value == nullptr || !std::has_single_bit(*value) || *value > (uint64_t{1} << 30)) {
    reader.Malformed("general.alignment is no power of two");
  }
  return *value;
}

[[noreturn]] void TensorBeyondEnd(const ByteReader& reader, const TensorInfo& tensor, bool cut) {
  throw Error(cut ? "MODEL_TRUNCATED" : "MODEL_TENSOR_OUT_OF_BOUNDS",
              "Expected tensor \"" + tensor.name + "\" (" + PrintBytes(tensor.size_bytes) +
                  ") to lie within \"" + reader.name() + "\", which has " +
                  std::to_string(reader.size()) + " bytes. " +
                  (cut ? "The download or copy was cut off; get the file again."
                       : "Its offset is wrong: the file is damaged or forged."),
              {{"path", reader.name()},
               {"tensor", tensor.name},
               {"sizeBytes", static_cast<int64_t>(reader.size())}});
}

// A file that was cut has its tensors at the right places, the last ones beyond the end.
void CheckBounds(const ByteReader& reader, const GgufHeader& header) {
  const uint64_t alignment = Alignment(reader, header);
  const uint64_t start = (reader.position() + alignment - 1) / alignment * alignment;
  uint64_t expected_offset = 0;
  for (const TensorInfo& tensor : header.tensors) {
    if (tensor.offset % alignment != 0) {
      reader.Malformed("tensor \"" + tensor.name + "\" is not aligned to " +
                       std::to_string(alignment) + " bytes");
    }
    const bool in_place = tensor.offset == expected_offset;
    if (start > reader.size() || tensor.offset > reader.size() - start ||
        tensor.size_bytes > reader.size() - start - tensor.offset) {
      TensorBeyondEnd(reader, tensor, in_place);
    }
    expected_offset = (tensor.offset + tensor.size_bytes + alignment - 1) / alignment * alignment;
  }
}

GgufHeader Parse(ByteReader& reader) {
  GgufHeader header;
  header.size_bytes = reader.size();
  header.files = {reader.name()};
  CheckMagicAndVersion(reader, header);
  const uint64_t tensors = reader.Count(kMinTensorBytes, "a number of tensors");
  const uint64_t pairs = reader.Count(kMinPairBytes, "a number of metadata pairs");
  ReadMetadata(reader, pairs, header);
  ReadTensors(reader, tensors, header);
  CheckBounds(reader, header);
  return header;
}

}  // namespace

GgufHeader ParseGgufHeader(const std::byte* data, size_t size, const std::string& name) {
  ByteReader reader(data, size, name);
  return Parse(reader);
}

GgufHeader ReadGgufHeader(const std::string& path) {
  return ReadSplitFiles(path, [](const std::string& part) {
    ByteReader reader(part);
    GgufHeader header = Parse(reader);
    header.identities = {IdentifyFile(part)};
    return header;
  });
}

std::string GgufHeader::String(const std::string& key, const std::string& fallback) const {
  auto found = metadata.find(key);
  if (found == metadata.end()) return fallback;
  const std::string* value = std::get_if<std::string>(&found->second);
  return value == nullptr ? fallback : *value;
}

int64_t GgufHeader::Integer(const std::string& key, int64_t fallback) const {
  auto found = metadata.find(key);
  if (found == metadata.end()) return fallback;
  if (const auto* value = std::get_if<int64_t>(&found->second)) return *value;
  if (const auto* value = std::get_if<uint64_t>(&found->second)) {
    return *value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
               ? static_cast<int64_t>(*value)
               : fallback;
  }
  return fallback;
}

const TensorInfo* GgufHeader::Find(const std::string& name) const {
  auto found = std::ranges::find(tensors, name, &TensorInfo::name);
  return found == tensors.end() ? nullptr : &*found;
}

std::string TensorTypeName(ggml_type type) { return ggml_type_name(type); }

}  // namespace lorikeet::engine
