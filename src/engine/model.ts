/**
 * A loaded model: its facts, vocabulary, adapters, grammars and contexts.
 */
import { availableParallelism } from "node:os";
import {
  aBoolean,
  anArrayOf,
  anInteger,
  anObject,
  checkValue,
  aPath,
  aString,
  resolveOptions,
  type Checks,
} from "../check.js";
import { DialectError } from "../errors.js";
import { Grammar } from "../grammar/grammar.js";
import { resolveGrammarSource, type GrammarSource } from "../grammar/grammar-source.js";
import type { NativeGrammarSource, NativeModel, NativeModelFacts } from "../native/addon.js";
import { awaitNative, callNative } from "../native/errors.js";
import type { PeftBase } from "../formats/peft/import-peft.js";
import { Adapter } from "./adapter.js";
import { withGgufAdapter } from "./adapter-file.js";
import { Context } from "./context.js";
import type { EngineModel, Piece } from "./engine.js";
import { TextGeneration, type GenerateOptions } from "./text-generation.js";
import { TokenCache } from "./token-cache.js";

/** What one context reserves. */
export interface ContextOptions {
  /** Tokens that one session can hold. @default 8192, or the model's own if smaller */
  readonly contextSize?: number;
  /** How many sessions are live at once, from 1 to 64. @default 4 */
  readonly slots?: number;
  /** Most tokens of one decode call, from 1 to 8192. @default 512 */
  readonly batchSize?: number;
  /** Threads of one decode call. @default the machine's cores */
  readonly threads?: number;
  /** Most combinations of adapters that are live at once. @default 4 */
  readonly maxAdapterSets?: number;
  /**
   * Memory for the state of sessions that lost their slot to others, in bytes.
   * @default 268435456 (256 MiB)
   */
  readonly idleBytes?: number;
  /**
   * Folder for snapshots: state that outlives the process or no longer fits `idleBytes`. Empty:
   * nothing is written. Several models and processes may share one. A model that is loaded with one
   * opens its shared context at once, so that the first session need not wait for it. @default ""
   */
  readonly snapshotFolder?: string;
  /** Most bytes of that folder; what was used longest ago goes first. @default 1073741824 (1 GiB) */
  readonly snapshotBytes?: number;
}

/** What each option of a context must be. */
export const contextChecks: Checks<Required<ContextOptions>> = {
  contextSize: anInteger(16, 2 ** 24),
  slots: anInteger(1, 64),
  batchSize: anInteger(1, 8192),
  threads: anInteger(1, 1024),
  maxAdapterSets: anInteger(1, 64),
  idleBytes: anInteger(0),
  snapshotFolder: aString,
  snapshotBytes: anInteger(0),
};

/** Whether special tokens are read from, or written as, their spelling. */
export interface SpecialOption {
  /** @default false */
  readonly special?: boolean | undefined;
}

const tokenIds = anArrayOf(anInteger(0, 2 ** 31 - 1));

/** From this length on, text is tokenised off the JavaScript thread. */
const longTextLength = 2000;

/** A loaded model. */
export class Model implements EngineModel {
  /** The file that was loaded. */
  readonly path: string;
  readonly #native: NativeModel;
  readonly #facts: NativeModelFacts;
  readonly #contextOptions: ContextOptions;
  readonly #children = new Set<{ dispose(): Promise<void> }>();
  #defaultContext: Promise<Context> | undefined;
  readonly #pieceTokens = new TokenCache();

  /** @internal Models are made by `loadModel`. */
  constructor(path: string, native: NativeModel, contextOptions: ContextOptions) {
    this.path = path;
    this.#native = native;
    this.#facts = callNative(() => native.facts());
    this.#contextOptions = contextOptions;
  }

  /** For example `gemma3`. */
  get architecture(): string {
    return this.#facts.architecture;
  }

  /** llama.cpp's own words: architecture, size, quantisation. */
  get description(): string {
    return this.#facts.description;
  }

  /** Bytes of all tensors. */
  get sizeBytes(): number {
    return this.#facts.sizeBytes;
  }

  get parameterCount(): number {
    return this.#facts.parameterCount;
  }

  /** The context that the model was trained for, in tokens. */
  get trainedContextSize(): number {
    return this.#facts.trainedContextSize;
  }

