// Writes what this Node knows of Unicode to tables for native/grammar:
//   regex/unicode_tables.inc     the code points of every property that ECMA-262 patterns may name
//   json/lower_case_table.inc    the code points that have another lower case
//   node scripts/generate-unicode.mjs
//
// A property's line is { names, ranges }: names separated by a blank, ranges as the gaps and lengths
// in turn, each number in digits of 5 bits, least first, bit 6 set on all but the last, written as
// base 64.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const categories = `Cased_Letter LC|Close_Punctuation Pe|Connector_Punctuation Pc|Control Cc cntrl
|Currency_Symbol Sc|Dash_Punctuation Pd|Decimal_Number Nd digit|Enclosing_Mark Me
|Final_Punctuation Pf|Format Cf|Initial_Punctuation Pi|Letter L|Letter_Number Nl|Line_Separator Zl
|Lowercase_Letter Ll|Mark M Combining_Mark|Math_Symbol Sm|Modifier_Letter Lm|Modifier_Symbol Sk
|Nonspacing_Mark Mn|Number N|Open_Punctuation Ps|Other C|Other_Letter Lo|Other_Number No
|Other_Punctuation Po|Other_Symbol So|Paragraph_Separator Zp|Private_Use Co|Punctuation P punct
|Separator Z|Space_Separator Zs|Spacing_Mark Mc|Surrogate Cs|Symbol S|Titlecase_Letter Lt
|Unassigned Cn|Uppercase_Letter Lu`;

const binary = `ASCII|ASCII_Hex_Digit AHex|Alphabetic Alpha|Any|Assigned|Bidi_Control Bidi_C
|Bidi_Mirrored Bidi_M|Case_Ignorable CI|Cased|Changes_When_Casefolded CWCF
|Changes_When_Casemapped CWCM|Changes_When_Lowercased CWL|Changes_When_NFKC_Casefolded CWKCF
|Changes_When_Titlecased CWT|Changes_When_Uppercased CWU|Dash|Default_Ignorable_Code_Point DI
|Deprecated Dep|Diacritic Dia|Emoji|Emoji_Component EComp|Emoji_Modifier EMod
|Emoji_Modifier_Base EBase|Emoji_Presentation EPres|Extended_Pictographic ExtPict|Extender Ext
|Grapheme_Base Gr_Base|Grapheme_Extend Gr_Ext|Hex_Digit Hex|IDS_Binary_Operator IDSB
|IDS_Trinary_Operator IDST|ID_Continue IDC|ID_Start IDS|Ideographic Ideo|Join_Control Join_C
|Logical_Order_Exception LOE|Lowercase Lower|Math|Noncharacter_Code_Point NChar
|Pattern_Syntax Pat_Syn|Pattern_White_Space Pat_WS|Quotation_Mark QMark|Radical
|Regional_Indicator RI|Sentence_Terminal STerm|Soft_Dotted SD|Terminal_Punctuation Term
|Unified_Ideograph UIdeo|Uppercase Upper|Variation_Selector VS|White_Space space|XID_Continue XIDC
|XID_Start XIDS`;

const scripts = `Adlam Adlm|Ahom|Anatolian_Hieroglyphs Hluw|Arabic Arab|Armenian Armn|Avestan Avst
|Balinese Bali|Bamum Bamu|Bassa_Vah Bass|Batak Batk|Bengali Beng|Bhaiksuki Bhks|Bopomofo Bopo
|Brahmi Brah|Braille Brai|Buginese Bugi|Buhid Buhd|Canadian_Aboriginal Cans|Carian Cari
|Caucasian_Albanian Aghb|Chakma Cakm|Cham|Cherokee Cher|Chorasmian Chrs|Common Zyyy
|Coptic Copt Qaac|Cuneiform Xsux|Cypriot Cprt|Cypro_Minoan Cpmn|Cyrillic Cyrl|Deseret Dsrt
|Devanagari Deva|Dives_Akuru Diak|Dogra Dogr|Duployan Dupl|Egyptian_Hieroglyphs Egyp|Elbasan Elba
|Elymaic Elym|Ethiopic Ethi|Georgian Geor|Glagolitic Glag|Gothic Goth|Grantha Gran|Greek Grek
|Gujarati Gujr|Gunjala_Gondi Gong|Gurmukhi Guru|Han Hani|Hangul Hang|Hanifi_Rohingya Rohg
|Hanunoo Hano|Hatran Hatr|Hebrew Hebr|Hiragana Hira|Imperial_Aramaic Armi|Inherited Zinh Qaai
|Inscriptional_Pahlavi Phli|Inscriptional_Parthian Prti|Javanese Java|Kaithi Kthi|Kannada Knda
|Katakana Kana|Kawi|Kayah_Li Kali|Kharoshthi Khar|Khitan_Small_Script Kits|Khmer Khmr|Khojki Khoj
|Khudawadi Sind|Lao Laoo|Latin Latn|Lepcha Lepc|Limbu Limb|Linear_A Lina|Linear_B Linb|Lisu
|Lycian Lyci|Lydian Lydi|Mahajani Mahj|Makasar Maka|Malayalam Mlym|Mandaic Mand|Manichaean Mani
|Marchen Marc|Masaram_Gondi Gonm|Medefaidrin Medf|Meetei_Mayek Mtei|Mende_Kikakui Mend
|Meroitic_Cursive Merc|Meroitic_Hieroglyphs Mero|Miao Plrd|Modi|Mongolian Mong|Mro Mroo
|Multani Mult|Myanmar Mymr|Nabataean Nbat|Nag_Mundari Nagm|Nandinagari Nand|New_Tai_Lue Talu|Newa
|Nko Nkoo|Nushu Nshu|Nyiakeng_Puachue_Hmong Hmnp|Ogham Ogam|Ol_Chiki Olck|Old_Hungarian Hung
|Old_Italic Ital|Old_North_Arabian Narb|Old_Permic Perm|Old_Persian Xpeo|Old_Sogdian Sogo
|Old_South_Arabian Sarb|Old_Turkic Orkh|Old_Uyghur Ougr|Oriya Orya|Osage Osge|Osmanya Osma
|Pahawh_Hmong Hmng|Palmyrene Palm|Pau_Cin_Hau Pauc|Phags_Pa Phag|Phoenician Phnx
|Psalter_Pahlavi Phlp|Rejang Rjng|Runic Runr|Samaritan Samr|Saurashtra Saur|Sharada Shrd
|Shavian Shaw|Siddham Sidd|SignWriting Sgnw|Sinhala Sinh|Sogdian Sogd|Sora_Sompeng Sora
|Soyombo Soyo|Sundanese Sund|Syloti_Nagri Sylo|Syriac Syrc|Tagalog Tglg|Tagbanwa Tagb|Tai_Le Tale
|Tai_Tham Lana|Tai_Viet Tavt|Takri Takr|Tamil Taml|Tangsa Tnsa|Tangut Tang|Telugu Telu|Thaana Thaa
|Thai|Tibetan Tibt|Tifinagh Tfng|Tirhuta Tirh|Toto|Ugaritic Ugar|Vai Vaii|Vithkuqi Vith
|Wancho Wcho|Warang_Citi Wara|Yezidi Yezi|Yi Yiii|Zanabazar_Square Zanb`;

function list(text) {
  return text.replaceAll("\n", "").split("|");
}

/** Ranges as gap, length, gap, length, ... */
function runs(property) {
  const member = new RegExp(`^\\p{${property}}$`, "u");
  const numbers = [];
  let last = 0;
  let inside = false;
  for (let point = 0; point <= 0x110000; point++) {
    const is = point < 0x110000 && member.test(String.fromCodePoint(point));
    if (is === inside) continue;
    numbers.push(point - last);
    last = point;
    inside = is;
  }
  return numbers;
}

function encode(numbers) {
  return numbers
    .map((number) => {
      let text = "";
      for (; number >= 32; number = Math.floor(number / 32)) text += digits[32 + (number % 32)];
      return text + digits[number];
    })
    .join("");
}

function lines(prefix, names) {
  return names.map((all) => {
    const ranges = encode(runs(prefix + all.split(" ")[0]));
    const pieces = ranges.match(/.{1,88}/g) ?? [""];
    return `    {"${all}",\n${pieces.map((piece) => `     "${piece}"`).join("\n")}},`;
  });
}

const table = (name, prefix, names) =>
  [`constexpr Property ${name}[] = {`, ...lines(prefix, names), "};", ""].join("\n");

/** Lower cases of one code point, as { first, last, step, by how much }. */
function lowerCases() {
  const groups = [];
  for (let point = 0; point < 0x110000; point++) {
    const lower = String.fromCodePoint(point).toLowerCase();
    const by = lower.codePointAt(0) - point;
    if (by === 0 || [...lower].length > 1) continue;
    const group = groups.at(-1);
    const step = group ? point - group.last : 0;
    const continues = group?.by === by && (group.step === step || (group.step === 0 && step <= 2));
    if (continues) {
      Object.assign(group, { last: point, step });
    } else {
      groups.push({ first: point, last: point, step: 0, by });
    }
  }
  return groups.map(({ first, last, step, by }) => `    {${first}, ${last}, ${step || 1}, ${by}},`);
}

const madeBy = `// Made by scripts/generate-unicode.mjs of Unicode ${process.versions.unicode}.`;
const text = [
  `${madeBy} The format is described there.`,
  table("kCategories", "gc=", list(categories)),
  table("kScripts", "sc=", list(scripts)),
  table("kScriptExtensions", "scx=", list(scripts)),
  table("kBinary", "", list(binary)),
].join("\n");
writeFileSync(join(root, "native/grammar/regex/unicode_tables.inc"), text);
const lower = ["constexpr LowerCases kLowerCases[] = {", ...lowerCases(), "};", ""].join("\n");
writeFileSync(join(root, "native/grammar/json/lower_case_table.inc"), `${madeBy}\n${lower}`);
console.log(`${text.length} and ${lower.length} bytes`);
