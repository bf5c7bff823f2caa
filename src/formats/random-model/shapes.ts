/** The shapes that tests, benchmarks and the demo generate. */
import type { Architecture, ModelShape } from "./shape.js";

/** A shape that is written in a few milliseconds and has every kind of layer of its architecture. */
export function tinyShape(architecture: Architecture): ModelShape {
  const gemma4 = architecture === "gemma4";
  return {
    architecture,
    name: `Random ${architecture}`,
    contextLength: 4096,
    embeddingLength: 64,
    layerCount: gemma4 ? 4 : 2,
    feedForwardLength: 128,
    headCount: 2,
    headCountKv: 1,
    headLength: 32,
    slidingWindow: 64,
    fullAttentionInterval: 2,
    sharedKvLayers: gemma4 ? 2 : 0,
    perLayerLength: gemma4 ? 32 : 0,
    matrixType: "Q4_0",
    embeddingType: "Q8_0",
  };
}

const gemma3Shape: ModelShape = {
  architecture: "gemma3",
  name: "Random Gemma 3",
  contextLength: 32_768,
  embeddingLength: 640,
  layerCount: 18,
  feedForwardLength: 2048,
  headCount: 4,
  headCountKv: 1,
  headLength: 256,
  slidingWindow: 512,
  fullAttentionInterval: 6,
  sharedKvLayers: 0,
  perLayerLength: 0,
  matrixType: "Q4_0",
  embeddingType: "Q8_0",
};

/** Gemma 3's sizes, for benchmarks. */
export const gemma3Shapes = {
  "270m": { ...gemma3Shape, name: "Random Gemma 3 270M" },
  "1b": {
    ...gemma3Shape,
    name: "Random Gemma 3 1B",
    embeddingLength: 1152,
    layerCount: 26,
    feedForwardLength: 6912,
  },
} as const satisfies Record<string, ModelShape>;