  get layerCount(): number {
    return this.#facts.layerCount;
  }

  /** How many layers lie on a GPU. */
  get gpuLayerCount(): number {
    return this.#facts.gpuLayerCount;
  }

  get vocabularySize(): number {
    return this.#facts.vocabularySize;
  }

  /** The file's metadata; arrays of over 64 elements as `{ type, length }`. */
  get metadata(): Readonly<Record<string, unknown>> {
    return this.#facts.metadata;
  }

  /** The Jinja template in the file, or null. */
  get chatTemplate(): string | null {
    return this.#facts.chatTemplate;
  }

  /** Ids that end a generation. */
  get endTokens(): readonly number[] {
    return Array.from(this.#facts.endTokens);
  }

  /** The id that begins a text, or undefined where the vocabulary has none. */
  get bosToken(): number | undefined {
    return this.#facts.bosToken < 0 ? undefined : this.#facts.bosToken;
  }

  /** Text of the token that begins every prompt, where the vocabulary asks for one. */
  get beginToken(): string | undefined {
    return this.#facts.addBos && this.bosToken !== undefined
      ? this.tokenText(this.bosToken)
      : undefined;
  }

  /** Id of the control or user-defined token that the vocabulary spells `text`. */
  specialToken(text: string): number | undefined {
    const id = callNative(() => this.#native.specialToken(text));
    return id < 0 ? undefined : id;
  }

  /** The vocabulary's own spelling of a token. */
  tokenText(token: number): string {
    return callNative(() => this.#native.tokenText(token));
  }

  /**
   * Token ids of a text, without BOS.
   *
   * @param options.special - spellings of special tokens in the text become those tokens.
   */
  async tokenize(text: string, options: SpecialOption = {}): Promise<Int32Array> {
    checkValue("text", text, aString);
    const { special } = resolveSpecial("tokenize()", options);
    if (text.length < longTextLength) return callNative(() => this.#native.tokenize(text, special));
    return awaitNative(() => this.#native.tokenizeAsync(text, special));
  }

  /**
   * The text of token ids; bytes that form no code point become U+FFFD.
   *
   * @param options.special - special tokens are spelt out instead of left out.
   */
  detokenize(tokens: Iterable<number>, options: SpecialOption = {}): string {
    const { special } = resolveSpecial("detokenize()", options);
    return callNative(() => this.#native.detokenize(readTokens(tokens), special));
  }

  /** See `EngineModel.tokenizePieces`. */
  async tokenizePieces(pieces: readonly Piece[]): Promise<Int32Array> {
    const parts: (Int32Array | readonly number[])[] = [];
    for (const piece of pieces) {
      if ("token" in piece) parts.push([this.#tokenOf(piece.token)]);
      else parts.push(this.#pieceTokens.get(piece.text) ?? (await this.#tokenizePiece(piece.text)));
    }
    const tokens = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of parts) {
      tokens.set(part, offset);
      offset += part.length;
    }
    return tokens;
  }

  async #tokenizePiece(text: string): Promise<Int32Array> {
    const tokens = await this.tokenize(text);
    this.#pieceTokens.add(text, tokens);
    return tokens;
  }

  #tokenOf(text: string): number {
    const id = this.specialToken(text);
    if (id !== undefined) return id;
    throw new DialectError(
      "DIALECT_TOKEN_MISSING",
      `Expected the vocabulary of ${this.path} to have the special token "${text}". Choose another dialect for this model.`,
      { details: { token: text } },
    );
  }

  /**
   * Loads a LoRA adapter and binds it to this model.
   *
   * @param path - GGUF adapter, or a PEFT folder (`adapter_config.json` and
   * `adapter_model.safetensors`).
   * @throws {AdapterError} ADAPTER_NOT_FOUND, ADAPTER_MALFORMED
   * @throws {AdapterError} ADAPTER_MISMATCH - of another architecture or shape; `details.tensor`
   * names the first misfit.
   * @throws {AdapterError} ADAPTER_UNSUPPORTED - pairs that this model cannot run, such as
   * `token_embd` over tied embeddings.
   */
  async loadAdapter(path: string): Promise<Adapter> {
    checkValue("path", path, aPath);
    const native = await withGgufAdapter(path, this.#peftBase(), (file) =>
      awaitNative(() => this.#native.loadAdapter(file)),
    );
    return this.#adopt(new Adapter(path, native));
  }

  #peftBase(): PeftBase {
    const count = (key: string) => Number(this.metadata[`${this.architecture}.${key}`] ?? 0);
    const headCount = count("attention.head_count");
    const keyHeadCount = count("attention.head_count_kv") || headCount;
    return { architecture: this.architecture, headCount, keyHeadCount };
  }

  /**
   * Compiles a grammar for this model's vocabulary, off the JavaScript thread.
   *
   * @param source - GBNF text, `{ schema }`, or `{ gbnf, schemas }` (a session passes all of it).
   * @throws {GrammarError} GRAMMAR_SYNTAX - `details` has line, column and what was expected.
   * @throws {GrammarError} SCHEMA_INVALID, SCHEMA_UNSUPPORTED - `details` has the schema's name and
   * JSON pointer and keyword, or line and column.
   * @throws {GrammarError} GRAMMAR_UNSUPPORTED, GRAMMAR_TOO_LARGE
   * @throws {OptionError} INVALID_OPTION, UNKNOWN_OPTION
   */
  async compileGrammar(source: GrammarSource | NativeGrammarSource): Promise<Grammar> {
    const complete = isComplete(source) ? source : resolveGrammarSource(source);
    const native = await awaitNative(() => this.#native.compileGrammar(complete));
    return this.#adopt(new Grammar(native, complete));
  }

  /**
   * Reserves memory for sessions on this model.
   *
   * @throws {GenerationError} CONTEXT_TOO_LARGE - more memory than there is.
   */
  async createContext(options: ContextOptions = {}): Promise<Context> {
    const resolved = resolveOptions<Required<ContextOptions>>(
      "createContext()",
      options,
      {
        contextSize: Math.min(8192, this.trainedContextSize),
        slots: 4,
        batchSize: 512,
        threads: availableParallelism(),
        maxAdapterSets: 4,
        idleBytes: 2 ** 28,
        snapshotFolder: "",
        snapshotBytes: 2 ** 30,
      },
      contextChecks,
    );
    return this.#adopt(
      new Context(this, await awaitNative(() => this.#native.createContext(resolved))),
    );
  }

  /** The context of sessions and generations that bring none; made at first use, then shared. */
  defaultContext(): Promise<Context> {
    if (this.#defaultContext === undefined) {
      const created = this.createContext(this.#contextOptions);
      created.catch(() => (this.#defaultContext = undefined));
      this.#defaultContext = created;
    }
    return this.#defaultContext;
  }

  /**
   * Writes on from a prompt as it is, without a dialect or tools.
   *
   * @param prompt - text (BOS is put before it), pieces or token ids (nothing is added).
   */
  generate(prompt: string | readonly Piece[] | Int32Array, options: GenerateOptions = {}) {
    return new TextGeneration(this, prompt, options);
  }

  /** Stops all work, frees contexts and adapters, then the weights. Idempotent. */
  async dispose(): Promise<void> {
    // One that is being opened becomes a child first.
    await this.#defaultContext?.catch(() => undefined);
    const children = [...this.#children];
    this.#children.clear();
    await Promise.all(children.map((child) => child.dispose()));
    await awaitNative(() => this.#native.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  #adopt<Child extends { dispose(): Promise<void> }>(child: Child): Child {
    this.#children.add(child);
    return child;
  }
}

function resolveSpecial(of: string, options: SpecialOption) {
  return resolveOptions(of, options, { special: false }, { special: aBoolean });
}

/** @throws {OptionError} INVALID_OPTION - no list, or one with something that is no token id. */
function readTokens(tokens: Iterable<number>): Int32Array {
  if (tokens instanceof Int32Array) return tokens;
  const ids: unknown = anObject.accepts(tokens) && Symbol.iterator in tokens ? [...tokens] : tokens;
  checkValue("tokens", ids, tokenIds);
  return Int32Array.from(ids as number[]);
}

function isComplete(source: GrammarSource | NativeGrammarSource): source is NativeGrammarSource {
  return typeof source === "object" && "schemas" in source && Array.isArray(source.schemas);
}
