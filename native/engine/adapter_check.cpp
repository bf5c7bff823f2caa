#include "engine/adapter_check.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/error.h"

namespace lorikeet::engine {
namespace {

constexpr const char* kSuffixA = ".lora_a";
constexpr const char* kSuffixB = ".lora_b";
constexpr const char* kEmbedding = "token_embd.weight";
constexpr const char* kLayerEmbeddingProjection = "per_layer_model_proj.weight";
constexpr const char* kTrainedRows = "token_embd.weight.change";  // see train/adapter_file.h

// A and B of one base tensor: y += strength * B (A x), A [in, r], B [r, out], fastest first.
struct Pair {
  const TensorInfo* a = nullptr;
  const TensorInfo* b = nullptr;
};
using Pairs = std::map<std::string, Pair>;  // by the base tensor's name

[[noreturn]] void Refuse(const char* code, const GgufHeader& adapter, const std::string& tensor,
                         const std::string& message) {
  Details details{{"path", adapter.files[0]}};
  if (!tensor.empty()) details["tensor"] = tensor;
  throw Error(code, message, details);
}

std::string PrintShape(const TensorInfo& tensor) {
  std::string text;
  for (int64_t extent : tensor.shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text;
}

// llama.cpp asserts the types of these, so they must be strings.
void CheckKind(const GgufHeader& adapter) {
  const auto require = [&](const char* key, const char* expected) {
    const std::string value = adapter.String(key);
    if (value == expected) return;
    Refuse("ADAPTER_MALFORMED", adapter, "",
           "Expected \"" + std::string(key) + "\" of \"" + adapter.files[0] + "\" to be \"" +
               expected + "\", got \"" + value + "\". Is this file an adapter?");
  };
  require("general.type", "adapter");
  require("adapter.type", "lora");
}

void CheckArchitectures(const GgufHeader& adapter, const GgufHeader& model) {
  const std::string own = adapter.String("general.architecture");
  const std::string wanted = model.String("general.architecture");
  if (own == wanted) return;
  throw Error("ADAPTER_MISMATCH",
              "Expected an adapter for the architecture \"" + wanted + "\", got one for \"" + own +
                  "\". Use it with the model it was trained on.",
              {{"path", adapter.files[0]}, {"expected", wanted}, {"architecture", own}});
}

double ReadAlpha(const GgufHeader& adapter) {
  const auto found = adapter.metadata.find("adapter.lora.alpha");
  if (found == adapter.metadata.end()) return 0;
  const double* alpha = std::get_if<double>(&found->second);
  if (alpha == nullptr || !(*alpha >= 0 && *alpha < 1e9)) {
    Refuse(
        "ADAPTER_MALFORMED", adapter, "",
        "Expected \"adapter.lora.alpha\" to be a number of at least 0. Convert the adapter again.");
  }
  return *alpha;
}

void CheckActivation(const GgufHeader& adapter) {
  for (const auto& [key, value] : adapter.metadata) {
    if (!key.starts_with("adapter.alora.")) continue;
    Refuse("ADAPTER_UNSUPPORTED", adapter, "",
           "Expected a plain LoRA adapter, got an activated one (\"" + key +
               "\"), which would be on all the time here. Train it as plain LoRA.");
  }
}

[[noreturn]] void RefuseName(const GgufHeader& adapter, const std::string& name) {
  if (name == kTrainedRows) {
    Refuse("ADAPTER_UNSUPPORTED", adapter, name,
           "The adapter \"" + adapter.files[0] + "\" changes rows of tokens (\"" + name +
               "\"), which only a model of its own can hold. Merge it into its base first.");
  }
  const bool dora =
      name.find("magnitude") != std::string::npos || name.find("dora") != std::string::npos;
  Refuse("ADAPTER_UNSUPPORTED", adapter, name,
         dora ? "Expected a plain LoRA adapter, got DoRA magnitudes (\"" + name +
                    "\"), which would be ignored. Train it without DoRA."
              : "Expected only pairs of .lora_a and .lora_b, got \"" + name +
                    "\", which would be ignored. Train it on linear layers only.");
}

Pairs CollectPairs(const GgufHeader& adapter) {
  Pairs pairs;
  for (const TensorInfo& tensor : adapter.tensors) {
    const bool is_a = tensor.name.ends_with(kSuffixA);
    if (!is_a && !tensor.name.ends_with(kSuffixB)) RefuseName(adapter, tensor.name);
    const std::string base =
        tensor.name.substr(0, tensor.name.size() - std::string(kSuffixA).size());
    if (base.find(kSuffixA) != std::string::npos || base.find(kSuffixB) != std::string::npos) {
      RefuseName(adapter, tensor.name);
    }
    (is_a ? pairs[base].a : pairs[base].b) = &tensor;
  }
  if (pairs.empty()) {
    Refuse("ADAPTER_MALFORMED", adapter, "",
           "Expected \"" + adapter.files[0] + "\" to hold pairs of tensors, it holds none.");
  }
  return pairs;
}

void CheckType(const GgufHeader& adapter, const TensorInfo& tensor) {
  static constexpr std::array kTypes = {GGML_TYPE_F32,  GGML_TYPE_F16,  GGML_TYPE_BF16,
                                        GGML_TYPE_Q8_0, GGML_TYPE_Q4_0, GGML_TYPE_Q4_1,
                                        GGML_TYPE_Q5_0, GGML_TYPE_Q5_1};
  if (std::ranges::find(kTypes, tensor.type) != kTypes.end()) return;
  Refuse("ADAPTER_UNSUPPORTED", adapter, tensor.name,
         "Expected \"" + tensor.name + "\" to be of the type f32, f16, bf16 or q8_0, got " +
             TensorTypeName(tensor.type) + ". Convert the adapter with another type.");
}

int64_t Extent(const TensorInfo& tensor, size_t dimension) {
  return dimension < tensor.shape.size() ? tensor.shape[dimension] : 1;
}

// Experts lie behind each other in the third dimension.
bool SameStack(const TensorInfo& base, const Pair& pair) {
  const auto same = [&](size_t dimension) {
    return Extent(*pair.a, dimension) == Extent(base, dimension) &&
           Extent(*pair.b, dimension) == Extent(base, dimension);
  };
  return same(2) && same(3);
}

[[noreturn]] void RefuseShapes(const GgufHeader& adapter, const TensorInfo& base,
                               const Pair& pair) {
  Refuse("ADAPTER_MISMATCH", adapter, base.name,
         "Expected a pair that fits \"" + base.name + "\" (" + PrintShape(base) + "), got A " +
             PrintShape(*pair.a) + " and B " + PrintShape(*pair.b) +
             ". Use the adapter with the model it was trained on.");
}

// llama.cpp reads embedding pairs with A and B exchanged, and where the output is the same tensor
// it multiplies with them as if they were not: the process would end at the first decode.
void CheckEmbeddingPair(const GgufHeader& adapter, const GgufHeader& model, const TensorInfo& base,
                        const Pair& pair) {
  if (base.name != kEmbedding || model.Find("output.weight") == nullptr) {
    Refuse("ADAPTER_UNSUPPORTED", adapter, base.name,
           "Expected an adapter without a pair for \"" + base.name +
               "\": this model uses its embedding for the output too, and such pairs cannot run on "
               "it. Train on the attention and feed-forward layers only.");
  }
  const bool fits = Extent(*pair.b, 1) == Extent(base, 0) &&
                    Extent(*pair.a, 1) == Extent(base, 1) &&
                    Extent(*pair.a, 0) == Extent(*pair.b, 0) && SameStack(base, pair);
  if (!fits) RefuseShapes(adapter, base, pair);
}

void CheckPair(const GgufHeader& adapter, const GgufHeader& model, const std::string& name,
               const Pair& pair) {
  if (pair.a == nullptr || pair.b == nullptr) {
    const TensorInfo& lone = pair.a == nullptr ? *pair.b : *pair.a;
    Refuse("ADAPTER_MALFORMED", adapter, lone.name,
           "Expected \"" + lone.name + "\" to have its partner " +
               (pair.a == nullptr ? kSuffixA : kSuffixB) + ". Convert the adapter again.");
  }
  // llama.cpp's gemma4 graph multiplies by this matrix without asking for adapters.
  if (name == kLayerEmbeddingProjection) {
    Refuse("ADAPTER_UNSUPPORTED", adapter, name,
           "Expected an adapter without a pair for \"" + name +
               "\", which would be ignored. Merge it into its base first.");
  }
  const TensorInfo* base = model.Find(name);
  if (base == nullptr) {
    Refuse("ADAPTER_MISMATCH", adapter, name,
           "Expected the model to have the tensor \"" + name +
               "\" that the adapter changes. Use it with the model it was trained on.");
  }
  CheckType(adapter, *pair.a);
  CheckType(adapter, *pair.b);
  if (name.ends_with(kEmbedding)) {
    CheckEmbeddingPair(adapter, model, *base, pair);
    return;
  }
  const bool fits = base->shape.size() >= 2 && Extent(*pair.a, 0) == Extent(*base, 0) &&
                    Extent(*pair.b, 1) == Extent(*base, 1) &&
                    Extent(*pair.a, 1) == Extent(*pair.b, 0) && SameStack(*base, pair);
  if (!fits) RefuseShapes(adapter, *base, pair);
}

}  // namespace

AdapterFacts CheckAdapter(const GgufHeader& adapter, const GgufHeader& model) {
  CheckKind(adapter);
  CheckArchitectures(adapter, model);
  CheckActivation(adapter);
  AdapterFacts facts;
  facts.alpha = ReadAlpha(adapter);
  for (const auto& [name, pair] : CollectPairs(adapter)) {
    CheckPair(adapter, model, name, pair);
    facts.rank = std::max(facts.rank, static_cast<int>(Extent(*pair.b, 0)));
  }
  return facts;
}

}  // namespace lorikeet::engine
