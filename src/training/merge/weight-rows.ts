/**
 * Rows of weights on their way into a merged file: where they come from, and what is added to them.
 *
 * Rows are [in]; a weight has `out` of them.
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
import type { WeightDelta, WholeMatrix } from "./read-parts.js";

/** Floats that are decoded at once. */
const pieceElements = 1 << 22;

/** A weight that changes. */
export interface MergedWeight {
  readonly name: string;
  readonly type: TensorType;
  readonly in: number;
  /** Rows that are written. */
  readonly out: number;
  readonly rows: RowSource;
  readonly delta: WeightDelta | undefined;
}

/** Encoded rows, one after the other. */
export interface RowSource {
  /** ggml's number of the type. */
  readonly type: number;
  readonly count: number;
  /** Pieces of whole rows, about `rows` each. */
  pieces(rows: number): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Rows of a length that are worked on at once. */
export function rowsPerPiece(length: number): number {
  return Math.max(1, Math.floor(pieceElements / length));
}

export function baseRows(base: GgufFile, tensor: StoredTensor): RowSource {
  const { type } = tensor;
  const [length, count] = tensor.shape as [number, number];
  const rowBytes = tensorBytes(type, [length]);
  const pieces = (rows: number) => streamTensor(base, tensor, rows * rowBytes);
  return { type: tensorTypes[type].id, count, pieces };
}

export function wholeRows(
  name: string,
  { type, rows, bytes }: WholeMatrix,
  length: number,
): RowSource {
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

export function toTensor(addon: NativeAddon, weight: MergedWeight, scale: number): TensorSource {
  const { name, type, in: length, out } = weight;
  return { name, type, shape: [length, out], data: () => mergedPieces(addon, weight, scale) };
}

export async function* mergedPieces(
  addon: NativeAddon,
  weight: MergedWeight,
  scale: number,
): AsyncGenerator<Uint8Array> {
  const { in: length, out, rows } = weight;
  const perPiece = rowsPerPiece(length);
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
  const values = await decodeRows(addon, bytes, type, sum.length);
  for (let i = 0; i < values.length; i++) sum[i % sum.length]! += values[i]!;
}

/** Encoded rows as floats. */
export async function decodeRows(
  addon: NativeAddon,
  bytes: Uint8Array,
  type: number,
  rowLength: number,
): Promise<Float32Array> {
  const outputType = tensorTypes.F32.id;
  const source = { ...noUpdate, type, outputType, rowLength, bytes };
  const decoded = await awaitNative(() => addon.mergeRows(source));
  return new Float32Array(decoded.buffer, decoded.byteOffset, decoded.byteLength / 4);
}

/** Floats as encoded rows. */
export function encodeRows(
  addon: NativeAddon,
  values: Float32Array,
  rowLength: number,
  type: TensorType,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const types = { type: tensorTypes.F32.id, outputType: tensorTypes[type].id };
  return awaitNative(() => addon.mergeRows({ ...noUpdate, ...types, rowLength, bytes }));
}

const noUpdate = { rank: 0, a: new Float32Array(), b: new Float32Array(), strength: 0 };

/** The adapter does not fit the model. */
export function mismatch(tensor: string, what: string): AdapterError {
  return new AdapterError("ADAPTER_MISMATCH", `The adapter has ${what}, at "${tensor}".`, {
    details: { tensor },
  });
}
