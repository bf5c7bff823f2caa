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
  tensorBytes,
  tensorTypes,
  uint32,
  type GgufFile,
  type Metadata,
  type MetadataEntry,
  type TensorSource,
  type TensorType,
} from "../../formats/gguf/index.js";
import { encodeRows, mergedPieces, type MergedWeight } from "./weight-rows.js";
import { widen, type UntieSource, type Widths } from "./wider-tensors.js";
import type { WeightDelta } from "./read-parts.js";

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
      yield await encodeRows(source.addon, values, wide, type);
    }
  }
  return { name, type, shape: [wide, out], data };
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
