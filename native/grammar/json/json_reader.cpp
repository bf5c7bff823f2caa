// Reads JSON text into a JsonStore, with a stack of its own instead of recursion.
#include <algorithm>

#include "grammar/json/json_store.h"

namespace lorikeet::grammar::json {

class JsonReader {
 public:
  JsonReader(JsonStore& store, std::string_view text) : store_(store), text_(text) {}

  JsonId ReadDocument() {
    SkipSpace();
    JsonId value = ReadValueStart();
    while (!open_.empty()) value = ReadInsideOpen(value);
    SkipSpace();
    if (at_ < text_.size()) Fail("the end of the text");
    return value;
  }

 private:
  // An array or object whose end is not read yet. Its children so far lie at the ends of
  // `children_` and `keys_`.
  struct Open {
    JsonId id;
    size_t first_child;
    size_t first_key;
    bool complete_child;  // the value just read belongs to it
  };

  // Reads a scalar whole; of an array or object only the opening bracket.
  JsonId ReadValueStart() {
    if (at_ >= text_.size()) Fail("a value");
    const JsonId id = static_cast<JsonId>(store_.nodes_.size());
    JsonStore::Node node;
    const char c = text_[at_];
    if (c == '{' || c == '[') {
      node.kind = c == '{' ? JsonKind::kObject : JsonKind::kArray;
      at_++;
      if (open_.size() >= JsonStore::kMaxDepth) {
        Fail("at most " + std::to_string(JsonStore::kMaxDepth) + " levels of nesting");
      }
      store_.nodes_.push_back(node);
      open_.push_back({id, children_.size(), keys_.size(), false});
      return id;
    }
    if (c == '"') {
      node.kind = JsonKind::kString;
      node.text = ReadString();
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      node.kind = JsonKind::kNumber;
      node.text = ReadNumber();
    } else if (TakeWord("null")) {
      node.kind = JsonKind::kNull;
    } else if (TakeWord("true")) {
      node.kind = JsonKind::kTrue;
    } else if (TakeWord("false")) {
      node.kind = JsonKind::kFalse;
    } else {
      Fail("a value");
    }
    store_.nodes_.push_back(node);
    return id;
  }

  // Goes on in the innermost open bracket; `value` is what was read last.
  JsonId ReadInsideOpen(JsonId value) {
    Open& open = open_.back();
    const bool object = store_.kind(open.id) == JsonKind::kObject;
    const char close = object ? '}' : ']';
    SkipSpace();
    if (open.complete_child) {
      children_.push_back(value);
      if (Take(close)) return Close();
      if (!Take(',')) Fail(object ? "',' or '}'" : "',' or ']'");
      SkipSpace();
    } else if (Take(close)) {
      return Close();
    }
    open.complete_child = true;
    if (object) {
      if (at_ >= text_.size() || text_[at_] != '"') Fail("a member's name in quotation marks");
      keys_.push_back(ReadString());
      SkipSpace();
      if (!Take(':')) Fail("':'");
      SkipSpace();
    }
    return ReadValueStart();
  }

  JsonId Close() {
    const Open open = open_.back();
    open_.pop_back();
    if (store_.kind(open.id) == JsonKind::kObject) KeepLastOfEachName(open);
    JsonStore::Node& node = store_.nodes_[open.id];
    node.first = static_cast<uint32_t>(store_.children_.size());
    node.first_key = static_cast<uint32_t>(store_.keys_.size());
    node.count = static_cast<uint32_t>(children_.size() - open.first_child);
    for (size_t i = open.first_child; i < children_.size(); i++) {
      store_.children_.push_back(children_[i]);
      store_.nodes_[children_[i]].parent = open.id;
    }
    store_.keys_.insert(store_.keys_.end(), keys_.begin() + static_cast<ptrdiff_t>(open.first_key),
                        keys_.end());
    if (node.kind == JsonKind::kObject && node.count >= JsonStore::kLargeObject) {
      JsonStore::Index& index = store_.large_[open.id];
      for (uint32_t i = 0; i < node.count; i++) {
        index[keys_[open.first_key + i]] = children_[open.first_child + i];
      }
    }
    children_.resize(open.first_child);
    keys_.resize(open.first_key);
    return open.id;
  }

