/**
 * A new model file with an adapter folded in, and with more special tokens.
 *
 * Weights are read, changed and written piece by piece. Those that nothing changes keep their bytes.
 */
import {
  aNumber,
  anArrayOf,
  aString,
  optional,
  resolveOptions,
  type Check,
  type Checks,
} from "../../check.js";
import { DIALECT_KEY } from "../../dialects/resolve-dialect.js";
import { AdapterError, OptionError } from "../../errors.js";
import {
  addSpecialTokens,
  readGguf,
  string,
  writeGguf,
  type GgufFile,
  type Metadata,
} from "../../formats/gguf/index.js";
import { openAddon } from "../../native/load.js";
import { embeddingName, headName, mergeWeights } from "./merge-weights.js";
import { readAdapterParts, type AdapterParts } from "./read-parts.js";

/** What is folded together, and where it goes. */
export interface MergeAdapterOptions {
  /** Path of the GGUF model. */
  readonly model: string;
  /** GGUF adapter or PEFT folder. @default none: only special tokens are added */
  readonly adapter?: string | undefined;
  /** Path of the new model. */
  readonly output: string;
  /** Strength of the adapter. @default 1 */
  readonly scale?: number | undefined;
  /**
   * Texts that become control tokens: where they are, in place of an `<unusedN>`, or appended with
   * the mean of all embeddings. Where the adapter brings tokens without a tokenizer, the first of
   * these are their texts. @default none
   */
  readonly specialTokens?: readonly string[] | undefined;
  /** Recorded, so that sessions take it. @default the one that the adapter was trained in */
  readonly dialect?: string | undefined;
}

/** What the new model holds. */
export interface MergedModel {
  readonly output: string;
  /** Names of the weights that were changed. */
  readonly changed: readonly string[];
  /** The special tokens that were asked for or that the adapter brought, with their ids. */
  readonly tokens: readonly { readonly text: string; readonly id: number }[];
  readonly vocabularySize: number;
}

type Resolved = MergeAdapterOptions & {
  readonly scale: number;
  readonly specialTokens: readonly string[];
};

const aPath: Check = {
  expected: "a path",
  accepts: (value) => typeof value === "string" && value.length > 0,
};

const checks: Checks<Required<MergeAdapterOptions>> = {
  model: aPath,
  adapter: optional(aPath),
  output: aPath,
  scale: aNumber(),
  specialTokens: anArrayOf(aPath),
  dialect: optional(aString),
};

const defaults = Object.freeze({
  model: undefined,
  adapter: undefined,
  output: undefined,
  scale: 1,
  specialTokens: Object.freeze([]),
  dialect: undefined,
});

const nothing: AdapterParts = {
  weights: new Map(),
  architecture: undefined,
  metadata: new Map(),
  addedTokens: [],
};

/**
 * Folds an adapter into a copy of a model, and gives it more special tokens.
 *
 * @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION - also where `output` is `model`.
 * @throws {ModelError} MODEL_NOT_FOUND, MODEL_NOT_GGUF, MODEL_MALFORMED, ...
 * @throws {AdapterError} ADAPTER_NOT_FOUND, ADAPTER_MALFORMED
 * @throws {AdapterError} ADAPTER_MISMATCH - of another architecture or shape; `details.tensor`.
 * @throws {AdapterError} ADAPTER_UNSUPPORTED - see the message.
 * @throws {TrainingError} TRAINING_MODEL_UNSUPPORTED - a changed weight has a number type that
 * cannot be written without calibration.
 */
