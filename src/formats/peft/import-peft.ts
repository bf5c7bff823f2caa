/**
 * From a PEFT folder to the content of a GGUF adapter.
 *
 * Dimensions: r rank, in and out those of the weight. PEFT stores A [r, in] and B [out, r] with the
 * last dimension contiguous; GGUF names the contiguous one first, so the bytes stay as they are:
 * `lora_a` [in, r], `lora_b` [r, out].
 *
 * llama.cpp adds B A with scale * alpha / r, alpha being one number for the whole file. Where PEFT's
 * strength of a module is another one (rsLoRA, `alpha_pattern`), B is multiplied by the quotient.
 */
import { join } from "node:path";
import { AdapterError } from "../../errors.js";
import {
  decodeTensor,
  encodeTensor,
  float32,
  string,
  type GgufContent,
  type TensorSource,
} from "../gguf/index.js";
import { readSafetensors, type SafetensorsTensor } from "../safetensors.js";
import { peftStrength, readPeftConfig, type PeftConfig } from "./config.js";
import { ggufWeightName, parsePeftName, wholeWeightName } from "./names.js";

/** What the base model says, as far as an adapter's form depends on it. */
export interface PeftBase {
  /** GGUF's name, for example `gemma3`. */
  readonly architecture: string;
  /** Attention heads of queries and of keys; llama's converter permutes rows by them. */
  readonly headCount: number;
  readonly keyHeadCount: number;
}

interface Pair {
  readonly module: string;
  readonly weight: string;
  readonly a: SafetensorsTensor;
  readonly b: SafetensorsTensor;
}

const vocabularyWeights = ["token_embd.weight", "output.weight"] as const;

/** What PEFT adds to or puts in place of the embedding or the head. */
export interface PeftVocabularyPart {
  /** GGUF's name of the matrix [in, V]. */
  readonly weight: (typeof vocabularyWeights)[number];
  /** Its own name, for messages. */
  readonly tensor: string;
  /** The whole matrix [V, in], saved where the vocabulary grew; the pair comes on top. */
  readonly whole?: SafetensorsTensor;
  /** The pair's halves A [r, in] and B [V, r], and its strength. */
  readonly pair?: { readonly a: Float32Array; readonly b: Float32Array; readonly rank: number };
  readonly strength: number;
}

export interface PeftParts {
  /** The pairs on the layers' matrices, as a GGUF adapter. */
  readonly adapter: GgufContent;
  readonly vocabulary: readonly PeftVocabularyPart[];
}

/**
 * Reads a PEFT folder (`adapter_config.json` and `adapter_model.safetensors`) as a GGUF adapter.
 *
 * @throws {AdapterError} ADAPTER_NOT_FOUND, ADAPTER_MALFORMED
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - another kind than LoRA, or a pair on a module that
 * GGUF adapters cannot carry; `details.tensor` names it.
 */
export async function importPeft(folder: string, base: PeftBase): Promise<GgufContent> {
  const { adapter, vocabulary } = await readPeftParts(folder, base);
  if (vocabulary.length > 0) throw unsupported(folder, vocabulary[0]!.tensor);
  if (adapter.tensors.length === 0) throw malformed(folder, "it holds no pair of LoRA tensors");
  return adapter;
}

/**
 * Reads a PEFT folder with what it does to the vocabulary's matrices.
 *
 * @throws {AdapterError} as `importPeft`, but not for pairs on the embedding and the head.
 */
export async function readPeftParts(folder: string, base: PeftBase): Promise<PeftParts> {
  const config = await readPeftConfig(folder);
  const tensors = await readSafetensors(join(folder, "adapter_model.safetensors"));
  const wholes = tensors.filter(({ name }) => wholeWeightName(name) !== undefined);
  const pairs = pairUp(
    folder,
    tensors.filter((tensor) => !wholes.includes(tensor)),
  );
  const isOfVocabulary = ({ weight }: Pair): boolean => vocabularyWeights.some((w) => w === weight);
  return {
    adapter: {
      metadata: new Map([
        ["general.type", string("adapter")],
        ["general.architecture", string(base.architecture)],
        ["adapter.type", string("lora")],
        ["adapter.lora.alpha", float32(config.alpha)],
      ]),
      tensors: pairs
        .filter((pair) => !isOfVocabulary(pair))
        .flatMap((pair) => [toLoraA(pair), toLoraB(pair, config, base)]),
    },
    vocabulary: vocabularyWeights.flatMap((weight) => {
      const whole = wholes.find(({ name }) => wholeWeightName(name) === weight);
      const pair = pairs.find((each) => each.weight === weight);
      return toVocabularyPart(weight, whole, pair, config);
    }),
  };
}

