/**
 * The options of a session and of one turn.
 */
import {
  aBoolean,
  aFunction,
  anAbortSignal,
  anArrayOf,
  anInteger,
  anObject,
  aNumber,
  aString,
  describeValue,
  either,
  oneOf,
  optional,
  resolveOptions,
  type Check,
  type Checks,
} from "../check.js";
import type { DialectChoice } from "../dialects/resolve-dialect.js";
import type { ActiveAdapter, EngineAdapter, EngineContext, EngineModel } from "../engine/engine.js";
import type { SamplingOptions } from "../engine/sampling.js";
import { OptionError } from "../errors.js";
import type { JsonObject, Message, ToolCall } from "../messages.js";
import type { SchemaSource } from "../schema/schema.js";
import type { ToolSet, ToolSource } from "../tools/tool-set.js";
import type { Summarize } from "./shown.js";
import type { SessionSnapshot } from "./snapshot.js";

/**
 * Whether and what the model may call, enforced by the grammar: as it likes, nothing, at least one
 * tool, or exactly this tool once. The last two hold for the first step of a turn; from then on it
 * is `"auto"`.
 */
export type ToolChoice = "auto" | "none" | "required" | { readonly tool: string };

/** Whether a call may run: as it is, with another input, or not at all, with a reason for the model. */
export type Approval = boolean | { readonly input: JsonObject } | { readonly refuse: string };

/** Asked before each call, one after the other, in the order of the calls. */
export type ApproveCall = (
  call: ToolCall,
  context: { readonly messages: readonly Message[]; readonly signal: AbortSignal },
) => Approval | Promise<Approval>;

/** What bounds a turn. */
export interface SessionLimits {
  /** Most steps (generations) of a turn. @default 16 */
  readonly steps: number;
  /** Most tokens of one step; 0: as many as the context holds. @default 0 */
  readonly maxTokens: number;
  /** Most tokens that a turn generates; 0: no limit. @default 0 */
  readonly turnTokens: number;
  /** Most milliseconds of a turn; 0: no limit. @default 0 */
  readonly timeMs: number;
  /** How often one turn may make the very same call. @default 3 */
  readonly repeatedCalls: number;
  /** Most calls of one step. @default 8 */
  readonly callsPerStep: number;
  /** Most calls that run at the same time. @default 4 */
  readonly concurrency: number;
  /** Milliseconds for one call of a tool that has no `timeoutMs`; 0: no limit. @default 60000 */
  readonly toolTimeMs: number;
}

/** What a session is made of; only the model is needed. */
export interface SessionOptions {
  /** From `loadModel`. */
  readonly model: EngineModel;
  /** Whose slots the session uses. @default the model's own, which all its sessions share */
  readonly context?: EngineContext | undefined;
  /** How the model writes turns and calls. @default "auto": what the model's file calls for */
  readonly dialect?: DialectChoice | undefined;
  /** Adapters that are active, each with scale 1 unless it says otherwise. @default none */
  readonly adapters?: readonly (EngineAdapter | ActiveAdapter)[] | undefined;
  /** Instructions that come before everything. */
  readonly system?: string | undefined;
  /** What the model may call. @default none */
  readonly tools?: ToolSource | undefined;
  /** @default "auto" */
  readonly toolChoice?: ToolChoice | undefined;
  /** Whether the model is asked to think before it answers. @default false */
  readonly thinking?: boolean | undefined;
  /** For text. @default temperature 1, topK 64, topP 0.95 */
  readonly sampling?: SamplingOptions | undefined;
  /** For calls and forced answers. @default greedy */
  readonly callSampling?: SamplingOptions | undefined;
  readonly limits?: Partial<SessionLimits> | undefined;
  /**
   * Whether tokens that the conversation has held before are decoded ahead and verified, where
   * that pays. Near ties may then fall otherwise, and not in every run alike. @default true
   */
  readonly guess?: boolean | undefined;
  /** May change or refuse a call. @default every call runs */
  readonly approve?: ApproveCall | undefined;
  /**
   * Refuse schemas with keywords that the grammar cannot enforce; otherwise `session.grammar`
   * lists them and calls are validated after generation. @default true
   */
  readonly strict?: boolean | undefined;
  /** Whether `format` in schemas is enforced, or a note for the reader. @default "assert" */
  readonly formats?: "assert" | "annotate" | undefined;
  /** A conversation to go on from; it may begin with a system message, instead of `system`. */
  readonly messages?: readonly Message[] | undefined;
  /** Gets lines on what is likely a mistake, such as an adapter that was trained in another dialect. */
  readonly log?: ((line: string) => void) | undefined;
  /** What `session.toJSON()` gave; instead of `system` and `messages`. */
  readonly resume?: SessionSnapshot | undefined;
  /**
   * Asked when the conversation outgrows the context and its oldest turns are left out of the
   * prompt: the text that it returns is put before the first turn that stays. @default none
   */
  readonly summarize?: Summarize | undefined;
  /**
   * File that gets `toJSON()` after every turn, whole or not at all; the state of the conversation
   * goes to the context's snapshot folder, where it has one. @default none
   */
  readonly saveTo?: string | undefined;
}

