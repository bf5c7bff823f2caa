// The public face: languages by their ids.
#include "grammar/regex/language.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "grammar/regex/language_impl.h"

namespace lorikeet::grammar {

using Impl = Languages::Impl;

Languages::Languages() : impl_(std::make_unique<Impl>()) {}
Languages::~Languages() = default;

Language Languages::Nothing() const { return {Impl::kNothingId}; }
Language Languages::Empty() const { return {Impl::kEmptyId}; }
Language Languages::Literal(std::string_view bytes) { return Strings({std::string(bytes)}); }

Language Languages::Strings(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return {impl_->MakeStrings(texts)};
}

Language Languages::OneOf(const CodePointSet& set) { return {impl_->MakeCodePoint(set)}; }
Language Languages::AnyText() { return {impl_->any_text}; }

Language Languages::AnyText(uint32_t min, uint32_t max) {
  return {impl_->MakeRepeat(impl_->any_code_point, min, max)};
}

Language Languages::Automaton(std::shared_ptr<const ByteAutomaton> automaton) {
  const uint64_t start = automaton->Start();
  impl_->automata.push_back(std::move(automaton));
  return {impl_->MakeAutomaton(static_cast<uint32_t>(impl_->automata.size() - 1), start)};
}

Language Languages::Concat(Language first, Language second) {
  return {impl_->MakeConcat(first.id, second.id)};
}

Language Languages::Concat(std::initializer_list<Language> parts) {
  uint32_t result = Impl::kEmptyId;
  for (auto part = std::rbegin(parts); part != std::rend(parts); ++part) {
    result = impl_->MakeConcat(part->id, result);
  }
  return {result};
}

Language Languages::Union(Language a, Language b) { return {impl_->MakeUnion(a.id, b.id)}; }

Language Languages::Union(std::span<const Language> parts) {
  std::vector<uint32_t> ids;
  for (Language part : parts) ids.push_back(part.id);
  return {impl_->MakeUnion(ids)};
}

Language Languages::Intersect(Language a, Language b) {
  const Language both[] = {a, b};
  return Intersect(both);
}

Language Languages::Intersect(std::span<const Language> parts) {
  std::vector<uint32_t> ids{impl_->any_text};
  for (Language part : parts) ids.push_back(part.id);
  return {impl_->MakeIntersect(ids)};
}

Language Languages::ExactlyOne(std::span<const Language> parts) {
  std::vector<uint32_t> ids;
  for (Language part : parts) ids.push_back(part.id);
  return {impl_->MakeOneOf(ids)};
}

Language Languages::Complement(Language language) {
  const Node& node = impl_->node(language.id);
  if (node.kind == NodeKind::kIntersect && node.b == 2) {
    const auto children = impl_->children(node);
    const auto is_not = [&](uint32_t id) { return impl_->node(id).kind == NodeKind::kNot; };
    if (children[0] == impl_->any_text && is_not(children[1])) {
      return {impl_->node(children[1]).a};
    }
  }
  return Difference(AnyText(), language);
}

Language Languages::Difference(Language a, Language b) {
  std::vector<uint32_t> ids{a.id, impl_->MakeNot(b.id)};
  return {impl_->MakeIntersect(ids)};
}

Language Languages::Repeat(Language body, uint32_t min, uint32_t max) {
  return {impl_->MakeRepeat(body.id, min, max)};
}

Language Languages::Declare() {
  impl_->definitions.push_back(Impl::kNothingId);
  impl_->expanding.push_back(false);
  const uint32_t index = static_cast<uint32_t>(impl_->definitions.size() - 1);
  return {impl_->Intern({NodeKind::kReference, Known::kUnknown, Known::kUnknown, false, index}, {},
                        {})};
}

void Languages::Define(Language declared, Language definition) {
  impl_->definitions[impl_->nodes[declared.id].a] = definition.id;
}

size_t Languages::size() const { return impl_->nodes.size(); }
void Languages::set_node_limit(size_t nodes) { impl_->node_limit = nodes; }

}  // namespace lorikeet::grammar
