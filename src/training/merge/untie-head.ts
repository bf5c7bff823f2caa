/**
 * A head of its own for Gemma 2, whose one matrix serves as embedding and head in llama.cpp.
 *
 * An adapter with pairs on both wants the rows E' = S + P to be embedded, and H' = S + Q to be the
 * head. The matrix written here is H'; what the embedding lacks, E' - H' = D A [V, k] [k, C], is
 * added by a layer put before all others. Each row carries its D, and a constant, in dimensions
 * behind the first C, and the layer's feed-forward part maps them linearly onto the first C:
 *
 *   row       [ alpha H' ; beta D ; gamma ; 0 ]           alpha = sqrt(C / C')
 *   unit j    G h_Dj     unit k   G K h_c                 G = gelu(K1 h_c), the same gate for all
 *   down      kappa A^T on the first C, unit k on a dimension that nothing reads
 *   post norm divides by G K h_c / sqrt(C'), as unit k outweighs the others a thousandfold,
 *             so that G, h's norm and h_c cancel and D A is left, whatever the token
 *
 * All other norms have weight 0 behind the first C, and the first C are as before: alpha and
 * norms scaled by sqrt(C / C') make up for the mean over C' instead of C.
 */
import { AdapterError } from "../../errors.js";
import {
  array,
  arrayItems,
  encodeTensor,
  float32,
  streamTensor,
  tensorBytes,
  tensorTypes,
  uint32,
  type GgufFile,
  type Metadata,
  type MetadataEntry,
  type StoredTensor,
  type TensorSource,
  type TensorType,
} from "../../formats/gguf/index.js";
import type { NativeAddon } from "../../native/addon.js";
import { awaitNative } from "../../native/errors.js";
import { baseRows, mergedPieces, rowsPerPiece, type MergedWeight } from "./weight-rows.js";
import type { WeightDelta } from "./read-parts.js";

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
interface Widths {
  readonly C: number;
  readonly wide: number;
  /** D's dimensions are from C to C + k. */
  readonly k: number;
  readonly constant: number;
  /** Where unit k writes; nothing reads it. */
  readonly sink: number;
}

/** E' - H' = D A. */
interface Difference {
  readonly k: number;
  /** [k, C] */
  readonly a: Float32Array;
  /** [V, k] */
  readonly d: Float32Array;
  readonly largest: number;
}

const unitWeight = 4096;

/**
 * The tensors and metadata of a model with one more layer and a wider residual.
 *
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - a size that scales attention by the model's width.
 */
export async function untieHead(
  source: UntieSource,
): Promise<{ readonly tensors: TensorSource[]; readonly metadata: Metadata }> {
  const { base, embedding, head, scale } = source;
  const layers = numberOf(base, "block_count");
  if (layers === 46) throw unsupported(base);
  const difference = differenceOf(embedding, head, scale);
  const widths = widthsOf(base, embedding.in, difference.k);
  const isExact = ["F32", "F16", "BF16"].includes(embedding.type);
  const size = (isExact ? 0.01 : 0.2) * (await rowSize(source));
  const wide = base.tensors.map((tensor) => widen(source, tensor, widths));
  return {
    tensors: [
      ...wide.filter(({ name }) => name !== embedding.name),
      matrix(source, widths, difference, size, isExact),
      ...firstLayer(base, widths, difference, isExact),
    ],
    metadata: widerMetadata(base, widths, layers),
  };
}

function differenceOf(embedding: MergedWeight, head: MergedWeight, scale: number): Difference {
  const parts = [
    { delta: embedding.delta, sign: 1 },
    { delta: head.delta, sign: -1 },
  ].filter((part): part is { delta: WeightDelta; sign: number } => part.delta !== undefined);
  const k = parts.reduce((sum, { delta }) => sum + delta.rank, 0);
  const a = new Float32Array(k * embedding.in);
  const d = new Float32Array(k * embedding.out);
  let first = 0;
  for (const { delta, sign } of parts) {
    const { rank, b, strength } = delta;
    a.set(delta.a, first * embedding.in);
    const factor = sign * strength * scale;
    for (let row = 0; row < Math.min(embedding.out, b.length / rank); row++) {
      for (let j = 0; j < rank; j++) d[row * k + first + j] = factor * b[row * rank + j]!;
    }
    first += rank;
  }
  const largest = d.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  return { k, a, d, largest };
}

