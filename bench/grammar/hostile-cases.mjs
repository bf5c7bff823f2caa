// Grammars that mean harm: { name, kind, grammar, text }. Each must end in a result or in a refusal
// that says why, within the time and memory that hostile.mjs allows. `text` is what the model writes
// under it; kinds are those of bench/native/grammar_hostile.cpp.

const letters = "abcdefghijklmnopqrstuvwxyz";

/** `count` strings, different from each other. */
const names = (count, prefix = "n") => Array.from({ length: count }, (_, i) => `${prefix}${i}`);
const objectOf = (keys, value) => Object.fromEntries(keys.map((key, i) => [key, value(i, key)]));
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));
/** `count` times `wrap` around `core`. */
const nest = (count, core, wrap) => times(count, (i) => i).reduce(wrap, core);

const gbnf = (name, grammar, text = "") => ({ name, kind: "gbnf", grammar, text });
const schema = (name, value, text = "") => ({
  name,
  kind: "schema",
  grammar: typeof value === "string" ? value : JSON.stringify(value),
  text,
});
const anyOrder = (name, value, text) => ({
  ...schema(name, value, text),
  name: `${name}, in any order`,
  kind: "schema-any-order",
});

const ofGbnf = [
  gbnf("exponential ambiguity", 'root ::= ("a" | "a" "a" | root root)+', "a".repeat(2_000)),
  gbnf("three ways to nothing", 'root ::= s\ns ::= s s s | "a" | ""', "a".repeat(300)),
  gbnf("stars in stars", 'root ::= ((([a-z]* [a-z]*)* "x"?)* [a-z]*)*', "abc".repeat(500)),
  gbnf(
    "left recursion through 2,000 rules",
    times(2_000, (i) =>
      i < 1_999 ? `${ruleName(i)} ::= ${ruleName(i + 1)} "x"` : `${ruleName(i)} ::= root "y" | "a"`,
    ).join("\n"),
    "a",
  ),
  gbnf(
    "a chain of 50,000 rules",
    times(50_000, (i) => `${ruleName(i)} ::= ${i < 49_999 ? ruleName(i + 1) : '"a"'}`).join("\n"),
    "a",
  ),
  gbnf("a count of a million", "root ::= [a-z]{1000000}", letters.repeat(100)),
  gbnf(
    "a million times a million",
    'root ::= ("ab"{0,1000000}){0,1000000} "c"',
    "ab".repeat(1_000),
  ),
  gbnf("counts of nothing", 'root ::= (("a"?){0,1000}){0,1000} "b"', "a".repeat(500)),
  gbnf("counts in counts in counts", 'root ::= ((("a"{0,1000}){0,1000}){0,1000} "b"){3}', "aaab"),
  gbnf("a count beyond all numbers", 'root ::= "a"{1,18446744073709551617}', "a"),
  gbnf("counts that overlap", 'root ::= (.{0,1000} "a"){0,1000} "!"', "banana".repeat(100)),
  gbnf("fifty ambiguous stars", `root ::= ${'.* "a" '.repeat(50)}`, "banana".repeat(100)),
  gbnf("10,000 that may be missing", `root ::= ${'"a"? '.repeat(10_000)}`, "a".repeat(300)),
  gbnf("parentheses 10,000 deep", `root ::= ${"(".repeat(10_000)}"a"${")".repeat(10_000)}`, "a"),
  gbnf(
    "parentheses 10,000 deep, starred",
    `root ::= ${"(".repeat(10_000)}"a"${")*".repeat(10_000)}`,
  ),
  gbnf("parentheses that never close", `root ::= ${"(".repeat(1_000_000)}`),
  gbnf(
    "100,000 alternatives",
    `root ::= ${names(100_000)
      .map((name) => JSON.stringify(name))
      .join(" | ")}`,
    "n99999",
  ),
  gbnf("palindromes", 'root ::= "a" root "a" | "b" root "b" | "c"?', "ab".repeat(400)),
  gbnf("a literal of a million bytes", `root ::= "${"a".repeat(1_000_000)}"`, "a".repeat(2_000)),
  gbnf(
    "a class of 40,000 characters",
    `root ::= [${cjk(20_000)}]{1,100} [^${cjk(20_000)}]*`,
    cjk(90),
  ),
  gbnf("deep recursion while reading", 'root ::= "(" root? ")"', "(".repeat(20_000)),
  gbnf(
    "500 stars that begin alike",
    `root ::= ${names(500)
      .map((name) => `[a-z0-9]* "${name}"`)
      .join(" | ")}`,
    "abc".repeat(100),
  ),
];

