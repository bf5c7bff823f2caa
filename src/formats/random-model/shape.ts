/**
 * The shape of a model: its dimensions, and from them the metadata and the tensors that llama.cpp
 * wants of each architecture (its `src/models/*.cpp` and `llama-arch.cpp`).
 */
import {
  array,
  float32,
  string,
  uint32,
  type EncodableType,
  type MetadataEntry,
} from "../gguf/index.js";

export type Architecture = "gemma2" | "gemma3" | "gemma4" | "llama";

export interface ModelShape {
  readonly architecture: Architecture;
  readonly name: string;
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly layerCount: number;
  readonly feedForwardLength: number;
  readonly headCount: number;
  readonly headCountKv: number;
  readonly headLength: number;
  /** Tokens that a sliding-window layer sees (Gemma). */
  readonly slidingWindow: number;
  /** Every n-th layer sees the whole context, the others the window (Gemma). */
  readonly fullAttentionInterval: number;
  /** Layers at the end that reuse the keys and values of earlier ones (Gemma 4). */
  readonly sharedKvLayers: number;
  /** Length of the embedding that each layer has of its own; 0: none (Gemma 4). */
  readonly perLayerLength: number;
  /** Head length of the layers that see the whole context (Gemma 4). @default headLength */
  readonly fullHeadLength?: number;
  /** Part of their heads that these layers rotate (Gemma 4). @default 1 */
  readonly rotatedPart?: number;
  /** Layers without keys of their own have a feed-forward part twice as long (Gemma 4). */
  readonly doubleWideShared?: boolean;
  /** Each layer's result is multiplied by a number of its own (Gemma 4). */
  readonly layerScales?: boolean;
  readonly matrixType: EncodableType;
  readonly embeddingType: EncodableType;
}

/** What a tensor is for decides how its random elements are drawn. */
export type TensorRole = "matrix" | "embedding" | "norm" | "post-norm" | "output-norm" | "constant";

export interface TensorShape {
  readonly name: string;
  readonly role: TensorRole;
  readonly shape: readonly number[];
  /** The elements of a constant. */
  readonly values?: readonly number[];
}

/** The metadata of the architecture; the tokenizer's comes from a vocabulary. */
export function shapeMetadata(shape: ModelShape): Map<string, MetadataEntry> {
  const entries = new Map<string, MetadataEntry>([
    ["general.architecture", string(shape.architecture)],
    ["general.type", string("model")],
    ["general.name", string(shape.name)],
    ["general.quantization_version", uint32(2)],
  ]);
  for (const [key, entry] of Object.entries(architectureEntries(shape))) {
    entries.set(`${shape.architecture}.${key}`, entry);
  }
  return entries;
}

function architectureEntries(shape: ModelShape): Record<string, MetadataEntry> {
  const all = {
    context_length: uint32(shape.contextLength),
    embedding_length: uint32(shape.embeddingLength),
    block_count: uint32(shape.layerCount),
    feed_forward_length: shape.doubleWideShared
      ? array("uint32", layers(shape).map(feedForwardLength(shape)))
      : uint32(shape.feedForwardLength),
    "attention.head_count": uint32(shape.headCount),
    "attention.head_count_kv": uint32(shape.headCountKv),
    "attention.key_length": uint32(shape.headLength),
    "attention.value_length": uint32(shape.headLength),
    "attention.layer_norm_rms_epsilon": float32(1e-6),
    "rope.dimension_count": uint32(shape.headLength),
  };
  if (shape.architecture === "llama") return { ...all, "rope.freq_base": float32(10_000) };
  const gemma = { ...all, "attention.sliding_window": uint32(shape.slidingWindow) };
  const interval = {
    "attention.sliding_window_pattern": uint32(shape.fullAttentionInterval),
  };
  switch (shape.architecture) {
    case "gemma2":
      return {
        ...gemma,
        ...interval,
        attn_logit_softcapping: float32(50),
        final_logit_softcapping: float32(30),
      };
    case "gemma3":
      return { ...gemma, ...interval, "rope.freq_base": float32(1_000_000) };
    case "gemma4":
      return {
        ...gemma,
        "attention.key_length": uint32(fullHeadLength(shape)),
        "attention.value_length": uint32(fullHeadLength(shape)),
        "rope.dimension_count": uint32(fullHeadLength(shape)),
        "attention.sliding_window_pattern": array("bool", layers(shape).map(isSliding(shape))),
        "attention.shared_kv_layers": uint32(shape.sharedKvLayers),
        "attention.key_length_swa": uint32(shape.headLength),
        "attention.value_length_swa": uint32(shape.headLength),
        "rope.dimension_count_swa": uint32(shape.headLength),
        "rope.freq_base": float32(1_000_000),
        "rope.freq_base_swa": float32(10_000),
        embedding_length_per_layer_input: uint32(shape.perLayerLength),
        final_logit_softcapping: float32(30),
      };
  }
}

