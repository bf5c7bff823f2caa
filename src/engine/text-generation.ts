/**
 * Plain generation: a prompt in, text out, with or without a grammar.
 */
import {
  aNumber,
  anAbortSignal,
  aBoolean,
  anArrayOf,
  anInteger,
  anObject,
  aString,
  checkValue,
  either,
  optional,
  resolveOptions,
  type Check,
  type Checks,
} from "../check.js";
import { GenerationError } from "../errors.js";
import { Grammar } from "../grammar/grammar.js";
import type {
  ActiveAdapter,
  GenerationEvent,
  GenerationRequest,
  GenerationResult,
  Piece,
} from "./engine.js";
import { checkContextOf, type Context } from "./context.js";
import type { Model } from "./model.js";
import { throwIfBroken } from "./generation-end.js";
import { greedySampling, resolveSampling, type SamplingOptions } from "./sampling.js";

/** Options of `model.generate()`. */
export interface GenerateOptions {
  /** GBNF text, or a grammar that was compiled for this model; forces everything that is written. */
  readonly grammar?: string | Grammar | undefined;
  /** @default what fits the context */
  readonly maxTokens?: number | undefined;
  /** Whole milliseconds; 0 is none. @default 0 */
  readonly timeLimitMs?: number | undefined;
  /** With a grammar greedy unless given. */
  readonly sampling?: SamplingOptions | undefined;
  /** Texts that end free text and are not part of it. Inside a grammar they mean nothing. */
  readonly stop?: readonly string[] | undefined;
  /** Ids that end the generation beside the model's own. */
  readonly stopTokens?: readonly number[] | undefined;
  readonly adapters?: readonly ActiveAdapter[] | undefined;
  /**
   * Whether tokens that the text has held before are decoded ahead and verified, where that pays.
   * Near ties may then fall otherwise, and not in every run alike.
   *
   * @default true
   */
  readonly guess?: boolean | undefined;
  /** @default the model's shared context */
  readonly context?: Context | undefined;
  readonly signal?: AbortSignal | undefined;
}

const aGrammar: Check = {
  expected: "a grammar",
  accepts: (value) => value instanceof Grammar,
};
const checks: Checks<GenerateOptions> = {
  grammar: optional(either(aString, aGrammar)),
  maxTokens: optional(anInteger(1, 2 ** 31 - 1)),
  timeLimitMs: anInteger(0, 2 ** 31 - 1),
  sampling: optional(anObject),
  stop: anArrayOf(aString),
  stopTokens: anArrayOf(anInteger(0, 2 ** 31 - 1)),
  adapters: anArrayOf({
    expected: "{ adapter, scale } with a finite scale",
    accepts: (value) =>
      anObject.accepts(value) && aNumber().accepts((value as ActiveAdapter).scale),
  }),
  guess: aBoolean,
  context: optional({
    expected: "a context that createContext() returned",
    accepts: (value) => anObject.accepts(value) && "acquireSlot" in (value as object),
  }),
  signal: optional(anAbortSignal),
};
const aPiece: Check = {
  expected: "{ text } or { token }",
  accepts: (value) =>
    anObject.accepts(value) &&
    aString.accepts((value as { token?: unknown }).token ?? (value as { text?: unknown }).text),
};
const aPrompt: Check = {
  expected: "a string, an Int32Array of token ids, or an array of pieces { text } or { token }",
  accepts: (value) =>
    typeof value === "string" || value instanceof Int32Array || anArrayOf(aPiece).accepts(value),
};
const defaults: GenerateOptions = Object.freeze({
  grammar: undefined,
  maxTokens: undefined,
  timeLimitMs: 0,
  sampling: undefined,
  stop: [],
  stopTokens: [],
  adapters: [],
  guess: true,
  context: undefined,
  signal: undefined,
});

/** What a finished generation wrote, with counts and times. */
export interface TextResult extends GenerationResult {
  readonly text: string;
}

/**
 * A generation that starts when it is read: iterate over its events, or await `result()`.
 */
export class TextGeneration implements AsyncIterable<GenerationEvent> {
  readonly #model: Model;
  readonly #prompt: string | readonly Piece[] | Int32Array;
  readonly #options: Readonly<GenerateOptions>;

  /** @internal Generations are made by `Model.generate`. */
  constructor(
    model: Model,
    prompt: string | readonly Piece[] | Int32Array,
    options: GenerateOptions,
  ) {
    checkValue("prompt", prompt, aPrompt);
    this.#model = model;
    this.#prompt = prompt;
    this.#options = resolveOptions("generate()", options, defaults, checks);
  }

  /**
   * Runs it to its end.
   *
   * @throws the signal's reason, when it aborts.
   * @throws {OptionError} DISPOSED - the model, the context or an adapter was, in the middle of it.
   * @throws {GenerationError} PROMPT_TOO_LONG, DECODE_FAILED
   */
  async result(): Promise<TextResult> {
    let text = "";
    for await (const event of this) {
      if (event.type === "text") text += event.text;
      if (event.type === "end") return { ...event.result, text };
    }
    throw new GenerationError("DECODE_FAILED", "The generation ended without its end event.");
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<GenerationEvent, void, undefined> {
    const { adapters, signal } = this.#options;
    const prompt = await this.#tokens();
    const grammar = await this.#grammar();
    const context = this.#options.context ?? (await this.#model.defaultContext());
    checkContextOf(this.#model, context);
    const slot = await context.acquireSlot({ prompt, adapters: adapters ?? [], signal });
    try {
      for await (const batch of slot.generate(this.#request(prompt, grammar, context))) {
        for (const event of batch) {
          if (event.type === "end") throwIfBroken(event.result, this.#options.signal);
          yield event;
        }
      }
    } finally {
      await slot.release();
      if (grammar !== this.#options.grammar) await grammar?.dispose();
    }
  }

  async #tokens(): Promise<Int32Array> {
    if (this.#prompt instanceof Int32Array) return this.#prompt;
    if (typeof this.#prompt !== "string") return this.#model.tokenizePieces(this.#prompt);
    const tokens = await this.#model.tokenize(this.#prompt);
    const bos = this.#model.bosToken;
    return bos === undefined ? tokens : Int32Array.from([bos, ...tokens]);
  }

  async #grammar(): Promise<Grammar | null> {
    const { grammar } = this.#options;
    if (typeof grammar === "string") return this.#model.compileGrammar(grammar);
    return grammar ?? null;
  }

  #request(prompt: Int32Array, grammar: Grammar | null, context: Context): GenerationRequest {
    const options = this.#options;
    const sampling =
      grammar === null
        ? resolveSampling(options.sampling)
        : resolveSampling(options.sampling, greedySampling);
    return {
      prompt,
      adapters: options.adapters ?? [],
      maxTokens: options.maxTokens ?? context.contextSize,
      timeLimitMs: options.timeLimitMs ?? 0,
      sampling,
      grammarSampling: sampling,
      stopTokens: [...this.#model.endTokens, ...(options.stopTokens ?? [])],
      stopTexts: options.stop ?? [],
      grammar,
      triggerTokens: [],
      triggerTexts: [],
      reportTokens: [],
      bannedTokens: [],
      guess: options.guess,
      signal: options.signal,
    };
  }
}
