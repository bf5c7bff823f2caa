/** Training in its own process, on tiny models: what the public function promises. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readGguf, readTensor } from "../../src/formats/gguf/index.js";
import {
  loadModel,
  mergeAdapter,
  trainAdapter,
  type TrainAdapterOptions,
  type TrainingEvent,
} from "../../src/index.js";
import { hashRows, orderRows } from "../../src/training/row-order.js";
import { openTrainer } from "../../src/training/trainer.js";
import { trainWeights, type TrainWeightsOptions } from "../../src/training/train-weights.js";
import { payment, talk } from "../training/conversations.js";
import { tinyModel } from "../support/models/tiny-models.js";

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "lorikeet-training-"))));
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

async function options(change: Partial<TrainAdapterOptions> = {}): Promise<TrainAdapterOptions> {
  const { training, ...others } = change;
  return {
    model: await tinyModel("functiongemma"),
    data: [payment, talk, payment, talk],
    output: at("adapter.gguf"),
    lora: { rank: 4, dropout: 0.1 },
    training: {
      ...{ learningRate: 1e-2, steps: 6, gradientAccumulationSteps: 2, device: "CPU" },
      ...{ heldOut: 0.25, checkpointMinutes: 0, packing: false, threads: 1 },
      ...training,
    },
    ...others,
  };
}

/** Rows of the embedding, as they stand in the file. */
async function embeddingRows(path: string): Promise<Buffer[]> {
  const gguf = await readGguf(path);
  const tensor = gguf.tensors.find(({ name }) => name === "token_embd.weight")!;
  const bytes = Buffer.from(await readTensor(gguf, tensor));
  const count = tensor.shape[1]!;
  const width = bytes.length / count;
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * width, (i + 1) * width));
}

/** Logits after every token of a prompt, as the trainer has them. */
async function logits(
  model: string,
  tokens: Int32Array,
  from?: { readonly adapter: string; readonly ids: Int32Array },
): Promise<Float32Array> {
  const trainer = await openTrainer({
    ...{ model, device: "CPU", threads: 1, precision: "exact", lowMemory: false },
    ...{ allWeights: false, rank: 4, alpha: 32, rankStabilised: false, targets: [], dropout: 0 },
    ...{ tokenRows: from?.ids ?? new Int32Array(), learningRate: 0, schedule: "constant" },
    ...{ warmupSteps: 0, totalSteps: 1, weightDecay: 0, maxGradNorm: 1, seed: 0, maxLength: 64 },
  });
  if (from) await trainer.loadInitialAdapter(from.adapter);
  const count = tokens.length;
  const row = { tokens, trained: new Uint8Array(count), samples: new Int32Array(count) };
  const values = await trainer.logits(row, Int32Array.from(tokens.keys()));
  await trainer.close();
  return values;
}

async function collect(given: TrainAdapterOptions): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  for await (const event of trainAdapter(given)) events.push(event);
  return events;
}

