/**
 * The whole boundary to the addon: every function, record and event that crosses it.
 *
 * Records are complete and flat (defaults are filled in above); token ids cross as `Int32Array`;
 * only whole UTF-8 code points cross as strings. Errors cross as `Error` objects with a `code` and
 * `details`, and are turned into this library's errors in `errors.ts` beside this file.
 */

/** An open native object; all calls after `dispose` throw DISPOSED. */
export interface NativeHandle {
  /** Stops work, frees children first. Idempotent; resolves when the memory is free. */
  dispose(): Promise<void>;
}

export interface NativeDevice {
  readonly name: string;
  readonly description: string;
  readonly kind: "cpu" | "gpu" | "igpu" | "accelerator";
  readonly backend: string;
  readonly memoryTotalBytes: number;
  readonly memoryFreeBytes: number;
}

/** One tensor of a GGUF file. */
export interface NativeTensorInfo {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** What the header of a GGUF file says, read without llama.cpp and without copying the tokenizer. */
export interface NativeFileInfo {
  readonly version: number;
  readonly sizeBytes: number;
  /** Scalars as they are; long arrays as `{ type, length }`. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly NativeTensorInfo[];
  readonly parameterCount: number;
  /** Files of a split model, in order; one element where it is not split. */
  readonly files: readonly string[];
}

export interface NativeModelOptions {
  readonly path: string;
  /** Backend names to use beside the CPU, in order of preference; empty: CPU only. */
  readonly gpuBackends: readonly string[];
  /** -1: all that fit. */
  readonly gpuLayers: number;
  readonly memoryMap: boolean;
  readonly memoryLock: boolean;
  /** For vocabulary images; empty: none are kept. */
  readonly cacheFolder: string;
}

/** What does not change while a model is loaded. */
export interface NativeModelFacts {
  readonly architecture: string;
  readonly description: string;
  readonly sizeBytes: number;
  readonly parameterCount: number;
  readonly trainedContextSize: number;
  readonly layerCount: number;
  readonly gpuLayerCount: number;
  readonly vocabularySize: number;
  readonly bosToken: number;
  readonly addBos: boolean;
  /** Ids that end a generation. */
  readonly endTokens: Int32Array;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly chatTemplate: string | null;
}

export interface NativeModel extends NativeHandle {
  facts(): NativeModelFacts;
  /** Id of the control or user-defined token spelt `text`, or -1. */
  specialToken(text: string): number;
  /** The vocabulary's own spelling of a token. */
  tokenText(token: number): string;
  /** The bytes that a token stands for; empty for control tokens. */
  tokenBytes(token: number): Uint8Array;
  /** `special`: spellings of special tokens become those tokens. Never adds BOS. */
  tokenize(text: string, special: boolean): Int32Array;
  /** As `tokenize`, off the JavaScript thread; for long texts. */
  tokenizeAsync(text: string, special: boolean): Promise<Int32Array>;
  /** Bytes that are no whole code point become U+FFFD. `special`: special tokens are spelt out. */
  detokenize(tokens: Int32Array, special: boolean): string;
  loadAdapter(path: string): Promise<NativeAdapter>;
  createContext(options: NativeContextOptions): Promise<NativeContext>;
  /** Compiles on a worker thread; waits for the vocabulary image. */
  compileGrammar(source: NativeGrammarSource): Promise<NativeGrammar>;
}

export interface NativeAdapterFacts {
  readonly path: string;
  readonly architecture: string;
  readonly rank: number;
  readonly alpha: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly NativeTensorInfo[];
}

export interface NativeAdapter extends NativeHandle {
  facts(): NativeAdapterFacts;
}

/** One JSON Schema embedded in a grammar as `@schema(name)`. */
export interface NativeSchemaSource {
  readonly name: string;
  /** JSON text. */
  readonly schema: string;
  readonly syntax: string;
  /** Flat options of `schema` reading: see native/grammar/grammar.h. */
  readonly strict: boolean;
  readonly formats: "assert" | "annotate";
  /** "spaced": exactly one space after each comma and colon, as Python writes JSON. */
  readonly whitespace: "compact" | "spaced" | "flexible";
  readonly propertyOrder: "written" | "sorted" | "any";
  /** "plain": as people write numbers, of bounded length; "any": "1.0" and "1e2" too. */
  readonly numbers: "plain" | "any";
}

export interface NativeGrammarSource {
  readonly gbnf: string;
  readonly root: string;
  readonly schemas: readonly NativeSchemaSource[];
}

/** A schema keyword that the grammar does not enforce (lenient mode only). */
export interface NativeUnenforced {
  readonly schema: string;
  readonly pointer: string;
  readonly keyword: string;
}

export interface NativeGrammar extends NativeHandle {
  unenforced(): readonly NativeUnenforced[];
  /** The GBNF text in a normal layout, reachable rules only. */
  print(): string;
  /** How far tokens are legal from the beginning on. */
  check(tokens: Int32Array): Promise<NativeGrammarCheck>;
}

/** How far a grammar took a list of tokens, and what it takes from there. */
export interface NativeGrammarCheck {
  /** Tokens that were taken. */
  readonly accepted: number;
  /** Bytes of the next one that could be taken. */
  readonly acceptedBytes: number;
  /** All were taken, and the grammar may end there. */
  readonly complete: boolean;
  readonly nextBytes: Int32Array;
  /** Tokens that stand for no bytes. */
  readonly nextTokens: Int32Array;
}

export interface NativeContextOptions {
  /** Tokens that one slot can hold. */
  readonly contextSize: number;
  readonly slots: number;
  /** Most tokens of one decode call. */
  readonly batchSize: number;
  readonly threads: number;
  /** Most adapter sets with a live llama_context each. */
  readonly maxAdapterSets: number;
  /** Memory for sequences that lost their slot. */
  readonly idleBytes: number;
  /** Where such sequences, shared beginnings and saved slots are written; empty: nowhere. */
  readonly snapshotFolder: string;
  readonly snapshotBytes: number;
}

export interface NativeScaledAdapter {
  readonly adapter: NativeAdapter;
  readonly scale: number;
}

/** What a slot will be used for; may be empty. */
export interface NativeSlotHint {
  readonly prompt: Int32Array;
  readonly adapters: readonly NativeScaledAdapter[];
  /** Who asks, so that it gets back the slot that it had; 0: nobody in particular. */
  readonly owner: number;
}

/** What a context did since it was made, over all slots and adapter sets. */
export interface NativeContextStats {
  readonly decodeCalls: number;
  /** Tokens of these calls; divided by their number, how full they were. */
  readonly decodedTokens: number;
  readonly promptTokens: number;
  /** Of the prompts' tokens, those that were found in a cache. */
  readonly reusedTokens: number;
  readonly generatedTokens: number;
  /** Of the generated tokens, those that a grammar left no choice for. */
  readonly forcedTokens: number;
  /** Tokens that were tried ahead of being drawn. */
  readonly guessedTokens: number;
  /** Of them, those that were drawn then. */
  readonly guessedRight: number;
  /** Tokens that the slots held when the last generation ended. */
  readonly heldTokens: number;
  /** Bytes of sessions that were put aside in memory. */
  readonly idleBytes: number;
  /** Adapter sets that are live. */
  readonly adapterSets: number;
}

export interface NativeContext extends NativeHandle {
  /** `contextSize`: tokens that one slot can hold. */
  facts(): { readonly contextSize: number; readonly slots: number };
  /** Bytes of key-value cache and of compute buffers over all live adapter sets. */
  memory(): { readonly cacheBytes: number; readonly computeBytes: number };
  stats(): NativeContextStats;
  /**
   * Reserves a slot, or waits for one, first come, first served. Of several free ones the one is
   * given that suits the hint best: see SlotHint in native/engine/context.h. `dispose` gives it
   * back.
   */
  acquireSlot(hint: NativeSlotHint): Promise<NativeSlot>;
  /** The owner does not come back: of what its slot held only shared beginnings are put aside. */
  forget(whom: { readonly owner: number }): void;
}

export interface NativeSampling {
  /** 0: greedy. */
  readonly temperature: number;
  /** 0: off. */
  readonly topK: number;
  /** 1: off. */
  readonly topP: number;
  /** 0: off. */
  readonly minP: number;
  /** 1: off. */
  readonly repeatPenalty: number;
  readonly repeatLastTokens: number;
  readonly seed: number;
}

export interface NativeGenerationOptions {
  readonly prompt: Int32Array;
  /** So many of the prompt's first tokens are likely to begin other prompts too; 0: unknown. */
  readonly sharedTokens: number;
  readonly adapters: readonly NativeScaledAdapter[];
  readonly maxTokens: number;
  /** 0: none. */
  readonly timeLimitMs: number;
  readonly sampling: NativeSampling;
  /** Sampling while the grammar is active. */
  readonly grammarSampling: NativeSampling;
  readonly stopTokens: Int32Array;
  readonly stopTexts: readonly string[];
  readonly grammar: NativeGrammar | null;
  /** Empty: the grammar is active from the first token. */
  readonly triggerTokens: Int32Array;
  readonly triggerTexts: readonly string[];
  /** Tokens reported by their spelling as `token` events instead of as text. */
  readonly reportTokens: Int32Array;
  /** Never sampled. */
  readonly bannedTokens: Int32Array;
  /** False: what the grammar forces is drawn like every other token, which is for measuring. */
  readonly forced: boolean;
  /** Whether tokens that the text has held before are tried ahead, where that pays. */
  readonly guess: boolean;
}

export type NativeStopReason =
  | "stop-token"
  | "stop-text"
  | "grammar-end"
  | "max-tokens"
  | "time-limit"
  | "context-full"
  | "aborted"
  | "failed";

/** What a generation reports, in order; several cross at once. */
export type NativeGenerationEvent =
  | { readonly type: "prompt"; readonly processed: number; readonly total: number }
  /** Whole code points. */
  | { readonly type: "text"; readonly text: string; readonly tokens: Int32Array }
  /** A special token that `reportTokens` names. */
  | { readonly type: "token"; readonly token: number; readonly text: string }
  | { readonly type: "end"; readonly result: NativeGenerationResult };

export interface NativeGenerationResult {
  readonly reason: NativeStopReason;
  /** The stop token or stop text. */
  readonly stop: string | null;
  /** Every generated token that is in the cache, in order, the stop token included if decoded. */
  readonly tokens: Int32Array;
  readonly promptTokens: number;
  /** Of them, found in the cache. */
  readonly reusedTokens: number;
  readonly generatedTokens: number;
  readonly forcedTokens: number;
  /** Tokens that were tried ahead of being drawn. */
  readonly guessedTokens: number;
  /** Of them, those that were drawn then. */
  readonly guessedRight: number;
  readonly promptMs: number;
  readonly generationMs: number;
  /** Of snapshots that were left out, for people. */
  readonly warnings: readonly string[];
  /** Why, where the reason is "failed". */
  readonly failure: Error | null;
}

export interface NativeSlot extends NativeHandle {
  /** Writes what the slot holds to the snapshot folder soon, where there is one. */
  save(): void;
  /**
   * Runs one generation on the engine thread. `onEvents` gets batches; the last event of the last
   * batch is `end`. One generation at a time per slot (BUSY).
   */
  generate(
    options: NativeGenerationOptions,
    onEvents: (events: readonly NativeGenerationEvent[]) => void,
  ): NativeGeneration;
}

export interface NativeGeneration {
  /** At any moment; the `end` event follows with reason "aborted". Idempotent. */
  abort(): void;
}

/** A model that is being loaded. */
export interface NativeLoad {
  /** Null where it was aborted. */
  readonly done: Promise<NativeModel | null>;
  /** At any moment; idempotent. */
  abort(): void;
}

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

export interface NativeAddon {
  /** Once per process: registers the backends found in the folders. */
  loadBackends(folders: readonly string[]): Promise<void>;
  /** Registers one backend library, for a GPU; a second time it does nothing. */
  loadBackend(library: string): Promise<void>;
  devices(): readonly NativeDevice[];
  systemInfo(): string;
  readFileInfo(path: string): Promise<NativeFileInfo>;
  loadModel(options: NativeModelOptions, onProgress: (fraction: number) => void): NativeLoad;
  /** The encoded rows with the update; they keep their bytes where nothing changes. */
  mergeRows(source: NativeMergeRows): Promise<Uint8Array>;
  openTrainer(options: NativeTrainerOptions): Promise<NativeTrainer>;
  /** Over a vocabulary of the 256 bytes (token ids 0 to 255) instead of a model's. */
  compileGrammar(source: NativeGrammarSource): Promise<NativeGrammar>;
  /** Number of live native objects by kind, for leak tests. */
  objectCounts(): Readonly<Record<string, number>>;
}
