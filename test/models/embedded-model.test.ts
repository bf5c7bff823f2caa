/** What the embedded model is made of before and while it is trained. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { talkConversation } from "../../scripts/models/conversations.mjs";
import { Draw } from "../../scripts/models/draw.mjs";
import { writeInitialModel } from "../../scripts/models/initial-model.mjs";
import { PretrainingRows } from "../../scripts/models/pretraining.mjs";
import { StructureSymbols } from "../../scripts/models/structure-symbols.mjs";
import { makeVocabulary } from "../../scripts/models/vocabulary.mjs";
import { functiongemmaTokens } from "../../src/dialects/special-tokens.js";
import { bindDialect } from "../../src/session/bind-dialect.js";
import { loadModel, type Model } from "../../src/index.js";

interface Vocabulary {
  readonly size: number;
  readonly tokens: readonly string[];
}

const conversations = Array.from({ length: 300 }, (_, i) =>
  talkConversation(new Draw(i), { tools: 4, turns: 4 }),
) as readonly {
  messages: readonly { content: string; calls?: readonly unknown[] }[];
  tools: object[];
}[];
const texts = conversations.map(({ messages, tools }) =>
  [JSON.stringify(tools), ...messages.map(({ content }) => content)].join("\n"),
);
const vocabulary = makeVocabulary(texts, 4096) as Vocabulary;

let folder: string;
let file: string;
let parameters: number;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "lorikeet-embedded-"));
  file = path.join(folder, "initial.gguf");
  parameters = await writeInitialModel(file, vocabulary, 1);
  model = await loadModel(file, { gpu: false, slots: 1, contextSize: 256 });
});
afterAll(async () => {
  await model.dispose();
  await rm(folder, { recursive: true });
});

const cut = async (text: string): Promise<string[]> => {
  const tokens = await model.tokenizePieces([{ text }]);
  return [...tokens].map((token) => vocabulary.tokens[token]!);
};

describe("the embedded model's vocabulary", () => {
  it("has at most 4,096 pieces and FunctionGemma's markers", () => {
    expect(vocabulary.size).toBeLessThanOrEqual(4096);
    expect(functiongemmaTokens.filter((token) => model.specialToken(token) === undefined)).toEqual(
      [],
    );
    expect(bindDialect("auto", model, []).name).toBe("functiongemma");
  });

  it.each(["payment", "kayak", "espresso", "retrieve", "zzyx"])(
    "cuts %s the same way after a space, after _ and by itself",
    async (word) => {
      const alone = await cut(word);
      const [space, ...afterSpace] = await cut(`. ${word}`);
      const [bar, ...afterBar] = await cut(`._${word}`);
      expect([space, bar]).toEqual([".", "."]);
      expect(afterSpace.join("|").replace(/^▁\|?/, "")).toBe(alone.join("|"));
      expect(afterBar.join("|").replace(/^_\|?/, "")).toBe(alone.join("|"));
    },
  );

  it("takes digits two by two, from the left", async () => {
    expect(await cut("1001 7 12345")).toEqual(["10", "01", "▁7", "▁12", "34", "5"]);
  });
});

describe("the embedded model before training", () => {
  it("has at most 4 million parameters, and fits 8 MB in F16", async () => {
    expect(parameters).toBeLessThanOrEqual(4_000_000);
    const { size } = await stat(file);
    const vocabularyBytes = size - 4 * parameters;
    expect(2 * parameters + vocabularyBytes).toBeLessThanOrEqual(8_000_000);
  });
});

describe("pre-training", () => {
  it("has no calls", () => {
    const messages = conversations.flatMap((conversation) => conversation.messages);
    expect(messages.filter(({ calls }) => (calls ?? []).length > 0)).toEqual([]);
    expect(messages.filter(({ content }) => /call:|<start_function/.test(content))).toEqual([]);
  });

  it("exchanges copied words for symbols everywhere in a sample", async () => {
    const tokens = await model.tokenize("river, river");
    const trained = Uint8Array.from(tokens, (_, i) => (i >= tokens.length / 2 ? 1 : 0));
    const sample = { tokens, trained };
    const symbols = new StructureSymbols(model);
    const all = Array.from(
      { length: 200 },
      (_, seed) => symbols.exchange(new Draw(seed), sample) as typeof sample,
    );
    const changed = all.filter(({ tokens: after }) => String(after) !== String(tokens));
    expect(changed.length).toBeGreaterThan(10);
    expect(changed.length).toBeLessThan(60);
    for (const { tokens: after } of changed) {
      const word = tokens.findIndex((id, i) => after[i] !== id);
      const same = [...tokens.keys()].filter((i) => tokens[i] === tokens[word]);
      for (const i of same) expect(after[i]).toBe(after[word]);
      expect(vocabulary.tokens[after[word]!]).not.toMatch(/[a-z]{2}$/);
    }
  });

  it("makes the same rows for the same step, whatever was asked before", async () => {
    const rowsOf = async (...steps: readonly number[]) => {
      const rows = new PretrainingRows(model, { steps: 1000, seed: 3 });
      let last: unknown;
      for (const step of steps) last = await rows.rowsOf(step);
      return last;
    };
    expect(await rowsOf(600, 601, 602)).toEqual(await rowsOf(602));
    expect(await rowsOf(602)).not.toEqual(await rowsOf(603));
  });
});