const ofSizes = [
  schema("10,000 values", { enum: names(10_000) }, '"n99'),
  schema("100,000 values", { enum: names(100_000) }, '"n99'),
  schema(
    "10,000 objects as values",
    { enum: names(10_000).map((id) => ({ id, a: [id] })) },
    '{"id',
  ),
  schema("10,000 numbers as values", { enum: times(10_000, (i) => i * 1.37) }, "1"),
  schema("10,000 values but one", { not: { enum: names(10_000) }, type: "string" }, '"n99"'),
  schema("maxItems 1e6", { maxItems: 1e6 }, "[1,2,3,"),
  schema("minItems 1e6", { minItems: 1e6, items: { type: "integer" } }, "[1,2,3,"),
  schema("minItems 1e18", '{"minItems":1000000000000000000,"items":{"type":"integer"}}', "[1,2,3,"),
  schema("prefixItems of 10,000", { prefixItems: times(10_000, (i) => ({ const: i })) }, "[0,1,2,"),
  schema(
    "uniqueItems of a few",
    { uniqueItems: true, minItems: 999, items: { enum: names(1_000) } },
    '["n1","n2",',
  ),
  schema(
    "uniqueItems, 2,000 written",
    { uniqueItems: true, items: { type: "integer" } },
    `[${times(2_000, String).join()},`,
  ),
  schema("maxLength 1e9", { maxLength: 1e9, type: "string" }, `"${"a".repeat(5_000)}`),
  schema("minLength 1e9", { minLength: 1e9, type: "string" }, `"${"a".repeat(5_000)}`),
  schema(
    "minLength 1e6 with a pattern",
    { minLength: 1e6, pattern: "^(ab|cd|\\d{3})*$" },
    `"${"abcd".repeat(500)}`,
  ),
  schema("a constant of a megabyte", { const: "a".repeat(1_000_000) }, `"${"a".repeat(2_000)}`),
  schema(
    "a name of a megabyte",
    { properties: { ["a".repeat(1_000_000)]: {} }, minProperties: 1 },
    `{"${"a".repeat(2_000)}`,
  ),
  schema("ten megabytes of description", { description: "d".repeat(10_000_000) }, "[1,2"),
];

const ofDepth = [
  schema(
    "items 10,000 deep",
    nest(10_000, "{}", (core) => `{"items":${core}}`),
    "[[[",
  ),
  schema(
    "items 400 deep",
    nest(400, "{}", (core) => `{"items":${core}}`),
    "[".repeat(390),
  ),
  schema("a value 10,000 deep", `{"enum":[${"[".repeat(10_000)}${"]".repeat(10_000)}]}`, "[[["),
  schema("a million brackets", "[".repeat(1_000_000)),
  schema(
    "not, 400 deep",
    nest(400, '{"type":"string"}', (core) => `{"not":${core}}`),
    '"a"',
  ),
  schema(
    "allOf, 400 deep",
    nest(400, '{"minLength":2}', (core, i) => `{"maxLength":${i + 5},"allOf":[${core}]}`),
    '"aa"',
  ),
  schema(
    "anyOf, 200 deep",
    nest(200, '{"const":0}', (core, i) => `{"anyOf":[{"const":${i + 1}},${core}]}`),
    "17",
  ),
  schema(
    "oneOf, 200 deep",
    nest(200, '{"const":0}', (core, i) => `{"oneOf":[{"const":${i + 1}},${core}]}`),
    "17",
  ),
  schema("deep values while reading", {}, "[".repeat(20_000)),
  schema("deep objects while reading", {}, '{"a":'.repeat(10_000)),
];

