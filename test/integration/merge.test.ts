/** Adapters folded into models: weights, vocabulary, and what a session makes of them. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSession, loadModel, mergeAdapter, tool } from "../../src/index.js";
import {
  decodeTensor,
  encodeTensor,
  readGguf,
  readTensor,
  writeGguf,
  type EncodableType,
} from "../../src/formats/gguf/index.js";
import { peftModuleName } from "../../src/formats/peft/names.js";
import { openTrainer } from "../../src/training/trainer.js";
import {
  courseTokens,
  writeCourseAdapter,
  type CourseAdapter,
  type Matrix,
} from "../support/models/course-adapters.js";
import { tinyAdapter } from "../support/models/tiny-adapters.js";
import { tinyModel } from "../support/models/tiny-models.js";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "lorikeet-merge-"))));
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const floats = { matrixType: "F32", embeddingType: "F32" } as const;
const greedy = { temperature: 0, topK: 0, topP: 1 };

async function weight(path: string, name: string): Promise<Float32Array> {
  const gguf = await readGguf(path);
  const tensor = gguf.tensors.find((each) => each.name === name)!;
  return decodeTensor(tensor.type as EncodableType, await readTensor(gguf, tensor));
}

/** W + strength B A, row by row. */
function plus(w: Float32Array, strength: number, a: Matrix, b: Matrix): Float32Array {
  return w.map((value, at) => {
    const [row, column] = [Math.floor(at / a.columns), at % a.columns];
    let sum = 0;
    for (let k = 0; k < a.rows; k++) {
      sum += b.values[row * a.rows + k]! * a.values[k * a.columns + column]!;
    }
    return value + strength * sum;
  });
}

function transposed({ rows, columns, values }: Matrix): Matrix {
  const flipped = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
  return { rows: columns, columns: rows, values: flipped };
}

function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((most, x, i) => Math.max(most, Math.abs(x - expected[i]!)), 0);
  expect(worst).toBeLessThan(1e-5);
}

describe("mergeAdapter()", () => {
  it.each(["gemma2", "gemma3", "gemma4"] as const)(
    "makes a %s model that writes what the model with its adapter writes",
    async (name) => {
      const path = await tinyModel(name, { shape: floats });
      const adapter = await tinyAdapter(path);
      const { changed } = await mergeAdapter({ model: path, adapter, output: at("merged.gguf") });
      expect(changed.length).toBeGreaterThan(1);
      await using model = await loadModel(path);
      await using merged = await loadModel(at("merged.gguf"));
      const options = { maxTokens: 24, sampling: greedy };
      const active = { adapter: await model.loadAdapter(adapter), scale: 1 };
      const adapted = await model
        .generate("The status", { ...options, adapters: [active] })
        .result();
      const folded = await merged.generate("The status", options).result();
      const plain = await model.generate("The status", options).result();
      expect(folded.tokens).toEqual(adapted.tokens);
      expect(folded.tokens).not.toEqual(plain.tokens);
    },
  );

  it("folds in pairs on Gemma 4's projection, which a loaded adapter would lose", async () => {
    const path = await tinyModel("gemma4", { shape: floats });
    const projection = "per_layer_model_proj.weight";
    const adapter = await tinyAdapter(path, { targets: /per_layer_model_proj/ });
    await using model = await loadModel(path);
    await expect(model.loadAdapter(adapter)).rejects.toMatchObject({
      code: "ADAPTER_UNSUPPORTED",
      details: { tensor: projection },
    });
    const merged = await mergeAdapter({ model: path, adapter, output: at("merged.gguf") });
    expect(merged.changed).toEqual([projection]);
    const matrix = async (half: string, rows: number, columns: number) => {
      return { rows, columns, values: await weight(adapter, `${projection}.lora_${half}`) };
    };
    const [a, b] = [await matrix("a", 4, 64), await matrix("b", 128, 4)];
    const expected = plus(await weight(path, projection), 8 / 4, a, b);
    expectClose(await weight(at("merged.gguf"), projection), expected);
  });

  it("keeps number types, and the bytes of what it does not change", async () => {
    const path = await tinyModel("gemma3");
    const adapter = await tinyAdapter(path);
    const { changed } = await mergeAdapter({ model: path, adapter, output: at("merged.gguf") });
    const [before, after] = [await readGguf(path), await readGguf(at("merged.gguf"))];
    for (const tensor of before.tensors) {
      const other = after.tensors.find(({ name }) => name === tensor.name)!;
      expect(other.type).toBe(tensor.type);
      const bytes = await readTensor(before, tensor);
      const isSame = Buffer.compare(bytes, await readTensor(after, other)) === 0;
      expect(isSame).toBe(!changed.includes(tensor.name));
    }
  });

  it("with scale 0 changes nothing", async () => {
    const path = await tinyModel("gemma3", { shape: floats });
    const adapter = await tinyAdapter(path);
    await mergeAdapter({ model: path, adapter, output: at("merged.gguf"), scale: 0 });
    const name = "blk.0.attn_q.weight";
    expect(await weight(at("merged.gguf"), name)).toEqual(await weight(path, name));
  });

  it("refuses an adapter of another architecture, and to write over the model", async () => {
    const path = await tinyModel("gemma3");
    const adapter = await tinyAdapter(await tinyModel("gemma2"));
    const output = at("merged.gguf");
    await expect(mergeAdapter({ model: path, adapter, output })).rejects.toMatchObject({
      code: "ADAPTER_MISMATCH",
    });
    await expect(mergeAdapter({ model: path, output: path })).rejects.toMatchObject({
      code: "INVALID_OPTION",
    });
  });
});