/** Blocks of K-quants are 256 long, all others 32; D and the constant have blocks of their own. */
function widthsOf(base: GgufFile, C: number, k: number): Widths {
  const block = Math.max(32, ...base.tensors.map(({ type }) => tensorTypes[type].blockSize));
  const constant = C + roundUp(k, 32);
  return { C, wide: C + roundUp(constant + 2 - C, block), k, constant, sink: constant + 1 };
}

/** The root mean square of the head's first rows. */
async function rowSize(source: UntieSource): Promise<number> {
  for await (const rows of headRows(source)) {
    return Math.sqrt(rows.reduce((sum, value) => sum + value * value, 0) / rows.length) || 1;
  }
  return 1;
}

/** H' in floats, piece by piece. */
async function* headRows({ addon, head, scale }: UntieSource): AsyncGenerator<Float32Array> {
  for await (const piece of mergedPieces(addon, { ...head, type: "F32" }, scale)) {
    yield new Float32Array(piece.buffer, piece.byteOffset, piece.byteLength / 4);
  }
}

/** The embedding and head: [ alpha H' ; beta D ; gamma ; 0 ]. */
function matrix(
  source: UntieSource,
  { C, wide, k, constant }: Widths,
  { d, largest }: Difference,
  size: number,
  isExact: boolean,
): TensorSource {
  const { name, type: own, out } = source.embedding;
  const type: TensorType = isExact ? own : "Q8_0";
  const alpha = Math.sqrt(C / wide);
  const beta = size / largest;
  async function* data() {
    let first = 0;
    for await (const rows of headRows(source)) {
      const count = rows.length / C;
      const values = new Float32Array(count * wide);
      for (let row = 0; row < count; row++) {
        for (let i = 0; i < C; i++) values[row * wide + i] = alpha * rows[row * C + i]!;
        for (let j = 0; j < k; j++) values[row * wide + C + j] = beta * d[(first + row) * k + j]!;
        values[row * wide + constant] = size;
      }
      first += count;
      yield await encode(source.addon, values, wide, type);
    }
  }
  return { name, type, shape: [wide, out], data };
}

function encode(
  addon: NativeAddon,
  values: Float32Array,
  rowLength: number,
  type: TensorType,
): Promise<Uint8Array> {
  const none = new Float32Array();
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const types = { type: tensorTypes.F32.id, outputType: tensorTypes[type].id };
  return awaitNative(() =>
    addon.mergeRows({ ...types, rowLength, bytes, rank: 0, a: none, b: none, strength: 0 }),
  );
}

/** A tensor of the base in the wider model, one layer later. */
function widen(source: UntieSource, tensor: StoredTensor, { C, wide }: Widths): TensorSource {
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
    const decoded = await decode(addon, bytes, tensor.type, C);
    decoded.forEach((value, i) => (values[i] = factor * value));
  }
  yield encodeTensor("F32", values);
}

async function decode(
  addon: NativeAddon,
  bytes: Uint8Array,
  type: TensorType,
  rowLength: number,
): Promise<Float32Array> {
  const none = new Float32Array();
  const types = { type: tensorTypes[type].id, outputType: tensorTypes.F32.id };
  const decoded = await awaitNative(() =>
    addon.mergeRows({ ...types, rowLength, bytes, rank: 0, a: none, b: none, strength: 0 }),
  );
  return new Float32Array(decoded.buffer, decoded.byteOffset, decoded.byteLength / 4);
}

