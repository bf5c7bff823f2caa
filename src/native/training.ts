/**
 * The part of the boundary to the addon that training and merging cross.
 */
import type { NativeHandle } from "./handle.js";

/** Everything a training run is made of. */
export interface NativeTrainerOptions {
  /** Path of the GGUF model, which is opened again. */
  readonly model: string;
  /** A ggml device; "": the first GPU, else the CPU. */
  readonly device: string;
  readonly threads: number;
  readonly precision: "auto" | "exact" | "mixed";
  readonly lowMemory: boolean;
  /** All weights move instead of an adapter; the adapter's options have no effect. */
  readonly allWeights: boolean;
  readonly rank: number;
  readonly alpha: number;
  readonly rankStabilised: boolean;
  /** GGUF's names of a layer's matrices, such as "attn_q"; empty: all that there are. */
  readonly targets: readonly string[];
  /** Ids of the tokens whose rows of the embedding are trained too. */
  readonly tokenRows: Int32Array;
  readonly dropout: number;
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly warmupSteps: number;
  readonly totalSteps: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  /** From 0 to 2^53 - 1. */
  readonly seed: number;
  /** Most tokens of a row. */
  readonly maxLength: number;
}

/** One row of training tokens [T]: samples one after the other, which do not see each other. */
export interface NativeTrainingRow {
  readonly tokens: Int32Array;
  /** 1 where a token counts in the loss; the first of a sample never does. */
  readonly trained: Uint8Array;
  /** Number of the sample that a token belongs to; equal ones lie together. */
  readonly samples: Int32Array;
}

export interface NativeTrainingStep {
  /** Counted from 1. */
  readonly step: number;
  /** Mean over the trained tokens of all rows. */
  readonly loss: number;
  /** Over all that is trained, before clipping. */
  readonly gradNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly trainedTokens: number;
}

export interface NativeTrainerFacts {
  readonly architecture: string;
  readonly device: string;
  readonly vocabularySize: number;
  readonly stepsDone: number;
  readonly memory: {
    readonly weightBytes: number;
    /** 0 in low-memory mode. */
    readonly transposedBytes: number;
    /** Parameters, gradients and two moments. */
    readonly trainedBytes: number;
    /** Graphs and activations, of the longest row so far. */
    readonly bufferBytes: number;
  };
}

/** A training run; one call after the other. A call that fails leaves it as it was. */
export interface NativeTrainer extends NativeHandle {
  facts(): Promise<NativeTrainerFacts>;
  /** One optimiser step; several rows are gradient accumulation. */
  step(rows: readonly NativeTrainingRow[]): Promise<NativeTrainingStep>;
  /** Mean loss over the trained tokens, without dropout. */
  evaluate(rows: readonly NativeTrainingRow[]): Promise<number>;
  /** Logits [at.length, vocabularySize] after the tokens at these places of the row. */
  logits(row: NativeTrainingRow, at: Int32Array): Promise<Float32Array>;
  saveAdapter(
    path: string,
    type: "f16" | "f32",
    metadata: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Begins from the pairs of this GGUF adapter instead of random ones. */
  loadInitialAdapter(path: string): Promise<void>;
  /** With the metadata of another model file; where all weights are trained. */
  saveModel(metadataPath: string, path: string, matrixType: string): Promise<void>;
  /** Writes the file whole or not at all. `state` is given back by `loadCheckpoint`. */
  saveCheckpoint(path: string, state: string): Promise<void>;
  loadCheckpoint(path: string): Promise<string>;
}

/** Rows of a matrix W [rows, rowLength] and what is added to them: strength B A. */
export interface NativeMergeRows {
  /** Numbers of ggml's types. */
  readonly type: number;
  readonly outputType: number;
  readonly rowLength: number;
  /** The encoded rows. */
  readonly bytes: Uint8Array;
  /** 0: nothing is added. */
  readonly rank: number;
  /** [rank, rowLength] */
  readonly a: Float32Array;
  /** [rows, rank] */
  readonly b: Float32Array;
  readonly strength: number;
}