/** A Gemma 2 with the adapter in it and a head of its own, which only our trainer reads. */
async function untied(path: string, adapter: CourseAdapter): Promise<string> {
  const strength = adapter.alpha / adapter.rank;
  const gguf = await readGguf(path);
  const tensors = await Promise.all(
    gguf.tensors.map(async ({ name, shape }) => {
      const pair = adapter.pairs.get(peftModuleName(name) ?? "");
      const values = await weight(path, name);
      const merged = name.startsWith("blk.") && pair ? plus(values, strength, ...pair) : values;
      return { name, type: "F32" as const, shape, data: encodeTensor("F32", merged) };
    }),
  );
  const [a, b] = adapter.pairs.get("model.embed_tokens")!;
  const { values, rows, columns } = adapter.whole;
  const vocabulary = (name: string, merged: Float32Array) => {
    return {
      name,
      type: "F32" as const,
      shape: [columns, rows],
      data: encodeTensor("F32", merged),
    };
  };
  await writeGguf(at("untied.gguf"), {
    metadata: gguf.metadata,
    tensors: [
      ...tensors.filter(({ name }) => name !== "token_embd.weight"),
      vocabulary("token_embd.weight", plus(values, strength, transposed(b), transposed(a))),
      vocabulary("output.weight", plus(values, strength, ...adapter.pairs.get("lm_head")!)),
    ],
  });
  return at("untied.gguf");
}

/** Logits after every token of a row, as our trainer has them. */
async function logits(model: string, tokens: readonly number[]): Promise<Float32Array> {
  const trainer = await openTrainer({
    ...{ model, device: "CPU", threads: 1, precision: "exact", lowMemory: false },
    tokenRows: new Int32Array(),
    ...{ allWeights: false, rank: 1, alpha: 1, rankStabilised: false, targets: [], dropout: 0 },
    ...{ learningRate: 0, schedule: "constant", warmupSteps: 0, totalSteps: 1, weightDecay: 0 },
    ...{ maxGradNorm: 1, seed: 0, maxLength: 128 },
  });
  const row = {
    tokens: Int32Array.from(tokens),
    trained: new Uint8Array(tokens.length),
    samples: new Int32Array(tokens.length),
  };
  const values = await trainer.logits(row, Int32Array.from(tokens.keys()));
  await trainer.close();
  return values;
}