export async function mergeAdapter(options: MergeAdapterOptions): Promise<MergedModel> {
  const resolved = resolveOptions<Record<keyof MergeAdapterOptions, unknown>>(
    "mergeAdapter()",
    options,
    defaults,
    checks,
  ) as Resolved;
  if (resolved.output === resolved.model) throw sameFile(resolved.model);
  const base = await readGguf(resolved.model);
  const sizeBefore = vocabularySizeOf(base);
  const parts = resolved.adapter ? await readParts(resolved.adapter, base, sizeBefore) : nothing;
  const { appended, placed } = chooseTokens(parts, resolved, sizeBefore);
  const vocabulary = addSpecialTokens(base.metadata, appended, placed);
  const { addon } = await openAddon();
  const weights = await mergeWeights(addon, base, parts, resolved.scale, vocabulary.size);
  await writeGguf(resolved.output, {
    metadata: new Map([
      ...withDialect(vocabulary.metadata, parts, resolved.dialect),
      ...weights.metadata,
    ]),
    tensors: weights.tensors,
    alignment: base.alignment,
  });
  return {
    output: resolved.output,
    changed: weights.changed,
    tokens: [...appended, ...placed].map((text, i) => ({ text, id: vocabulary.ids[i]! })),
    vocabularySize: vocabulary.size,
  };
}

async function readParts(path: string, base: GgufFile, size: number): Promise<AdapterParts> {
  const architecture = textOf(base.metadata, "general.architecture") ?? "";
  const count = (key: string) => numberOf(base.metadata, `${architecture}.${key}`);
  const headCount = count("attention.head_count");
  const keyHeadCount = count("attention.head_count_kv") || headCount;
  const parts = await readAdapterParts(path, { architecture, headCount, keyHeadCount }, size);
  if (parts.architecture === architecture) return parts;
  throw new AdapterError(
    "ADAPTER_MISMATCH",
    `Expected an adapter for the architecture "${architecture}", got one for ` +
      `"${parts.architecture ?? "none"}". Merge it into the model it was trained on.`,
    { details: { path, architecture: parts.architecture } },
  );
}

/** Tokens that the adapter brings come after the base's; others go where there is room. */
function chooseTokens(parts: AdapterParts, { specialTokens, adapter }: Resolved, size: number) {
  const rows = Math.max(size, ...[embeddingName, headName].map((name) => rowsOf(parts, name)));
  const named = parts.addedTokens;
  if (rows === size) return { appended: [], placed: specialTokens };
  if (named !== undefined && named.length <= rows - size) {
    return { appended: named, placed: specialTokens.filter((text) => !named.includes(text)) };
  }
  if (named === undefined && specialTokens.length >= rows - size) {
    return {
      appended: specialTokens.slice(0, rows - size),
      placed: specialTokens.slice(rows - size),
    };
  }
  throw new AdapterError(
    "ADAPTER_UNSUPPORTED",
    `The adapter ${adapter ?? ""} brings ${rows - size} tokens and ${named ? `names ${named.length}` : "no tokenizer that names them"}. ` +
      "Put its tokenizer.json into the folder, or list the tokens' texts in their order as special tokens.",
    { details: { path: adapter, tokens: rows - size } },
  );
}

function rowsOf(parts: AdapterParts, name: string): number {
  const { whole, delta } = parts.weights.get(name) ?? {};
  return Math.max(whole?.rows ?? 0, delta ? delta.b.length / delta.rank : 0);
}

function withDialect(
  metadata: Metadata,
  parts: AdapterParts,
  chosen: string | undefined,
): Metadata {
  const dialect = chosen ?? textOf(parts.metadata, DIALECT_KEY);
  return dialect === undefined ? metadata : new Map([...metadata, [DIALECT_KEY, string(dialect)]]);
}

function vocabularySizeOf(base: GgufFile): number {
  const tokens = base.metadata.get("tokenizer.ggml.tokens");
  return tokens?.type === "array" ? tokens.length : 0;
}

function textOf(metadata: Metadata, key: string): string | undefined {
  const entry = metadata.get(key);
  return entry?.type === "string" ? String(entry.value) : undefined;
}

function numberOf(metadata: Metadata, key: string): number {
  const entry = metadata.get(key);
  return entry && entry.type !== "array" ? Number(entry.value) : 0;
}

function sameFile(path: string): OptionError {
  return new OptionError(
    "INVALID_OPTION",
    `Expected option "output" to be another file than the model, got "${path}".`,
    { details: { option: "output" } },
  );
}