/** All tensors, the embedding first; the output is tied to it. */
export function tensorShapes(shape: ModelShape, vocabularySize: number): TensorShape[] {
  return [
    embedding("token_embd.weight", shape.embeddingLength, vocabularySize),
    ...(shape.architecture === "gemma4" ? gemma4Tensors(shape, vocabularySize) : []),
    { name: "output_norm.weight", role: "output-norm", shape: [shape.embeddingLength] },
    ...layers(shape).flatMap((layer) => layerTensors(shape, layer)),
  ];
}

function gemma4Tensors(shape: ModelShape, vocabularySize: number): TensorShape[] {
  const rope = rotationFactors(fullHeadLength(shape) / 2, shape.rotatedPart ?? 1);
  if (shape.perLayerLength === 0) return [rope];
  const length = shape.perLayerLength * shape.layerCount;
  return [
    rope,
    embedding("per_layer_token_embd.weight", length, vocabularySize),
    matrix("per_layer_model_proj.weight", shape.embeddingLength, length),
    norm("per_layer_proj_norm.weight", shape.perLayerLength),
  ];
}

/** Angles are divided by these factors; the huge ones leave their elements where they are. */
function rotationFactors(length: number, rotatedPart: number): TensorShape {
  const values = Array.from({ length }, (_, index) => (index < length * rotatedPart ? 1 : 1e30));
  return { name: "rope_freqs.weight", role: "constant", shape: [length], values };
}

function layerTensors(shape: ModelShape, layer: number): TensorShape[] {
  const { architecture, embeddingLength } = shape;
  const headLength = isSliding(shape)(layer) ? shape.headLength : fullHeadLength(shape);
  const innerLength = feedForwardLength(shape)(layer);
  const queryLength = headLength * shape.headCount;
  const keyLength = headLength * shape.headCountKv;
  const ownKv = hasOwnKeys(shape, layer);
  const headNorms = architecture === "gemma3" || architecture === "gemma4";
  const tensors = [
    norm("attn_norm", embeddingLength),
    matrix("attn_q", embeddingLength, queryLength),
    ...(ownKv
      ? [matrix("attn_k", embeddingLength, keyLength), matrix("attn_v", embeddingLength, keyLength)]
      : []),
    matrix("attn_output", queryLength, embeddingLength),
    ...(headNorms ? [norm("attn_q_norm", headLength)] : []),
    ...(headNorms && ownKv ? [norm("attn_k_norm", headLength)] : []),
    ...(architecture === "llama" ? [] : [postNorm("post_attention_norm", embeddingLength)]),
    norm("ffn_norm", embeddingLength),
    matrix("ffn_gate", embeddingLength, innerLength),
    matrix("ffn_up", embeddingLength, innerLength),
    matrix("ffn_down", innerLength, embeddingLength),
    ...(architecture === "llama" ? [] : [postNorm("post_ffw_norm", embeddingLength)]),
    ...(shape.perLayerLength > 0
      ? [
          matrix("inp_gate", embeddingLength, shape.perLayerLength),
          matrix("proj", shape.perLayerLength, embeddingLength),
          norm("post_norm", embeddingLength),
        ]
      : []),
    ...(shape.layerScales ? [norm("layer_output_scale", 1)] : []),
  ];
  return tensors.map((tensor) => ({ ...tensor, name: `blk.${layer}.${tensor.name}.weight` }));
}

const layers = (shape: ModelShape): number[] =>
  Array.from({ length: shape.layerCount }, (_, layer) => layer);

const isSliding =
  (shape: ModelShape) =>
  (layer: number): boolean =>
    layer % shape.fullAttentionInterval < shape.fullAttentionInterval - 1;

const hasOwnKeys = (shape: ModelShape, layer: number): boolean =>
  layer < shape.layerCount - shape.sharedKvLayers;

const fullHeadLength = (shape: ModelShape): number => shape.fullHeadLength ?? shape.headLength;

const feedForwardLength =
  (shape: ModelShape) =>
  (layer: number): number =>
    shape.feedForwardLength * (shape.doubleWideShared && !hasOwnKeys(shape, layer) ? 2 : 1);

const embedding = (name: string, length: number, rows: number): TensorShape => ({
  name,
  role: "embedding",
  shape: [length, rows],
});

const matrix = (name: string, input: number, output: number): TensorShape => ({
  name,
  role: "matrix",
  shape: [input, output],
});

const norm = (name: string, length: number): TensorShape => ({
  name,
  role: "norm",
  shape: [length],
});

const postNorm = (name: string, length: number): TensorShape => ({
  ...norm(name, length),
  role: "post-norm",
});
