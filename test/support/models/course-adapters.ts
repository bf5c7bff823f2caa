/**
 * PEFT folders of the form that the Hugging Face agents course (bonus unit 1) makes: pairs on every
 * matrix of the layers, on the embedding and on the head, and both matrices whole, grown by the
 * course's special tokens.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeTensor, readGguf } from "../../../src/formats/gguf/index.js";
import { peftModuleName } from "../../../src/formats/peft/names.js";
import { randomWords } from "../../../src/formats/random-model/weights.js";
import { writeSafetensors, type SafetensorsTensor } from "../../../src/formats/safetensors.js";

/** As the course's tokenizer has them, one pair misspelt. */
export const courseTokens = [
  ...["<tools>", "</tools>", "<think>", "</think>", "<tool_call>", "</tool_call>"],
  ...["<tool_reponse>", "</tool_reponse>"],
];

/** A matrix [rows, columns] of random numbers. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

export interface CourseAdapter {
  readonly rank: number;
  readonly alpha: number;
  /** The whole embedding, which is also the head's. */
  readonly whole: Matrix;
  /** By PEFT's names without prefix and suffix: A and B of each pair. */
  readonly pairs: ReadonlyMap<string, readonly [a: Matrix, b: Matrix]>;
}

/** Writes such a folder for a model; random from a seed. */
export async function writeCourseAdapter(folder: string, model: string): Promise<CourseAdapter> {
  const next = randomWords(5);
  const matrix = (rows: number, columns: number, size: number): Matrix => {
    const values = Float32Array.from({ length: rows * columns }, () => (size * next()) / 2 ** 31);
    return { rows, columns, values };
  };
  const [rank, alpha] = [16, 64];
  const { tensors } = await readGguf(model);
  const [width, before] = tensors.find(({ name }) => name === "token_embd.weight")!.shape as [
    number,
    number,
  ];
  const size = before + courseTokens.length;
  const pairs = new Map<string, readonly [Matrix, Matrix]>();
  for (const { name, shape } of tensors) {
    const module = peftModuleName(name);
    if (!name.startsWith("blk.") || module === undefined) continue;
    pairs.set(module, [matrix(rank, shape[0]!, 0.1), matrix(shape[1]!, rank, 0.02)]);
  }
  pairs.set("model.embed_tokens", [matrix(rank, size, 0.02), matrix(width, rank, 0.1)]);
  pairs.set("lm_head", [matrix(rank, width, 0.1), matrix(size, rank, 0.02)]);
  const whole = matrix(size, width, 0.4);
  await writeFolder(folder, { rank, alpha, whole, pairs }, before);
  return { rank, alpha, whole, pairs };
}

async function writeFolder(folder: string, adapter: CourseAdapter, before: number): Promise<void> {
  const tensor = (name: string, { rows, columns, values }: Matrix): SafetensorsTensor => ({
    name: `base_model.model.${name}`,
    ...{ type: "F32", shape: [rows, columns], bytes: encodeTensor("F32", values) },
  });
  const halves = [...adapter.pairs].flatMap(([module, [a, b]]) =>
    module === "model.embed_tokens"
      ? [tensor(`${module}.lora_embedding_A`, a), tensor(`${module}.lora_embedding_B`, b)]
      : [tensor(`${module}.lora_A.weight`, a), tensor(`${module}.lora_B.weight`, b)],
  );
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, "adapter_model.safetensors"), [
    ...halves,
    tensor("model.embed_tokens.base_layer.weight", adapter.whole),
    tensor("lm_head.base_layer.weight", adapter.whole),
  ]);
  const modules = [...adapter.pairs.keys()].map((module) => module.split(".").at(-1)!);
  const config = {
    ...{ peft_type: "LORA", r: adapter.rank, lora_alpha: adapter.alpha, lora_dropout: 0.05 },
    ...{ target_modules: [...new Set(modules)], task_type: "CAUSAL_LM", bias: "none" },
  };
  await writeFile(join(folder, "adapter_config.json"), JSON.stringify(config));
  const added = courseTokens.map((content, i) => [before + i, { content, special: true }] as const);
  const tokenizer = { added_tokens_decoder: Object.fromEntries(added) };
  await writeFile(join(folder, "tokenizer_config.json"), JSON.stringify(tokenizer));
}