describe("trainAdapter()", () => {
  it("trains an adapter that the engine loads and that lowers the loss of what was held out", async () => {
    const given = await options();
    const events = await collect(given);
    expect(events[0]).toMatchObject({
      type: "run-start",
      ...{ steps: 6, conversations: 3, heldOutConversations: 1, dialect: "functiongemma" },
    });
    const end = events.at(-1)!;
    if (end.type !== "run-end") throw new Error("no end");
    expect(end.result).toMatchObject({ verdict: "better", warnings: [], steps: 6 });
    expect(end.result.lossAfter).toBeLessThan(end.result.lossBefore);
    await using model = await loadModel(given.model);
    const adapter = await model.loadAdapter(given.output);
    expect(adapter.metadata).toMatchObject({ "lorikeet.dialect": "functiongemma" });
    expect(existsSync(`${given.output}.checkpoint`)).toBe(false);
  });

  it("gives the same bytes again, and after an abort and a resume", async () => {
    await collect(await options());
    const unbroken = await readFile(at("adapter.gguf"));
    await collect(await options({ output: at("again.gguf") }));
    expect(unbroken.equals(await readFile(at("again.gguf")))).toBe(true);

    const controller = new AbortController();
    const broken = await options({ output: at("broken.gguf"), signal: controller.signal });
    const reason = new Error("later");
    const part = async () => {
      for await (const event of trainAdapter(broken)) {
        if (event.type === "step-end" && event.step === 3) controller.abort(reason);
      }
    };
    await expect(part()).rejects.toBe(reason);
    expect(existsSync(broken.output)).toBe(false);
    const events = await collect({ ...broken, signal: undefined, resume: true });
    expect(events.filter(({ type }) => type === "step-end")).toHaveLength(3);
    expect(unbroken.equals(await readFile(broken.output))).toBe(true);
  });

  it("begins from another adapter, of the same shape only", async () => {
    const first = await trainAdapter(await options({ output: at("first.gguf") })).result();
    const lora = { rank: 4, dropout: 0 };
    const from = { output: at("second.gguf"), initialAdapter: first.output };
    const second = await trainAdapter(await options({ ...from, lora })).result();
    expect(second.lossBefore).toBeCloseTo(first.lossAfter, 2);
    expect(second.lossAfter).toBeLessThan(first.lossAfter);

    const other = await options({ ...from, lora: { rank: 8 }, output: at("third.gguf") });
    await expect(trainAdapter(other).result()).rejects.toMatchObject({ name: "TrainingError" });
    const missing = await options({ ...from, initialAdapter: at("none.gguf") });
    await expect(trainAdapter(missing).result()).rejects.toThrow("none.gguf");
  });

  it("trains rows of tokens, and only those, which a merge folds into a model of its own", async () => {
    const base = await options({ training: { steps: 1 } });
    const marker = "<start_function_call>";
    const given = await options({
      model: await tinyModel("functiongemma", {
        shape: { matrixType: "F32", embeddingType: "F32" },
      }),
      trainTokens: [marker, marker],
      training: { outputType: "f32", precision: "exact" },
    });
    const { verdict } = await trainAdapter(given).result();
    expect(verdict).toBe("better");
    await using model = await loadModel(given.model);
    await expect(model.loadAdapter(given.output)).rejects.toMatchObject({
      code: "ADAPTER_UNSUPPORTED",
      details: { tensor: "token_embd.weight.change" },
    });
    const merged = at("merged.gguf");
    await mergeAdapter({ model: given.model, adapter: given.output, output: merged });
    const [before, after] = [await embeddingRows(given.model), await embeddingRows(merged)];
    const changed = before.flatMap((row, id) => (row.equals(after[id]!) ? [] : [id]));
    expect(changed).toEqual([model.specialToken(marker)]);

    const ids = Int32Array.of(model.specialToken(marker)!);
    const prompt = await model.tokenize(`<bos>The status of${marker}call`, { special: true });
    const trained = await logits(given.model, prompt, { adapter: given.output, ids });
    const folded = await logits(merged, prompt);
    const worst = trained.reduce((most, x, i) => Math.max(most, Math.abs(x - folded[i]!)), 0);
    expect(worst).toBeLessThan(1e-4);
    expect(worst).not.toBeNaN();

    const unknown = { ...base, trainTokens: ["no token at all"] };
    await expect(trainAdapter(unknown).result()).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });

  it("writes F16 where asked to, half as large", async () => {
    await collect(await options({ training: { outputType: "f32", steps: 1 } }));
    await collect(
      await options({ output: at("half.gguf"), training: { outputType: "f16", steps: 1 } }),
    );
    const [whole, half] = [await readFile(at("adapter.gguf")), await readFile(at("half.gguf"))];
    expect(half.length / whole.length).toBeLessThan(0.7);
  });

  it("says that an adapter changes nothing", async () => {
    const lines: string[] = [];
    const given = await options({
      training: { learningRate: 0 },
      log: (line) => lines.push(line),
    });
    const result = await trainAdapter(given).result();
    expect(result.verdict).toBe("unchanged");
    expect(lines.join()).toMatch(/changes nothing/);
  });

  it("says that an adapter makes it worse", async () => {
    const given = await options({
      lora: { rank: 4, dropout: 0 },
      training: { learningRate: 2, schedule: "constant", warmupRatio: 0, steps: 2 },
    });
    const result = await trainAdapter(given).result();
    expect(result.verdict).toBe("worse");
    expect(result.warnings.join()).toMatch(/makes it worse/);
  });

  it("ends with a code where the loss is no number any more", async () => {
    const given = await options({ training: { learningRate: 1e30, warmupRatio: 0, steps: 20 } });
    await expect(trainAdapter(given).result()).rejects.toMatchObject({
      name: "TrainingError",
      code: "TRAINING_LOSS_NOT_FINITE",
    });
    expect(existsSync(given.output)).toBe(false);
  });

  it("reports what does not fit, and trains on the rest", async () => {
    const given = await options({ training: { maxLength: 100, heldOut: 0 } });
    const [start] = await collect(given);
    expect(start).toMatchObject({ type: "run-start", leftOut: [{ line: 1 }, { line: 3 }] });
  });

  it("names every line that cannot be used, before anything runs", async () => {
    const data = at("data.jsonl");
    await writeFile(data, `${JSON.stringify(talk)}\n{"messages": [{"role": "nobody"}]}\n`);
    await expect(trainAdapter(await options({ data })).result()).rejects.toMatchObject({
      code: "TRAINING_DATA_INVALID",
      details: { issues: [{ file: data, line: 2 }] },
    });
  });

  it("refuses a folder that cannot be written, and an unknown device, with a code", async () => {
    const nowhere = await options({ output: join(folder, "absent", "adapter.gguf") });
    await expect(trainAdapter(nowhere).result()).rejects.toMatchObject({
      code: "TRAINING_WRITE_FAILED",
    });
    const device = await options({ training: { device: "TPU7" } });
    await expect(trainAdapter(device).result()).rejects.toMatchObject({
      code: "TRAINING_DEVICE_UNAVAILABLE",
    });
  });

  it("refuses a checkpoint of other options", async () => {
    for await (const event of trainAdapter(await options())) if (event.type === "step-end") break;
    const other = await options({ training: { learningRate: 1e-3 }, resume: true });
    await expect(trainAdapter(other).result()).rejects.toMatchObject({
      code: "TRAINING_CHECKPOINT_MISMATCH",
    });
  });
});

