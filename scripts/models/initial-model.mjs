// The embedded model before its first step: a Gemma 3 with random weights from a seed.
import { encodeTensor, float32, string, uint32, writeGguf } from "../../dist/formats/gguf/index.js";
import { tensorShapes } from "../../dist/formats/random-model/index.js";
import { randomWords } from "../../dist/formats/random-model/weights.js";
import { prefixOf } from "./vocabulary.mjs";

/** No sliding window: what a call copies may stand anywhere before it. */
export const shape = {
  architecture: "gemma3",
  contextLength: 2048,
  embeddingLength: 192,
  layerCount: 6,
  feedForwardLength: 512,
  headCount: 4,
  headCountKv: 2,
  headLength: 64,
  sharedKvLayers: 0,
  perLayerLength: 0,
};

const name = "Lorikeet embedded";

/** Standard deviations and norms that training starts well from. */
const initial = { embedding: 0.02, matrix: 0.04, postNorm: 0.3, headNorm: 1.5, prefixShare: 0.5 };

/** @returns the number of parameters. */
export async function writeInitialModel(path, vocabulary, seed) {
  const tensors = tensorShapes(shape, vocabulary.size);
  await writeGguf(path, {
    metadata: new Map([...metadata(), ...vocabulary.metadata]),
    tensors: tensors.map((tensor, i) => ({
      name: tensor.name,
      type: "F32",
      shape: tensor.shape,
      data: encodeTensor("F32", weights(tensor, seed * 1000 + i, vocabulary)),
    })),
  });
  return tensors.reduce((sum, tensor) => sum + tensor.shape.reduce((a, b) => a * b, 1), 0);
}

function metadata() {
  const entries = {
    context_length: uint32(shape.contextLength),
    embedding_length: uint32(shape.embeddingLength),
    block_count: uint32(shape.layerCount),
    feed_forward_length: uint32(shape.feedForwardLength),
    "attention.head_count": uint32(shape.headCount),
    "attention.head_count_kv": uint32(shape.headCountKv),
    "attention.key_length": uint32(shape.headLength),
    "attention.value_length": uint32(shape.headLength),
    "attention.layer_norm_rms_epsilon": float32(1e-6),
    "rope.dimension_count": uint32(shape.headLength),
    "rope.freq_base": float32(1_000_000),
  };
  return new Map([
    ["general.architecture", string(shape.architecture)],
    ["general.type", string("model")],
    ["general.name", string(name)],
    ["general.license", string("mit")],
    ["general.quantization_version", uint32(2)],
    ...Object.entries(entries).map(([key, entry]) => [`${shape.architecture}.${key}`, entry]),
  ]);
}

function weights({ name: tensor, role, shape: [length, rows = 1] }, seed, vocabulary) {
  if (role === "post-norm") return new Float32Array(length).fill(initial.postNorm);
  if (tensor.endsWith("q_norm.weight")) return new Float32Array(length).fill(initial.headNorm);
  if (role !== "matrix" && role !== "embedding") return new Float32Array(length).fill(1);
  const deviation = initial[role] * Math.sqrt(3);
  const next = randomWords(Math.imul(seed + 1, 0x9e3779b1));
  const values = Float32Array.from({ length: length * rows }, () => (deviation * next()) / 2 ** 31);
  if (role === "embedding") alignPairs(values, length, vocabulary.tokens);
  return values;
}

/** `▁pay` and `_pay` begin as `pay` and a little of `▁` or `_`. */
function alignPairs(embedding, length, tokens) {
  const row = new Map(
    tokens.map((token, i) => [token, embedding.subarray(i * length, (i + 1) * length)]),
  );
  for (const token of tokens) {
    const prefix = prefixOf(token);
    if (prefix === undefined) continue;
    const [own, word, before] = [row.get(token), row.get(token.slice(1)), row.get(prefix)];
    own.forEach((_, i) => (own[i] = word[i] + initial.prefixShare * before[i]));
  }
}
