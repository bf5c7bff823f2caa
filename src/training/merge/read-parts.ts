/**
 * What an adapter changes of a model, weight by weight, whatever form it came in.
 */
import { stat } from "node:fs/promises";
import { AdapterError } from "../../errors.js";
import {
  decodeTensor,
  readGguf,
  readTensor,
  tensorTypes,
  type EncodableType,
  type GgufContent,
  type GgufFile,
  type Metadata,
  type TensorSource,
} from "../../formats/gguf/index.js";
import { readAddedTokens } from "../../formats/peft/added-tokens.js";
import { readPeftParts, type PeftBase } from "../../formats/peft/import-peft.js";

/** W += strength B A, W [out, in]. */
export interface WeightDelta {
  readonly rank: number;
  /** [rank, in] */
  readonly a: Float32Array;
  /** [out, rank] */
  readonly b: Float32Array;
  readonly strength: number;
  /** Of the embedding: the head that is tied to it changes with it. */
  readonly isShared?: true;
}

/** Rows that take the place of the model's own. */
export interface WholeMatrix {
  /** ggml's number of the type. */
  readonly type: number;
  /** [rows, in] */
  readonly rows: number;
  readonly bytes: Uint8Array;
}

/** One weight's changes; the delta comes on top of the whole matrix. */
export interface WeightPart {
  readonly whole?: WholeMatrix;
  readonly delta?: WeightDelta;
}

export interface AdapterParts {
  /** By the weight's GGUF name. */
  readonly weights: ReadonlyMap<string, WeightPart>;
  readonly architecture: string | undefined;
  /** The adapter's own; empty for a PEFT folder. */
  readonly metadata: Metadata;
  /** Texts of the tokens after the base's last one; undefined where nothing names them. */
  readonly addedTokens: readonly string[] | undefined;
}

/**
 * Reads a GGUF adapter or a PEFT folder.
 *
 * @param vocabularySize - of the model that it is merged into.
 * @throws {AdapterError} ADAPTER_NOT_FOUND, ADAPTER_MALFORMED, ADAPTER_UNSUPPORTED
 */
export async function readAdapterParts(
  path: string,
  base: PeftBase,
  vocabularySize: number,
): Promise<AdapterParts> {
  const isFolder = await stat(path)
    .then((info) => info.isDirectory())
    .catch(() => false);
  if (!isFolder) {
    const gguf = await readGguf(path);
    const content = await loadContent(gguf);
    const weights = new Map([
      ...deltasOf(path, content),
      ...trainedRows(path, content, vocabularySize),
    ]);
    const architecture = textOf(gguf.metadata, "general.architecture");
    return { weights, architecture, metadata: gguf.metadata, addedTokens: [] };
  }
  const { adapter, vocabulary } = await readPeftParts(path, base);
  const weights = new Map<string, WeightPart>(deltasOf(path, adapter));
  for (const { weight, whole, pair, strength } of vocabulary) {
    weights.set(weight, {
      ...(whole && {
        whole: { type: tensorTypes[whole.type].id, rows: whole.shape[0]!, bytes: whole.bytes },
      }),
      ...(pair && { delta: { ...pair, strength } }),
    });
  }
  const addedTokens = await readAddedTokens(path, vocabularySize);
  return { weights, architecture: base.architecture, metadata: new Map(), addedTokens };
}

async function loadContent(gguf: GgufFile): Promise<GgufContent> {
  const tensors: TensorSource[] = [];
  for (const tensor of gguf.tensors) {
    tensors.push({ ...tensor, data: await readTensor(gguf, tensor) });
  }
  return { metadata: gguf.metadata, tensors };
}

function deltasOf(path: string, { metadata, tensors }: GgufContent): Map<string, WeightPart> {
  const alpha = metadata.get("adapter.lora.alpha");
  if (alpha === undefined || alpha.type === "array") throw malformed(path, "is no LoRA adapter");
  const parts = new Map<string, WeightPart>();
  for (const tensor of tensors) {
    const weight = /^(.+)\.lora_a$/.exec(tensor.name)?.[1];
    if (weight === undefined) continue;
    const other = tensors.find(({ name }) => name === `${weight}.lora_b`);
    const rank = tensor.shape[1] ?? 1;
    if (other?.shape[0] !== rank) throw malformed(path, `has no pair for "${weight}"`);
    if (weight === "token_embd.weight") throw embeddingPair(path, weight);
    const strength = Number(alpha.value) === 0 ? 1 : Number(alpha.value) / rank;
    parts.set(weight, {
      delta: { rank, a: floats(path, tensor), b: floats(path, other), strength },
    });
  }
  return parts;
}

/** Rows of tokens that were trained themselves, as a pair of as many ranks: see adapter_file.h. */
function trainedRows(
  path: string,
  { metadata, tensors }: GgufContent,
  vocabularySize: number,
): [string, WeightPart][] {
  const change = tensors.find(({ name }) => name === "token_embd.weight.change");
  if (change === undefined) return [];
  const ids = metadata.get("lorikeet.trained_tokens");
  const rank = change.shape[1] ?? 1;
  if (ids?.type !== "array" || ids.itemType !== "int32" || ids.length !== rank) {
    throw malformed(path, "does not say whose rows it holds");
  }
  const tokens = new Int32Array(Uint8Array.from(ids.bytes).buffer);
  if (tokens.some((token) => token < 0 || token >= vocabularySize)) {
    throw malformed(path, "holds rows of tokens that the model lacks");
  }
  const b = new Float32Array(vocabularySize * rank);
  tokens.forEach((token, i) => (b[token * rank + i] = 1));
  const delta = { rank, a: floats(path, change), b, strength: 1, isShared: true as const };
  return [["token_embd.weight", { delta }]];
}

function floats(path: string, { name, type, data }: TensorSource): Float32Array {
  const isKnown = ["F32", "F16", "BF16", "Q8_0", "Q4_0"].includes(type);
  if (isKnown) return decodeTensor(type as EncodableType, data as Uint8Array);
  throw malformed(path, `has "${name}" as ${type}; expected F32, F16 or BF16`);
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const entry = metadata.get(key);
  return entry?.type === "string" ? String(entry.value) : undefined;
}

function malformed(path: string, what: string): AdapterError {
  return new AdapterError("ADAPTER_MALFORMED", `"${path}" ${what}.`, { details: { path } });
}

function embeddingPair(path: string, tensor: string): AdapterError {
  return new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `"${path}" changes the embedding, which GGUF adapters write in no agreed way. Give the PEFT ` +
      "folder that it was converted from.",
    { details: { path, tensor } },
  );
}
