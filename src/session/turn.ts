/**
 * The turn loop: think, act, observe, until the answer or a limit.
 *
 * It works on a copy of the conversation, so that a turn that is aborted or fails leaves no trace.
 */
import type { Dialect } from "../dialects/dialect.js";
import type {
  ActiveAdapter,
  EngineContext,
  EngineModel,
  EngineSlot,
  GenerationRequest,
  Sampling,
} from "../engine/engine.js";
import type { JsonObject, Message, ToolDeclaration, ToolMessage } from "../messages.js";
import type { ToolSet } from "../tools/tool-set.js";
import { runCalls, type CallOutcome } from "./calls.js";
import { createCallIds } from "./conversation.js";
import { addUsage, noUsage, usageOf } from "./events.js";
import type { TurnEvent, TurnEndReason, Usage } from "./events.js";
import type { ApproveCall, SessionLimits, ToolChoice } from "./options.js";
import {
  endOfOldestTurn,
  newlyLeftOut,
  shownMessages,
  type LeftOut,
  type Summarize,
} from "./shown.js";
import type { SharedPrefix } from "./shared-prefix.js";
import { runStep, type Step } from "./step.js";
import type { StepGrammar, StepGrammars } from "./step-grammar.js";

/** What a turn needs of its session and of its caller. */
export interface TurnSetup {
  readonly model: EngineModel;
  readonly context: EngineContext;
  readonly dialect: Dialect;
  readonly adapters: readonly ActiveAdapter[];
  readonly tools: ToolSet;
  readonly declarations: readonly ToolDeclaration[];
  readonly grammars: StepGrammars;
  readonly prefix: SharedPrefix;
  /** The session's own number, by which it gets its slot back. */
  readonly owner: number;
  readonly toolChoice: ToolChoice;
  readonly thinking: boolean;
  /** JSON Schema of the answer. */
  readonly output: JsonObject | undefined;
  readonly limits: SessionLimits;
  readonly guess: boolean;
  readonly approve: ApproveCall | undefined;
  readonly signal: AbortSignal;
  /** Whether the state of the turn is written to the snapshot folder. */
  readonly saves: boolean;
  readonly log: ((line: string) => void) | undefined;
  /** The sampling of one generation, of text and of calls; seeds are drawn each time. */
  readonly sampling: () => { readonly text: Sampling; readonly calls: Sampling };
  /** The conversation, the message of this turn included. */
  readonly messages: readonly Message[];
  /** What earlier turns left out of the prompt. */
  readonly leftOut: LeftOut;
  readonly summarize: Summarize | undefined;
}

/** What the loop came to. */
export interface TurnOutcome {
  readonly reason: TurnEndReason;
  /** What the turn added to the conversation after the caller's message. */
  readonly messages: readonly Message[];
  readonly steps: number;
  readonly usage: Usage;
  /** What the prompt left out at the end. */
  readonly leftOut: LeftOut;
}

/** A turn on its way. */
interface Turn {
  readonly setup: TurnSetup;
  readonly messages: Message[];
  readonly nextCallId: () => string;
  /** How often each call was made; see `runCalls`. */
  readonly counts: Map<string, number>;
  readonly startedAt: number;
  toolChoice: ToolChoice;
  hasRepeated: boolean;
  leftOut: LeftOut;
  steps: number;
  usage: Usage;
}

/**
 * Runs a turn and tells what happens.
 *
 * @throws the signal's reason, when it aborts.
 * @throws {GenerationError} PROMPT_TOO_LONG, DECODE_FAILED
 */
export async function* runTurn(setup: TurnSetup): AsyncGenerator<TurnEvent, TurnOutcome> {
  const turn = startTurn(setup);
  let prompt = yield* fitPrompt(turn, await renderPrompt(turn));
  const { context, adapters, owner, signal } = setup;
  const slot = await context.acquireSlot({ prompt, adapters, owner, signal });
  try {
    for (;;) {
      const { step, grammar } = yield* think(turn, slot, prompt);
      const outcome = yield* act(turn, step, grammar);
      const reason = findEndReason(turn, step, outcome);
      if (reason) {
        if (setup.saves) slot.save();
        return finishTurn(turn, reason);
      }
      prompt = yield* fitPrompt(turn, await observe(turn, prompt, step, outcome.results));
    }
  } finally {
    await slot.release();
  }
}

