/**
 * The options of `trainAdapter()`: what is trained, on what, how, and where to.
 *
 * Names and meanings are those that people bring from other trainers; defaults suit a small model
 * that learns an application's tools.
 */
import { cpus } from "node:os";
import {
  aBoolean,
  aFunction,
  anAbortSignal,
  anArrayOf,
  anInteger,
  anObject,
  aNumber,
  aString,
  either,
  oneOf,
  optional,
  resolveOptions,
  type Check,
  type Checks,
} from "../check.js";
import { OptionError } from "../errors.js";

/** The matrices of a layer that an adapter can sit on, in a layer's order. */
export const targetModules = Object.freeze([
  "q_proj",
  "k_proj",
  "v_proj",
  "o_proj",
  "gate_proj",
  "up_proj",
  "down_proj",
  "per_layer_input_gate",
  "per_layer_projection",
] as const);

/** One kind of linear layer, by the name that PEFT gives it. */
export type TargetModule = (typeof targetModules)[number];

/** The shape of the adapter. */
export interface LoraOptions {
  /** Rank of the update, 1 to 512. Multiples of 16 are computed fastest. @default 16 */
  readonly rank: number;
  /** The update is scaled by alpha / rank. @default 32 */
  readonly alpha: number;
  /** Part of the adapters' inputs that is dropped in training, 0 to below 1. @default 0.05 */
  readonly dropout: number;
  /** @default "all-linear": every matrix that the model's layers have */
  readonly targets: "all-linear" | readonly TargetModule[];
  /** Scales by alpha / sqrt(rank) instead, which keeps large ranks trainable. @default false */
  readonly rankStabilised: boolean;
}

/** Which tokens count in the loss. */
export type LossOn = "assistant" | "calls" | "all";

/** How the adapter is trained. */
export interface TrainingOptions {
  /** Highest rate of the schedule. @default 2e-4 */
  readonly learningRate: number;
  /** How the rate falls after the warm-up. @default "cosine" */
  readonly schedule: "constant" | "linear" | "cosine";
  /** Part of all steps over which the rate rises from 0. @default 0.03 */
  readonly warmupRatio: number;
  /** @default 0 */
  readonly weightDecay: number;
  /** Gradients are scaled down to this norm over all parameters; 0: never. @default 1 */
  readonly maxGradNorm: number;
  /** Rows that one step is made of. @default 4 */
  readonly gradientAccumulationSteps: number;
  /** Put several short conversations into one row, which do not see each other. @default true */
  readonly packing: boolean;
  /** Most tokens of a row; longer conversations are reported and left out. @default 1024 */
  readonly maxLength: number;
  /** Passes over the data. @default 3 */
  readonly epochs: number;
  /** Steps to make, instead of `epochs`; 0: as many as the epochs need. @default 0 */
  readonly steps: number;
  /** The same seed, data and options give the same adapter, byte for byte. @default 0 */
  readonly seed: number;
  /** What the assistant wrote, only its calls, or every token. @default "assistant" */
  readonly lossOn: LossOn;
  /** Part of the conversations that is held out to judge the adapter. @default 0.05 */
  readonly heldOut: number;
  /** Minutes between two checkpoints; 0: none. @default 5 */
  readonly checkpointMinutes: number;
  /** Number type of the written adapter. @default "f16" */
  readonly outputType: "f16" | "f32";
  /** Less than half of the memory, for about half of the speed. @default false */
  readonly lowMemory: boolean;
  /** Number types of products: F32 over an F32 model, else mixed. @default "auto" */
  readonly precision: "auto" | "exact" | "mixed";
  /** A ggml device such as "CPU" or "CUDA0"; empty: a GPU where there is one. @default "" */
  readonly device: string;
  /** @default the machine's cores less one: the process that serves keeps one */
  readonly threads: number;
}

/** What `trainAdapter()` takes. */
export interface TrainAdapterOptions {
  /** Path of the GGUF model to train for. */
  readonly model: string;
  /** JSONL files, or conversations. */
  readonly data: string | readonly string[] | readonly object[];
  /** Where the GGUF adapter is written. Its checkpoint lies beside it until the run ends. */
  readonly output: string;
  /** The dialect to train in. @default "auto": what the model's file calls for */
  readonly dialect?: string | object | undefined;
  readonly lora?: Partial<LoraOptions> | undefined;
  /**
   * Path of a GGUF adapter of the same model, rank and targets that this one begins from, instead of
   * one that changes nothing. @default none
   */
  readonly initialAdapter?: string | undefined;
  /**
   * Tokens whose own rows of the embedding are trained too, such as a dialect's markers; each text is
   * one token of the model. The adapter then has to be merged before it is used. @default none
   */
  readonly trainTokens?: readonly string[] | undefined;
  readonly training?: Partial<TrainingOptions> | undefined;
  /** Goes on from the checkpoint beside `output`, if there is one. @default false */
  readonly resume?: boolean | undefined;
  /** Leaves out conversations that cannot be used, and lists them. @default false */
  readonly lenient?: boolean | undefined;
  /** Ends the run after the current step; a checkpoint is written first. */
  readonly signal?: AbortSignal | undefined;
  /** Gets lines about what was left out and why. */
  readonly log?: ((line: string) => void) | undefined;
}

