/**
 * An engine that writes what a script says, so that sessions are tested without a model.
 *
 * A token is a special token or one character; ids of characters are their code points plus 1000.
 * Scripts are text in which special tokens are spelt out: they arrive as tokens.
 */
import type {
  EngineAdapter,
  EngineContext,
  EngineModel,
  EngineSlot,
  GenerationEvent,
  GenerationRequest,
  GenerationResult,
  Piece,
  SlotRequest,
} from "../../src/engine/engine.js";
import { GenerationError, OptionError } from "../../src/errors.js";
import { Grammar } from "../../src/grammar/grammar.js";
import type { NativeGrammarSource, NativeUnenforced } from "../../src/native/addon.js";

/** What one generation does. */
export interface ScriptedGeneration {
  /** What the model writes. */
  readonly write: string;
  /** @default "stop-token" */
  readonly reason?: GenerationResult["reason"];
  /** The stop token by its text, for the reason "stop-token". @default the first of the model's */
  readonly stop?: string;
  /** Writes, then waits until it is aborted. */
  readonly hangs?: boolean;
}

export type Script = readonly (string | ScriptedGeneration)[];

export interface ScriptedModelOptions {
  /** What each generation writes, in order, or computed from the request. */
  readonly script:
    Script | ((request: GenerationRequest, index: number) => string | ScriptedGeneration);
  /** Special tokens; the first ends generations. @default those of Gemma 4 */
  readonly tokens?: readonly string[];
  readonly architecture?: string;
  readonly contextSize?: number;
  readonly slots?: number;
  /** Characters of one text event. @default 3 */
  readonly chunkSize?: number;
  /** Events of one batch. @default 2 */
  readonly batchSize?: number;
  readonly unenforced?: readonly NativeUnenforced[];
}

export const gemma4Tokens = [
  "<turn|>",
  "<bos>",
  "<eos>",
  "<|turn>",
  "<|tool>",
  "<tool|>",
  "<|tool_call>",
  "<tool_call|>",
  "<|tool_response>",
  "<tool_response|>",
  '<|"|>',
  "<|think|>",
  "<|channel>",
  "<channel|>",
] as const;

/** The special tokens of a Gemma 3 vocabulary, which knows no calls. */
export const gemma3Tokens = ["<end_of_turn>", "<bos>", "<eos>", "<start_of_turn>"] as const;

const firstCharacterId = 1000;

/** A model that follows a script, and what was asked of it. */
export class ScriptedModel implements EngineModel, EngineContext {
  readonly architecture: string;
  readonly metadata = {};
  readonly chatTemplate = null;
  readonly beginToken = "<bos>";
  readonly endTokens: readonly number[];
  readonly contextSize: number;
  readonly requests: GenerationRequest[] = [];
  readonly grammars: NativeGrammarSource[] = [];
  /** Grammars that were compiled and not disposed. */
  liveGrammars = 0;
  /** Slots in somebody's hands. */
  heldSlots = 0;
  /** Owners that said they do not come back. */
  readonly forgotten: number[] = [];
  /** How often a slot was saved. */
  saves = 0;
  readonly options: ScriptedModelOptions;
  readonly #tokens: readonly string[];
  #waiting: (() => void)[] = [];

