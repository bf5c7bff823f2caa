/**
 * The weights of a merged model: which change, and how their rows are made.
 *
 * V counts the vocabulary, in and out are a weight's lengths; rows are [in].
 */
import { AdapterError } from "../../errors.js";
import {
  streamTensor,
  tensorBytes,
  tensorTypes,
  type GgufFile,
  type StoredTensor,
  type TensorSource,
  type TensorType,
} from "../../formats/gguf/index.js";
import type { NativeAddon } from "../../native/addon.js";
import { awaitNative } from "../../native/errors.js";
import type { AdapterParts, WeightDelta, WeightPart, WholeMatrix } from "./read-parts.js";

export const embeddingName = "token_embd.weight";
export const headName = "output.weight";

/** Architectures whose head is the embedding, with no place for another one. */
const alwaysTied = ["gemma", "gemma2"];

/** Floats that are decoded at once. */
const pieceElements = 1 << 22;

/** A weight that changes. */
interface MergedWeight {
  readonly name: string;
  readonly type: TensorType;
  readonly in: number;
  /** Rows that are written. */
  readonly out: number;
  readonly rows: RowSource;
  readonly delta: WeightDelta | undefined;
}

/** Encoded rows, one after the other. */
interface RowSource {
  /** ggml's number of the type. */
  readonly type: number;
  readonly count: number;
  /** Pieces of whole rows, about `rows` each. */
  pieces(rows: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/**
 * Plans the tensors of the merged file; nothing is computed before they are written.
 *
 * @param vocabularySize - tokens of the new file; rows that no part brings are the mean of the others.
 * @throws {AdapterError} ADAPTER_MISMATCH - the model lacks a weight, or it has another shape.
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - the head would differ from the embedding in an
 * architecture that ties them; or rows have to be appended to per-layer embeddings.
 */
export function mergeWeights(
  addon: NativeAddon,
  base: GgufFile,
  parts: AdapterParts,
  scale: number,
  vocabularySize: number,
): { readonly tensors: TensorSource[]; readonly changed: string[] } {
  const merged = new Map<string, MergedWeight>();
  for (const weight of vocabularyWeights(base, parts, vocabularySize)) {
    merged.set(weight.name, weight);
  }
  for (const [name, part] of parts.weights) {
    if (name !== embeddingName && name !== headName)
      merged.set(name, layerWeight(base, name, part));
  }
  const tensors = base.tensors.map((tensor) => {
    const weight = merged.get(tensor.name);
    if (weight !== undefined) return toTensor(addon, weight, scale);
    return { ...tensor, data: () => streamTensor(base, tensor) };
  });
  const head = merged.get(headName);
  if (head && !base.tensors.some(({ name }) => name === headName)) {
    tensors.push(toTensor(addon, head, scale));
  }
  return { tensors, changed: [...merged.keys()] };
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
    !ownHead && !ofEmbedding?.delta && !ofHead?.delta && sharesWhole(ofEmbedding, ofHead);
  const make = (tensor: StoredTensor, name: string, whole?: WholeMatrix, delta?: WeightDelta) => {
    checkDelta(name, delta, length, sizeBefore, size);
    const rows = whole ? wholeRows(name, whole, length) : baseRows(base, tensor);
    return { name, type: tensor.type, in: length, out: size, rows, delta };
  };
  const isChanged = size !== sizeBefore || ofEmbedding !== undefined || ofHead !== undefined;
  if (!isChanged) return [];
  const weights = [make(embedding, embeddingName, shared, ofEmbedding?.delta)];
  if (isTied) return weights;
  if (!ownHead) checkUntying(parts.architecture);
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

function baseRows(base: GgufFile, tensor: StoredTensor): RowSource {
  const { type } = tensor;
  const [length, count] = tensor.shape as [number, number];
  const rowBytes = tensorBytes(type, [length]);
  const pieces = (rows: number) => streamTensor(base, tensor, rows * rowBytes);
  return { type: tensorTypes[type].id, count, pieces };
}

function wholeRows(name: string, { type, rows, bytes }: WholeMatrix, length: number): RowSource {
  const rowBytes = bytes.length / rows;
  const width = type === tensorTypes.F32.id ? 4 : 2;
  if (rowBytes !== length * width) {
    throw mismatch(name, `rows of ${rowBytes / width} elements instead of ${length}`);
  }
  return {
    type,
    count: rows,
    *pieces(count) {
      for (let row = 0; row < rows; row += count) {
        yield bytes.subarray(row * rowBytes, Math.min(rows, row + count) * rowBytes);
      }
    },
  };
}

function toTensor(addon: NativeAddon, weight: MergedWeight, scale: number): TensorSource {
  const { name, type, in: length, out } = weight;
  return { name, type, shape: [length, out], data: () => mergedPieces(addon, weight, scale) };
}

async function* mergedPieces(
  addon: NativeAddon,
  weight: MergedWeight,
  scale: number,
): AsyncGenerator<Uint8Array> {
  const { in: length, out, rows } = weight;
  const perPiece = Math.max(1, Math.floor(pieceElements / length));
  const sum = new Float64Array(out > rows.count ? length : 0);
  const merge = (bytes: Uint8Array, type: number, from: number, count: number) =>
    awaitNative(() => addon.mergeRows({ ...updateOf(weight, scale, from, count), bytes, type }));
  let done = 0;
  for await (const piece of rows.pieces(perPiece)) {
    const rowBytes = piece.length / Math.min(perPiece, rows.count - done);
    const count = Math.min(out - done, piece.length / rowBytes);
    if (count <= 0) break;
    const bytes = piece.subarray(0, count * rowBytes);
    if (sum.length > 0) await addTo(sum, addon, bytes, rows.type);
    yield await merge(bytes, rows.type, done, count);
    done += count;
  }
  if (done < out) {
    const mean = Float32Array.from(sum, (total) => total / done);
    const appended = new Float32Array((out - done) * length);
    for (let row = 0; row < out - done; row++) appended.set(mean, row * length);
    yield await merge(new Uint8Array(appended.buffer), tensorTypes.F32.id, done, out - done);
  }
}

/** The update of some rows; rows beyond the pair's own get nothing. */
function updateOf(
  { type, in: length, delta }: MergedWeight,
  scale: number,
  from: number,
  count: number,
) {
  const { rank = 0, a = new Float32Array(), strength = 0 } = delta ?? {};
  const b = new Float32Array(count * rank);
  if (delta) b.set(delta.b.subarray(from * rank, (from + count) * rank));
  const outputType = tensorTypes[type].id;
  return { outputType, rowLength: length, rank, a, b, strength: strength * scale };
}

async function addTo(sum: Float64Array, addon: NativeAddon, bytes: Uint8Array, type: number) {
  const none = new Float32Array();
  const outputType = tensorTypes.F32.id;
  const source = {
    type,
    outputType,
    rowLength: sum.length,
    bytes,
    rank: 0,
    a: none,
    b: none,
    strength: 0,
  };
  const decoded = await awaitNative(() => addon.mergeRows(source));
  const values = new Float32Array(decoded.buffer, decoded.byteOffset, decoded.byteLength / 4);
  for (let i = 0; i < values.length; i++) sum[i % sum.length]! += values[i]!;
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

function checkUntying(architecture: string | undefined): void {
  if (architecture === undefined || !alwaysTied.includes(architecture)) return;
  throw new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `The adapter changes the embedding and the head of a ${architecture} model in different ways, and ` +
      "llama.cpp has one matrix for both. Train without embed_tokens and lm_head among the targets.",
    { details: { architecture } },
  );
}

function mismatch(tensor: string, what: string): AdapterError {
  return new AdapterError("ADAPTER_MISMATCH", `The adapter has ${what}, at "${tensor}".`, {
    details: { tensor },
  });
}
