// Formats: borders of each, as RFCs draw them.
#include <string>
#include <vector>

#include "grammar/regex/dfa.h"
#include "grammar/regex/format.h"
#include "test.h"

namespace lorikeet::grammar {
namespace {

void ExpectFormat(const char* name, const std::vector<std::string>& valid,
                  const std::vector<std::string>& invalid) {
  Languages languages;
  const auto language = FormatLanguage(languages, name);
  ASSERT(language.has_value());
  Dfa dfa(languages, *language);
  const auto accepts = [&](const std::string& text) {
    const uint32_t end = dfa.Walk(dfa.Start(), text);
    return end != Dfa::kDead && dfa.Accepts(end);
  };
  for (const std::string& text : valid) {
    if (!accepts(text)) {
      testing::ReportFailure(__FILE__, __LINE__, std::string(name) + " rejects " + text);
    }
  }
  for (const std::string& text : invalid) {
    if (accepts(text)) {
      testing::ReportFailure(__FILE__, __LINE__, std::string(name) + " accepts " + text);
    }
  }
}

TEST("dates know the days of months and leap years") {
  ExpectFormat("date", {"2024-02-29", "2000-02-29", "2023-02-28", "1999-12-31", "2023-04-30"},
               {"2023-02-29", "1900-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00",
                "23-01-01", "2023-1-1", "2023-01-01 "});
}

TEST("times know offsets, and leap seconds only at 23:59 UTC") {
  ExpectFormat(
      "time",
      {"00:00:00Z", "23:59:59.999z", "08:30:06+01:00", "23:59:60Z", "01:29:60+01:30",
       "15:59:60-08:00", "23:29:60.5+23:30", "00:59:60+01:00"},
      {"24:00:00Z", "00:60:00Z", "00:00:61Z", "22:59:60Z", "23:58:60Z", "01:29:60+01:00",
       "15:59:60+08:00", "08:30:06", "08:30:06+24:00", "08:30:06+01", "08:30Z", "00:00:00.Z"});
}

TEST("date-times are a date, a T and a time") {
  ExpectFormat("date-time",
               {"1963-06-19T08:30:06.283185Z", "1937-01-01t12:00:27.87+00:20",
                "1998-12-31T15:59:60.123-08:00"},
               {"1998-12-31T23:58:60Z", "1990-02-31T15:59:59.123-08:00", "1963-06-19 08:30:06Z",
                "1963-06-19T08:30:06", "1963-06-1\xE0\xA7\xAAT00:00:00Z"});
}

TEST("durations keep the order of units") {
  ExpectFormat("duration", {"P4DT12H30M5S", "PT0S", "P1M2D", "P4W", "PT1M"},
               {"P", "PT", "P1D2H", "P2D1Y", "P1Y2D", "PT1H2S", "P1W2D", "4DT12H", "P1DT"});
}

TEST("mail addresses are RFC 5321 mailboxes") {
  ExpectFormat("email",
               {"joe@example.com", "a.b+c@x", "\"joe bloggs\"@example.com", "joe@[127.0.0.1]",
                "joe@[IPv6:::1]"},
               {"joe", ".joe@example.com", "joe.@example.com", "a..b@example.com", "joe@-x.com",
                "joe@[127.0.0.300]", "\xEC\x8B\xA4@example.com", "a@b@c"});
  ExpectFormat("idn-email", {"\xEC\x8B\xA4\xEB\xA1\x80@\xEC\x8B\xA4.\xED\x85\x8C"}, {"2962"});
}

TEST("host names have labels of 63 and 253 characters in all") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  ExpectFormat(
      "hostname", {"a", "a--b.com", "1host", label + ".com", longest},
      {"", "-a", "a-", "a_b", "a.", ".a", label + "a.com", longest + "a", "a..b", "xn--X"});
  ExpectFormat("idn-hostname",
               {"\xEC\x8B\xA4\xEB\xA1\x80.\xED\x85\x8C\xEC\x8A\xA4", "host-name",
                "a\xE3\x80\x82"
                "b"},
               {"\xE3\x80\xAE\xEC\x8B\xA4", "-a", "a\xD7\x90", "l\xC2\xB7"});
}

TEST("addresses are in their canonical ranges") {
  ExpectFormat("ipv4", {"0.0.0.0", "255.255.255.255"},
               {"256.0.0.1", "1.2.3", "01.2.3.4", "1.2.3.4 "});
  ExpectFormat("ipv6", {"::", "::1", "1::d6:192.168.0.1", "a:b:c:d:e:f:0:1", "::ffff:192.168.0.1"},
               {"1::2::3", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7::8", "fe80::a%eth1",
                "::192.168.0.256", ":2:3:4:5:6:7:8"});
}

TEST("URIs, IRIs and references are told apart") {
  ExpectFormat("uri",
               {"http://foo.bar/?baz=qux#quux", "urn:x:y", "http://[2001:db8::7]/c=GB?a#b",
                "mailto:a@b", "http://a/%20", "about:"},
               {"//foo.bar", "/abc", "\\\\WINDOWS", "http:// shouldfail", ":// fail", "bar,baz:f",
                "http://a/%2", "http://[::1", "http://\xC6\x92\xC3\xB8"});
  ExpectFormat("uri-reference", {"//foo.bar/?baz", "/abc", "abc", "#frag", "", "./a:b"},
               {"\\\\W", "a b", "#fr\\ag"});
  ExpectFormat("iri", {"http://\xC6\x92\xC3\xB8\xC3\xB8.\xC3\x9F\xC3\xA5r/"}, {"/abc"});
  ExpectFormat("iri-reference", {"/\xC3\xA2\xCF\x80"}, {"\\\\W"});
  ExpectFormat("uri-template", {"http://e.com/d/{term:1}/{term}", "{?x,y*}", "a'b", ""},
               {"{term", "{}", "a}", "{a:0}"});
}

TEST("identifiers and pointers") {
  ExpectFormat(
      "uuid", {"2EB8AA08-aa98-11ea-b4aa-73b441d16380"},
      {"2eb8aa08aa9811eab4aa73b441d16380", "urn:uuid:2EB8AA08-aa98-11ea-b4aa-73b441d16380"});
  ExpectFormat("json-pointer", {"", "/foo/0", "/a~1b/~0"}, {"foo", "/a~2", "#/a"});
  ExpectFormat("relative-json-pointer", {"0", "1/a", "0#"}, {"/a", "-1/a", "01", "0##"});
}

TEST("regular expressions are valid ones") {
  ExpectFormat("regex",
               {"([abc])+\\s+$",
                "^[a-zA-Z0-9_]{3,16}$",
                "a{2}b{2,}c{7,12}",
                "(?<n>a)|(?=b)",
                "[^\\]\\-x]",
                "\\p{Lu}",
                "",
                "[^-a-c\\n-]",
                "[--]",
                "[b-]",
                "\xC3\xA9*?",
                "\\\xC3\xA9",
                "(?<!a)(?:b){2}",
                "((((((a))))))",
                "a{12,13}?",
                "a{0,0}",
                "a{3,12}",
                "a{99,100}",
                "a{01,}",
                "\\cA\\x0f\\u00E9"},
               {"^(abc]",
                "a{3,2}",
                "[z-a]",
                "*a",
                "\\a",
                "(",
                "x)",
                "a**",
                "^\\S(|(.|\\n)*\\S)\\Z",
                "(((((((a)))))))",
                "a{13,12}",
                "a{12,3}",
                "a{1,01}",
                "(?=a)*",
                "^*",
                "[a-b-c]",
                "\\p{Lx}",
                "(?<1>a)",
                "a{,3}",
                "\\\xE2\x80\xA8",
                "\\x0g"});
}

TEST("formats of other vocabularies are unknown") {
  Languages languages;
  EXPECT(!FormatLanguage(languages, "int32").has_value());
  EXPECT(!IsDefinedFormat("path"));
  EXPECT(IsDefinedFormat("date-time"));
}

}  // namespace
}  // namespace lorikeet::grammar