  constructor(options: ScriptedModelOptions) {
    this.options = options;
    this.#tokens = options.tokens ?? gemma4Tokens;
    this.architecture = options.architecture ?? "gemma4";
    this.contextSize = options.contextSize ?? 4096;
    this.endTokens = [0, this.#tokens.indexOf("<eos>")];
  }

  specialToken(text: string): number | undefined {
    const id = this.#tokens.indexOf(text);
    return id < 0 ? undefined : id;
  }

  tokenizePieces(pieces: readonly Piece[]): Promise<Int32Array> {
    const ids = pieces.flatMap((piece) =>
      "token" in piece ? [this.#tokens.indexOf(piece.token)] : characterIds(piece.text),
    );
    if (ids.includes(-1)) throw new Error(`no such token: ${JSON.stringify(pieces)}`);
    return Promise.resolve(Int32Array.from(ids));
  }

  /** The text of tokens, special ones spelt out. */
  print(tokens: Iterable<number>): string {
    return [...tokens].map((id) => this.printToken(id)).join("");
  }

  printToken(id: number): string {
    return id < firstCharacterId ? this.#tokens[id]! : String.fromCodePoint(id - firstCharacterId);
  }

  /** Splits written text into special tokens and single characters. */
  read(text: string): number[] {
    const special = this.#tokens.map((token) => token.replace(/[[\]|\\^$.*+?(){}]/g, "\\$&"));
    const parts = text.split(new RegExp(`(${special.join("|")})`));
    return parts.flatMap((part, index) =>
      index % 2 === 1 ? [this.#tokens.indexOf(part)] : characterIds(part),
    );
  }

  compileGrammar(source: NativeGrammarSource): Promise<Grammar> {
    this.grammars.push(source);
    this.liveGrammars++;
    let isLive = true;
    const dispose = () => {
      if (isLive) this.liveGrammars--;
      isLive = false;
      return Promise.resolve();
    };
    const unenforced = () => this.options.unenforced ?? [];
    const check = () => Promise.reject(new Error("A scripted grammar checks nothing."));
    const native = { unenforced, print: () => source.gbnf, check, dispose };
    return Promise.resolve(new Grammar(native, source));
  }

  defaultContext(): Promise<EngineContext> {
    return Promise.resolve(this);
  }

  forget(owner: number): void {
    this.forgotten.push(owner);
  }

  async acquireSlot({ signal }: SlotRequest): Promise<EngineSlot> {
    while (this.heldSlots >= (this.options.slots ?? 4)) {
      signal?.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
      });
    }
    signal?.throwIfAborted();
    this.heldSlots++;
    let isHeld = true;
    return {
      generate: (request) => {
        if (!isHeld) throw new OptionError("DISPOSED", "The slot was released.");
        return this.#generate(request);
      },
      save: () => {
        this.saves++;
      },
      release: () => {
        if (isHeld) this.heldSlots--;
        isHeld = false;
        for (const wake of this.#waiting.splice(0)) wake();
        return Promise.resolve();
      },
    };
  }

  async *#generate(request: GenerationRequest): AsyncGenerator<readonly GenerationEvent[], void> {
    if (request.prompt.length >= this.contextSize) {
      throw new GenerationError("PROMPT_TOO_LONG", "The prompt does not fit.");
    }
    const index = this.requests.push(request) - 1;
    const { script } = this.options;
    const entry = typeof script === "function" ? script(request, index) : script[index];
    if (entry === undefined) throw new Error(`the script has no generation ${index}`);
    const scripted = typeof entry === "string" ? { write: entry } : entry;
    yield* this.#play(scripted, request);
  }

  async *#play(
    scripted: ScriptedGeneration,
    request: GenerationRequest,
  ): AsyncGenerator<readonly GenerationEvent[], void> {
    const written = this.read(scripted.write);
    const room = Math.min(request.maxTokens, this.contextSize - request.prompt.length);
    const tokens = written.slice(0, room);
    const end = this.#end(scripted, request, tokens, written.length > tokens.length);
    const total = request.prompt.length;
    const events = [
      { type: "prompt" as const, processed: total, total },
      ...this.#textEvents(tokens, request.reportTokens),
    ];
    for (const batch of chunks(events, this.options.batchSize ?? 2)) {
      await new Promise((resolve) => setImmediate(resolve));
      if (request.signal?.aborted) break;
      yield batch;
    }
    if (scripted.hangs) await untilAbort(request.signal);
    const aborted = { ...end, reason: "aborted" as const };
    yield [{ type: "end", result: request.signal?.aborted ? aborted : end }];
  }

  #textEvents(tokens: readonly number[], reported: readonly number[]): GenerationEvent[] {
    const events: GenerationEvent[] = [];
    let text: number[] = [];
    const flush = () => {
      for (const chunk of chunks(text, this.options.chunkSize ?? 3)) {
        events.push({ type: "text", text: this.print(chunk), tokens: Int32Array.from(chunk) });
      }
      text = [];
    };
    for (const token of tokens) {
      if (!reported.includes(token)) text.push(token);
      else {
        flush();
        events.push({ type: "token", token, text: this.printToken(token) });
      }
    }
    flush();
    return events;
  }

  #end(
    { reason = "stop-token", stop = this.#tokens[0]! }: ScriptedGeneration,
    { prompt, maxTokens }: GenerationRequest,
    tokens: readonly number[],
    isCut: boolean,
  ): GenerationResult {
    const cut = tokens.length === maxTokens ? "max-tokens" : "context-full";
    const isStopped = !isCut && reason === "stop-token";
    return {
      reason: isCut ? cut : reason,
      stop: isStopped ? stop : null,
      // What was sampled last is not decoded, so it is not in the cache.
      tokens: Int32Array.from(isStopped ? tokens : tokens.slice(0, -1)),
      promptTokens: prompt.length,
      reusedTokens: 0,
      generatedTokens: tokens.length,
      forcedTokens: 0,
      guessedTokens: 0,
      guessedRight: 0,
      promptMs: 1,
      generationMs: 1,
      warnings: [],
      failure: reason === "failed" ? new Error("the scripted decode failed") : null,
    };
  }
}

/** An adapter that does nothing. */
export function scriptedAdapter(path: string): EngineAdapter {
  return { path, metadata: {} };
}

function characterIds(text: string): number[] {
  return Array.from(text, (char) => char.codePointAt(0)! + firstCharacterId);
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

async function untilAbort(signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  await new Promise<void>((resolve) =>
    signal?.addEventListener("abort", () => resolve(), { once: true }),
  );
}
