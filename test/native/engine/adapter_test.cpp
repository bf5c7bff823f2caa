// Which adapters are taken and which are refused, and that they act as llama.cpp has them act.
#include "engine/adapter.h"

#include <fstream>

#include "engine/error.h"
#include "engine/support/fixture.h"
#include "test.h"

namespace lorikeet::testing {
namespace {

using engine::Adapter;

std::string CodeOfLoading(const TinyAdapterOptions& options) {
  const auto model = LoadTiny();
  const std::string path = TinyAdapterPath(options);
  return CodeOf([&] { Adapter::Load(model, path); });
}

TEST("an adapter says what it is") {
  const auto model = LoadTiny();
  const auto adapter = Adapter::Load(model, TinyAdapterPath({}));
  EXPECT_EQ(adapter->rank(), 4);
  EXPECT_EQ(adapter->alpha(), 8.0);
  EXPECT_EQ(adapter->architecture(), "gemma3");
  EXPECT_EQ(adapter->tensors().size(), 4u);
  EXPECT_EQ(std::get<std::string>(adapter->metadata().at("adapter.type")), "lora");
}

TEST("misfits are refused before llama.cpp sees them") {
  TinyAdapterOptions other_architecture;
  other_architecture.architecture = "gemma2";
  EXPECT_EQ(CodeOfLoading(other_architecture), "ADAPTER_MISMATCH");
  TinyAdapterOptions wrong_in;
  wrong_in.tensors = {{"blk.0.attn_q.weight", {32, 64}}};
  EXPECT_EQ(CodeOfLoading(wrong_in), "ADAPTER_MISMATCH");
  TinyAdapterOptions wrong_out;
  wrong_out.tensors = {{"blk.0.attn_q.weight", {64, 32}}};
  EXPECT_EQ(CodeOfLoading(wrong_out), "ADAPTER_MISMATCH");
  TinyAdapterOptions unknown;
  unknown.tensors = {{"blk.7.attn_q.weight", {64, 64}}};
  EXPECT_EQ(CodeOfLoading(unknown), "ADAPTER_MISMATCH");
  TinyAdapterOptions vector;
  vector.tensors = {{"blk.0.attn_norm.weight", {64, 1}}};
  EXPECT_EQ(CodeOfLoading(vector), "ADAPTER_MISMATCH");
}

TEST("what would end the process or be ignored is refused as unsupported") {
  TinyAdapterOptions embedding;
  embedding.tensors = {{"token_embd.weight", {64, 400}}};
  EXPECT_EQ(CodeOfLoading(embedding), "ADAPTER_UNSUPPORTED");
  TinyAdapterOptions projection;
  projection.tensors = {{"per_layer_model_proj.weight", {64, 64}}};
  EXPECT_EQ(CodeOfLoading(projection), "ADAPTER_UNSUPPORTED");
  TinyAdapterOptions dora;
  dora.extra = {"blk.0.attn_q.weight.lora_magnitude"};
  EXPECT_EQ(CodeOfLoading(dora), "ADAPTER_UNSUPPORTED");
  TinyAdapterOptions norm;
  norm.extra = {"blk.0.attn_norm.weight"};
  EXPECT_EQ(CodeOfLoading(norm), "ADAPTER_UNSUPPORTED");
  TinyAdapterOptions rows;
  rows.extra = {"token_embd.weight.change"};
  EXPECT_EQ(CodeOfLoading(rows), "ADAPTER_UNSUPPORTED");
  TinyAdapterOptions activated;
  activated.strings = {{"adapter.alora.invocation_tokens", "x"}};
  EXPECT_EQ(CodeOfLoading(activated), "ADAPTER_UNSUPPORTED");
}

TEST("damaged adapters are malformed, and the error names the tensor") {
  TinyAdapterOptions lone;
  lone.left_out = {"blk.0.attn_q.weight.lora_b"};
  const auto model = LoadTiny();
  const std::string path = TinyAdapterPath(lone);
  try {
    Adapter::Load(model, path);
    EXPECT(false);
  } catch (const engine::Error& error) {
    EXPECT_EQ(error.code(), "ADAPTER_MALFORMED");
    EXPECT_EQ(std::get<std::string>(error.details().at("tensor")), "blk.0.attn_q.weight.lora_a");
  }
  TinyAdapterOptions empty;
  empty.tensors.clear();
  EXPECT_EQ(CodeOfLoading(empty), "ADAPTER_MALFORMED");
  EXPECT_EQ(CodeOf([&] { Adapter::Load(model, TinyModelPath()); }), "ADAPTER_MALFORMED");
  EXPECT_EQ(CodeOf([&] { Adapter::Load(model, TempPath("none.gguf")); }), "ADAPTER_NOT_FOUND");
  std::ofstream(TempPath("junk.gguf")) << "junk";
  EXPECT_EQ(CodeOf([&] { Adapter::Load(model, TempPath("junk.gguf")); }), "ADAPTER_MALFORMED");
}

TEST("adapters change the output as in llama.cpp, mix, and leave no trace when they go") {
  const auto model = LoadTiny();
  const auto first = Adapter::Load(model, TinyAdapterPath({}));
  TinyAdapterOptions other;
  other.seed = 8;
  const auto second = Adapter::Load(model, TinyAdapterPath(other));
  const auto context = engine::Context::Create(model, SmallContext());
  const auto slot = Acquire(*context);
  auto options = Ask(*model, "status call", 12);
  const auto run = [&](std::vector<engine::ScaledAdapter> adapters) {
    options.adapters = std::move(adapters);
    return Generate(*slot, options);
  };
  const Report base = run({});
  EXPECT(IsGreedy(*model, options.prompt, base.tokens));
  const std::vector<std::vector<engine::ScaledAdapter>> sets = {
      {{first, 1}}, {{first, 0.5f}, {second, 2}}, {{second, -1}}};
  for (const auto& set : sets) {
    const Report report = run(set);
    EXPECT(IsGreedy(*model, options.prompt, report.tokens, set));
    EXPECT(report.tokens != base.tokens);
    EXPECT_EQ(report.result.reused_tokens, 0);
  }
  EXPECT_EQ(run({}).tokens, base.tokens);
  EXPECT_EQ(run({{first, 0}}).tokens, base.tokens);
}

TEST("the order in which adapters are named makes no other set") {
  const auto model = LoadTiny();
  const auto first = Adapter::Load(model, TinyAdapterPath({}));
  const auto second = Adapter::Load(model, TinyAdapterPath({}));
  const auto context = engine::Context::Create(model, SmallContext());
  const auto slot = Acquire(*context);
  auto options = Ask(*model, "status call", 2);
  options.adapters = {{first, 1}, {second, 0.5f}};
  EXPECT_EQ(Generate(*slot, options).result.reused_tokens, 0);
  options.adapters = {{second, 0.5f}, {first, 1}};
  EXPECT_EQ(Generate(*slot, options).result.reused_tokens,
            static_cast<int>(options.prompt.size()) - 1);
}

TEST("an adapter that closes ends its generations, and later ones are refused") {
  const auto model = LoadTiny();
  const auto adapter = Adapter::Load(model, TinyAdapterPath({}));
  const auto context = engine::Context::Create(model, SmallContext());
  const auto slot = Acquire(*context);
  auto options = Ask(*model, "status", 200);
  options.adapters = {{adapter, 1}};
  Running running(*slot, options);
  adapter->Close();
  const Report report = running.Wait();
  EXPECT(report.result.reason == engine::StopReason::kAborted ||
         report.result.reason == engine::StopReason::kMaxTokens);
  EXPECT_EQ(CodeOf([&] { Generate(*slot, options); }), "DISPOSED");
  options.adapters.clear();
  EXPECT_EQ(Generate(*slot, options).result.generated_tokens, 200);
}

TEST("an adapter of another loaded model is refused") {
  const auto model = LoadTiny();
  const auto other = LoadTiny();
  const auto adapter = Adapter::Load(other, TinyAdapterPath({}));
  const auto context = engine::Context::Create(model, SmallContext());
  const auto slot = Acquire(*context);
  auto options = Ask(*model, "status", 2);
  options.adapters = {{adapter, 1}};
  EXPECT_EQ(CodeOf([&] { Generate(*slot, options); }), "INVALID_OPTION");
}

}  // namespace
}  // namespace lorikeet::testing
