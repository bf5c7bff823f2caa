// The formats, mostly as patterns. "Exact" means: the language of the cited grammar, no more and no
// less. What is narrower accepts only valid texts, but not all of them.
#include "grammar/regex/format.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <string>

#include "grammar/regex/pattern.h"
#include "grammar/regex/regex_automaton.h"
#include "grammar/regex/time_automaton.h"
#include "grammar/regex/unicode.h"

namespace lorikeet::grammar {
namespace {

std::string Any(std::initializer_list<std::string> ways) {
  std::string pattern = "(?:";
  for (const std::string& way : ways) pattern += (pattern.size() > 3 ? "|" : "") + way;
  return pattern + ")";
}

Language Whole(Languages& languages, const std::string& pattern) {
  return PatternLanguage(languages, "^(?:" + pattern + ")$");
}

// --- dates and times: exact (RFC 3339), leap years and leap seconds included ---

Language Date(Languages& languages) {
  const std::string leap_year =
      "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  return Whole(languages,
               "\\d{4}-" +
                   Any({"(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])",
                        "(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)", "02-(?:0[1-9]|1\\d|2[0-8])"}) +
                   "|" + leap_year + "-02-29");
}

Language Time(Languages& languages) {
  return languages.Automaton(std::make_shared<TimeAutomaton>());
}

Language DateTime(Languages& languages) {
  return languages.Concat(
      {Date(languages), languages.OneOf({{'T', 'T'}, {'t', 't'}}), Time(languages)});
}

// RFC 3339 appendix A: exact.
Language Duration(Languages& languages) {
  const std::string time = "T(?:\\d+H(?:\\d+M(?:\\d+S)?)?|\\d+M(?:\\d+S)?|\\d+S)";
  const std::string date = "(?:\\d+Y(?:\\d+M(?:\\d+D)?)?|\\d+M(?:\\d+D)?|\\d+D)";
  return Whole(languages, "P(?:" + date + "(?:" + time + ")?|" + time + "|\\d+W)");
}

// --- hosts and addresses ---

const char* const kOctet = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

std::string Ipv4Pattern() { return std::string("(?:") + kOctet + "\\.){3}" + kOctet; }

// RFC 3986 section 3.2.2 (without zones): exact.
std::string Ipv6Pattern() {
  const std::string group = "[0-9A-Fa-f]{1,4}";
  const std::string last = "(?:" + group + ":" + group + "|" + Ipv4Pattern() + ")";
  const auto before = [&](int most) {
    return "(?:(?:" + group + ":){0," + std::to_string(most) + "}" + group + ")?::";
  };
  const auto groups = [&](int count) {
    return "(?:" + group + ":){" + std::to_string(count) + "}";
  };
  return Any({groups(6) + last, "::" + groups(5) + last, "(?:" + group + ")?::" + groups(4) + last,
              before(1) + groups(3) + last, before(2) + groups(2) + last,
              before(3) + groups(1) + last, before(4) + last, before(5) + group, before(6)});
}

Language Ipv4(Languages& languages) { return Whole(languages, Ipv4Pattern()); }
Language Ipv6(Languages& languages) { return Whole(languages, Ipv6Pattern()); }

// RFC 1123, with the lengths of labels and of the whole name. Narrower in one point: labels that
// begin with "xn--" are left out, because only some of them decode to a name (RFC 5891).
Language Hostname(Languages& languages) {
  const std::string label = "(?![Xx][Nn]--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
  return languages.Intersect(Whole(languages, label + "(?:\\." + label + ")*"),
                             languages.AnyText(1, 253));
}

// Letters and digits that are valid in every position of a label that runs from left to right
// (RFC 5892): no marks, no letters that compose, nothing that needs its neighbours.
CodePointSet InternationalLetters() {
  CodePointSet letters;
  for (const char* category : {"Ll", "Lo", "Lm", "Nd"}) {
    letters.Add(*UnicodeProperty(category, ""));
  }
  CodePointSet left_out{{0x30FB, 0x30FB}, {0x3031, 0x3035}, {0x303B, 0x303B},
                        {0x1100, 0x11FF}, {0xA960, 0xA97F}, {0x10000, 0x10FFFF}};
  left_out.Add(*UnicodeProperty("Changes_When_NFKC_Casefolded", ""));
  for (const char* script :
       {"Arabic", "Hebrew", "Syriac", "Thaana", "Nko", "Mandaic", "Samaritan", "Hangul"}) {
    left_out.Add(*UnicodeProperty("Script_Extensions", script));
  }
  letters = letters.Intersect(left_out.Complement());
  letters.Add(0xAC00, 0xD7A3);  // Hangul, whole syllables
  letters.Add(0xDF, 0xDF);
  letters.Add(0x3C2, 0x3C2);
  letters.Add(0x3007, 0x3007);
  return letters;
}

// RFC 5890 to 5893, narrower: what `hostname` allows, or labels of letters and digits that run from
// left to right, with single hyphens between them, short enough that every A-label is (13).
Language IdnHostname(Languages& languages) {
  const Language letters = languages.OneOf(InternationalLetters());
  const Language word = languages.Repeat(letters, 1, 13);
  const Language hyphen = languages.Literal("-");
  const Language label = languages.Intersect(
      languages.Concat(word, languages.Repeat(languages.Concat(hyphen, word), 0, 6)),
      languages.AnyText(1, 13));
  const Language dot =
      languages.OneOf({{'.', '.'}, {0x3002, 0x3002}, {0xFF0E, 0xFF0E}, {0xFF61, 0xFF61}});
  const Language names =
      languages.Concat(label, languages.Repeat(languages.Concat(dot, label), 0, 3));
  return languages.Union(Hostname(languages), names);
}

// --- mail ---

// RFC 5321 Mailbox; `more` are the characters that RFC 6531 adds. Exact but for the lengths (64 and
// 255 octets) and for address literals of kinds other than IPv4 and IPv6.
Language Mailbox(Languages& languages, const std::string& more) {
  const std::string atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~" + more + "-]+";
  const std::string quoted = "\"(?:[ !#-\\[\\]-~" + more + "]|\\\\[ -~])*\"";
  const std::string edge = "[A-Za-z0-9" + more + "]";
  const std::string label = edge + "(?:[A-Za-z0-9" + more + "-]*" + edge + ")?";
  const std::string literal = "\\[(?:" + Ipv4Pattern() + "|IPv6:" + Ipv6Pattern() + ")\\]";
  return Whole(languages, Any({atom + "(?:\\." + atom + ")*", quoted}) + "@" +
                              Any({label + "(?:\\." + label + ")*", literal}));
}

