// Runs the demo of dist/ on the embedded model, or on one that is generated.
//   npm run demo -- [--model FILE] [--adapter FILE] [--id T2093] [--status Refunded]
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { demo } from "../dist/cli/demo.js";
import { readGguf } from "../dist/formats/gguf/index.js";
import { demoShape, vocabularyOf, writeRandomModel } from "../dist/formats/random-model/index.js";
import { llamaSource } from "./llama-cpp.mjs";
import { root } from "./paths.mjs";

const [model, adapter] = ["model.gguf", "adapter.gguf"].map((name) =>
  join(root, "models", "embedded", name),
);
const embedded = existsSync(model) && existsSync(adapter) ? { model, adapter } : undefined;
process.exitCode = await demo(process.argv, { embedded, generate: generateModel });

/** A tiny Gemma with random weights and Gemma 4's vocabulary, written once. */
async function generateModel() {
  const folder = join(root, "build", "demo");
  const path = join(folder, "gemma4-random.gguf");
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  const vocabulary = join(llamaSource(), "models", "ggml-vocab-gemma-4.gguf");
  const gguf = await readGguf(vocabulary);
  await writeRandomModel(path, { shape: demoShape, vocabulary: vocabularyOf(gguf) });
  return path;
}
