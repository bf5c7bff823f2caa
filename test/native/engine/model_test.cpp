// Loading, what a model says about itself, and its vocabulary.
#include "engine/model.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/error.h"
#include "engine/support/fixture.h"
#include "grammar/vocabulary.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

std::string CodeOfLoading(const std::string& path) {
  return CodeOf([&] { LoadModelFile(path); });
}

// A tiny model with one text in it replaced by another of the same length.
std::string Edited(const std::string& from, const std::string& to) {
  std::ifstream in(TinyModelPath(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const size_t at = bytes.find(from);
  ASSERT(at != std::string::npos && from.size() == to.size());
  bytes.replace(at, to.size(), to);
  static int count = 0;
  const std::string path = TempPath("edited-" + std::to_string(count++) + ".gguf");
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

// A tiny model with an integer of its sizes replaced.
std::string WithSize(const std::string& key, uint32_t value) {
  const auto bytes_of = [](uint32_t number) {
    return std::string(reinterpret_cast<const char*>(&number), 4);
  };
  const std::string full = "gemma3." + key + bytes_of(GGUF_TYPE_UINT32);
  const int64_t old = engine::ReadGgufHeader(TinyModelPath()).Integer("gemma3." + key, -1);
  ASSERT(old >= 0);
  return Edited(full + bytes_of(static_cast<uint32_t>(old)), full + bytes_of(value));
}

TEST("every Gemma architecture loads and describes itself") {
  for (const char* architecture : {"gemma2", "gemma3", "gemma4"}) {
    TinyModelOptions options;
    options.architecture = architecture;
    const auto model = LoadTiny(options);
    EXPECT_EQ(model->architecture(), architecture);
    EXPECT_EQ(model->layer_count(), 2);
    EXPECT_EQ(model->gpu_layer_count(), 0);
    EXPECT_EQ(model->trained_context_size(), 4096);
    EXPECT_EQ(model->bos_token(), kBos);
    EXPECT(model->add_bos());
    EXPECT(model->parameter_count() > 50'000);
    EXPECT_EQ(model->parameter_count(), model->header().parameter_count);
    ASSERT(model->chat_template() != nullptr);
    EXPECT_EQ(std::string(model->chat_template()), "{{ messages }}");
    EXPECT_EQ(model->end_tokens(), (std::vector<llama_token>{kEos, kTurnEnd}));
  }
}

TEST("loading reports progress from 0 to 1 and can be aborted at any report") {
  LoadTestBackends();
  engine::ModelOptions options;
  options.path = TinyModelPath();
  std::vector<float> fractions;
  ASSERT(engine::Model::Load(options, [&](float fraction) {
           fractions.push_back(fraction);
           return true;
         }) != nullptr);
  EXPECT_EQ(fractions.front(), 0.0f);
  EXPECT_EQ(fractions.back(), 1.0f);
  EXPECT(std::ranges::is_sorted(fractions));
  for (size_t stop = 0; stop < fractions.size(); stop++) {
    size_t reports = 0;
    const auto model = engine::Model::Load(options, [&](float) { return reports++ < stop; });
    EXPECT(model == nullptr);
  }
}

TEST("a model loads without memory map") {
  LoadTestBackends();
  engine::ModelOptions options;
  options.path = TinyModelPath();
  options.memory_map = false;
  const auto model = engine::Model::Load(options, nullptr);
  ASSERT(model != nullptr);
  EXPECT_EQ(model->vocabulary_size() > 300, true);
}

TEST("an unknown architecture is refused by asking llama.cpp, and adapters are no models") {
  EXPECT_EQ(CodeOfLoading(Edited("gemma3", "gemmaX")), "MODEL_ARCHITECTURE_UNKNOWN");
  EXPECT_EQ(CodeOfLoading(Edited("general.architecture", "general.architectura")),
            "MODEL_ARCHITECTURE_UNKNOWN");
}

TEST("sizes that llama.cpp would end the process over are refused") {
  EXPECT_EQ(CodeOfLoading(WithSize("block_count", 0)), "MODEL_MALFORMED");
  EXPECT_EQ(CodeOfLoading(WithSize("block_count", 513)), "MODEL_MALFORMED");
  EXPECT_EQ(CodeOfLoading(WithSize("attention.head_count_kv", 3)), "MODEL_MALFORMED");
  EXPECT_EQ(CodeOfLoading(WithSize("attention.key_length", 0)), "MODEL_MALFORMED");
  EXPECT_EQ(CodeOfLoading(WithSize("embedding_length", 0)), "MODEL_MALFORMED");
}

TEST("a model whose tensors are not those of its architecture fails in llama.cpp's words") {
  EXPECT_EQ(CodeOfLoading(Edited("blk.1.attn_q.weight", "blk.1.attn_x.weight")),
            "MODEL_LOAD_FAILED");
  EXPECT_EQ(CodeOfLoading(WithSize("embedding_length", 32)), "MODEL_LOAD_FAILED");
  EXPECT_EQ(CodeOfLoading(WithSize("block_count", 3)), "MODEL_LOAD_FAILED");
}

TEST("a model larger than memory is refused before it is read") {
  const std::string path = TempPath("huge.gguf");
  gguf_context* file = gguf_init_empty();
  gguf_set_val_str(file, "general.architecture", "gemma3");
  ggml_context* tensors = ggml_init({1 << 20, nullptr, true});
  ggml_tensor* one = ggml_new_tensor_2d(tensors, GGML_TYPE_F32, 1 << 20, 1 << 20);
  ggml_set_name(one, "token_embd.weight");
  gguf_add_tensor(file, one);
  gguf_write_to_file(file, path.c_str(), true);
  ggml_free(tensors);
  gguf_free(file);
  std::error_code error;
  std::filesystem::resize_file(path, (uint64_t{1} << 42) + 4096, error);  // a hole of 4 TiB
  if (error) return;  // the file system holds no such files
  EXPECT_EQ(CodeOfLoading(path), "MODEL_TOO_LARGE");
  std::filesystem::remove(path);
}

TEST("tokens are found by spelling, and text becomes special tokens only when asked") {
  const auto model = LoadTiny();
  EXPECT_EQ(model->SpecialToken("<|turn>"), 5);
  EXPECT_EQ(model->SpecialToken("<|tool_call>"), kCallStart);
  EXPECT_EQ(model->SpecialToken("status"), -1);
  EXPECT_EQ(model->Tokenize("<|turn>", true), std::vector<llama_token>{5});
  EXPECT(model->Tokenize("<|turn>", false).size() > 1);
  EXPECT_EQ(model->TokenText(kTurnEnd), "<turn|>");
  EXPECT_EQ(model->TokenBytes(kTurnEnd), "");
  EXPECT_EQ(model->TokenBytes(kFirstByte + 0xFF), "\xFF");
  EXPECT(model->IsSpecial(kCallEnd) && !model->IsSpecial(kFirstByte));
  EXPECT_EQ(CodeOf([&] { model->TokenText(-1); }), "INVALID_OPTION");
  EXPECT_EQ(CodeOf([&] { model->TokenBytes(model->vocabulary_size()); }), "INVALID_OPTION");
}

TEST("detokenising gives the text back, whole code points only, special tokens when asked") {
  for (const char* architecture : {"gemma3", "gemma4"}) {
    TinyModelOptions options;
    options.architecture = architecture;
    const auto model = LoadTiny(options);
    const std::string text = "status of call 12, na\u00EFve \u65E5\u672C \U0001F600\n";
    auto tokens = model->Tokenize(text, false);
    EXPECT_EQ(model->Detokenize(tokens, false), text);
    tokens = model->Tokenize("\U0001F600", false);
    ASSERT(tokens.size() == 4);
    tokens.pop_back();
    EXPECT_EQ(model->Detokenize(tokens, false), "\uFFFD");
    EXPECT_EQ(model->Detokenize({kBos, kTurnEnd}, false), "");
    EXPECT_EQ(model->Detokenize({kBos, kTurnEnd}, true), "<bos><turn|>");
  }
}

TEST("the grammar's vocabulary knows what each token is") {
  const auto model = LoadTiny();
  const auto vocabulary = model->GrammarVocabulary();
  EXPECT_EQ(vocabulary.get(), model->GrammarVocabulary().get());
  EXPECT_EQ(vocabulary->size(), static_cast<size_t>(model->vocabulary_size()));
  EXPECT(vocabulary->Kind(kTurnEnd) == grammar::TokenKind::kControl);
  EXPECT(vocabulary->Kind(kCallStart) == grammar::TokenKind::kUserDefined);
  EXPECT(vocabulary->Kind(kFirstByte) == grammar::TokenKind::kByte);
  EXPECT(vocabulary->IsEndOfGeneration(kEos));
}

std::shared_ptr<engine::Model> LoadWithCache(const std::string& folder) {
  LoadTestBackends();
  engine::ModelOptions options;
  options.path = TinyModelPath();
  options.cache_folder = folder;
  return engine::Model::Load(options, nullptr);
}

std::vector<std::filesystem::path> FilesIn(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path());
  }
  return files;
}

TEST(
    "the vocabulary's image is kept in the cache folder, and made anew where its file is damaged") {
  const std::string folder = TempPath("cache/of/images");
  const size_t size = LoadWithCache(folder)->GrammarVocabulary()->size();
  const auto files = FilesIn(folder);
  ASSERT(files.size() == 1);
  const auto whole = std::filesystem::file_size(files[0]);
  const auto written = std::filesystem::last_write_time(files[0]);
  EXPECT_EQ(LoadWithCache(folder)->GrammarVocabulary()->size(), size);
  EXPECT(std::filesystem::last_write_time(files[0]) == written);
  std::filesystem::resize_file(files[0], whole / 2);
  EXPECT_EQ(LoadWithCache(folder)->GrammarVocabulary()->size(), size);
  EXPECT_EQ(FilesIn(folder).size(), 1u);
  EXPECT_EQ(std::filesystem::file_size(files[0]), whole);
}

TEST("a cache folder that cannot be made does no harm") {
  const std::string file = TempPath("no-folder");
  std::ofstream(file) << "x";
  EXPECT(LoadWithCache(file + "/below")->GrammarVocabulary()->size() > 0);
}

TEST("the real Gemma 4 vocabulary tokenises without weights") {
  const char* source = std::getenv("LORIKEET_LLAMA_SOURCE");
  if (source == nullptr) return;
  LoadTestBackends();
  llama_model_params parameters = llama_model_default_params();
  parameters.vocab_only = true;
  const std::string path = std::string(source) + "/models/ggml-vocab-gemma-4.gguf";
  const llama_model_ptr model(llama_model_load_from_file(path.c_str(), parameters));
  ASSERT(model != nullptr);
  const llama_vocab* vocabulary = llama_model_get_vocab(model.get());
  EXPECT_EQ(llama_vocab_n_tokens(vocabulary), 262144);
}

}  // namespace
}  // namespace lorikeet::testing
