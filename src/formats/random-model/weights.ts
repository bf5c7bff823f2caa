/**
 * Random weights from a seed, encoded.
 *
 * They keep activations in the range of a trained model's: every matrix preserves the root mean
 * square of what goes through it, and each layer adds as much as the embedding, so that the next
 * token depends on more than the last one. The output norm has random signs, because with a tied
 * embedding a random model would otherwise repeat its last token for ever.
 */
import { encodeTensor, tensorTypes, type EncodableType } from "../gguf/index.js";
import { toFloat16 } from "../gguf/float16.js";
import type { TensorRole, TensorShape } from "./shape.js";

/** Standard deviation of the logits before any soft cap, and of the scaled embedding. */
const logitDeviation = 3;

/** Yields the encoded elements of one tensor; the same for the same seed and name. */
export function* randomWeights(
  tensor: TensorShape,
  type: EncodableType,
  seed: number,
): Generator<Uint8Array> {
  const next = randomWords(hashOf(tensor.name) ^ seed);
  const [rowLength = 1, rows = 1] = tensor.shape;
  if (tensor.role === "matrix" || tensor.role === "embedding") {
    const deviation = (tensor.role === "embedding" ? logitDeviation : 1) / Math.sqrt(rowLength);
    yield* type === "Q8_0" || type === "Q4_0"
      ? randomBlocks(type, rowLength * rows, deviation, next)
      : randomFloats(type, rowLength, rows, deviation, next);
  } else {
    const values = tensor.values ?? normWeights(tensor.role, rowLength, next);
    yield encodeTensor(type, Float32Array.from(values));
  }
}

/** A source of uniform 32-bit integers (xorshift32; Marsaglia, "Xorshift RNGs", 2003). */
export function randomWords(seed: number): () => number {
  let state = seed === 0 ? 1 : seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
}

function normWeights(role: TensorRole, length: number, next: () => number): Float32Array {
  return Float32Array.from({ length }, () => {
    const weight = (role === "post-norm" ? logitDeviation : 1) * (1 + 0.1 * uniform(next));
    return role === "output-norm" && next() < 0 ? -weight : weight;
  });
}

/** Random quants under one common scale: no float is made, so that gigabytes take seconds. */
function* randomBlocks(
  type: "Q8_0" | "Q4_0",
  elements: number,
  deviation: number,
  next: () => number,
): Generator<Uint8Array> {
  const { blockSize, blockBytes } = tensorTypes[type];
  // Deviations of the uniform integers -128..127 and -8..7.
  const scale = toFloat16(deviation / (type === "Q8_0" ? 73.9 : 4.61));
  const blocksPerPiece = 1 << 16;
  for (let blocks = elements / blockSize; blocks > 0; blocks -= blocksPerPiece) {
    const piece = new Uint8Array(Math.min(blocks, blocksPerPiece) * blockBytes);
    const words = new Int32Array(piece.buffer, 0, piece.length >> 2);
    for (let index = 0; index < words.length; index++) words[index] = next();
    for (let offset = 0; offset < piece.length; offset += blockBytes) {
      piece[offset] = scale & 0xff;
      piece[offset + 1] = scale >> 8;
    }
    yield piece;
  }
}

function* randomFloats(
  type: EncodableType,
  rowLength: number,
  rows: number,
  deviation: number,
  next: () => number,
): Generator<Uint8Array> {
  for (let row = 0; row < rows; row++) {
    yield encodeTensor(
      type,
      Float32Array.from({ length: rowLength }, () => deviation * uniform(next)),
    );
  }
}

/** Uniform with mean 0 and deviation 1. */
function uniform(next: () => number): number {
  return (next() / 2 ** 31) * Math.sqrt(3);
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash;
}