describe("an adapter of the agents course's form", () => {
  it.each([
    ["F32", 1e-4],
    ["Q8_0", 0.05],
  ] as const)(
    "gives a Gemma 2 of %s, whose head is its embedding, one of its own",
    async (type, limit) => {
      const path = await tinyModel("gemma2", { shape: { matrixType: type, embeddingType: type } });
      const adapter = await writeCourseAdapter(at("course"), path);
      await mergeAdapter({ model: path, adapter: at("course"), output: at("m.gguf") });
      await using model = await loadModel(at("m.gguf"));
      expect(model.layerCount).toBe(3);
      const prompt = await model.tokenize("<bos>The status of<tool_call><think>", {
        special: true,
      });
      const options = { maxTokens: 16, sampling: greedy, stopTokens: [] };
      const { tokens } = await model.generate(prompt, options).result();
      const row = [...prompt, ...tokens];
      const exact = await logits(await untied(path, adapter), row);
      const merged = await logits(at("m.gguf"), row);
      const scale = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = exact.reduce((most, x, i) => Math.max(most, Math.abs(x - merged[i]!)), 0);
      expect(worst).toBeLessThan(limit * scale);
      // What llama.cpp wrote is what is likeliest.
      const size = merged.length / row.length;
      const likeliest = row.map((_, i) => {
        const of = merged.subarray(i * size, (i + 1) * size);
        return of.indexOf(of.reduce((most, value) => Math.max(most, value), -Infinity));
      });
      expect(tokens.length).toBeGreaterThan(8);
      expect(Array.from(tokens)).toEqual(likeliest.slice(prompt.length - 1, row.length - 1));
    },
  );

  it("is folded in with its embedding, its head and its tokens", async () => {
    const path = await tinyModel("gemma3", { shape: floats });
    const adapter = await writeCourseAdapter(at("course"), path);
    const merged = await mergeAdapter({ model: path, adapter: at("course"), output: at("m.gguf") });
    const strength = adapter.alpha / adapter.rank;
    const [a, b] = adapter.pairs.get("model.embed_tokens")!;
    const { values } = adapter.whole;
    const embedding = plus(values, strength, transposed(b), transposed(a));
    expectClose(await weight(at("m.gguf"), "token_embd.weight"), embedding);
    const head = plus(values, strength, ...adapter.pairs.get("lm_head")!);
    expectClose(await weight(at("m.gguf"), "output.weight"), head);
    const query = "blk.1.attn_q.weight";
    const expected = plus(
      await weight(path, query),
      strength,
      ...adapter.pairs.get("model.layers.1.self_attn.q_proj")!,
    );
    expectClose(await weight(at("m.gguf"), query), expected);
    expect(merged.tokens.map(({ text }) => text)).toEqual(courseTokens);
    await using model = await loadModel(at("m.gguf"));
    for (const { text, id } of merged.tokens) expect(model.specialToken(text)).toBe(id);
  });

  it("makes a model that speaks the course's dialect and calls in Python's spelling", async () => {
    const path = await tinyModel("gemma2", { shape: floats });
    await writeCourseAdapter(at("course"), path);
    await mergeAdapter({ model: path, adapter: at("course"), output: at("m.gguf") });
    await using model = await loadModel(at("m.gguf"), { contextSize: 2048 });
    const inputSchema = {
      type: "object",
      properties: { on: { type: "boolean" } },
      required: ["on"],
    };
    const light = tool({ name: "light", description: "Switches it", inputSchema });
    const session = await createSession({ model, tools: [light], toolChoice: "required" });
    expect(session.dialect).toBe("agents-course");
    const { calls } = await session.send("On!");
    expect(calls[0]).toMatchObject({
      tool: "light",
      input: { on: expect.any(Boolean) as boolean },
    });
  });

  it("tells that nothing names its tokens, and takes their names from the caller", async () => {
    const path = await tinyModel("gemma3", { shape: floats });
    await writeCourseAdapter(at("course"), path);
    await rm(at("course/tokenizer_config.json"));
    const options = { model: path, adapter: at("course"), output: at("m.gguf") };
    await expect(mergeAdapter(options)).rejects.toMatchObject({ code: "ADAPTER_UNSUPPORTED" });
    const merged = await mergeAdapter({ ...options, specialTokens: courseTokens });
    expect(merged.tokens.map(({ text }) => text)).toEqual(courseTokens);
  });
});

describe("special tokens", () => {
  it("take the places of unused ones, then come after the last, as the mean of all", async () => {
    const path = await tinyModel("gemma3", { shape: floats });
    const specialTokens = Array.from({ length: 10 }, (_, i) => `<mark${i}>`);
    const merged = await mergeAdapter({ model: path, output: at("m.gguf"), specialTokens });
    const before = await weight(path, "token_embd.weight");
    const rows = before.length / 64;
    expect(merged.vocabularySize).toBe(rows + 2);
    expect(merged.tokens.slice(-2).map(({ id }) => id)).toEqual([rows, rows + 1]);
    const after = await weight(at("m.gguf"), "token_embd.weight");
    const mean = Float32Array.from({ length: 64 }, (_, column) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += before[row * 64 + column]!;
      return sum / rows;
    });
    expectClose(after.subarray(rows * 64, (rows + 1) * 64), mean);
    await using model = await loadModel(at("m.gguf"));
    for (const { text, id } of merged.tokens) expect(model.specialToken(text)).toBe(id);
  });

  it("keep every other byte of the model where there is room", async () => {
    const path = await tinyModel("gemma4");
    const output = at("m.gguf");
    await mergeAdapter({ model: path, output, specialTokens: ["<a>", "<b>"], dialect: "hermes" });
    const [before, after] = [await readFile(path), await readFile(output)];
    const size = (await readGguf(path)).tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    expect(before.subarray(-size).equals(after.subarray(-size))).toBe(true);
    await using model = await loadModel(output);
    expect(model.metadata).toMatchObject({ "lorikeet.dialect": "hermes" });
    const tooMany = Array.from({ length: 9 }, (_, i) => `<mark${i}>`);
    await writeFile(at("tokens.json"), JSON.stringify(tooMany));
    const more = mergeAdapter({ model: path, output, specialTokens: tooMany });
    await expect(more).rejects.toMatchObject({ code: "ADAPTER_UNSUPPORTED" });
  });
});
