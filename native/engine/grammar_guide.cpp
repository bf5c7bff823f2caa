#include "engine/grammar_guide.h"

#include <algorithm>
#include <limits>

#include "engine/sampling.h"

namespace lorikeet::engine {
namespace {

// Up to so many legal tokens are looked at one by one instead of as a bitmap.
constexpr size_t kFewTokens = 64;

}  // namespace

GrammarGuide::GrammarGuide(const Model& model, const GenerationOptions& options)
    : model_(model),
      trigger_tokens_(options.trigger_tokens),
      trigger_texts_(options.trigger_texts) {
  std::erase(trigger_texts_, "");
  if (!options.grammar) return;
  matcher_.emplace(options.grammar);
  active_ = trigger_tokens_.empty() && trigger_texts_.empty();
}

bool GrammarGuide::Accept(llama_token token) {
  if (!matcher_) return true;
  return active_ ? matcher_->Accept(token) : AcceptAsleep(token);
}

bool GrammarGuide::AcceptAsleep(llama_token token) {
  if (std::ranges::find(trigger_tokens_, token) != trigger_tokens_.end()) {
    active_ = matcher_->Accept(token);
    return active_;
  }
  const std::string bytes = model_.TokenBytes(token);
  std::string text = bytes.empty() ? "" : tail_ + bytes;
  size_t begin = std::string::npos;
  for (const std::string& trigger : trigger_texts_) begin = std::min(begin, text.find(trigger));
  if (begin != std::string::npos) {
    active_ = matcher_->AcceptBytes(std::string_view(text).substr(begin));
    return active_;
  }
  size_t longest = 1;
  for (const std::string& trigger : trigger_texts_) longest = std::max(longest, trigger.size());
  if (text.size() > longest - 1) text.erase(0, text.size() - (longest - 1));
  tail_ = std::move(text);
  return true;
}

void GrammarGuide::Mask(std::span<float> logits, std::span<const llama_token> stops) {
  std::vector<std::pair<llama_token, float>> kept;
  if (matcher_->CanEnd()) {
    for (llama_token stop : stops) kept.emplace_back(stop, logits[static_cast<size_t>(stop)]);
  }
  std::vector<llama_token> few;
  if (matcher_->AllowedTokens(kFewTokens, few)) {
    ApplyAllowed(logits, few);
  } else {
    matcher_->Mask(mask_);
    ApplyMask(logits, mask_);
  }
  for (const auto& [token, logit] : kept) logits[static_cast<size_t>(token)] = logit;
}

std::vector<llama_token> GrammarGuide::ForcedTokens(std::span<const llama_token> before,
                                                    size_t most) const {
  if (!active_ || most == 0) return {};
  const size_t recent = std::min(before.size(), kRecentTokens);
  return matcher_->ForcedTokens([&](std::string_view text) { return model_.Tokenize(text, false); },
                                before.subspan(before.size() - recent), most);
}

}  // namespace lorikeet::engine
