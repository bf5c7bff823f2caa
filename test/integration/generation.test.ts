import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel, type Adapter, type GenerateOptions, type Model } from "../../src/index.js";
import { tinyAdapter, wrongAdapters } from "../support/models/tiny-adapters.js";
import { tinyModel } from "../support/models/tiny-models.js";

const greedy = { temperature: 0, topK: 0, topP: 1 } as const;

describe.each(["gemma2", "gemma3", "gemma4", "llama"] as const)("generating with %s", (name) => {
  let model: Model;
  let path: string;

  beforeAll(async () => {
    path = await tinyModel(name);
    model = await loadModel(path, { contextSize: 512, slots: 3, threads: 1 });
  });
  afterAll(() => model.dispose());

  const generate = (prompt: string, options: GenerateOptions = {}) =>
    model.generate(prompt, { maxTokens: 24, sampling: greedy, ...options }).result();

  test("writes as many tokens as asked for and says why it stopped", async () => {
    const result = await generate("Once upon", { stopTokens: [] });
    expect(["max-tokens", "stop-token"]).toContain(result.reason);
    expect(result.generatedTokens).toBeLessThanOrEqual(24);
    expect(result.tokens.length).toBeLessThanOrEqual(result.generatedTokens);
    expect(result.promptTokens).toBeGreaterThan(1);
  });

  test.each([
    ["an adapter without a scale", { adapters: [{ adapter: {}, scale: NaN }] }, "x"],
    ["a context of nobody", { context: {} }, "x"],
    ["a prompt of numbers", {}, [1, 2]],
    ["a piece that says nothing", {}, [{}]],
    ["a piece that is no text", {}, [{ text: 5 }]],
    ["a stop token beyond all vocabularies", { stopTokens: [2 ** 32] }, "x"],
    ["half a millisecond", { timeLimitMs: 0.5 }, "x"],
  ])("refuses %s", (_, options, prompt) => {
    const start = () => model.generate(prompt as string, options as unknown as GenerateOptions);
    expect(start).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  test("writes the same greedy text again, also from cached state", async () => {
    const first = await generate("The same beginning");
    const second = await generate("The same beginning");
    expect(second.text).toBe(first.text);
    expect(second.reusedTokens).toBeGreaterThan(0);
  });

  test("draws the same tokens from the same seed", async () => {
    const sampling = { temperature: 1, seed: 42 };
    const first = await generate("dice", { sampling });
    const second = await generate("dice", { sampling });
    const other = await generate("dice", { sampling: { temperature: 1, seed: 43 } });
    expect(second.text).toBe(first.text);
    expect(other.text).not.toBe(first.text);
  });

  test("guesses repeated tokens ahead, writes the same text, and counts them", async () => {
    const context = await model.createContext({ contextSize: 512, slots: 1, threads: 1 });
    const loop = { context, maxTokens: 120, grammar: "root ::= [xy]{100}" };
    const plain = await generate("status", { ...loop, guess: false });
    expect(plain.guessedTokens).toBe(0);
    // Measured times decide whether guesses are tried, so one generation may do without.
    const sum = { guessedTokens: 0, guessedRight: 0 };
    for (let round = 0; round < 40 && sum.guessedRight === 0; round++) {
      const guessed = await generate("status", loop);
      expect(guessed.text).toBe(plain.text);
      expect(guessed.guessedRight).toBeLessThanOrEqual(guessed.guessedTokens);
      sum.guessedTokens += guessed.guessedTokens;
      sum.guessedRight += guessed.guessedRight;
    }
    expect(sum.guessedRight).toBeGreaterThan(0);
    expect(context.stats()).toMatchObject(sum);
    await context.dispose();
  });

  test("writes the same side by side as alone", async () => {
    const prompts = ["one two three", "a b c d e f g", "xyz"];
    const alone = [];
    for (const prompt of prompts) alone.push((await generate(prompt)).text);
    const together = await Promise.all(prompts.map((prompt) => generate(prompt)));
    expect(together.map(({ text }) => text)).toEqual(alone);
  });

  test("ends before a stop text and does not write it", async () => {
    const { text } = await generate("find a stop");
    const stop = /[ -~]{2,3}/.exec(text)![0];
    const result = await generate("find a stop", { stop: [stop] });
    expect(result.reason).toBe("stop-text");
    expect(result.stop).toBe(stop);
    expect(result.text).toBe(text.slice(0, text.indexOf(stop)));
  });

  test("ends at a stop token", async () => {
    const { tokens } = await generate("find a token");
    const result = await generate("find a token", { stopTokens: [tokens[4]!] });
    expect(result.reason).toBe("stop-token");
    expect(result.generatedTokens).toBeLessThanOrEqual(5);
  });

  test("obeys a grammar to its end", async () => {
    const grammar = 'root ::= "{" [a-z]{2,4} ":" [0-9]{3} "}"';
    const result = await generate("data", { grammar });
    expect(result.text).toMatch(/^\{[a-z]{2,4}:[0-9]{3}\}$/);
    expect(["grammar-end", "stop-token"]).toContain(result.reason);
  });

  test("refuses a grammar that cannot be read, with line and column", async () => {
    const refused = generate("x", { grammar: 'root ::= "a"\nb ::= (' });
    await expect(refused).rejects.toMatchObject({ code: "GRAMMAR_SYNTAX", details: { line: 2 } });
  });

  test("says of a grammar that was disposed that it was", async () => {
    const compiled = await model.compileGrammar('root ::= "a"');
    await compiled.dispose();
    await compiled.dispose();
    const disposed = expect.objectContaining({ code: "DISPOSED", name: "OptionError" }) as Error;
    expect(() => compiled.print()).toThrow(disposed);
    expect(() => compiled.unenforced).toThrow(disposed);
    await expect(generate("x", { grammar: compiled })).rejects.toThrow(disposed);
  });

  test.each([[null], [undefined], [5], ["5"], [[1.5]], [[-1]], [[1_000_000]]])(
    "refuses to read %j as tokens",
    (tokens) => {
      expect(() => model.detokenize(tokens as number[])).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION" }),
      );
    },
  );

  test("refuses a prompt that is longer than the context", async () => {
    const refused = model.generate(new Int32Array(600).fill(5)).result();
    await expect(refused).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
  });

  test("refuses token ids outside the vocabulary", async () => {
    const refused = model.generate(Int32Array.from([2, 1_000_000])).result();
    await expect(refused).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  test("refuses a context of another model", async () => {
    const other = await loadModel(path, { contextSize: 256 });
    const context = await other.createContext({ contextSize: 256, slots: 1 });
    await expect(generate("x", { context })).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await other.dispose();
  });

  test("aborts at any event and leaves the slot usable", async () => {
    const quiet = await generate("abort me");
    for (let stopAt = 0; stopAt < 12; stopAt++) {
      const controller = new AbortController();
      const reason = new Error(`stop at ${stopAt}`);
      let events = 0;
      const run = async () => {
        const options = { signal: controller.signal, sampling: greedy, maxTokens: 200 };
        for await (const _ of model.generate("abort me", options)) {
          if (events++ === stopAt) controller.abort(reason);
        }
      };
      await run().catch((error: unknown) => expect(error).toBe(reason));
      expect((await generate("abort me")).text).toBe(quiet.text);
    }
  });

  test("stops when the reader leaves early", async () => {
    for await (const event of model.generate("leave", { maxTokens: 200 })) {
      if (event.type === "text") break;
    }
    expect((await generate("after")).generatedTokens).toBeGreaterThan(0);
  });

  test("ends with the context when it is full", async () => {
    const prompt = new Int32Array(500).fill(5);
    const result = await model.generate(prompt, { sampling: greedy, maxTokens: 400 }).result();
    expect(["context-full", "stop-token"]).toContain(result.reason);
  });

  describe("under adapters", () => {
    let adapter: Adapter;
    beforeAll(async () => {
      adapter = await model.loadAdapter(await tinyAdapter(path));
    });

    test("writes something else, and the same as before without them", async () => {
      const before = await generate("adapters");
      const under = await generate("adapters", { adapters: [{ adapter, scale: 4 }] });
      const after = await generate("adapters");
      expect(under.text).not.toBe(before.text);
      expect(after.text).toBe(before.text);
    });

    test("writes as without them at scale 0", async () => {
      const before = await generate("zero");
      const under = await generate("zero", { adapters: [{ adapter, scale: 0 }] });
      expect(under.text).toBe(before.text);
    });

    test("mixes several and never reuses state of another set", async () => {
      const second = await model.loadAdapter(await tinyAdapter(path, { seed: 2 }));
      const both = [
        { adapter, scale: 2 },
        { adapter: second, scale: 2 },
      ];
      const first = await generate("mix", { adapters: both });
      await generate("mix", { adapters: [{ adapter, scale: 2 }] });
      const fresh = await loadModel(path, { contextSize: 512, slots: 1, threads: 1 });
      const options = {
        adapters: [
          { adapter: await fresh.loadAdapter(await tinyAdapter(path)), scale: 2 },
          { adapter: await fresh.loadAdapter(await tinyAdapter(path, { seed: 2 })), scale: 2 },
        ],
        maxTokens: 24,
        sampling: greedy,
      };
      expect((await fresh.generate("mix", options).result()).text).toBe(first.text);
      expect((await generate("mix", { adapters: both.toReversed() })).text).toBe(first.text);
      await fresh.dispose();
      await second.dispose();
    });

    test.each(wrongAdapters.map((wrong) => [wrong.name, wrong] as const))(
      "refuses %s by name",
      async (_, wrong) => {
        const load = model.loadAdapter(await wrong.path(path));
        await expect(load).rejects.toMatchObject({ code: wrong.code, name: "AdapterError" });
      },
    );

    test("says rank, alpha, architecture and tensors", () => {
      expect(adapter).toMatchObject({ rank: 4, alpha: 8, architecture: model.architecture });
      expect(adapter.tensors.some(({ name }) => name.endsWith(".lora_a"))).toBe(true);
    });

    test("refuses an adapter that was disposed", async () => {
      const gone = await model.loadAdapter(await tinyAdapter(path, { seed: 3 }));
      await gone.dispose();
      const refused = generate("x", { adapters: [{ adapter: gone, scale: 1 }] });
      await expect(refused).rejects.toMatchObject({ code: "DISPOSED" });
    });
  });
});
