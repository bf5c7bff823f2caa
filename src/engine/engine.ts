/**
 * What a session needs of an engine: types only.
 *
 * `Model`, `Context` and `Adapter` in this folder implement it over the addon; a scripted engine
 * implements it in the tests, so that sessions are tested without a model.
 */
import type { Grammar } from "../grammar/grammar.js";
import type {
  NativeGenerationEvent,
  NativeGenerationResult,
  NativeGrammarSource,
  NativeSampling,
  TokenCounts,
} from "../native/addon.js";

/**
 * Text that is tokenised as plain text, or one special token by the text the vocabulary gives it.
 *
 * Two texts in a row are a place where text was cut so that it does not spell a special token:
 * llama.cpp reads user-defined tokens (Gemma 4's `<|tool_call>` is one) in any text.
 */
export type Piece = ({ readonly text: string } | { readonly token: string }) & {
  /** The model itself writes this piece: its text, its calls, the token that ends its step. */
  readonly byModel?: true;
};

/** How tokens are drawn; every field is set. `temperature` 0 is greedy. */
export type Sampling = NativeSampling;

/** What a generation reports, in order; the last event is `end`. */
export type GenerationEvent = NativeGenerationEvent;

export type { TokenCounts };

/** Why and with what a generation ended. */
export type GenerationResult = NativeGenerationResult;

/** A loaded adapter of the model that the session runs on. */
export interface EngineAdapter {
  readonly path: string;
  /** The file's own; it may name the dialect that the adapter was trained in. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** An adapter that takes part in a generation, with its strength. */
export interface ActiveAdapter {
  readonly adapter: EngineAdapter;
  readonly scale: number;
}

/** A loaded model: vocabulary, grammars and the context its sessions share. */
export interface EngineModel {
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly chatTemplate: string | null;
  /** Ids that end a generation. */
  readonly endTokens: readonly number[];
  /** Text of the token that begins every prompt, where the vocabulary asks for one. */
  readonly beginToken: string | undefined;
  /** Id of the control or user-defined token spelt `text`. */
  specialToken(text: string): number | undefined;
  /**
   * Token ids of a prompt. Texts are tokenised one by one, never joined; no BOS is added.
   *
   * @throws {DialectError} DIALECT_TOKEN_MISSING - a piece names a token that the vocabulary lacks.
   */
  tokenizePieces(pieces: readonly Piece[]): Promise<Int32Array>;
  /** @throws {GrammarError} GRAMMAR_SYNTAX, GRAMMAR_UNSUPPORTED, SCHEMA_UNSUPPORTED, ... */
  compileGrammar(source: NativeGrammarSource): Promise<Grammar>;
  /** The context of sessions that bring none of their own; created at first use, then shared. */
  defaultContext(): Promise<EngineContext>;
}

/** Slots over one model. */
export interface EngineContext {
  /** Tokens that one slot can hold. */
  readonly contextSize: number;
  /**
   * Waits for a free slot. What it will be used for is a hint: the best to give is the slot that the
   * owner had last, or one where nothing is lost.
   *
   * @throws the signal's reason, when it aborts while waiting.
   */
  acquireSlot(request: SlotRequest): Promise<EngineSlot>;
  /** Tells that an owner will not ask for a slot again. */
  forget(owner: number): void;
}

export interface SlotRequest {
  readonly prompt: Int32Array;
  readonly adapters: readonly ActiveAdapter[];
  /** A number of its own for each session. @default 0: nobody in particular */
  readonly owner?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The place of one sequence; runs one generation at a time. */
export interface EngineSlot {
  /**
   * Starts a generation, which ends with an `end` event, also when it is aborted (reason
   * "aborted") or fails in the middle (reason "failed"). Leaving the iteration early aborts it.
   *
   * @throws {GenerationError} PROMPT_TOO_LONG - the prompt does not fit into the slot.
   */
  generate(request: GenerationRequest): AsyncIterable<readonly GenerationEvent[]>;
  /** Writes what it holds to the context's snapshot folder soon, where there is one. */
  save(): void;
  /** Gives the slot back; what it holds may be reused by the next who acquires it. */
  release(): Promise<void>;
}

/** One generation; nothing that a session decides is left to a default. */
export interface GenerationRequest {
  readonly prompt: Int32Array;
  /** So many of its first tokens are likely to begin other prompts too. @default 0: unknown */
  readonly sharedTokens?: number | undefined;
  readonly adapters: readonly ActiveAdapter[];
  readonly maxTokens: number;
  /** 0: none. */
  readonly timeLimitMs: number;
  readonly sampling: Sampling;
  /** Sampling while the grammar is active. */
  readonly grammarSampling: Sampling;
  /** Ids that end the generation, the model's own `endTokens` included. */
  readonly stopTokens: readonly number[];
  readonly stopTexts: readonly string[];
  readonly grammar: Grammar | null;
  /** What makes the grammar active; both empty: active from the first token. */
  readonly triggerTokens: readonly number[];
  readonly triggerTexts: readonly string[];
  /** Ids reported as `token` events instead of as text. */
  readonly reportTokens: readonly number[];
  /** Ids that are never sampled. */
  readonly bannedTokens: readonly number[];
  /**
   * Whether tokens that the grammar forces are decoded in one batch; off only to measure.
   *
   * @default true
   */
  readonly forced?: boolean | undefined;
  /**
   * Whether tokens that the text has held before are decoded ahead and verified, where that pays.
   *
   * @default true
   */
  readonly guess?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}