/** The layer that adds D A: attention that gives nothing, and the linear map. */
function firstLayer(
  base: GgufFile,
  { C, wide, k, constant, sink }: Widths,
  { a, largest }: Difference,
  isExact: boolean,
): TensorSource[] {
  const type = isExact ? "F32" : "F16";
  const shapeOf = (name: string) =>
    base.tensors.find((each) => each.name === `blk.0.${name}.weight`)!;
  const F = shapeOf("ffn_gate").shape[1]!;
  const kappa = powerBelow(unitWeight / (1000 * Math.sqrt(k) * (norm(a) || 1)));
  const filled = (length: number, fill: (values: Float32Array) => void): Float32Array => {
    const values = new Float32Array(length);
    fill(values);
    return values;
  };
  const make = (
    name: string,
    shape: number[],
    fill: (values: Float32Array) => void,
    as: "F32" | "F16" = type,
  ) => ({
    ...{ name: `blk.0.${name}.weight`, type: as, shape },
    data: () => [
      encodeTensor(
        as,
        filled(
          shape.reduce((x, y) => x * y, 1),
          fill,
        ),
      ),
    ],
  });
  const nothing = (name: string, shape: number[]): TensorSource => {
    const { type: own } = shapeOf(name);
    const data = () => [new Uint8Array(tensorBytes(own, shape))];
    return { name: `blk.0.${name}.weight`, type: own, shape, data };
  };
  const ones = (name: string) => make(name, [wide], (values) => values.fill(1), "F32");
  return [
    ones("attn_norm"),
    ...["attn_q", "attn_k", "attn_v"].map((name) => nothing(name, [wide, shapeOf(name).shape[1]!])),
    nothing("attn_output", [shapeOf("attn_output").shape[0]!, wide]),
    ones("post_attention_norm"),
    make(
      "ffn_norm",
      [wide],
      (values) => values.fill(1, C, C + k).fill(1, constant, constant + 1),
      "F32",
    ),
    make("ffn_gate", [wide, F], (values) => {
      for (let unit = 0; unit <= k; unit++) values[unit * wide + constant] = isExact ? 256 : 1;
    }),
    make("ffn_up", [wide, F], (values) => {
      for (let unit = 0; unit < k; unit++) values[unit * wide + C + unit] = 1;
      values[k * wide + constant] = unitWeight;
    }),
    make("ffn_down", [F, wide], (values) => {
      for (let row = 0; row < C; row++) {
        for (let unit = 0; unit < k; unit++) values[row * F + unit] = kappa * a[unit * C + row]!;
      }
      values[sink * F + k] = 1;
    }),
    make(
      "post_ffw_norm",
      [wide],
      (values) => values.fill((Math.sqrt(C / wide) * unitWeight * largest) / kappa, 0, C),
      "F32",
    ),
  ];
}

function widerMetadata(base: GgufFile, { C, wide }: Widths, layers: number): Metadata {
  const key = (name: string) => `gemma2.${name}`;
  const length =
    numberOf(base, "attention.key_length") || C / numberOf(base, "attention.head_count");
  return new Map<string, MetadataEntry>([
    [key("block_count"), uint32(layers + 1)],
    [key("embedding_length"), uint32(wide)],
    [key("attention.key_length"), uint32(length)],
    [key("attention.value_length"), uint32(numberOf(base, "attention.value_length") || length)],
    [
      key("attention.layer_norm_rms_epsilon"),
      float32((numberOf(base, "attention.layer_norm_rms_epsilon") * C) / wide),
    ],
    [key("attention.sliding_window_pattern"), array("bool", [true, ...windowed(base, layers)])],
  ]);
}

/** Which layers see the window only: every one but each second, unless the file says otherwise. */
function windowed(base: GgufFile, layers: number): boolean[] {
  const entry = base.metadata.get("gemma2.attention.sliding_window_pattern");
  if (entry?.type === "array") return arrayItems(entry).map(Boolean);
  const period = entry === undefined ? 2 : Number(entry.value);
  return Array.from({ length: layers }, (_, i) => i % period < period - 1);
}

function numberOf({ metadata }: GgufFile, key: string): number {
  const entry = metadata.get(`gemma2.${key}`);
  return entry && entry.type !== "array" ? Number(entry.value) : 0;
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

function powerBelow(value: number): number {
  return 2 ** Math.floor(Math.log2(value));
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

function unsupported(base: GgufFile): AdapterError {
  return new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `${base.path} has Gemma 2's largest size, which cannot have a head of its own. Train without ` +
      "embed_tokens and lm_head among the targets.",
    { details: { path: base.path } },
  );
}