const ofReferences = [
  schema(
    "a chain of 10,000 references",
    { $ref: "#/$defs/d0", $defs: chain(10_000, (next) => ({ $ref: next }), {}) },
    "[1]",
  ),
  schema(
    "doubling by allOf",
    {
      $ref: "#/$defs/d0",
      $defs: chain(40, (next) => ({ allOf: [{ $ref: next }, { $ref: next }] }), { minLength: 3 }),
    },
    '"abc"',
  ),
  schema(
    "doubling by anyOf",
    {
      $ref: "#/$defs/d0",
      $defs: chain(
        40,
        (next, i) => ({ anyOf: [{ $ref: next }, { $ref: next, maxLength: i + 1 }] }),
        { minLength: 3 },
      ),
    },
    '"abc"',
  ),
  schema(
    "doubling by oneOf",
    {
      $ref: "#/$defs/d0",
      $defs: chain(30, (next) => ({ oneOf: [{ $ref: next }, { $ref: next, type: "number" }] }), {}),
    },
    '"abc"',
  ),
  schema(
    "doubling of properties",
    {
      $ref: "#/$defs/d0",
      $defs: chain(
        60,
        (next) => ({
          type: "object",
          required: ["a", "b"],
          properties: { a: { $ref: next }, b: { $ref: next } },
        }),
        { type: "null" },
      ),
    },
    '{"a":{"a":',
  ),
  schema("a reference to itself", { $ref: "#" }, "1"),
  schema("itself, or a number", { anyOf: [{ $ref: "#" }, { type: "integer" }] }, "1"),
  schema(
    "itself and more",
    {
      allOf: [{ $ref: "#/$defs/a" }],
      $defs: {
        a: { allOf: [{ $ref: "#/$defs/b" }] },
        b: { minLength: 1, anyOf: [{ $ref: "#/$defs/a" }, {}] },
      },
    },
    '"a"',
  ),
  schema("not itself", { not: { $ref: "#" } }, "1"),
  schema(
    "a tree that never ends",
    { type: "object", required: ["a"], properties: { a: { $ref: "#" } } },
    '{"a":',
  ),
  schema(
    "recursion that grows",
    {
      $ref: "#/$defs/t",
      $defs: {
        t: {
          properties: {
            a: { allOf: [{ $ref: "#/$defs/t" }, { maxProperties: 3 }] },
            b: { allOf: [{ $ref: "#/$defs/t" }, { minProperties: 1 }] },
          },
        },
      },
    },
    nestedText('{"a":{"b":', 100),
  ),
  schema(
    "every definition refers to all",
    {
      $ref: "#/$defs/n0",
      $defs: objectOf(names(100), () => ({
        type: "object",
        properties: objectOf(names(100), (_, key) => ({ $ref: `#/$defs/${key}` })),
      })),
    },
    nestedText('{"n5":{"n7":', 50),
  ),
  schema(
    "dynamic references",
    {
      $ref: "#/$defs/d0",
      $defs: chain(
        50,
        (next, i) => ({
          $id: `s${i}`,
          $dynamicAnchor: "x",
          properties: { a: { $dynamicRef: "#x" } },
          $ref: next.replace("#", "/root#"),
        }),
        {},
      ),
      $id: "/root",
    },
    '{"a":{',
  ),
];

