#include "addon/grammar_handle.h"

#include <array>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "addon/arguments.h"
#include "addon/named_values.h"
#include "addon/values.h"
#include "grammar/matcher.h"

namespace lorikeet::addon {
namespace {

constexpr std::array kSyntaxes = {
    Named{"json", grammar::ValueSyntax::kJson},
    Named{"gemma4", grammar::ValueSyntax::kGemma4},
    Named{"functiongemma", grammar::ValueSyntax::kFunctionGemma},
    Named{"python", grammar::ValueSyntax::kPython},
};
constexpr std::array kFormats = {
    Named{"assert", grammar::FormatMode::kAssert},
    Named{"annotate", grammar::FormatMode::kAnnotate},
};
constexpr std::array kWhitespace = {
    Named{"compact", grammar::WhitespaceMode::kCompact},
    Named{"spaced", grammar::WhitespaceMode::kSpaced},
    Named{"flexible", grammar::WhitespaceMode::kFlexible},
};
constexpr std::array kNumbers = {
    Named{"any", grammar::NumberNotation::kAny},
    Named{"plain", grammar::NumberNotation::kPlain},
};
constexpr std::array kOrders = {
    Named{"written", grammar::PropertyOrder::kWritten},
    Named{"sorted", grammar::PropertyOrder::kSorted},
    Named{"any", grammar::PropertyOrder::kAny},
};

template <typename Table>
auto Choice(const Record& record, const char* key, const Table& table) {
  return FindNamed(table, std::string("schema.") + key, record.String(key));
}

grammar::SchemaSource ReadSchema(Napi::Value value) {
  Record record(value, "schema");
  grammar::SchemaSource schema;
  schema.name = record.String("name");
  schema.json = record.String("schema");
  schema.syntax = Choice(record, "syntax", kSyntaxes);
  schema.strict = record.Bool("strict");
  schema.formats = Choice(record, "formats", kFormats);
  schema.whitespace = Choice(record, "whitespace", kWhitespace);
  schema.property_order = Choice(record, "propertyOrder", kOrders);
  schema.numbers = Choice(record, "numbers", kNumbers);
  return schema;
}

grammar::GrammarSource ReadSource(Napi::Value value) {
  Record record(value, "source");
  grammar::GrammarSource source;
  source.gbnf = record.String("gbnf");
  source.root = record.String("root");
  Napi::Array schemas = record.Array("schemas");
  for (uint32_t i = 0; i < schemas.Length(); i++) source.schemas.push_back(ReadSchema(schemas[i]));
  return source;
}

using Work = std::function<std::shared_ptr<GrammarTarget>()>;

Napi::Value StartCompiling(Napi::Env env, Work work) {
  return PromiseJob<std::shared_ptr<GrammarTarget>>::Start(
      env, std::move(work), [](Napi::Env env, std::shared_ptr<GrammarTarget>& target) {
        return GrammarHandle::Wrap(env, std::move(target));
      });
}

// A vocabulary of the 256 bytes: enough to look at a grammar without a model.
std::shared_ptr<const grammar::Vocabulary> ByteVocabulary() {
  std::vector<std::string> bytes;
  for (int byte = 0; byte < 256; byte++) bytes.emplace_back(1, static_cast<char>(byte));
  std::vector<grammar::TokenInfo> tokens;
  for (const std::string& one : bytes) tokens.push_back({one, one, grammar::TokenKind::kByte});
  return grammar::Vocabulary::Build(tokens);
}

struct CheckResult {
  size_t accepted = 0;        // tokens
  size_t accepted_bytes = 0;  // of the first token that was not accepted
  bool complete = false;
  std::vector<int32_t> next_bytes;
  std::vector<int32_t> next_tokens;
};

CheckResult CheckTokens(const std::shared_ptr<const grammar::Grammar>& grammar,
                        const std::vector<int32_t>& tokens) {
  const grammar::Vocabulary& vocabulary = grammar->vocabulary();
  grammar::Matcher matcher(grammar);
  CheckResult check;
  while (check.accepted < tokens.size() && matcher.Accept(tokens[check.accepted])) check.accepted++;
  if (check.accepted < tokens.size() && vocabulary.Contains(tokens[check.accepted]) &&
      vocabulary.IsText(tokens[check.accepted])) {
    const std::string_view bytes = vocabulary.Bytes(tokens[check.accepted]);
    while (check.accepted_bytes < bytes.size() &&
           matcher.AcceptBytes(bytes.substr(check.accepted_bytes, 1))) {
      check.accepted_bytes++;
    }
  }
  check.complete = check.accepted == tokens.size() && matcher.CanEnd();
  for (int byte = 0; byte < 256; byte++) {
    const char character = static_cast<char>(byte);
    if (!matcher.AcceptBytes({&character, 1})) continue;
    check.next_bytes.push_back(byte);
    matcher.Rollback(1);
  }
  grammar::Bitmap mask;
  matcher.Mask(mask);
  for (grammar::TokenId id = 0; vocabulary.Contains(id); id++) {
    const bool special = !vocabulary.IsText(id) && !vocabulary.IsEndOfGeneration(id);
    if (special && mask.Test(static_cast<size_t>(id))) check.next_tokens.push_back(id);
  }
  return check;
}

}  // namespace

Napi::Function GrammarHandle::Define(Napi::Env env) {
  return DefineClass(env, "NativeGrammar",
                     {InstanceMethod<&GrammarHandle::Dispose>("dispose"),
                      InstanceMethod<&GrammarHandle::Unenforced>("unenforced"),
                      InstanceMethod<&GrammarHandle::Print>("print"),
                      InstanceMethod<&GrammarHandle::Check>("check")});
}

Napi::Value GrammarHandle::Compile(Napi::Env env, std::shared_ptr<engine::Model> model,
                                   Napi::Value source) {
  auto work = [model = std::move(model), source = ReadSource(source)] {
    return std::make_shared<GrammarTarget>(
        grammar::Grammar::Compile(source, model->GrammarVocabulary()));
  };
  return StartCompiling(env, std::move(work));
}

// compileGrammar(source: NativeGrammarSource): Promise<NativeGrammar>
Napi::Value GrammarHandle::CompileForBytes(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [source = ReadSource(info[0])] {
      return std::make_shared<GrammarTarget>(grammar::Grammar::Compile(source, ByteVocabulary()));
    };
    return StartCompiling(info.Env(), std::move(work));
  });
}

