import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AdapterError } from "../../../src/errors.js";
import {
  decodeTensor,
  encodeTensor,
  readGguf,
  readTensor,
  writeGguf,
  type TensorSource,
} from "../../../src/formats/gguf/index.js";
import { exportPeft } from "../../../src/formats/peft/export-peft.js";
import { importPeft } from "../../../src/formats/peft/import-peft.js";
import { parsePeftName } from "../../../src/formats/peft/names.js";
import {
  readSafetensors,
  writeSafetensors,
  type SafetensorsTensor,
  type SafetensorsType,
} from "../../../src/formats/safetensors.js";

const gemma = { architecture: "gemma3", headCount: 2, keyHeadCount: 1 };
const query = "model.layers.0.self_attn.q_proj";
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorikeet-peft-"));
});
afterEach(() => rm(folder, { recursive: true }));

function numbers(count: number, from = 1): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => (from + i) / 8);
}

function half(
  module: string,
  which: "A" | "B",
  shape: [number, number],
  type: SafetensorsType = "F32",
): SafetensorsTensor {
  const values = numbers(shape[0] * shape[1]);
  const name = `base_model.model.${module}.lora_${which}.weight`;
  return { name, type, shape, bytes: encodeTensor(type, values) };
}

async function writePeft(tensors: readonly SafetensorsTensor[], config: object = {}) {
  await writeSafetensors(join(folder, "adapter_model.safetensors"), tensors);
  const complete = { peft_type: "LORA", r: 2, lora_alpha: 4, ...config };
  await writeFile(join(folder, "adapter_config.json"), JSON.stringify(complete));
}

const pair = (module = query, type: SafetensorsType = "F32") => [
  half(module, "A", [2, 4], type),
  half(module, "B", [6, 2], type),
];

function valuesOf(tensor: TensorSource | undefined): number[] {
  const { type, data } = tensor!;
  return Array.from(decodeTensor(type as "F32" | "F16", data as Uint8Array));
}

describe("a PEFT folder", () => {
  test.each(["F32", "F16", "BF16"] as const)("of %s keeps every value", async (type) => {
    await writePeft(pair(query, type));
    const { tensors, metadata } = await importPeft(folder, gemma);
    expect(tensors.map(({ name, shape }) => [name, shape])).toEqual([
      ["blk.0.attn_q.weight.lora_a", [4, 2]],
      ["blk.0.attn_q.weight.lora_b", [2, 6]],
    ]);
    expect(valuesOf(tensors[0])).toEqual(Array.from(numbers(8)));
    expect(valuesOf(tensors[1])).toEqual(Array.from(numbers(12)));
    expect(metadata.get("adapter.lora.alpha")).toMatchObject({ value: 4 });
    expect(metadata.get("general.architecture")).toMatchObject({ value: "gemma3" });
  });

  test("of rsLoRA has alpha / sqrt(r) as its strength", async () => {
    await writePeft(pair(), { use_rslora: true });
    const { tensors } = await importPeft(folder, gemma);
    const factor = Math.fround(4 / Math.sqrt(2) / (4 / 2));
    expect(valuesOf(tensors[1])[0]).toBeCloseTo(factor / 8, 6);
  });

  test("with an alpha pattern gives each module its own strength", async () => {
    const other = "model.layers.1.mlp.up_proj";
    await writePeft([...pair(), ...pair(other)], { alpha_pattern: { "layers.1.mlp.up_proj": 8 } });
    const { tensors } = await importPeft(folder, gemma);
    expect(valuesOf(tensors[1])[0]).toBe(1 / 8);
    expect(valuesOf(tensors[3])[0]).toBe(2 / 8);
  });

  test("with a rank pattern divides by each pair's own rank", async () => {
    const tensors = [half(query, "A", [4, 4]), half(query, "B", [6, 4])];
    await writePeft(tensors, { rank_pattern: { q_proj: 4 } });
    const { tensors: converted } = await importPeft(folder, gemma);
    expect(converted[1]!.shape).toEqual([4, 6]);
    expect(valuesOf(converted[1])[0]).toBe(1 / 8);
  });

  test("of a llama permutes the rows of queries and keys as the base's were", async () => {
    await writePeft([half(query, "A", [2, 4]), half(query, "B", [8, 2])]);
    const { tensors } = await importPeft(folder, { ...gemma, architecture: "llama" });
    const rows = valuesOf(tensors[1]).filter((_, i) => i % 2 === 0);
    expect(rows.map((value) => (value * 8 - 1) / 2)).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
  });

  test.each([
    ["DoRA", { use_dora: true }],
    ["use_qalora", { use_qalora: true }],
    ["IA3", { peft_type: "IA3" }],
    ["biases", { bias: "all" }],
    ["modules_to_save", { modules_to_save: ["lm_head"] }],
  ])("with %s is refused by name", async (name, config) => {
    await writePeft(pair(), config);
    const refused = importPeft(folder, gemma);
    await expect(refused).rejects.toMatchObject({ code: "ADAPTER_UNSUPPORTED" });
    await expect(refused).rejects.toThrow(name);
  });

  test.each(["model.embed_tokens", "lm_head", "model.vision_tower.block"])(
    "with a pair on %s is refused with the tensor's name",
    async (module) => {
      await writePeft(pair(module));
      await expect(importPeft(folder, gemma)).rejects.toMatchObject({
        code: "ADAPTER_UNSUPPORTED",
        details: { tensor: `base_model.model.${module}.lora_A.weight` },
      });
    },
  );

  test("with half a pair is refused", async () => {
    await writePeft(pair().slice(0, 1));
    await expect(importPeft(folder, gemma)).rejects.toMatchObject({ code: "ADAPTER_MALFORMED" });
  });

  test("without a configuration is refused", async () => {
    await expect(importPeft(folder, gemma)).rejects.toMatchObject({ code: "ADAPTER_NOT_FOUND" });
  });
});