const ofPatterns = [
  ...["^a{0,1000}$", "^(a{0,1000}){0,1000}$", "^((a|b){0,1000}c){0,1000}$", "(a|aa){0,1000}$"].map(
    (pattern) => schema(`pattern ${pattern}`, { pattern }, `"${"aab".repeat(300)}`),
  ),
  schema("the n-th letter from behind", { pattern: "^(a|b)*a(a|b){20}$" }, `"${"ab".repeat(300)}`),
  schema("the 1,000th letter from behind", { pattern: "a.{1000}$" }, `"${"ab".repeat(300)}`),
  schema(
    "26 look-aheads",
    { pattern: `^${[...letters].map((letter) => `(?=.*${letter})`).join("")}.*$` },
    `"${letters.slice(3)}`,
  ),
  schema(
    "26 negative look-aheads",
    { pattern: `^${[...letters].map((letter) => `(?!.*${letter}.${letter})`).join("")}.*$` },
    `"${letters}`,
  ),
  schema("look-behinds", { pattern: "(?<=a.{30})b(?<!c.{40})d$" }, `"${"abcd".repeat(30)}`),
  schema("words, counted", { pattern: "^(\\w+\\s*){1,200}$" }, `"${"the word ".repeat(100)}`),
  schema(
    "letters of all scripts, counted",
    { pattern: "^(\\p{L}{1,50}[\\p{N}\\p{P}]?){1,50}$" },
    `"${"Ωmega".repeat(50)}`,
  ),
  schema("groups 10,000 deep", { pattern: `${"(".repeat(10_000)}a${")".repeat(10_000)}` }, '"a'),
  schema(
    "groups 10,000 deep, starred",
    { pattern: `${"(?:".repeat(10_000)}a${")*".repeat(10_000)}` },
    '"a',
  ),
  schema(
    "20 patterns at once",
    { allOf: times(20, (i) => ({ pattern: `${letters[i]}.{${i}}${letters[25 - i]}` })) },
    `"${letters.repeat(5)}`,
  ),
  schema(
    "no one of 20 patterns",
    {
      not: { anyOf: times(20, (i) => ({ pattern: `${letters[i]}.{${i}}${letters[25 - i]}` })) },
      type: "string",
    },
    `"${letters.repeat(5)}`,
  ),
  schema(
    "100 patterns of names",
    {
      patternProperties: objectOf(
        times(100, (i) => `${letters[i % 26]}.{${i % 7}}${letters[(i * 7) % 26]}`),
        (i) => ({ maxLength: i }),
      ),
    },
    `{"${letters}":"a","`,
  ),
  schema(
    "formats and patterns",
    { allOf: [{ format: "uri" }, { pattern: "a.*b.*c" }, { minLength: 20, maxLength: 500 }] },
    '"https://example.org/a',
  ),
  schema(
    "email and hostname at once",
    { allOf: [{ format: "email" }, { maxLength: 300 }, { not: { pattern: "foo" } }] },
    '"john.doe@example',
  ),
];