  void KeepLastOfEachName(const Open& open) {
    const size_t count = keys_.size() - open.first_key;
    std::unordered_map<std::string_view, size_t> place;
    if (count < 2) return;
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
      const std::string_view key = keys_[open.first_key + i];
      const JsonId child = children_[open.first_child + i];
      const auto [found, fresh] = place.emplace(key, kept);
      const size_t to = found->second;
      keys_[open.first_key + to] = key;
      children_[open.first_child + to] = child;
      if (fresh) kept++;
    }
    keys_.resize(open.first_key + kept);
    children_.resize(open.first_child + kept);
  }

  std::string_view ReadNumber() {
    const size_t start = at_;
    Take('-');
    if (!Take('0')) ReadDigits();
    if (Take('.')) ReadDigits();
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      ReadDigits();
    }
    return text_.substr(start, at_ - start);
  }

  void ReadDigits() {
    const size_t start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') at_++;
    if (at_ == start) Fail("a digit");
  }

  std::string_view ReadString() {
    const size_t start = ++at_;
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
           static_cast<unsigned char>(text_[at_]) >= 0x20) {
      at_++;
    }
    if (at_ < text_.size() && text_[at_] == '"') return text_.substr(start, at_++ - start);
    std::string decoded(text_.substr(start, at_ - start));
    while (at_ < text_.size() && text_[at_] != '"') {
      const char c = text_[at_];
      if (static_cast<unsigned char>(c) < 0x20) Fail("an escaped control character");
      at_++;
      if (c == '\\') {
        ReadEscape(decoded);
      } else {
        decoded += c;
      }
    }
    if (!Take('"')) Fail("'\"'");
    store_.texts_.push_back(std::move(decoded));
    return store_.texts_.back();
  }

  void ReadEscape(std::string& out) {
    if (at_ >= text_.size()) Fail("an escape");
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
    const size_t simple = kNames.find(text_[at_]);
    if (simple != std::string_view::npos) {
      out += kValues[simple];
      at_++;
      return;
    }
    if (!Take('u')) Fail("an escape");
    uint32_t code = ReadHex();
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const size_t before = at_;
      at_ += 2;
      const uint32_t low = ReadHex();
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = before;
      }
    }
    AppendUtf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
  }

  uint32_t ReadHex() {
    uint32_t value = 0;
    for (int i = 0; i < 4; i++, at_++) {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<uint32_t>(c - '0');
      } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
        value = value * 16 + static_cast<uint32_t>((c | 0x20) - 'a' + 10);
      } else {
        Fail("a hexadecimal digit");
      }
    }
    return value;
  }

  static void AppendUtf8(std::string& out, uint32_t code) {
    if (code < 0x80) {
      out += static_cast<char>(code);
    } else if (code < 0x800) {
      out += static_cast<char>(0xC0 | (code >> 6));
      out += static_cast<char>(0x80 | (code & 63));
    } else if (code < 0x10000) {
      out += static_cast<char>(0xE0 | (code >> 12));
      out += static_cast<char>(0x80 | ((code >> 6) & 63));
      out += static_cast<char>(0x80 | (code & 63));
    } else {
      out += static_cast<char>(0xF0 | (code >> 18));
      out += static_cast<char>(0x80 | ((code >> 12) & 63));
      out += static_cast<char>(0x80 | ((code >> 6) & 63));
      out += static_cast<char>(0x80 | (code & 63));
    }
  }

  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    at_++;
    return true;
  }

  bool TakeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  void SkipSpace() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) {
      at_++;
    }
  }

  [[noreturn]] void Fail(const std::string& expected) const {
    uint32_t line = 1, column = 1;
    for (size_t i = 0; i < std::min(at_, text_.size()); i++) {
      if (text_[i] == '\n') {
        line++;
        column = 1;
      } else if ((static_cast<unsigned char>(text_[i]) & 0xC0) != 0x80) {
        column++;
      }
    }
    throw JsonError("Expected " + expected + " at line " + std::to_string(line) + ", column " +
                        std::to_string(column) + " of the JSON text.",
                    line, column);
  }

  JsonStore& store_;
  std::string_view text_;
  size_t at_ = 0;
  std::vector<Open> open_;
  std::vector<JsonId> children_;
  std::vector<std::string_view> keys_;
};

JsonId JsonStore::Read(std::string_view text) {
  texts_.push_back(std::string(text));
  const JsonId root = JsonReader(*this, texts_.back()).ReadDocument();
  nodes_.shrink_to_fit();
  children_.shrink_to_fit();
  keys_.shrink_to_fit();
  return root;
}

}  // namespace lorikeet::grammar::json