export const defaultLoraOptions: LoraOptions = Object.freeze({
  rank: 16,
  alpha: 32,
  dropout: 0.05,
  targets: "all-linear",
  rankStabilised: false,
});

export const defaultTrainingOptions: TrainingOptions = Object.freeze({
  learningRate: 2e-4,
  schedule: "cosine",
  warmupRatio: 0.03,
  weightDecay: 0,
  maxGradNorm: 1,
  gradientAccumulationSteps: 4,
  packing: true,
  maxLength: 1024,
  epochs: 3,
  steps: 0,
  seed: 0,
  lossOn: "assistant",
  heldOut: 0.05,
  checkpointMinutes: 5,
  outputType: "f16",
  lowMemory: false,
  precision: "auto",
  device: "",
  threads: Math.max(1, cpus().length - 1),
});

/** Every option with its default. */
export type ResolvedTrainAdapterOptions = Readonly<
  Omit<
    TrainAdapterOptions,
    "lora" | "training" | "dialect" | "resume" | "lenient" | "trainTokens"
  > & {
    lora: LoraOptions;
    trainTokens: readonly string[];
    training: TrainingOptions;
    dialect: string | object;
    resume: boolean;
    lenient: boolean;
  }
>;

const largestRank = 512;
const mostThreads = 512;
const belowOne = 1 - Number.EPSILON;

const aPath: Check = {
  expected: "a path",
  accepts: (value) => typeof value === "string" && value.length > 0,
};

const aText: Check = { ...aPath, expected: "a text" };

const anArrayOfTargets: Check = {
  expected: `"all-linear" or an array of ${targetModules.join(", ")}`,
  accepts: (value) =>
    value === "all-linear" ||
    (Array.isArray(value) && value.length > 0 && anArrayOf(oneOf(...targetModules)).accepts(value)),
};

const loraChecks: Checks<LoraOptions> = {
  rank: anInteger(1, largestRank),
  alpha: aNumber(Number.MIN_VALUE),
  dropout: aNumber(0, belowOne),
  targets: anArrayOfTargets,
  rankStabilised: aBoolean,
};

const trainingChecks: Checks<TrainingOptions> = {
  learningRate: aNumber(0),
  schedule: oneOf("constant", "linear", "cosine"),
  warmupRatio: aNumber(0, 1),
  weightDecay: aNumber(0),
  maxGradNorm: aNumber(0),
  gradientAccumulationSteps: anInteger(1),
  packing: aBoolean,
  maxLength: anInteger(2),
  epochs: aNumber(Number.MIN_VALUE),
  steps: anInteger(0),
  seed: anInteger(0),
  lossOn: oneOf("assistant", "calls", "all"),
  heldOut: aNumber(0, belowOne),
  checkpointMinutes: aNumber(0),
  outputType: oneOf("f16", "f32"),
  lowMemory: aBoolean,
  precision: oneOf("auto", "exact", "mixed"),
  device: aString,
  threads: anInteger(1, mostThreads),
};

const checks: Checks<Required<TrainAdapterOptions>> = {
  model: aPath,
  data: either(aPath, anArrayOf(aPath), anArrayOf(anObject)),
  output: aPath,
  dialect: either(aString, anObject),
  lora: optional(anObject),
  initialAdapter: optional(aPath),
  trainTokens: anArrayOf(aText),
  training: optional(anObject),
  resume: aBoolean,
  lenient: aBoolean,
  signal: optional(anAbortSignal),
  log: optional(aFunction),
};

const defaults = Object.freeze({
  model: undefined,
  data: undefined,
  output: undefined,
  dialect: "auto",
  lora: undefined,
  initialAdapter: undefined,
  trainTokens: Object.freeze([]),
  training: undefined,
  resume: false,
  lenient: false,
  signal: undefined,
  log: undefined,
});

/** @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION - as `resolveOptions` says. */
export function resolveTrainAdapterOptions(
  options: TrainAdapterOptions,
): ResolvedTrainAdapterOptions {
  const of = "trainAdapter()";
  const resolved = resolveOptions<Record<keyof TrainAdapterOptions, unknown>>(
    of,
    options,
    defaults,
    checks,
  ) as Omit<ResolvedTrainAdapterOptions, "lora" | "training">;
  if (Array.isArray(resolved.data) && resolved.data.length === 0) {
    throw new OptionError(
      "INVALID_OPTION",
      'Expected option "data" to hold at least one file or conversation, got an empty array.',
      { details: { option: "data" } },
    );
  }
  const lora = resolveOptions("lora", options.lora, defaultLoraOptions, loraChecks);
  const training = resolveOptions(
    "training",
    options.training,
    defaultTrainingOptions,
    trainingChecks,
  );
  return Object.freeze({ ...resolved, lora, training });
}