const ofChoices = [
  schema(
    "oneOf of 1,000 overlapping patterns",
    { oneOf: times(1_000, (i) => ({ pattern: `${letters[i % 26]}.*${i}` })) },
    '"abc1',
  ),
  schema(
    "oneOf of 1,000 overlapping objects",
    {
      oneOf: times(1_000, (i) => ({
        properties: { [`p${i % 50}`]: { minimum: i } },
        required: [`p${(i * 7) % 50}`],
      })),
    },
    '{"p1":',
  ),
  schema(
    "oneOf of 1,000 told apart",
    {
      oneOf: times(1_000, (i) => ({
        properties: { kind: { const: `k${i}` }, value: { maximum: i } },
        required: ["kind", "value"],
      })),
    },
    '{"kind":"k99',
  ),
  schema(
    "anyOf of 1,000 objects",
    {
      anyOf: times(1_000, (i) => ({
        properties: { a: { maximum: i }, [`p${i}`]: {} },
        required: [`p${i}`],
      })),
    },
    '{"a":',
  ),
  anyOrder(
    "anyOf of 1,000 objects",
    {
      anyOf: times(1_000, (i) => ({
        properties: { a: { maximum: i }, [`p${i}`]: {} },
        required: [`p${i}`],
      })),
    },
    '{"a":',
  ),
  schema(
    "anyOf of 10,000 ranges",
    { anyOf: times(10_000, (i) => ({ type: "integer", minimum: i * 10, maximum: i * 10 + 3 })) },
    "7",
  ),
  schema(
    "a product of 2^30",
    { allOf: times(30, (i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })) },
    '{"a1":1,',
  ),
  schema(
    "a product of 2^30 of strings",
    { allOf: times(30, (i) => ({ anyOf: [{ pattern: `a${i}` }, { maxLength: i }] })) },
    '"a1',
  ),
  schema(
    "a product of 3^20 of types",
    {
      allOf: times(20, (i) => ({
        anyOf: [
          { type: "string", minLength: i },
          { type: "object", minProperties: i },
          { type: "array", minItems: i },
        ],
      })),
    },
    '["a1',
  ),
  schema(
    "not of a product",
    {
      not: {
        allOf: times(20, (i) => ({ anyOf: [{ required: [`a${i}`] }, { maxProperties: i }] })),
      },
    },
    '{"a1":1,',
  ),
  schema(
    "30 conditions",
    {
      allOf: times(30, (i) => ({
        if: { properties: { [`a${i}`]: { const: i } }, required: [`a${i}`] },
        then: { required: [`b${i}`] },
        else: { required: [`c${i}`] },
      })),
    },
    '{"a1":1,',
  ),
  schema(
    "30 conditions in each other",
    nest(
      30,
      "{}",
      (core, i) => `{"if":{"required":["a${i}"]},"then":${core},"else":{"required":["b${i}"]}}`,
    ),
    '{"a1":1,',
  ),
];

const ofObjects = [
  schema(
    "10,000 properties",
    { properties: objectOf(names(10_000), () => ({ type: "integer" })) },
    '{"n1":1,"n20":2,',
  ),
  anyOrder(
    "10,000 properties",
    { properties: objectOf(names(10_000), () => ({ type: "integer" })) },
    '{"n20":1,"n1":2,',
  ),
  schema("10,000 required", { required: names(10_000) }, '{"n0":1,"n1":2,'),
  anyOrder("10,000 required", { required: names(10_000) }, '{"n20":1,"n1":2,'),
  anyOrder(
    "2,000 required, many written",
    { required: names(2_000) },
    `{${names(300, "n")
      .reverse()
      .map((name) => `"${name}":1,`)
      .join("")}`,
  ),
  schema(
    "dependentRequired of all on all",
    { dependentRequired: objectOf(names(200), () => names(200)) },
    '{"n7":1,',
  ),
  anyOrder(
    "dependentRequired of all on all",
    { dependentRequired: objectOf(names(200), () => names(200)) },
    '{"n7":1,',
  ),
  schema(
    "dependentSchemas, a product",
    {
      dependentSchemas: objectOf(names(20), (i) => ({
        anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }],
      })),
    },
    '{"n7":1,',
  ),
  anyOrder(
    "dependentSchemas, a product",
    {
      dependentSchemas: objectOf(names(20), (i) => ({
        anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }],
      })),
    },
    '{"n7":1,',
  ),
  schema(
    "unevaluatedProperties, 20 levels",
    nest(
      20,
      "{}",
      (core, i) =>
        `{"properties":{"p${i}":{}},"anyOf":[${core},{"properties":{"q${i}":{}}}],"unevaluatedProperties":false}`,
    ),
    '{"p1":1,',
  ),
  schema(
    "unevaluatedProperties over conditions",
    {
      allOf: times(12, (i) => ({
        if: { required: [`a${i}`] },
        then: { properties: { [`b${i}`]: {} } },
        else: { properties: { [`c${i}`]: {} } },
      })),
      unevaluatedProperties: false,
    },
    '{"b1":1,',
  ),
  schema(
    "unevaluatedItems, 20 levels",
    nest(
      20,
      "{}",
      (core, i) =>
        `{"prefixItems":[${times(i, () => "{}").join()}],"anyOf":[${core},{"items":{"maximum":${i}}}],"unevaluatedItems":false}`,
    ),
    "[1,2,",
  ),
  schema(
    "minProperties 1e6",
    { minProperties: 1e6 },
    `{${times(300, (i) => `"k${i}":1,`).join("")}`,
  ),
  schema(
    "minProperties of few names",
    { minProperties: 1_000, propertyNames: { pattern: "^[a-j]{1,3}$" } },
    '{"a":1,"b":2,',
  ),
  schema(
    "contains, ten of them",
    {
      allOf: times(10, (i) => ({
        contains: { minimum: i * 10, maximum: i * 15 },
        minContains: i + 1,
        maxContains: i + 30,
      })),
    },
    "[1,20,55,",
  ),
  schema(
    "contains 1,000",
    { contains: { const: 1 }, minContains: 1_000, maxContains: 1_001 },
    "[1,2,1,",
  ),
  schema(
    "an object that is not another",
    {
      not: { properties: objectOf(names(1_000), () => ({ type: "string" })), required: names(500) },
    },
    '{"n1":1,',
  ),
];