function toVocabularyPart(
  weight: PeftVocabularyPart["weight"],
  whole: SafetensorsTensor | undefined,
  pair: Pair | undefined,
  config: PeftConfig,
): PeftVocabularyPart[] {
  const tensor = (pair?.a ?? whole)?.name;
  if (tensor === undefined) return [];
  if (pair === undefined) return [{ weight, tensor, whole: whole!, strength: 1 }];
  const rank = pair.a.shape[0]!;
  const [a, b] = [pair.a, pair.b].map(({ type, bytes }) => decodeTensor(type, bytes)) as [
    Float32Array,
    Float32Array,
  ];
  // An embedding's halves lie the other way round: A [r, V], B [in, r].
  const halves =
    parsePeftName(pair.a.name)?.embedding === true
      ? { a: transpose(b, rank), b: transpose(a, pair.a.shape[1]!), rank }
      : { a, b, rank };
  const strength = peftStrength(config, pair.module, rank);
  return [{ weight, tensor, ...(whole && { whole }), pair: halves, strength }];
}

/** [rows, columns] -> [columns, rows] */
function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
}

function pairUp(folder: string, tensors: readonly SafetensorsTensor[]): Pair[] {
  const halves = new Map<string, { A?: SafetensorsTensor; B?: SafetensorsTensor }>();
  for (const tensor of tensors) {
    const name = parsePeftName(tensor.name);
    const isEmbedding = name?.module === "embed_tokens";
    if (name === undefined || name.embedding !== isEmbedding)
      throw unsupported(folder, tensor.name);
    halves.set(name.module, { ...halves.get(name.module), [name.half]: tensor });
  }
  return [...halves].map(([module, { A: a, B: b }]) => {
    const present = a ?? b!;
    if (a === undefined || b === undefined) {
      throw malformed(folder, `tensor "${present.name}" has no partner`);
    }
    const weight = ggufWeightName(module);
    if (weight === undefined) throw unsupported(folder, present.name);
    checkShapes(folder, a, b);
    return { module, weight, a, b };
  });
}

function checkShapes(folder: string, a: SafetensorsTensor, b: SafetensorsTensor): void {
  if (a.shape.length !== 2 || b.shape.length !== 2 || a.shape[0] !== b.shape[1]) {
    throw malformed(
      folder,
      `expected "${a.name}" [r, in] and "${b.name}" [out, r], got [${a.shape.join(", ")}] and [${b.shape.join(", ")}]`,
    );
  }
}

function toLoraA({ weight, a }: Pair): TensorSource {
  return toTensor(`${weight}.lora_a`, a, decodeTensor(a.type, a.bytes));
}

function toLoraB(pair: Pair, config: PeftConfig, base: PeftBase): TensorSource {
  const [, rank] = pair.b.shape as [number, number];
  const factor = peftStrength(config, pair.module, rank) / (config.alpha / rank);
  const values = decodeTensor(pair.b.type, pair.b.bytes);
  if (factor !== 1) values.forEach((value, i) => (values[i] = value * factor));
  return toTensor(`${pair.weight}.lora_b`, pair.b, inBaseOrder(values, pair, base), factor === 1);
}

/**
 * llama.cpp stores llama's query and key rows for its own rotary order; B's rows go the same way.
 * Rows of a head [2, d/2] become [d/2, 2].
 */
function inBaseOrder(values: Float32Array, pair: Pair, base: PeftBase): Float32Array {
  const heads = /attn_q\./.test(pair.weight) ? base.headCount : base.keyHeadCount;
  if (base.architecture !== "llama" || !/attn_[qk]\./.test(pair.weight)) return values;
  const [out, rank] = pair.b.shape as [number, number];
  const half = out / heads / 2;
  const permuted = new Float32Array(values.length);
  for (let row = 0; row < out; row++) {
    const head = Math.floor(row / (2 * half));
    const within = row % (2 * half);
    const target = head * 2 * half + (within % half) * 2 + Math.floor(within / half);
    permuted.set(values.subarray(row * rank, (row + 1) * rank), target * rank);
  }
  return permuted;
}

/** F16 stays F16 where nothing was changed; everything else becomes F32, which loses nothing. */
function toTensor(
  name: string,
  source: SafetensorsTensor,
  values: Float32Array,
  unchanged = true,
): TensorSource {
  const type = source.type === "F16" && unchanged ? "F16" : "F32";
  const shape = source.shape.toReversed();
  return { name, type, shape, data: encodeTensor(type, values) };
}

function unsupported(folder: string, tensor: string): AdapterError {
  return new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `The adapter in ${folder} has tensor "${tensor}", which cannot be applied at run time. Adapters that change the embedding or the head need a model of their own: make it with lorikeet merge.`,
    { details: { path: folder, tensor } },
  );
}

function malformed(folder: string, what: string): AdapterError {
  return new AdapterError(
    "ADAPTER_MALFORMED",
    `Could not read the adapter in ${folder}: ${what}.`,
    {
      details: { path: folder },
    },
  );
}