// unenforced(): NativeUnenforced[]
Napi::Value GrammarHandle::Unenforced(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  return Guarded(env, [&]() -> Napi::Value {
    const auto& unenforced = target()->grammar->unenforced();
    Napi::Array array = Napi::Array::New(env, unenforced.size());
    for (uint32_t i = 0; i < unenforced.size(); i++) {
      Napi::Object object = Napi::Object::New(env);
      object["schema"] = unenforced[i].schema;
      object["pointer"] = unenforced[i].pointer;
      object["keyword"] = unenforced[i].keyword;
      array[i] = object;
    }
    return array;
  });
}

// print(): string
Napi::Value GrammarHandle::Print(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    return Napi::String::New(info.Env(), target()->grammar->Print());
  });
}

// check(tokens: Int32Array): Promise<NativeGrammarCheck>
Napi::Value GrammarHandle::Check(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto work = [grammar = target()->grammar, tokens = Int32sArgument(info, 0, "tokens")] {
      return CheckTokens(grammar, tokens);
    };
    return PromiseJob<CheckResult>::Start(info.Env(), work, [](Napi::Env env, CheckResult& check) {
      Napi::Object object = Napi::Object::New(env);
      object["accepted"] = static_cast<double>(check.accepted);
      object["acceptedBytes"] = static_cast<double>(check.accepted_bytes);
      object["complete"] = check.complete;
      object["nextBytes"] = ToJs(env, check.next_bytes);
      object["nextTokens"] = ToJs(env, check.next_tokens);
      return object;
    });
  });
}

}  // namespace lorikeet::addon
