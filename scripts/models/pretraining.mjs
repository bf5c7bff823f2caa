// The rows of pre-training, made while the trainer works: what a step trains on depends on its number
// and the seed alone.
import { functiongemma } from "../../dist/dialects/functiongemma.js";
import { bindDialect } from "../../dist/session/bind-dialect.js";
import { encodeExample } from "../../dist/training/encode-example.js";
import { packSamples } from "../../dist/training/packing.js";
import { talkConversation } from "./conversations.mjs";
import { Draw } from "./draw.mjs";
import { StructureSymbols } from "./structure-symbols.mjs";

/** Tokens of the longest row. */
export const maxLength = 1024;

/**
 * One row a step: for copying to be found, the number of steps counts more than that of tokens.
 * Copying alone at first, then few tools: what long conversations need is found in short ones.
 */
const stages = [
  { until: 0.04, length: 512, most: { tools: 0, turns: 4 } },
  { until: 0.1, length: 512, most: { tools: 1, turns: 6 } },
  { until: 0.2, length: 512, most: { tools: 2, turns: 8 } },
  { until: 0.35, length: 768, most: { tools: 4, turns: 8 } },
  { until: 1, length: 1024, most: { tools: 6, turns: 8 } },
];

/** Makes rows for a model's vocabulary, the next step's while this one's are used. */
export class PretrainingRows {
  #encode;
  #symbols;
  #steps;
  #seed;
  #ahead = new Map();

  constructor(model, { steps, seed }) {
    const dialect = bindDialect(functiongemma.name, model, []);
    this.#encode = (conversation) =>
      encodeExample(conversation, { dialect, tokenizer: model, lossOn: "assistant" });
    this.#symbols = new StructureSymbols(model);
    this.#steps = steps;
    this.#seed = seed;
  }

  async rowsOf(step) {
    const rows = this.#ahead.get(step) ?? this.#make(step);
    const next = this.#make(step + 1);
    // An error comes again when these rows are asked for; the model may be disposed of before.
    next.catch(() => undefined);
    this.#ahead = new Map([[step + 1, next]]);
    return rows;
  }

  async #make(step) {
    const draw = new Draw(this.#seed * 1_000_003 + step);
    const { most, length } =
      stages.find(({ until }) => step < until * this.#steps) ?? stages.at(-1);
    const samples = [];
    for (let room = length; room > 0;) {
      const [sample] = await this.#encode(talkConversation(draw, most));
      if (sample.tokens.length > length) continue;
      samples.push(this.#symbols.exchange(draw, sample));
      room -= sample.tokens.length;
    }
    const { rows } = packSamples(samples, { maxLength: length, packing: true });
    return [rows.reduce((best, row) => (row.tokens.length > best.tokens.length ? row : best))];
  }
}
