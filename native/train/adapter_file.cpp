#include "train/adapter_file.h"

#include <gguf.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "train/atomic_file.h"
#include "train/error.h"
#include "train/graph.h"
#include "train/mapped_file.h"

namespace lorikeet::train {
namespace {

struct GgufFree {
  void operator()(gguf_context* file) const { gguf_free(file); }
};
using GgufPtr = std::unique_ptr<gguf_context, GgufFree>;

constexpr float kStrengthTolerance = 1e-4f;
constexpr const char* kTokensKey = "lorikeet.trained_tokens";
constexpr const char* kChangeName = "token_embd.weight.change";

// One tensor's bytes in the file's type.
std::vector<char> Pack(const ggml_tensor* parameter, ggml_type type) {
  const std::vector<float> values = Download(parameter);
  std::vector<char> packed(ggml_row_size(type, static_cast<int64_t>(values.size())));
  ggml_quantize_chunk(type, values.data(), packed.data(), 0, 1, static_cast<int64_t>(values.size()),
                      nullptr);
  return packed;
}

std::string Text(const gguf_context* file, const char* key) {
  const int64_t id = gguf_find_key(file, key);
  const bool text = id >= 0 && gguf_get_kv_type(file, id) == GGUF_TYPE_STRING;
  return text ? gguf_get_val_str(file, id) : "";
}

float Alpha(const gguf_context* file) {
  const int64_t id = gguf_find_key(file, "adapter.lora.alpha");
  const bool number = id >= 0 && gguf_get_kv_type(file, id) == GGUF_TYPE_FLOAT32;
  return number ? gguf_get_val_f32(file, id) : 0.0f;
}

// The pairs' tensors with their names in the file.
template <typename Visit>
void ForEachFileTensor(const Adapter& adapter, Visit visit) {
  for (const AdapterPair& pair : adapter.pairs()) {
    visit(pair.weight_name + ".lora_a", pair.a);
    visit(pair.weight_name + ".lora_b", pair.b);
  }
}

}  // namespace

void WriteAdapter(const Adapter& adapter, const std::string& architecture, const std::string& path,
                  AdapterFileType type, const std::map<std::string, std::string>& metadata) {
  GgufPtr file(gguf_init_empty());
  gguf_set_val_str(file.get(), "general.type", "adapter");
  gguf_set_val_str(file.get(), "general.architecture", architecture.c_str());
  gguf_set_val_str(file.get(), "adapter.type", "lora");
  gguf_set_val_f32(file.get(), "adapter.lora.alpha",
                   adapter.strength() * static_cast<float>(adapter.options().rank));
  for (const auto& [key, value] : metadata) {
    gguf_set_val_str(file.get(), key.c_str(), value.c_str());
  }
  const ggml_type tensor_type = type == AdapterFileType::kF16 ? GGML_TYPE_F16 : GGML_TYPE_F32;
  ContextPtr context = NewContext(2 * adapter.pairs().size() + 1);
  ForEachFileTensor(adapter, [&](const std::string& name, const ggml_tensor* parameter) {
    ggml_tensor* entry =
        ggml_new_tensor_2d(context.get(), tensor_type, parameter->ne[0], parameter->ne[1]);
    ggml_set_name(entry, name.c_str());
    gguf_add_tensor(file.get(), entry);
  });
  const TokenRows* token_rows = adapter.token_rows();
  if (token_rows != nullptr) {
    const std::vector<int32_t>& tokens = token_rows->tokens();
    gguf_set_arr_data(file.get(), kTokensKey, GGUF_TYPE_INT32, tokens.data(), tokens.size());
    ggml_tensor* entry = ggml_dup_tensor(context.get(), token_rows->rows());
    ggml_set_name(entry, kChangeName);
    gguf_add_tensor(file.get(), entry);
  }

  AtomicFile output(path);
  std::vector<char> header(gguf_get_meta_size(file.get()));
  gguf_get_meta_data(file.get(), header.data());
  output.Write(header.data(), header.size());
  const size_t alignment = gguf_get_alignment(file.get());
  ForEachFileTensor(adapter, [&](const std::string&, const ggml_tensor* parameter) {
    std::vector<char> bytes = Pack(parameter, tensor_type);
    bytes.resize((bytes.size() + alignment - 1) / alignment * alignment);
    output.Write(bytes.data(), bytes.size());
  });
  if (token_rows != nullptr) {
    std::vector<float> change = token_rows->Change();
    change.resize((change.size() * sizeof(float) + alignment - 1) / alignment * alignment /
                  sizeof(float));
    output.Write(change.data(), change.size() * sizeof(float));
  }
  output.Commit();
}

void ReadAdapter(const std::string& path, const Adapter& adapter, const std::string& architecture) {
  const MappedFile mapped(path);
  ggml_context* raw_context = nullptr;
  GgufPtr file(gguf_init_from_file(path.c_str(), {true, &raw_context}));
  if (!file || Text(file.get(), "general.type") != "adapter") {
    throw Error(ErrorCode::kFileUnreadable, "\"" + path + "\" is no readable GGUF adapter.");
  }
  const ContextPtr context(raw_context);
  const float alpha = adapter.strength() * static_cast<float>(adapter.options().rank);
  if (Text(file.get(), "general.architecture") != architecture ||
      std::fabs(Alpha(file.get()) - alpha) > kStrengthTolerance * alpha) {
    throw Error(ErrorCode::kBadOption, "The initial adapter \"" + path +
                                           "\" was made for another architecture or strength.");
  }
  const char* data = static_cast<const char*>(mapped.data()) + gguf_get_data_offset(file.get());
  const size_t available = mapped.size() - gguf_get_data_offset(file.get());
  // The floats of an entry of the parameter's shape.
  auto read = [&](const std::string& name, const ggml_tensor* parameter) {
    const ggml_tensor* entry = ggml_get_tensor(context.get(), name.c_str());
    const bool known = entry != nullptr && ggml_are_same_shape(entry, parameter) &&
                       (entry->type == GGML_TYPE_F32 || entry->type == GGML_TYPE_F16 ||
                        entry->type == GGML_TYPE_BF16);
    if (!known) {
      throw Error(ErrorCode::kBadOption, "The initial adapter \"" + path + "\" has no tensor \"" +
                                             name + "\" of this rank.");
    }
    const size_t offset =
        gguf_get_tensor_offset(file.get(), gguf_find_tensor(file.get(), name.c_str()));
    if (offset > available || ggml_nbytes(entry) > available - offset) {
      throw Error(ErrorCode::kFileUnreadable, "\"" + path + "\" ends before its tensors do.");
    }
    std::vector<float> values(ggml_nelements(entry));
    if (entry->type == GGML_TYPE_F32) {
      std::copy_n(reinterpret_cast<const float*>(data + offset), values.size(), values.begin());
    } else {
      ggml_get_type_traits(entry->type)
          ->to_float(data + offset, values.data(), static_cast<int64_t>(values.size()));
    }
    return values;
  };
  ForEachFileTensor(adapter, [&](const std::string& name, ggml_tensor* parameter) {
    ggml_backend_tensor_set(parameter, read(name, parameter).data(), 0, ggml_nbytes(parameter));
  });
  TokenRows* token_rows = adapter.token_rows();
  if (token_rows != nullptr) token_rows->SetChange(read(kChangeName, token_rows->rows()));
}

}  // namespace lorikeet::train