Language Email(Languages& languages) { return Mailbox(languages, ""); }
Language IdnEmail(Languages& languages) { return Mailbox(languages, "\\u{80}-\\u{10FFFF}"); }

// --- URIs: exact (RFC 3986), IRIs: exact (RFC 3987) ---

const char* const kHex2 = "%[0-9A-Fa-f]{2}";
const char* const kUcs =
    "\\u00A0-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFEF\\u{10000}-\\u{1FFFD}\\u{20000}-\\u{2FFFD}"
    "\\u{30000}-\\u{3FFFD}\\u{40000}-\\u{4FFFD}\\u{50000}-\\u{5FFFD}\\u{60000}-\\u{6FFFD}"
    "\\u{70000}-\\u{7FFFD}\\u{80000}-\\u{8FFFD}\\u{90000}-\\u{9FFFD}\\u{A0000}-\\u{AFFFD}"
    "\\u{B0000}-\\u{BFFFD}\\u{C0000}-\\u{CFFFD}\\u{D0000}-\\u{DFFFD}\\u{E1000}-\\u{EFFFD}";
const char* const kPrivate = "\\uE000-\\uF8FF\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";

// `ucs` and `priv`: what RFC 3987 adds to unreserved characters and to queries.
Language Reference(Languages& languages, const std::string& ucs, const std::string& priv,
                   bool relative) {
  const auto characters = [&](const std::string& more) {
    return std::string("(?:[A-Za-z0-9._~!$&'()*+,;=") + more + ucs + "-]|" + kHex2 + ")";
  };
  const std::string pchar = characters(":@");
  const std::string host = "(?:\\[(?:" + Ipv6Pattern() +
                           "|[Vv][0-9A-Fa-f]+\\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\\]|" +
                           characters("") + "*)";
  const std::string authority = "(?:" + characters(":") + "*@)?" + host + "(?::\\d*)?";
  const std::string segments = "(?:/" + pchar + "*)*";
  const std::string absolute = "/(?:" + pchar + "+" + segments + ")?";
  const std::string rootless = pchar + "+" + segments;
  const std::string after =
      "(?:\\?" + characters(":@/?" + priv) + "*)?(?:#" + characters(":@/?") + "*)?";
  const std::string uri = "[A-Za-z][A-Za-z0-9+.-]*:(?://" + authority + segments + "|" + absolute +
                          "|" + rootless + ")?" + after;
  if (!relative) return Whole(languages, uri);
  const std::string no_scheme = characters("@") + "+" + segments;
  return Whole(languages, Any({uri, "(?://" + authority + segments + "|" + absolute + "|" +
                                        no_scheme + ")?" + after}));
}