/** What holds for one turn only. */
export interface TurnOptions<Output extends SchemaSource | undefined = SchemaSource | undefined> {
  /** @default the session's */
  readonly toolChoice?: ToolChoice | undefined;
  /** @default the session's */
  readonly thinking?: boolean | undefined;
  /** Forces the answer into this schema; the result's `output` is typed by it. */
  readonly output?: Output;
  /** Aborts the turn: generation and tools stop, the conversation is as it was before. */
  readonly signal?: AbortSignal | undefined;
}

export const defaultLimits: SessionLimits = Object.freeze({
  steps: 16,
  maxTokens: 0,
  turnTokens: 0,
  timeMs: 0,
  repeatedCalls: 3,
  callsPerStep: 8,
  concurrency: 4,
  toolTimeMs: 60_000,
});

const limitChecks: Checks<SessionLimits> = {
  steps: anInteger(1),
  maxTokens: anInteger(0),
  turnTokens: anInteger(0),
  timeMs: aNumber(0, 2 ** 31 - 1),
  repeatedCalls: anInteger(1),
  callsPerStep: anInteger(1, 1000),
  concurrency: anInteger(1),
  toolTimeMs: aNumber(0),
};

const aToolChoice: Check = {
  expected: `"auto", "none", "required" or { tool: name }`,
  accepts: (value) =>
    oneOf("auto", "none", "required").accepts(value) ||
    (anObject.accepts(value) && aString.accepts((value as { tool?: unknown }).tool)),
};

const anAdapter: Check = {
  expected: "a loaded adapter or { adapter, scale }",
  accepts: (value) => {
    if (!anObject.accepts(value)) return false;
    const { adapter, scale } = asActive(value as EngineAdapter | ActiveAdapter);
    return anObject.accepts(adapter) && "metadata" in adapter && aNumber().accepts(scale);
  },
};

type CompleteOptions = Required<SessionOptions>;

/** Session options with their defaults. */
export type ResolvedSessionOptions = Readonly<
  Omit<CompleteOptions, Defaulted | "limits"> & {
    [Name in Defaulted]: NonNullable<SessionOptions[Name]>;
  } & { limits: SessionLimits }
>;
type Defaulted =
  "dialect" | "adapters" | "tools" | "toolChoice" | "thinking" | "guess" | "strict" | "formats";

/** Turn options with their defaults. */
export interface ResolvedTurnOptions {
  readonly toolChoice: ToolChoice;
  readonly thinking: boolean;
  readonly output: SchemaSource | undefined;
  readonly signal: AbortSignal | undefined;
}

