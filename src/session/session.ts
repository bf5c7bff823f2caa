/**
 * A session: one conversation with a model and its tools.
 *
 * `send` is `stream` collected. One turn runs at a time; a turn that is aborted or fails leaves the
 * conversation as it was before.
 */
import type { Dialect } from "../dialects/dialect.js";
import { checkContextOf } from "../engine/context.js";
import type { ActiveAdapter, EngineAdapter, EngineContext } from "../engine/engine.js";
import { greedySampling, resolveSampling, textSampling } from "../engine/sampling.js";
import { OptionError } from "../errors.js";
import type { Message, ToolDeclaration } from "../messages.js";
import type { Conversation } from "../formats/conversation.js";
import type { Grammar } from "../grammar/grammar.js";
import { resolveSchema } from "../schema/schema.js";
import type { InferInput, Schema, SchemaSource } from "../schema/schema.js";
import { declareTools, resolveToolSet, type ToolSet } from "../tools/tool-set.js";
import { bindDialect, warnOfDialects } from "./bind-dialect.js";
import { checkConversation } from "./conversation.js";
import { addUsage, noUsage } from "./events.js";
import type { SessionEvent, TurnResult, Usage } from "./events.js";
import { checkToolChoice, resolveAdapters, resolveSessionOptions } from "./options.js";
import { resolveTurnOptions } from "./options.js";
import type {
  ResolvedSessionOptions,
  ResolvedTurnOptions,
  SessionOptions,
  TurnOptions,
} from "./options.js";
import { writeWhole } from "./whole-file.js";
import { nothingLeftOut, type LeftOut } from "./shown.js";
import { SharedPrefix } from "./shared-prefix.js";
import { readSnapshot, type SessionSnapshot } from "./snapshot.js";
import { StepGrammars } from "./step-grammar.js";
import { runTurn } from "./turn.js";
import { readTurnInput, type TurnInput } from "./turn-input.js";
import { createTurnResult, readOutput } from "./turn-result.js";

/** The type of a turn's `output`: undefined without a schema. */
export type InferOutput<Source> = Source extends SchemaSource ? InferInput<Source> : undefined;

interface Running<Event = unknown> {
  readonly controller: AbortController;
  readonly events: AsyncGenerator<Event, void>;
}

/**
 * Opens a session; the grammar of its tools is compiled here, so that a schema that cannot be
 * enforced is refused now.
 *
 * @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION
 * @throws {ToolError} TOOL_INVALID, TOOL_DUPLICATE
 * @throws {DialectError} DIALECT_UNKNOWN, DIALECT_TOKEN_MISSING, DIALECT_INVALID
 * @throws {GrammarError} SCHEMA_UNSUPPORTED - `details` names the JSON pointer and the keyword.
 * @throws {MessageError} MESSAGE_INVALID - `messages` or `resume` is no conversation.
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  const resolved = resolveSessionOptions(options);
  const session = new Session(resolved);
  await session.prepare();
  return session;
}

/** Numbers the sessions of the process. */
let sessionCount = 0;

/** One conversation with a model and its tools. */
export class Session {
  readonly #owner = ++sessionCount;
  readonly #options: ResolvedSessionOptions;
  readonly #dialect: Dialect;
  readonly #tools: ToolSet;
  readonly #declarations: readonly ToolDeclaration[];
  readonly #grammars: StepGrammars;
  readonly #prefix: SharedPrefix;
  #adapters: readonly ActiveAdapter[];
  #messages: readonly Message[];
  #leftOut: LeftOut = nothingLeftOut;
  #usage: Usage = noUsage;
  #grammar: Grammar | null = null;
  #running: Running | undefined;
  /** Where turns ran. */
  #used: EngineContext | undefined;
  #disposed = false;

