// The embedded model's vocabulary: pieces counted from its own training text.
//
// A word is cut the same way wherever it stands: no piece goes across a word's edge, and a space or `_`
// before a word only changes its first piece, `pay` to `▁pay` or `_pay`. `prefixOf` says which pieces
// are such pairs, so that they can begin alike: what a model this small needs to match words that it
// has never seen. Digits go two by two. The dialect's unchanging parts between two values are one
// piece each.
import { array, bool, string, uint32 } from "../../dist/formats/gguf/index.js";

/** Numbers of `enum llama_token_type`. */
const kinds = { normal: 1, control: 3, userDefined: 4, byte: 6 };

const control = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"];
const userDefined = [
  ...["declaration", "call", "response"].flatMap((what) => [
    `<start_function_${what}>`,
    `<end_function_${what}>`,
  ]),
  "<escape>",
];

/** What the dialect writes between names and values. */
const fixedTexts = [
  ...[
    "declaration:",
    "{description:",
    ",parameters:{properties:{",
    ":{description:",
    "},",
    ",type:",
  ],
  ...[",enum:[", "],type:", "}},required:[", "}}", "STRING", "INTEGER", "BOOLEAN", "OBJECT"],
  ...["call:", "response:", "user\n", "model\n", "developer\n"],
];

const wordPattern = /[a-z]+/g;

const lowerCase = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
const upperCase = lowerCase.map((letter) => letter.toUpperCase());
const digits = Array.from({ length: 10 }, (_, i) => String(i));
const pairs = digits.flatMap((first) => digits.map((second) => first + second));
const characters = [
  ...["▁", "\n"],
  ...Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)),
];
const bytes = Array.from(
  { length: 256 },
  (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`,
);

/**
 * Makes the vocabulary: its pieces, and its metadata.
 *
 * @param texts - to count words in.
 * @param size - most pieces.
 */
export function makeVocabulary(texts, size) {
  const prefixed = [
    ...withPrefix("▁", [...lowerCase, ...upperCase, ...digits, ...pairs]),
    ...withPrefix("_", lowerCase),
  ];
  const known = [...control, ...userDefined, ...bytes, ...characters, ...pairs, ...prefixed];
  const merged = chooseMerges(countWords(texts), size - known.length);
  const tokens = [...known, ...merged];
  const ranks = new Map(merged.map((token, rank) => [token, rank]));
  // Words are put together first, and joined to what stands before them last.
  const scoreOf = (token) => {
    if (hasPrefix(token)) return -1e5 - tokens.indexOf(token);
    return pairs.includes(token) ? -0.5 : -1 - (ranks.get(token) ?? 1e4);
  };
  return {
    size: tokens.length,
    tokens,
    metadata: new Map([
      ["tokenizer.ggml.model", string("llama")],
      ["tokenizer.ggml.pre", string("default")],
      ["tokenizer.ggml.tokens", array("string", tokens)],
      ["tokenizer.ggml.scores", array("float32", tokens.map(scoreOf))],
      ["tokenizer.ggml.token_type", array("int32", tokens.map(kindOf))],
      ["tokenizer.ggml.padding_token_id", uint32(0)],
      ["tokenizer.ggml.eos_token_id", uint32(1)],
      ["tokenizer.ggml.bos_token_id", uint32(2)],
      ["tokenizer.ggml.unknown_token_id", uint32(3)],
      ["tokenizer.ggml.add_bos_token", bool(true)],
      ["tokenizer.ggml.add_eos_token", bool(false)],
      ["tokenizer.ggml.add_space_prefix", bool(false)],
    ]),
  };
}

/** Where a piece is a space or `_` and a piece of a word: that prefix, else undefined. */
export function prefixOf(token) {
  return hasPrefix(token) ? token[0] : undefined;
}

const hasPrefix = (token) => /^[▁_][A-Za-z0-9]+$/.test(token);

const withPrefix = (prefix, pieces) => pieces.map((piece) => prefix + piece);

function kindOf(token) {
  if (control.includes(token)) return kinds.control;
  if (userDefined.includes(token)) return kinds.userDefined;
  return bytes.includes(token) ? kinds.byte : kinds.normal;
}

/** Merges in their order, each piece of a word with its two pairs, as many as there is room for. */
function chooseMerges(words, room) {
  const merges = countMerges(words, room);
  const chosen = [];
  for (const merge of merges) {
    const all = /^[a-z]+$/.test(merge) ? [merge, `▁${merge}`, `_${merge}`] : [merge];
    if (chosen.length + all.length > room) break;
    chosen.push(...all);
  }
  return chosen;
}

/** Counts of words; the dialect's parts count as words so common that each becomes a piece. */
function countWords(texts) {
  const counts = new Map();
  for (const text of texts) {
    for (const [word] of text.matchAll(wordPattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  for (const fixed of fixedTexts) counts.set(fixed, 1e6);
  return counts;
}

/** The first `count` merges of byte-pair encoding, as the pieces that they make. */
function countMerges(words, count) {
  const split = [...words].map(([word, weight]) => ({ parts: [...word], weight }));
  const pairs = new Map();
  const add = (parts, weight, entry) => {
    for (let i = 0; i + 1 < parts.length; i++) {
      const pair = parts[i] + "\u0000" + parts[i + 1];
      const found = pairs.get(pair) ?? { weight: 0, entries: new Set() };
      found.weight += weight;
      if (weight > 0) found.entries.add(entry);
      pairs.set(pair, found);
    }
  };
  for (const entry of split) add(entry.parts, entry.weight, entry);
  const merged = new Set();
  while (merged.size < count) {
    const best = heaviest(pairs);
    if (best === undefined) break;
    const [left, right] = best.split("\u0000");
    const { entries } = pairs.get(best);
    pairs.delete(best);
    merged.add(left + right);
    for (const entry of entries) {
      add(entry.parts, -entry.weight, entry);
      entry.parts = mergeIn(entry.parts, left, right);
      add(entry.parts, entry.weight, entry);
    }
    pairs.delete(best);
  }
  return [...merged];
}

/** Of pairs of equal weight, the first in the alphabet: the same texts give the same pieces. */
function heaviest(pairs) {
  let best;
  let weight = 0;
  for (const [pair, found] of pairs) {
    if (found.weight > weight || (found.weight === weight && weight > 0 && pair < best)) {
      [best, weight] = [pair, found.weight];
    }
  }
  return best;
}

function mergeIn(parts, left, right) {
  const joined = [];
  for (let i = 0; i < parts.length; i++) {
    const isPair = parts[i] === left && parts[i + 1] === right;
    joined.push(isPair ? left + right : parts[i]);
    if (isPair) i++;
  }
  return joined;
}
