/**
 * The names of the same weights in Hugging Face's Gemma (and llama) models and in GGUF.
 *
 * GGUF's names are those of `gguf-py/gguf/tensor_mapping.py` in llama.cpp's source.
 */

/** Module within a layer, and GGUF's name of its weight within a block. */
const layerModules: readonly (readonly [module: string, weight: string])[] = [
  ["self_attn.q_proj", "attn_q"],
  ["self_attn.k_proj", "attn_k"],
  ["self_attn.v_proj", "attn_v"],
  ["self_attn.o_proj", "attn_output"],
  ["mlp.gate_proj", "ffn_gate"],
  ["mlp.up_proj", "ffn_up"],
  ["mlp.down_proj", "ffn_down"],
  ["per_layer_input_gate", "inp_gate"],
  ["per_layer_projection", "proj"],
];

/** Modules outside the layers. */
const modelModules: readonly (readonly [module: string, weight: string])[] = [
  ["embed_tokens", "token_embd.weight"],
  ["lm_head", "output.weight"],
  ["per_layer_model_projection", "per_layer_model_proj.weight"],
];

const weightOf = new Map([...layerModules, ...modelModules]);
const moduleOf = new Map([...weightOf].map(([module, weight]) => [weight, module]));

/** One half of a pair, by its PEFT name. */
export interface PeftTensorName {
  /** Without prefixes, for example `layers.0.self_attn.q_proj`. */
  readonly module: string;
  readonly half: "A" | "B";
  /** The pair belongs to an embedding: its halves lie the other way round. */
  readonly embedding: boolean;
}

/** Takes a PEFT tensor name apart; undefined where it is none. Prefixes may be doubled. */
export function parsePeftName(name: string): PeftTensorName | undefined {
  const match =
    /^(?:base_model\.model\.)*(?:model\.|language_model\.)*(.+?)\.lora_(embedding_)?([AB])(?:\.[^.]+)*?(?:\.weight)?$/.exec(
      name,
    );
  if (match === null) return undefined;
  return {
    module: match[1]!,
    half: match[3] as "A" | "B",
    embedding: match[2] !== undefined,
  };
}

/**
 * GGUF's name of the matrix where `name` is the embedding or the head as a whole, saved beside the
 * pairs; undefined for anything else.
 */
export function wholeWeightName(name: string): string | undefined {
  const match =
    /^(?:base_model\.model\.)*(?:model\.|language_model\.)*(embed_tokens|lm_head)(?:\.base_layer)?\.weight$/.exec(
      name,
    );
  return match === null ? undefined : weightOf.get(match[1]!);
}

/** GGUF's name of a module's weight; undefined where this library knows none. */
export function ggufWeightName(module: string): string | undefined {
  const inLayer = /^layers\.(\d+)\.(.+)$/.exec(module);
  if (inLayer === null) return weightOf.get(module);
  const weight = weightOf.get(inLayer[2]!);
  return weight === undefined ? undefined : `blk.${inLayer[1]!}.${weight}.weight`;
}

/** The module of a GGUF weight, as PEFT names it; undefined where there is none. */
export function peftModuleName(weight: string): string | undefined {
  const inBlock = /^blk\.(\d+)\.(.+)\.weight$/.exec(weight);
  if (inBlock === null) {
    const module = moduleOf.get(weight);
    return module === undefined || module === "lm_head" ? module : `model.${module}`;
  }
  const module = moduleOf.get(inBlock[2]!);
  return module === undefined ? undefined : `model.layers.${inBlock[1]!}.${module}`;
}
