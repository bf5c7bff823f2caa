/**
 * The weights of a merged model: which change, and how their rows are made.
 *
 * V counts the vocabulary, in and out are a weight's lengths; rows are [in].
 */
import { AdapterError } from "../../errors.js";
import {
  streamTensor,
  type GgufFile,
  type Metadata,
  type StoredTensor,
  type TensorSource,
} from "../../formats/gguf/index.js";
import type { NativeAddon } from "../../native/addon.js";
import type { AdapterParts, WeightDelta, WeightPart, WholeMatrix } from "./read-parts.js";
import { untieHead } from "./untie-head.js";
import { baseRows, mismatch, toTensor, wholeRows, type MergedWeight } from "./weight-rows.js";

export const embeddingName = "token_embd.weight";
export const headName = "output.weight";

export interface MergedWeights {
  readonly tensors: readonly TensorSource[];
  /** Names of the base's weights that change. */
  readonly changed: readonly string[];
  /** Entries that change with them. */
  readonly metadata: Metadata;
}

/**
 * Plans the tensors of the merged file; nothing is computed before they are written.
 *
 * @param vocabularySize - tokens of the new file; rows that no part brings are the mean of the others.
 * @throws {AdapterError} ADAPTER_MISMATCH - the model lacks a weight, or it has another shape.
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - the head would differ from the embedding in an
 * architecture that ties them; or rows have to be appended to per-layer embeddings.
 */
export async function mergeWeights(
  addon: NativeAddon,
  base: GgufFile,
  parts: AdapterParts,
  scale: number,
  vocabularySize: number,
): Promise<MergedWeights> {
  const merged = new Map<string, MergedWeight>();
  for (const weight of vocabularyWeights(base, parts, vocabularySize)) {
    merged.set(weight.name, weight);
  }
  for (const [name, part] of parts.weights) {
    if (name !== embeddingName && name !== headName)
      merged.set(name, layerWeight(base, name, part));
  }
  const changed = [...merged.keys()];
  const [embedding, head] = [merged.get(embeddingName), merged.get(headName)];
  const isUntied = head !== undefined && base.tensors.every(({ name }) => name !== headName);
  if (isUntied && parts.architecture === "gemma2") {
    const source = { addon, base, merged, embedding: embedding!, head, scale };
    return { changed, ...(await untieHead(source)) };
  }
  const tensors = base.tensors.map((tensor) => {
    const weight = merged.get(tensor.name);
    if (weight !== undefined) return toTensor(addon, weight, scale);
    return { ...tensor, data: () => streamTensor(base, tensor) };
  });
  if (isUntied) tensors.push(toTensor(addon, head, scale));
  return { tensors, changed, metadata: new Map() };
}

function layerWeight(base: GgufFile, name: string, { delta }: WeightPart): MergedWeight {
  const tensor = findTensor(base, name);
  const [length, out] = tensor.shape as [number, number];
  checkDelta(name, delta, length, out, out);
  return { name, type: tensor.type, in: length, out, rows: baseRows(base, tensor), delta };
}

function vocabularyWeights(base: GgufFile, parts: AdapterParts, size: number): MergedWeight[] {
  const embedding = findTensor(base, embeddingName);
  const ownHead = base.tensors.find(({ name }) => name === headName);
  const [ofEmbedding, ofHead] = [embeddingName, headName].map((name) => parts.weights.get(name));
  const [length, sizeBefore] = embedding.shape as [number, number];
  if (size > sizeBefore) checkGrowth(base);
  const shared = ofEmbedding?.whole ?? (ownHead ? undefined : ofHead?.whole);
  const isTied =
    !ownHead &&
    (!ofEmbedding?.delta || ofEmbedding.delta.isShared === true) &&
    !ofHead?.delta &&
    sharesWhole(ofEmbedding, ofHead);
  const make = (tensor: StoredTensor, name: string, whole?: WholeMatrix, delta?: WeightDelta) => {
    checkDelta(name, delta, length, sizeBefore, size);
    const rows = whole ? wholeRows(name, whole, length) : baseRows(base, tensor);
    return { name, type: tensor.type, in: length, out: size, rows, delta };
  };
  const isChanged = size !== sizeBefore || ofEmbedding !== undefined || ofHead !== undefined;
  if (!isChanged) return [];
  const weights = [make(embedding, embeddingName, shared, ofEmbedding?.delta)];
  if (isTied) return weights;
  if (!ownHead) checkUntying(base, parts.architecture, sharesWhole(ofEmbedding, ofHead));
  return [
    ...weights,
    make(
      ownHead ?? embedding,
      headName,
      ofHead?.whole ?? (ownHead ? undefined : shared),
      ofHead?.delta,
    ),
  ];
}

/** Whether what was saved of the embedding and of the head is one matrix. */
function sharesWhole(a: WeightPart | undefined, b: WeightPart | undefined): boolean {
  if (!a?.whole || !b?.whole) return true;
  return a.whole.type === b.whole.type && Buffer.compare(a.whole.bytes, b.whole.bytes) === 0;
}

function findTensor(base: GgufFile, name: string): StoredTensor {
  const tensor = base.tensors.find((each) => each.name === name);
  if (tensor?.shape.length === 2) return tensor;
  throw mismatch(name, "a weight that the model lacks");
}

function checkDelta(
  name: string,
  delta: WeightDelta | undefined,
  length: number,
  fewest: number,
  most: number,
): void {
  if (delta === undefined) return;
  const { rank, a, b } = delta;
  const [given, rows] = [a.length / rank, b.length / rank];
  if (given === length && rows >= fewest && (fewest < most || rows === most)) return;
  throw mismatch(
    name,
    `a pair for [${given}, ${rows}], where the model has [${length}, ${fewest}]`,
  );
}

function checkGrowth(base: GgufFile): void {
  if (!base.tensors.some(({ name }) => name === "per_layer_token_embd.weight")) return;
  throw new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `${base.path} has per-layer embeddings, to which no tokens can be appended. Use at most as many ` +
      "special tokens as its vocabulary has <unusedN>.",
    { details: { path: base.path } },
  );
}

function checkUntying(
  { path }: GgufFile,
  architecture: string | undefined,
  isShared: boolean,
): void {
  if (architecture === "gemma2" ? isShared : architecture !== "gemma") return;
  throw new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `The adapter needs a head that differs from the embedding, for which ${path} has no place. Train ` +
      "without embed_tokens and lm_head among the targets.",
    { details: { path, architecture } },
  );
}