test("prefixes of PEFT names may be doubled", () => {
  const names = [
    "base_model.model.model.layers.3.mlp.up_proj.lora_A.weight",
    "base_model.model.base_model.model.model.layers.3.mlp.up_proj.lora_A.weight",
    "base_model.model.model.language_model.layers.3.mlp.up_proj.lora_A.default.weight",
  ];
  for (const name of names) {
    expect(parsePeftName(name)).toEqual({
      module: "layers.3.mlp.up_proj",
      half: "A",
      embedding: false,
    });
  }
});

test("a safetensors file cut anywhere is refused and never read past its end", async () => {
  const path = join(folder, "whole.safetensors");
  await writeSafetensors(path, pair());
  const bytes = await readFile(path);
  for (let length = 0; length < bytes.length; length += 3) {
    await writeFile(join(folder, "cut.safetensors"), bytes.subarray(0, length));
    const refused = readSafetensors(join(folder, "cut.safetensors"));
    await expect(refused).rejects.toBeInstanceOf(AdapterError);
  }
});

test("export and import again are the identity", async () => {
  await writePeft([...pair(), ...pair("model.layers.1.mlp.down_proj")]);
  const content = await importPeft(folder, gemma);
  const first = join(folder, "first.gguf");
  await writeGguf(first, content);
  const exported = join(folder, "exported");
  const misspelt = exportPeft(first, exported, { basemodel: "some/base" } as object);
  await expect(misspelt).rejects.toMatchObject({ code: "UNKNOWN_OPTION" });
  await exportPeft(first, exported, { baseModel: "some/base" });
  const second = join(folder, "second.gguf");
  await writeGguf(second, await importPeft(exported, gemma));
  const [a, b] = await Promise.all([readGguf(first), readGguf(second)]);
  expect(b.metadata).toEqual(a.metadata);
  expect(b.tensors).toEqual(a.tensors);
  for (const [i, tensor] of a.tensors.entries()) {
    expect(await readTensor(b, b.tensors[i]!)).toEqual(await readTensor(a, tensor));
  }
});