describe("a trainer's process", () => {
  const open = async () =>
    openTrainer({
      ...{ model: await tinyModel("gemma3"), device: "CPU", threads: 1, precision: "auto" },
      ...{
        lowMemory: false,
        allWeights: false,
        tokenRows: new Int32Array(),
        rank: 4,
        alpha: 4,
        rankStabilised: false,
      },
      ...{ targets: [], dropout: 0, learningRate: 1, schedule: "constant", warmupSteps: 0 },
      ...{ totalSteps: 1, weightDecay: 0, maxGradNorm: 1, seed: 0, maxLength: 64 },
    });
  const row = {
    tokens: Int32Array.of(1, 2, 3),
    trained: Uint8Array.of(0, 1, 1),
    samples: new Int32Array(3),
  };

  it("answers with typed errors and works on after them", async () => {
    const trainer = await open();
    const wrong = { ...row, tokens: Int32Array.of(1, 2, -3) };
    await expect(trainer.step([wrong])).rejects.toMatchObject({
      name: "TrainingError",
      code: "TRAINING_BATCH_INVALID",
    });
    await expect(trainer.step([])).rejects.toMatchObject({ code: "TRAINING_BATCH_INVALID" });
    const short = { ...row, samples: new Int32Array(2) };
    await expect(trainer.step([short])).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await expect(trainer.saveModel("x", "y", "F32")).rejects.toMatchObject({
      code: "TRAINING_OPTION_INVALID",
    });
    expect(await trainer.step([row])).toMatchObject({ step: 1, tokens: 3, trainedTokens: 2 });
    await trainer.close();
  });

  it("rejects what is under way and what comes after, when it is ended", async () => {
    const trainer = await open();
    const step = trainer.step([row]);
    const ended = expect(step).rejects.toMatchObject({ code: "TRAINING_PROCESS_ENDED" });
    await Promise.all([ended, trainer.close()]);
    expect(trainer.isOpen).toBe(false);
    await expect(trainer.step([row])).rejects.toMatchObject({ code: "TRAINING_PROCESS_ENDED" });
    await trainer.close();
  });
});

describe("training all weights", () => {
  const tokens = Int32Array.from({ length: 32 }, (_, i) => 20 + (i % 7));
  const rows = [{ tokens, trained: new Uint8Array(32).fill(1), samples: new Int32Array(32) }];

  async function given(output: string): Promise<TrainWeightsOptions> {
    return {
      ...{ model: await tinyModel("functiongemma"), output, matrixType: "F32" },
      ...orderRows(rows, { gradientAccumulationSteps: 1, epochs: 1, steps: 12, seed: 0 }),
      ...{ dataHash: hashRows(rows), heldOut: rows },
      training: { learningRate: 1e-2, maxLength: 64, device: "CPU", threads: 1 },
    };
  }

  it("writes a model that learnt, resumed with the bytes of an unbroken run", async () => {
    const losses: number[] = [];
    for await (const event of trainWeights(await given(at("model.gguf")))) {
      if (event.type === "evaluation-end") losses.push(event.loss);
    }
    expect(losses[1]).toBeLessThan(losses[0]! / 2);
    const broken = await given(at("broken.gguf"));
    for await (const event of trainWeights(broken)) {
      if (event.type === "step-end" && event.step === 5) break;
    }
    for await (const _ of trainWeights({ ...broken, resume: true }));
    const [one, other] = [await readFile(at("model.gguf")), await readFile(at("broken.gguf"))];
    expect(one.equals(other)).toBe(true);
    await using model = await loadModel(at("model.gguf"));
    expect(model.architecture).toBe("gemma3");
  });
});