const ofNumbers = [
  schema("multipleOf of 300 places", '{"type":"number","multipleOf":1e-300}', "1.000"),
  schema("multipleOf of 1,000,000 places", '{"type":"number","multipleOf":1e-1000000}', "1.000"),
  schema(
    "multipleOf with an exponent beyond all",
    '{"type":"number","multipleOf":1e-99999999999999999999}',
    "1.000",
  ),
  schema("multipleOf of a large prime", { type: "number", multipleOf: 999_983 }, "9999"),
  schema(
    "multipleOf of an odd decimal",
    '{"type":"number","multipleOf":123456789.123456789}',
    "123",
  ),
  schema(
    "multipleOf of 15 primes",
    {
      type: "integer",
      allOf: [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47].map((multipleOf) => ({
        multipleOf,
      })),
    },
    "614",
  ),
  schema(
    "not a multiple of 15 primes",
    {
      type: "integer",
      allOf: [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47].map((multipleOf) => ({
        not: { multipleOf },
      })),
    },
    "614",
  ),
  schema(
    "bounds of 10,000 digits",
    `{"type":"integer","minimum":${"9".repeat(10_000)},"maximum":${"9".repeat(10_001)}}`,
    "99",
  ),
  schema(
    "bounds with large exponents",
    '{"type":"number","minimum":1e-100000,"maximum":1e100000}',
    "0.00",
  ),
  schema(
    "bounds with exponents beyond all",
    '{"type":"number","minimum":-1e99999999999,"maximum":1e99999999999}',
    "12",
  ),
  schema("a long number", { type: "number" }, "1".repeat(5_000)),
  schema(
    "tiny steps between bounds",
    { type: "number", multipleOf: 0.000_001, minimum: 0.123_457, maximum: 999.999_999 },
    "0.1234",
  ),
  schema(
    "1,000 numbers that it is not",
    { type: "integer", not: { enum: times(1_000, (i) => i * 7) } },
    "14",
  ),
];

/** All cases. */
export const hostileCases = [
  ...ofGbnf,
  ...ofSizes,
  ...ofDepth,
  ...ofReferences,
  ...ofPatterns,
  ...ofChoices,
  ...ofObjects,
  ...ofNumbers,
];

function ruleName(index) {
  return index === 0 ? "root" : `r${index}`;
}

function cjk(count) {
  return times(count, (i) => String.fromCodePoint(0x4e00 + i)).join("");
}

/** Definitions d0, d1, ... of which each but the last is made of a reference to the next. */
function chain(count, make, last) {
  return objectOf(names(count, "d"), (i) => (i + 1 < count ? make(`#/$defs/d${i + 1}`, i) : last));
}

function nestedText(piece, count) {
  return piece.repeat(count);
}
