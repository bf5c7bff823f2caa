// Tiny models with an adapter, as our trainer and as PEFT read them.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../paths.mjs";

const library = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { readGguf, readTensor, writeGguf, encodeTensor, string, float32 } =
  await library("formats/gguf/index.js");
const { tinyShape, tinyVocabulary, writeRandomModel } = await library(
  "formats/random-model/index.js",
);
const { randomWords } = await library("formats/random-model/weights.js");
const { writeSafetensors } = await library("formats/safetensors.js");
const { exportPeft } = await library("formats/peft/export-peft.js");
const { openTrainer } = await library("training/trainer.js");

export const architectures = ["gemma2", "gemma3", "gemma4"];
export const lora = { rank: 4, alpha: 8 };

/**
 * Gemma 4 does not scale attention scores down, which makes random weights so sharp that at 0.003
 * even PEFT in F32 and PEFT in F64 part by a third within 30 steps; at 0.0003 they stay together.
 */
const runOf = (architecture) => ({
  steps: 30,
  learningRate: architecture === "gemma4" ? 0.0003 : 0.003,
  warmupSteps: 3,
  weightDecay: 0.1,
  maxGradNorm: 1,
});

/** What a Gemma 4 of the smaller sizes has beside per-layer embeddings. */
const gemma4Parts = {
  fullHeadLength: 64,
  rotatedPart: 0.25,
  doubleWideShared: true,
  layerScales: true,
};

/** Longer than the window, so that it counts. */
const rowLength = 80;

/** Rows of token ids, the same everywhere. */
export function rowsOf(vocabularySize) {
  const next = randomWords(11);
  return Array.from({ length: 3 }, () =>
    Array.from({ length: rowLength }, () => (next() >>> 0) % vocabularySize),
  );
}

/**
 * Writes `model.gguf`, `initial.gguf` (A and B random) and what PEFT needs into a folder; returns
 * what `openCase` takes, and the rows to train on.
 */
export async function writeCase(folder, architecture) {
  mkdirSync(folder, { recursive: true });
  const shape = {
    ...tinyShape(architecture),
    ...(architecture === "gemma4" && gemma4Parts),
    ...{ matrixType: "F32", embeddingType: "F32" },
  };
  const vocabulary = tinyVocabulary(architecture);
  const [model, initial] = [join(folder, "model.gguf"), join(folder, "initial.gguf")];
  await writeRandomModel(model, { shape, vocabulary });
  const gguf = await readGguf(model);
  await writeGguf(initial, randomAdapter(gguf, architecture));
  await exportPeft(initial, join(folder, "adapter"));
  const tensors = [];
  for (const tensor of gguf.tensors) {
    const { name, type } = tensor;
    const bytes = await readTensor(gguf, tensor);
    tensors.push({ name, type, shape: tensor.shape.toReversed(), bytes });
  }
  await writeSafetensors(join(folder, "base.safetensors"), tensors);
  const rows = rowsOf(vocabulary.size);
  const run = runOf(architecture);
  const sizes = { ...shape, vocabularySize: vocabulary.size };
  writeFileSync(join(folder, "case.json"), JSON.stringify({ model: sizes, rows, run }));
  return { model, initial, rows, run };
}

function randomAdapter(gguf, architecture) {
  const next = randomWords(23);
  const tensor = (name, shape) => {
    const size = 1 / Math.sqrt(shape[0]);
    const values = Float32Array.from(
      { length: shape[0] * shape[1] },
      () => (size * next()) / 2 ** 31,
    );
    return { name, type: "F32", shape, data: encodeTensor("F32", values) };
  };
  const matrices = gguf.tensors.filter(
    ({ name, shape }) => name.startsWith("blk.") && shape.length === 2,
  );
  return {
    metadata: new Map([
      ["general.type", string("adapter")],
      ["general.architecture", string(architecture)],
      ["adapter.type", string("lora")],
      ["adapter.lora.alpha", float32(lora.alpha)],
    ]),
    tensors: matrices.flatMap(({ name, shape }) => [
      tensor(`${name}.lora_a`, [shape[0], lora.rank]),
      tensor(`${name}.lora_b`, [lora.rank, shape[1]]),
    ]),
  };
}

/** Our trainer over a case, from its initial adapter. */
export async function openCase({ model, initial, run }) {
  const trainer = await openTrainer({
    ...{
      model,
      device: "CPU",
      threads: 1,
      precision: "exact",
      lowMemory: false,
      allWeights: false,
      tokenRows: new Int32Array(),
    },
    ...{ ...lora, rankStabilised: false, targets: [], dropout: 0, schedule: "cosine", seed: 0 },
    ...{ learningRate: run.learningRate, warmupSteps: run.warmupSteps, totalSteps: run.steps },
    ...{ weightDecay: run.weightDecay, maxGradNorm: run.maxGradNorm, maxLength: 128 },
  });
  await trainer.loadInitialAdapter(initial);
  return trainer;
}

/** A row of tokens, all of them learnt. */
export function trainingRow(tokens) {
  return {
    tokens: Int32Array.from(tokens),
    trained: new Uint8Array(tokens.length).fill(1),
    samples: new Int32Array(tokens.length),
  };
}

/** Runs the Python side and returns what it prints. */
export function runPython(python, command, folder) {
  const script = join(root, "scripts", "peft", "peft_case.py");
  const { status, stdout, stderr } = spawnSync(python, [script, command, folder], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${python} failed:\n${stderr}`);
  return stdout.trim();
}