Language Uri(Languages& languages) { return Reference(languages, "", "", false); }
Language UriReference(Languages& languages) { return Reference(languages, "", "", true); }
Language Iri(Languages& languages) { return Reference(languages, kUcs, kPrivate, false); }
Language IriReference(Languages& languages) { return Reference(languages, kUcs, kPrivate, true); }

// RFC 6570 sections 2.1 to 2.4: exact.
Language UriTemplate(Languages& languages) {
  const std::string literal =
      std::string("(?:[!#$&-;=?-\\[\\]_a-z~") + kUcs + kPrivate + "]|" + kHex2 + ")";
  const std::string character = std::string("(?:[A-Za-z0-9_]|") + kHex2 + ")";
  const std::string variable = character + "(?:\\.?" + character + ")*(?::[1-9]\\d{0,3}|\\*)?";
  return Whole(languages,
               "(?:" + literal + "|\\{[+#./;?&=,!@|]?" + variable + "(?:," + variable + ")*\\})*");
}

// --- identifiers and pointers: exact (RFC 4122, RFC 6901, draft-bhutton-relative-json-pointer) ---

Language Uuid(Languages& languages) {
  return Whole(languages, "[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}");
}

const char* const kPointer = "(?:/(?:[^~/]|~[01])*)*";

Language JsonPointer(Languages& languages) { return Whole(languages, kPointer); }

Language RelativeJsonPointer(Languages& languages) {
  return Whole(languages, std::string("(?:0|[1-9]\\d*)(?:#|") + kPointer + ")");
}

// --- patterns ---

Language Regex(Languages& languages) {
  return languages.Automaton(std::make_shared<RegexAutomaton>());
}

// --- draft 3 ---

// CSS 2.1: names, #rgb and #rrggbb.
Language Color(Languages& languages) {
  return Whole(languages,
               "#[0-9A-Fa-f]{3}(?:[0-9A-Fa-f]{3})?|maroon|red|orange|yellow|olive|purple|fuchsia"
               "|white|lime|green|navy|blue|aqua|teal|black|silver|gray");
}

struct Format {
  std::string_view name;
  Language (*language)(Languages&);
};

constexpr Format kFormats[] = {
    {"color", Color},
    {"date", Date},
    {"date-time", DateTime},
    {"duration", Duration},
    {"email", Email},
    {"host-name", Hostname},
    {"hostname", Hostname},
    {"idn-email", IdnEmail},
    {"idn-hostname", IdnHostname},
    {"ip-address", Ipv4},
    {"ipv4", Ipv4},
    {"ipv6", Ipv6},
    {"iri", Iri},
    {"iri-reference", IriReference},
    {"json-pointer", JsonPointer},
    {"regex", Regex},
    {"relative-json-pointer", RelativeJsonPointer},
    {"time", Time},
    {"uri", Uri},
    {"uri-reference", UriReference},
    {"uri-template", UriTemplate},
    {"uuid", Uuid},
};

const Format* Find(std::string_view name) {
  const auto found = std::find_if(std::begin(kFormats), std::end(kFormats),
                                  [&](const Format& each) { return each.name == name; });
  return found == std::end(kFormats) ? nullptr : found;
}

}  // namespace

std::optional<Language> FormatLanguage(Languages& languages, std::string_view name) {
  const Format* format = Find(name);
  if (format == nullptr) return std::nullopt;
  return format->language(languages);
}

bool IsDefinedFormat(std::string_view name) { return Find(name) != nullptr; }

}  // namespace lorikeet::grammar