  /** @internal Sessions are made by `createSession`. */
  constructor(options: ResolvedSessionOptions) {
    const { model, strict, formats, limits, toolChoice } = options;
    this.#options = options;
    this.#tools = resolveToolSet(options.tools);
    this.#declarations = declareTools(this.#tools);
    checkToolChoice(toolChoice, this.#tools);
    resolveSampling(options.sampling, textSampling);
    resolveSampling(options.callSampling, greedySampling);
    this.#adapters = resolveAdapters(options.adapters);
    this.#dialect = bindDialect(options.dialect, model, this.#adapters);
    warnOfDialects(this.#dialect, this.#adapters, options.log);
    checkThinking(options.thinking, this.#dialect);
    this.#messages = startConversation(options);
    const [dialect, messages, tools] = [this.#dialect, this.#messages, this.#declarations];
    this.#prefix = new SharedPrefix({ model, dialect, messages, tools });
    this.#grammars = new StepGrammars({
      model,
      dialect: this.#dialect,
      tools: this.#declarations,
      schemaOptions: { strict, formats },
      callsPerStep: limits.callsPerStep,
    });
  }

  /** @internal */
  async prepare(): Promise<void> {
    const { context, model, thinking } = this.#options;
    // Opened beside the rest; an error comes again with the first turn.
    if (context === undefined) model.defaultContext().catch(() => undefined);
    const choice = { toolChoice: "auto", thinking: false, output: undefined } as const;
    const [{ grammar }] = await Promise.all([
      this.#grammars.choose(choice),
      this.#prefix.tokens(thinking),
    ]);
    this.#grammar = grammar;
  }

  /** The name of the prompt format. */
  get dialect(): string {
    return this.#dialect.name;
  }

  /** The conversation so far, the system message included. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** What all turns took that came to an end. */
  get usage(): Usage {
    return this.#usage;
  }

  /** Whether a turn is running. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /** The grammar of the tools' calls, to print it or see what it leaves open; null without tools. */
  get grammar(): Grammar | null {
    return this.#grammar;
  }

  /**
   * Runs one turn and returns its result.
   *
   * @param input - the user's text, or results of the calls that the last turn ended with.
   * @throws {OptionError} BUSY, DISPOSED, UNKNOWN_OPTION, INVALID_OPTION
   * @throws {MessageError} MESSAGE_INVALID - results for calls that do not wait, or text while calls
   * wait.
   * @throws {SessionError} OUTPUT_INVALID - the turn ended without the answer that `output` asks
   * for; `details` has its text and why it ended.
   * @throws {GenerationError} PROMPT_TOO_LONG - not even this turn fits into the context.
   * @throws the signal's reason, when it aborts.
   */
  async send<Output extends SchemaSource | undefined = undefined>(
    input: TurnInput,
    options?: TurnOptions<Output>,
  ): Promise<TurnResult<InferOutput<Output>>> {
    let result: TurnResult<InferOutput<Output>> | undefined;
    for await (const event of this.stream(input, options)) {
      if (event.type === "turn-end") result = event.result;
    }
    return result!;
  }

  /**
   * Runs one turn and tells what happens; the last event, `turn-end`, has the result.
   *
   * The turn begins when the first event is asked for, goes on as events are taken, and is aborted
   * when the iteration is left early.
   *
   * @throws as `send` does: wrong options at once, the rest while iterating.
   */
  stream<Output extends SchemaSource | undefined = undefined>(
    input: TurnInput,
    options?: TurnOptions<Output>,
  ): AsyncGenerator<SessionEvent<InferOutput<Output>>, void> {
    this.#checkUsable();
    const turn = resolveTurnOptions(options, this.#options);
    checkToolChoice(turn.toolChoice, this.#tools);
    checkThinking(turn.thinking, this.#dialect);
    const schema = turn.output && resolveSchema(turn.output);
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, ...(turn.signal ? [turn.signal] : [])]);
    const events = this.#runTurn<InferOutput<Output>>(input, { ...turn, signal, schema });
    return this.#runAlone({ controller, events }, signal);
  }

  /**
   * Chooses the adapters of the turns to come.
   *
   * @throws {OptionError} BUSY, DISPOSED, INVALID_OPTION
   */
  setAdapters(adapters: readonly (EngineAdapter | ActiveAdapter)[]): void {
    this.#checkUsable();
    this.#adapters = resolveAdapters(adapters);
    warnOfDialects(this.#dialect, this.#adapters, this.#options.log);
  }

  /** The conversation as JSON, for `createSession({ resume })`; also what `JSON.stringify` takes. */
  toJSON(): SessionSnapshot {
    return { version: 1, dialect: this.#dialect.name, messages: this.#messages };
  }

  /** The conversation with its tools, as an example that an adapter can be trained on. */
  toTrainingExample(): Conversation {
    return { messages: this.#messages, tools: this.#declarations };
  }

  /** Aborts a running turn with DISPOSED and frees the grammars. Idempotent. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#running?.controller.abort(disposedError());
    await this.#running?.events.return(undefined).catch(() => undefined);
    this.#used?.forget(this.#owner);
    await this.#grammars.dispose();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** Holds the session busy while the events are taken. */
  async *#runAlone<Event>(
    running: Running<Event>,
    signal: AbortSignal,
  ): AsyncGenerator<Event, void> {
    this.#checkUsable();
    this.#running = running;
    try {
      yield* running.events;
      // `dispose` ends the events from within.
      signal.throwIfAborted();
    } finally {
      this.#running = undefined;
    }
  }

  async *#runTurn<Output>(
    input: TurnInput,
    { toolChoice, thinking, signal, schema }: TurnRun,
  ): AsyncGenerator<SessionEvent<Output>, void> {
    signal.throwIfAborted();
    const { model, limits, guess, approve } = this.#options;
    const begin = readTurnInput(input, this.#messages);
    const outcome = yield* runTurn({
      model,
      context: (this.#used = await this.#context()),
      dialect: this.#dialect,
      adapters: this.#adapters,
      tools: this.#tools,
      declarations: this.#declarations,
      grammars: this.#grammars,
      prefix: this.#prefix,
      owner: this.#owner,
      toolChoice,
      thinking,
      output: schema?.jsonSchema,
      limits,
      guess,
      approve,
      signal,
      saves: this.#options.saveTo !== undefined,
      log: this.#options.log,
      sampling: () => this.#drawSampling(),
      messages: [...this.#messages, ...begin],
      leftOut: this.#leftOut,
      summarize: this.#options.summarize,
    });
    const output = (schema && (await readOutput(outcome, schema))) as Output;
    signal.throwIfAborted();
    const messages = [...begin, ...outcome.messages];
    this.#messages = Object.freeze([...this.#messages, ...messages]);
    this.#leftOut = outcome.leftOut;
    this.#usage = addUsage(this.#usage, outcome.usage);
    await this.#save();
    yield { type: "turn-end", result: createTurnResult(outcome, messages, output) };
  }

  #context(): Promise<EngineContext> | EngineContext {
    const { context, model } = this.#options;
    if (context === undefined) return model.defaultContext();
    checkContextOf(model, context);
    return context;
  }

  async #save(): Promise<void> {
    const { saveTo } = this.#options;
    if (saveTo !== undefined) await writeWhole(saveTo, JSON.stringify(this));
  }

  #drawSampling() {
    const { sampling, callSampling } = this.#options;
    return {
      text: resolveSampling(sampling, textSampling),
      calls: resolveSampling(callSampling, greedySampling),
    };
  }

  #checkUsable(): void {
    if (this.#disposed) throw disposedError();
    if (!this.#running) return;
    throw new OptionError(
      "BUSY",
      "Expected one turn at a time, but a turn of this session is still running. Await it or " +
        "abort it first, or open a second session on the same model.",
    );
  }
}

interface TurnRun extends ResolvedTurnOptions {
  readonly signal: AbortSignal;
  readonly schema: Schema | undefined;
}

function startConversation(options: ResolvedSessionOptions): readonly Message[] {
  const { system, messages = [], resume } = options;
  if (resume) return Object.freeze([...readSnapshot(resume)]);
  const start: readonly Message[] =
    system === undefined ? [] : [{ role: "system", content: system }];
  return Object.freeze([...checkConversation([...start, ...messages])]);
}

/** @throws {OptionError} INVALID_OPTION - thinking in a dialect that has no place for it. */
function checkThinking(thinking: boolean, dialect: Dialect): void {
  if (!thinking || dialect.supportsThinking) return;
  throw new OptionError(
    "INVALID_OPTION",
    `Expected option "thinking" to be false with dialect "${dialect.name}", which has no place ` +
      `for thinking.`,
  );
}

function disposedError(): OptionError {
  return new OptionError("DISPOSED", "This session was disposed. Open another one.");
}
