/**
 * Giving the vocabulary of a model file more special tokens.
 *
 * A token takes the place of an `<unusedN>` where there is one, else it is appended: then every
 * matrix with a row per token has to grow too.
 */
import { array, arrayItems, type Metadata, type ScalarValue } from "./metadata.js";

/** Number of control tokens in `tokenizer.ggml.token_type`. */
const control = 3;

const unused = /^<unused\d+>$/;

export interface SpecialTokens {
  /** Of the whole file. */
  readonly metadata: Metadata;
  /** The id of each given token, in their order. */
  readonly ids: readonly number[];
  /** Tokens of the vocabulary before and after. */
  readonly sizeBefore: number;
  readonly size: number;
}

/**
 * @param appended - tokens that come after the last one whatever the vocabulary has, in this order.
 * @param placed - tokens that become control tokens where they are, take an unused place, or are
 * appended.
 */
export function addSpecialTokens(
  metadata: Metadata,
  appended: readonly string[],
  placed: readonly string[],
): SpecialTokens {
  const tokens = itemsOf(metadata, "tokenizer.ggml.tokens") as string[];
  const types = itemsOf(metadata, "tokenizer.ggml.token_type");
  const scores = itemsOf(metadata, "tokenizer.ggml.scores");
  const sizeBefore = tokens.length;
  const put = (id: number, text: string): number => {
    tokens[id] = text;
    if (types.length > 0) types[id] = control;
    if (scores.length > 0) scores[id] ??= 0;
    return id;
  };
  const ids = [
    ...appended.map((text) => put(tokens.length, text)),
    ...placed.map((text) => {
      const known = tokens.indexOf(text);
      const free = known < 0 ? tokens.findIndex((token) => unused.test(token)) : known;
      return put(free < 0 ? tokens.length : free, text);
    }),
  ];
  const changed = new Map(metadata);
  const replace = (key: string, items: readonly ScalarValue[]): void => {
    const entry = metadata.get(key);
    if (entry?.type === "array") changed.set(key, array(entry.itemType, items));
  };
  replace("tokenizer.ggml.tokens", tokens);
  replace("tokenizer.ggml.token_type", types);
  replace("tokenizer.ggml.scores", scores);
  for (const [key, entry] of metadata) {
    if (!key.endsWith(".vocab_size") || entry.type === "array") continue;
    changed.set(key, { ...entry, value: tokens.length });
  }
  return { metadata: changed, ids, sizeBefore, size: tokens.length };
}

function itemsOf(metadata: Metadata, key: string): ScalarValue[] {
  const entry = metadata.get(key);
  return entry?.type === "array" ? arrayItems(entry) : [];
}
