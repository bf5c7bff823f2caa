/**
 * The tensors of a model whose residual is wider than before: longer rows and more of them, filled
 * with zeros, and norms that make up for the mean over more dimensions.
 */
import {
  encodeTensor,
  streamTensor,
  tensorBytes,
  tensorTypes,
  type GgufFile,
  type StoredTensor,
  type TensorSource,
  type TensorType,
} from "../../formats/gguf/index.js";
import type { NativeAddon } from "../../native/addon.js";
import {
  baseRows,
  decodeRows,
  mergedPieces,
  rowsPerPiece,
  type MergedWeight,
} from "./weight-rows.js";

/** What the file is made of, the merged weights by name. */
export interface UntieSource {
  readonly addon: NativeAddon;
  readonly base: GgufFile;
  readonly merged: ReadonlyMap<string, MergedWeight>;
  readonly embedding: MergedWeight;
  readonly head: MergedWeight;
  readonly scale: number;
}

/** Lengths, and where things lie behind the first C. */
export interface Widths {
  readonly C: number;
  readonly wide: number;
  /** D's dimensions are from C to C + k. */
  readonly k: number;
  readonly constant: number;
  /** Where unit k writes; nothing reads it. */
  readonly sink: number;
}

/** A tensor of the base in the wider model, one layer later. */
export function widen(
  source: UntieSource,
  tensor: StoredTensor,
  { C, wide }: Widths,
): TensorSource {
  const name = tensor.name.replace(/^blk\.(\d+)/, (_, layer) => `blk.${Number(layer) + 1}`);
  const { type, shape } = tensor;
  if (/attn_(q|k|v)\.|ffn_(gate|up)\./.test(name)) {
    const data = () => longerRows(rowsOf(source, tensor), type, C, wide);
    return { name, type, shape: [wide, shape[1]!], data };
  }
  if (/attn_output\.|ffn_down\./.test(name)) {
    const rest = new Uint8Array((wide - C) * tensorBytes(type, [shape[0]!]));
    const data = () => followedBy(rowsOf(source, tensor), rest);
    return { name, type, shape: [shape[0]!, wide], data };
  }
  if (!name.endsWith("norm.weight"))
    return { ...tensor, name, data: () => streamTensor(source.base, tensor) };
  const factor = name === "output_norm.weight" ? 1 : Math.sqrt(C / wide);
  return { name, type: "F32", shape: [wide], data: () => widerNorm(source, tensor, factor, wide) };
}

/** The rows of a tensor as they are in the merged model. */
function rowsOf(
  source: UntieSource,
  tensor: StoredTensor,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const weight = source.merged.get(tensor.name);
  if (weight) return mergedPieces(source.addon, weight, source.scale);
  return baseRows(source.base, tensor).pieces(rowsPerPiece(tensor.shape[0]!));
}

async function* longerRows(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  type: TensorType,
  C: number,
  wide: number,
): AsyncGenerator<Uint8Array> {
  const [before, after] = [tensorBytes(type, [C]), tensorBytes(type, [wide])];
  for await (const piece of pieces) {
    const count = piece.length / before;
    const longer = new Uint8Array(count * after);
    for (let row = 0; row < count; row++) {
      longer.set(piece.subarray(row * before, (row + 1) * before), row * after);
    }
    yield longer;
  }
}

async function* followedBy(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  rest: Uint8Array,
): AsyncGenerator<Uint8Array> {
  yield* pieces;
  yield rest;
}

async function* widerNorm(
  { addon, base }: UntieSource,
  tensor: StoredTensor,
  factor: number,
  wide: number,
): AsyncGenerator<Uint8Array> {
  const [C] = tensor.shape as [number];
  const values = new Float32Array(wide);
  for await (const bytes of streamTensor(base, tensor)) {
    const decoded = await decodeRows(addon, bytes, tensorTypes[tensor.type].id, C);
    decoded.forEach((value, i) => (values[i] = factor * value));
  }
  yield encodeTensor("F32", values);
}