export const defaultSessionOptions = Object.freeze({
  model: undefined,
  context: undefined,
  dialect: "auto",
  adapters: Object.freeze([]),
  system: undefined,
  tools: Object.freeze({}),
  toolChoice: "auto",
  thinking: false,
  sampling: undefined,
  callSampling: undefined,
  limits: undefined,
  guess: true,
  approve: undefined,
  strict: true,
  formats: "assert",
  messages: undefined,
  log: undefined,
  resume: undefined,
  summarize: undefined,
  saveTo: undefined,
});

const sessionChecks: Checks<CompleteOptions> = {
  model: {
    expected: "a model that loadModel() returned",
    accepts: (value) => anObject.accepts(value) && "tokenizePieces" in (value as object),
  },
  context: optional({
    expected: "a context that createContext() returned",
    accepts: (value) => anObject.accepts(value) && "acquireSlot" in (value as object),
  }),
  dialect: either(aString, anObject),
  adapters: anArrayOf(anAdapter),
  system: optional(aString),
  tools: either(anObject, anArrayOf(anObject)),
  toolChoice: aToolChoice,
  thinking: aBoolean,
  sampling: optional(anObject),
  callSampling: optional(anObject),
  limits: optional(anObject),
  guess: aBoolean,
  approve: optional(aFunction),
  strict: aBoolean,
  formats: oneOf("assert", "annotate"),
  messages: optional(anArrayOf(anObject)),
  log: optional(aFunction),
  resume: optional(anObject),
  summarize: optional(aFunction),
  saveTo: optional(aString),
};

const turnChecks: Checks<ResolvedTurnOptions> = {
  toolChoice: aToolChoice,
  thinking: aBoolean,
  output: optional(either(anObject, aFunction)),
  signal: optional(anAbortSignal),
};

/** @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION - as `resolveOptions` says. */
export function resolveSessionOptions(options: SessionOptions): ResolvedSessionOptions {
  const resolved = resolveOptions<Record<keyof CompleteOptions, unknown>>(
    "createSession()",
    options,
    defaultSessionOptions,
    sessionChecks,
  ) as ResolvedSessionOptions;
  if (resolved.resume && (resolved.system !== undefined || resolved.messages)) {
    throw new OptionError(
      "INVALID_OPTION",
      `Expected option "resume" alone, got it beside "system" or "messages", which it brings itself.`,
    );
  }
  const limits = resolveOptions("limits", resolved.limits, defaultLimits, limitChecks);
  return { ...resolved, limits };
}

/** Adapters with their scales. */
export function resolveAdapters(
  adapters: readonly (EngineAdapter | ActiveAdapter)[],
): readonly ActiveAdapter[] {
  if (!anArrayOf(anAdapter).accepts(adapters)) {
    throw new OptionError(
      "INVALID_OPTION",
      `Expected option "adapters" to be an array, each element ${anAdapter.expected}, got ` +
        `${describeValue(adapters)}.`,
    );
  }
  return adapters.map(asActive);
}

function asActive(each: EngineAdapter | ActiveAdapter): ActiveAdapter {
  return "adapter" in each ? each : { adapter: each, scale: 1 };
}

/** @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION - as `resolveOptions` says. */
export function resolveTurnOptions(
  options: TurnOptions | undefined,
  defaults: Pick<ResolvedTurnOptions, "toolChoice" | "thinking">,
): ResolvedTurnOptions {
  const { toolChoice, thinking } = defaults;
  const complete = { toolChoice, thinking, output: undefined, signal: undefined };
  return resolveOptions<ResolvedTurnOptions>("send()", options, complete, turnChecks);
}

/** @throws {OptionError} INVALID_OPTION - the tool choice names no tool of the session. */
export function checkToolChoice(choice: ToolChoice, tools: ToolSet): void {
  if (choice === "auto" || choice === "none") return;
  if (choice === "required" ? tools.size > 0 : tools.has(choice.tool)) return;
  const known = [...tools.keys()].map((name) => `"${name}"`).join(", ") || "none";
  throw new OptionError(
    "INVALID_OPTION",
    `Expected option "toolChoice" to be possible with the session's tools (${known}), got ` +
      `${JSON.stringify(choice)}.`,
  );
}