function startTurn(setup: TurnSetup): Turn {
  return {
    setup,
    messages: [...setup.messages],
    nextCallId: createCallIds(setup.messages),
    counts: new Map(),
    startedAt: performance.now(),
    toolChoice: setup.toolChoice,
    hasRepeated: false,
    leftOut: setup.leftOut,
    steps: 0,
    usage: noUsage,
  };
}

/** The prompt, without the oldest turns where it leaves too little room for an answer. */
async function* fitPrompt(turn: Turn, prompt: Int32Array): AsyncGenerator<TurnEvent, Int32Array> {
  const { limits, context, summarize, signal } = turn.setup;
  const before = turn.leftOut;
  const reserved = Math.min(limits.maxTokens || Infinity, Math.floor(context.contextSize / 4));
  const most = context.contextSize - 1 - reserved;
  for (;;) {
    const until = prompt.length > most ? endOfOldestTurn(turn.messages, turn.leftOut) : undefined;
    if (until === undefined) break;
    turn.leftOut = { ...turn.leftOut, until };
    prompt = await renderPrompt(turn);
  }
  if (turn.leftOut === before) return prompt;
  const messages = newlyLeftOut(turn.messages, before, turn.leftOut);
  const told = { summary: before.summary, signal };
  const summary = (await summarize?.(messages, told)) ?? before.summary;
  turn.leftOut = { ...turn.leftOut, summary };
  yield { type: "turns-dropped", messages, summary };
  return summary === undefined ? prompt : renderPrompt(turn);
}

/** One generation. */
async function* think(turn: Turn, slot: EngineSlot, prompt: Int32Array) {
  const { setup, nextCallId, toolChoice } = turn;
  const number = turn.steps++;
  yield { type: "step-start", step: number } satisfies TurnEvent;
  const { thinking, output, dialect, grammars, prefix } = setup;
  const grammar = await grammars.choose({ toolChoice, thinking, output });
  const sharedTokens = await prefix.countIn(prompt, thinking);
  const request = { ...createRequest(turn, prompt, grammar), sharedTokens };
  const step = yield* runStep({ slot, request, parser: dialect.createParser(), nextCallId });
  const usage = usageOf(step.generation);
  for (const line of step.generation.warnings) setup.log?.(line);
  turn.usage = addUsage(turn.usage, usage);
  yield { type: "step-end", step: number, reason: step.reason, usage } satisfies TurnEvent;
  return { step, grammar };
}

/** The calls of the step, run; both go into the conversation. */
async function* act(
  turn: Turn,
  step: Step,
  grammar: StepGrammar,
): AsyncGenerator<TurnEvent, CallOutcome> {
  const { tools, limits, approve, signal } = turn.setup;
  const { messages, counts } = turn;
  const remainingMs = remainingTime(turn);
  const enforces = (tool: string) => grammar.enforces(tool);
  const options = { tools, limits, remainingMs, approve, messages, signal, counts, enforces };
  const outcome = yield* runCalls(step.calls, options);
  const { calls, results, hasRepeated } = outcome;
  turn.messages.push(calls.length > 0 ? { ...step.message, calls } : step.message, ...results);
  turn.hasRepeated ||= hasRepeated;
  turn.toolChoice = turn.hasRepeated || turn.toolChoice === "none" ? "none" : "auto";
  return outcome;
}

/**
 * The prompt of the next step: the tokens as they were decoded, without the one that stopped them,
 * and what the dialect writes after them.
 */
