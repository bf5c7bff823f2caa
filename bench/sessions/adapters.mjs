// Random adapters for the benchmark's models: rank 8 on the attention's queries and values.
import { existsSync } from "node:fs";
import {
  float32,
  string,
  encodeTensor,
  readGguf,
  writeGguf,
} from "../../dist/formats/gguf/index.js";

const rank = 8;

/** Paths of `count` adapters beside the model's file, written at first use. */
export async function benchAdapters(model, count, folder) {
  const file = await readGguf(model);
  const paths = [];
  for (let seed = 1; seed <= count; seed++) {
    const path = `${folder}/adapter-${seed}.gguf`;
    if (!existsSync(path)) await writeGguf(path, adapter(file, seed));
    paths.push(path);
  }
  return paths;
}

function adapter(file, seed) {
  const random = randomNumbers(seed);
  const weights = file.tensors.filter(({ name }) => /attn_(q|v)\.weight$/.test(name));
  const values = (count, size) => Float32Array.from({ length: count }, () => size * random());
  const tensor = (name, shape, size) => ({
    ...{ name, type: "F32", shape },
    data: encodeTensor("F32", values(shape[0] * shape[1], size)),
  });
  return {
    metadata: new Map([
      ["general.architecture", file.metadata.get("general.architecture")],
      ["general.type", string("adapter")],
      ["adapter.type", string("lora")],
      ["adapter.lora.alpha", float32(rank)],
    ]),
    tensors: weights.flatMap(({ name, shape }) => [
      tensor(`${name}.lora_a`, [shape[0], rank], 0.05),
      tensor(`${name}.lora_b`, [rank, shape[1]], 0.05),
    ]),
  };
}

/** Numbers in (-1, 1) that depend on the seed alone. */
function randomNumbers(seed) {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x297a2d39) | 0;
    return ((state >>> 8) & 0xffff) / 0x8000 - 1;
  };
}
