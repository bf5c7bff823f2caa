// The rules that keep forced tokens the model's own:
// - text is tokenised together with what a few tokens before it wrote; where the tokenizer would
//   join the two, what was decoded stands and the text is tokenised by itself;
// - a token at the end stays only if no legal token crosses from it into what is not forced yet;
// - text before a token terminal is whole: nothing can cross a special token.
#include "grammar/forced.h"

#include <algorithm>
#include <string>

#include "grammar/utf8.h"

namespace lorikeet::grammar {
namespace {

// Tokens before the forced text that are tokenised with it.
constexpr size_t kMaxContextTokens = 8;
// Forced bytes looked at for each token wanted, and at most in one run.
constexpr size_t kBytesPerToken = 16;
constexpr size_t kMaxRunBytes = 4096;

class ForcedTokenFinder {
 public:
  ForcedTokenFinder(GrammarRuntime& runtime, State state, const Tokenizer& tokenize,
                    std::span<const TokenId> recent, size_t most)
      : runtime_(runtime), state_(state), tokenize_(tokenize), context_(recent), most_(most) {}

  std::vector<TokenId> Find() {
    while (tokens_.size() < most_) {
      const bool whole = ReadRun();
      if (!run_.empty() && !AddRun(whole)) break;
      if (!whole || tokens_.size() >= most_) break;
      // The run ended at a token terminal.
      tokens_.push_back(terminal_);
      state_ = runtime_.Step(run_states_.back(), terminal_);
    }
    if (tokens_.size() > most_) tokens_.resize(most_);
    return std::move(tokens_);
  }

 private:
  // Collects forced bytes; true where a forced token terminal follows them.
  bool ReadRun() {
    run_.clear();
    run_states_ = {state_};
    const size_t limit = std::min(kMaxRunBytes, (most_ - tokens_.size() + 1) * kBytesPerToken);
    while (true) {
      const GrammarRuntime::Forced next = runtime_.ForcedNext(run_states_.back());
      terminal_ = next.token;
      if (next.byte < 0) return next.token >= 0;
      if (run_.size() >= limit) return false;
      run_ += static_cast<char>(next.byte);
      run_states_.push_back(
          runtime_.machine().Step(run_states_.back(), static_cast<uint8_t>(next.byte)));
    }
  }

  // Appends the run's tokens; true where all of its bytes are covered.
  bool AddRun(bool whole) {
    const size_t complete = CompleteCodePoints();
    const bool closed = whole && complete == run_.size();
    const size_t stable = closed ? complete : FirstCrossing(complete);
    size_t at = 0;
    for (TokenId token : TokensOf(std::string_view(run_).substr(0, complete))) {
      if (!runtime_.vocabulary().Contains(token)) return false;
      const std::string_view bytes = runtime_.vocabulary().Bytes(token);
      const bool same = !bytes.empty() && run_.compare(at, bytes.size(), bytes) == 0;
      if (!same || !runtime_.vocabulary().IsText(token) || at + bytes.size() > stable) return false;
      tokens_.push_back(token);
      at += bytes.size();
    }
    return closed;
  }

  // The tokenizer's own tokens of `text` behind what was decoded.
  std::vector<TokenId> TokensOf(std::string_view text) {
    const std::string before = TextBefore();
    std::vector<TokenId> all = tokenize_(before + std::string(text));
    size_t begin = 0, bytes = 0;
    while (begin < all.size() && bytes < before.size()) {
      const TokenId token = all[begin++];
      bytes +=
          runtime_.vocabulary().Contains(token) ? runtime_.vocabulary().Bytes(token).size() : 0;
    }
    if (bytes != before.size()) return tokenize_(std::string(text));
    all.erase(all.begin(), all.begin() + static_cast<ptrdiff_t>(begin));
    return all;
  }

  // Length of the run without a code point that is cut off at its end.
  size_t CompleteCodePoints() const {
    size_t at = run_.size();
    while (at > 0 && run_.size() - at < 3 && (run_[at - 1] & 0xC0) == 0x80) at--;
    if (at == 0 || (run_[at - 1] & 0x80) == 0) return run_.size();
    const CodePoint last = DecodeUtf8(std::string_view(run_).substr(at - 1));
    return last.length == 0 ? at - 1 : run_.size();
  }

  // What the text tokens right before the run wrote, from a whole code point on.
  std::string TextBefore() const {
    std::string text;
    size_t count = 0;
    const auto prepend = [&](TokenId token) {
      if (count++ == kMaxContextTokens || !runtime_.vocabulary().Contains(token) ||
          !runtime_.vocabulary().IsText(token)) {
        return false;
      }
      text.insert(0, runtime_.vocabulary().Bytes(token));
      return true;
    };
    bool joined = true;
    for (size_t i = tokens_.size(); i-- > 0 && joined;) joined = prepend(tokens_[i]);
    for (size_t i = context_.size(); i-- > 0 && joined;) joined = prepend(context_[i]);
    size_t cut = 0;
    while (cut < text.size() && (text[cut] & 0xC0) == 0x80) cut++;
    return text.substr(cut);
  }

  // The first byte of the run from which a legal token reaches beyond its first `complete` bytes,
  // or `complete`.
  size_t FirstCrossing(size_t complete) {
    const Trie& trie = runtime_.vocabulary().image().trie;
    for (size_t from = 0; from < complete; from++) {
      if (Crosses(trie, from, complete)) return from;
    }
    return complete;
  }

  bool Crosses(const Trie& trie, size_t from, size_t complete) {
    if (trie.empty()) return false;
    TrieNode node = trie.nodes[0];
    for (size_t i = from; i < complete; i++) {
      const auto children = trie.nodes.subspan(node.first_child(), node.child_count());
      const uint8_t byte = static_cast<uint8_t>(run_[i]);
      const auto child =
          std::lower_bound(children.begin(), children.end(), byte,
                           [](const TrieNode& one, uint8_t wanted) { return one.byte() < wanted; });
      if (child == children.end() || child->byte() != byte) return false;
      node = *child;
    }
    return ReachesToken(trie, node, run_states_[complete]);
  }

  // Whether some token below `node` is legal from `state`.
  bool ReachesToken(const Trie& trie, const TrieNode& node, State state) {
    for (uint32_t i = 0; i < node.child_count(); i++) {
      const TrieNode child = trie.nodes[node.first_child() + i];
      const State next = runtime_.machine().Step(state, child.byte());
      if (next == kDead) continue;
      if (child.ids() != 0 || ReachesToken(trie, child, next)) return true;
    }
    return false;
  }

  GrammarRuntime& runtime_;
  State state_;
  const Tokenizer& tokenize_;
  const std::span<const TokenId> context_;
  const size_t most_;
  std::vector<TokenId> tokens_;
  std::string run_;                // forced bytes
  std::vector<State> run_states_;  // before each of them, and after the last
  TokenId terminal_ = -1;          // forced after them
};

}  // namespace

std::vector<TokenId> FindForcedTokens(GrammarRuntime& runtime, State state,
                                      const Tokenizer& tokenize, std::span<const TokenId> recent,
                                      size_t most) {
  if (state == GrammarRuntime::kEnded || most == 0) return {};
  return ForcedTokenFinder(runtime, state, tokenize, recent, most).Find();
}

}  // namespace lorikeet::grammar
