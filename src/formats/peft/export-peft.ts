/**
 * From a GGUF adapter to a PEFT folder.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { aString, checkValue, optional, resolveOptions } from "../../check.js";
import { AdapterError } from "../../errors.js";
import { readGguf, readTensor, type GgufFile, type StoredTensor } from "../gguf/index.js";
import { writeSafetensors, type SafetensorsTensor, type SafetensorsType } from "../safetensors.js";
import { peftModuleName } from "./names.js";

/** What a PEFT folder records that a GGUF adapter does not. */
export interface ExportPeftOptions {
  /** Hugging Face's name or path of the base model, for `adapter_config.json`. */
  readonly baseModel?: string | undefined;
}

const checks = { baseModel: optional(aString) };

/**
 * Writes a GGUF adapter as a PEFT folder that `PeftModel.from_pretrained` loads.
 *
 * @param adapter - path of the GGUF adapter.
 * @param folder - is made where it is not there; files of the same names are replaced.
 * @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION
 * @throws {AdapterError} ADAPTER_MALFORMED - no LoRA adapter.
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - llama's rows are permuted in GGUF, or a tensor has no
 * name in Hugging Face's models.
 */
export async function exportPeft(
  adapter: string,
  folder: string,
  options: ExportPeftOptions = {},
): Promise<void> {
  checkValue("adapter", adapter, aString);
  checkValue("folder", folder, aString);
  const { baseModel } = resolveOptions<ExportPeftOptions>("exportPeft()", options, {}, checks);
  const gguf = await readGguf(adapter);
  const alpha = gguf.metadata.get("adapter.lora.alpha");
  if (alpha === undefined || alpha.type === "array") {
    throw new AdapterError("ADAPTER_MALFORMED", `${adapter} is no LoRA adapter.`, {
      details: { path: adapter },
    });
  }
  const tensors: SafetensorsTensor[] = [];
  const ranks = new Map<string, number>();
  for (const tensor of gguf.tensors) {
    const { module, half } = peftHalf(gguf, tensor);
    const bytes = await readTensor(gguf, tensor);
    const name = `base_model.model.${module}.lora_${half}.weight`;
    const shape = tensor.shape.toReversed();
    tensors.push({ name, type: tensor.type as SafetensorsType, shape, bytes });
    if (half === "A") ranks.set(module, shape[0]!);
  }
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, "adapter_model.safetensors"), tensors);
  const config = peftConfig(ranks, Number(alpha.value), baseModel);
  await writeFile(join(folder, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`);
}

function peftHalf(gguf: GgufFile, tensor: StoredTensor): { module: string; half: "A" | "B" } {
  const match = /^(.+)\.lora_([ab])$/.exec(tensor.name);
  const module = match === null ? undefined : peftModuleName(match[1]!);
  const permuted =
    gguf.metadata.get("general.architecture")?.type === "string" &&
    (gguf.metadata.get("general.architecture") as { value: unknown }).value === "llama";
  const known = ["F32", "F16", "BF16"].includes(tensor.type);
  if (match === null || module === undefined || permuted || !known) {
    throw new AdapterError(
      "ADAPTER_UNSUPPORTED",
      `Tensor "${tensor.name}" (${tensor.type}) of ${gguf.path} has no counterpart in PEFT.`,
      { details: { path: gguf.path, tensor: tensor.name } },
    );
  }
  return { module, half: match[2] === "a" ? "A" : "B" };
}

function peftConfig(
  ranks: ReadonlyMap<string, number>,
  alpha: number,
  baseModel: string | undefined,
): Record<string, unknown> {
  const rank = Math.max(...ranks.values());
  const others = [...ranks].filter(([, each]) => each !== rank);
  return {
    base_model_name_or_path: baseModel ?? null,
    bias: "none",
    fan_in_fan_out: false,
    inference_mode: true,
    lora_alpha: alpha === 0 ? rank : alpha,
    lora_dropout: 0,
    peft_type: "LORA",
    r: rank,
    rank_pattern: Object.fromEntries(others),
    // llama.cpp divides the file's one alpha by each pair's own rank, as PEFT does.
    alpha_pattern: alpha === 0 ? Object.fromEntries(others) : {},
    target_modules: [...new Set([...ranks.keys()].map((name) => name.split(".").at(-1)!))],
    task_type: "CAUSAL_LM",
    use_dora: false,
    use_rslora: false,
  };
}
