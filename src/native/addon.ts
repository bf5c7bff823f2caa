/**
 * The boundary to the addon: every function, record and event that crosses it; those of training lie
 * in `training.ts` beside this file.
 *
 * Records are complete and flat (defaults are filled in above); token ids cross as `Int32Array`;
 * only whole UTF-8 code points cross as strings. Errors cross as `Error` objects with a `code` and
 * `details`, and are turned into this library's errors in `errors.ts` beside this file.
 */
import type { NativeHandle } from "./handle.js";
import type { NativeMergeRows, NativeTrainer, NativeTrainerOptions } from "./training.js";

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

/** Tokens of one generation, or of several added up. */
export interface TokenCounts {
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
}

/** What a context did since it was made, over all slots and adapter sets. */
export interface NativeContextStats extends TokenCounts {
  readonly decodeCalls: number;
  /** Tokens of these calls; divided by their number, how full they were. */
  readonly decodedTokens: number;
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

export interface NativeGenerationResult extends TokenCounts {
  readonly reason: NativeStopReason;
  /** The stop token or stop text. */
  readonly stop: string | null;
  /** Every generated token that is in the cache, in order, the stop token included if decoded. */
  readonly tokens: Int32Array;
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