async function observe(
  turn: Turn,
  prompt: Int32Array,
  { tokens, generation }: Step,
  results: readonly ToolMessage[],
): Promise<Int32Array> {
  const { dialect, model, thinking } = turn.setup;
  // A text that stopped the step may end inside a token.
  if (generation.reason === "stop-text") return renderPrompt(turn);
  const pieces = dialect.renderContinuation({ results, thinking });
  return joinTokens(prompt, tokens, await model.tokenizePieces(pieces));
}

function findEndReason(
  turn: Turn,
  step: Step,
  { calls, results }: CallOutcome,
): TurnEndReason | undefined {
  const { limits } = turn.setup;
  if (step.reason === "length") return lengthReason(turn, step);
  if (calls.length === 0) return turn.hasRepeated ? "repeated-calls" : "answer";
  if (results.length < calls.length) return "calls";
  if (turn.steps >= limits.steps) return "step-limit";
  if (remainingTime(turn) === 0) return "time-limit";
  return remainingTokens(turn) === 0 ? "token-limit" : undefined;
}

/** Which limit cut the step off. */
function lengthReason(turn: Turn, { generation }: Step): TurnEndReason {
  if (generation.reason === "time-limit") return "time-limit";
  return remainingTokens(turn) === 0 ? "token-limit" : "length";
}

function finishTurn(turn: Turn, reason: TurnEndReason): TurnOutcome {
  const { messages, steps, usage, leftOut, setup } = turn;
  return { reason, messages: messages.slice(setup.messages.length), steps, usage, leftOut };
}

function createRequest(turn: Turn, prompt: Int32Array, grammar: StepGrammar): GenerationRequest {
  const { setup } = turn;
  const { context, adapters, dialect, limits, signal } = setup;
  const maxTokens = limits.maxTokens === 0 ? Infinity : limits.maxTokens;
  const timeMs = remainingTime(turn);
  const { text, calls } = setup.sampling();
  return {
    prompt,
    adapters,
    maxTokens: Math.min(maxTokens, remainingTokens(turn), context.contextSize),
    timeLimitMs: timeMs === Infinity ? 0 : Math.max(1, timeMs),
    sampling: text,
    grammarSampling: grammar.isText ? text : calls,
    stopTokens: stopTokens(turn),
    stopTexts: dialect.stopTexts,
    grammar: grammar.grammar,
    triggerTokens: grammar.triggerTokens,
    triggerTexts: grammar.triggerTexts,
    reportTokens: tokenIds(
      turn,
      dialect.markers.flatMap(({ kind, text }) => (kind === "token" ? text : [])),
    ),
    bannedTokens: grammar.bannedTokens,
    guess: setup.guess,
    signal,
  };
}

async function renderPrompt(turn: Turn): Promise<Int32Array> {
  const { dialect, model, declarations: tools, thinking } = turn.setup;
  const messages = shownMessages(turn.messages, turn.leftOut);
  return model.tokenizePieces(dialect.renderPrompt({ messages, tools, thinking }));
}

function stopTokens(turn: Turn): readonly number[] {
  const { model, dialect } = turn.setup;
  return [...new Set([...model.endTokens, ...tokenIds(turn, dialect.stopTokens)])];
}

function joinTokens(...parts: readonly Int32Array[]): Int32Array {
  const joined = new Int32Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

function tokenIds({ setup }: Turn, texts: readonly string[]): readonly number[] {
  return texts.flatMap((text) => setup.model.specialToken(text) ?? []);
}

/** Whole milliseconds that are left to the turn; Infinity without a limit. */
function remainingTime({ setup, startedAt }: Turn): number {
  const { timeMs } = setup.limits;
  if (timeMs === 0) return Infinity;
  const remaining = timeMs - (performance.now() - startedAt);
  return remaining < 1 ? 0 : Math.ceil(remaining);
}

/** Tokens that are left to the turn; Infinity without a limit. */
function remainingTokens({ setup, usage }: Turn): number {
  const { turnTokens } = setup.limits;
  return turnTokens === 0 ? Infinity : Math.max(0, turnTokens - usage.generatedTokens);
}
