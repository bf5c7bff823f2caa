/**
 * What a turn tells while it runs, and what it comes to.
 *
 * The events are a closed set; their concatenation does not depend on how the model's text was cut.
 */
import type { GenerationResult, TokenCounts } from "../engine/engine.js";
import type { JsonValue, Message, ToolCall } from "../messages.js";

/** Tokens and times of one step, or of several added up. */
export interface Usage extends TokenCounts {
  /** Until the first token of each step. */
  readonly promptMs: number;
  readonly generationMs: number;
  /** Until the first token of all. */
  readonly firstTokenMs: number;
  /** Generated tokens per second of `generationMs`; 0 before anything was generated. */
  readonly tokensPerSecond: number;
}

/** Why a step ended: with calls, with the answer, or cut off by a limit (`length`). */
export type StepEndReason = "calls" | "answer" | "length";

/**
 * Why a turn ended.
 *
 * - `answer`: the model finished.
 * - `calls`: it called tools without `execute`; the next `send` takes their results.
 * - `length`: `limits.maxTokens` or the context cut a step off.
 * - `step-limit`, `time-limit`, `token-limit`: the turn's own limits.
 * - `repeated-calls`: the model kept making one call; the text is what it said when stopped.
 */
export type TurnEndReason =
  "answer" | "calls" | "length" | "step-limit" | "time-limit" | "token-limit" | "repeated-calls";

/** A call with what became of it; without a result where it waits for the application. */
export interface FinishedCall extends ToolCall {
  readonly result?: JsonValue;
  readonly isError?: boolean;
}

/** What a turn came to. */
export interface TurnResult<Output = undefined> {
  readonly reason: TurnEndReason;
  /** The text of the last step. */
  readonly text: string;
  /** The answer as the `output` schema validates it. */
  readonly output: Output;
  /** All calls of the turn, in order. */
  readonly calls: readonly FinishedCall[];
  /** How many steps the turn took. */
  readonly steps: number;
  /** The messages that the turn added to the conversation, the user's included. */
  readonly messages: readonly Message[];
  readonly usage: Usage;
}

/** What happens in a turn, in order; `turn-end` is the last. */
export type SessionEvent<Output = unknown> =
  TurnEvent | { readonly type: "turn-end"; readonly result: TurnResult<Output> };

/** What happens before a turn ends. `step` counts from 0. */
export type TurnEvent =
  | { readonly type: "step-start"; readonly step: number }
  /**
   * The conversation outgrew the context: these turns are no longer shown to the model; `summary`
   * stands for them, if anything.
   */
  | {
      readonly type: "turns-dropped";
      readonly messages: readonly Message[];
      readonly summary: string | undefined;
    }
  /** Tokens of the prompt that have been read. */
  | { readonly type: "prompt-progress"; readonly processed: number; readonly total: number }
  | { readonly type: "thinking-delta"; readonly text: string }
  | { readonly type: "text-delta"; readonly text: string }
  | { readonly type: "tool-input-start"; readonly callId: string; readonly tool: string }
  /** A further piece of the input's JSON. */
  | { readonly type: "tool-input-delta"; readonly callId: string; readonly json: string }
  /** A limit cut the call off: it is not run and leaves no trace in the conversation. */
  | { readonly type: "tool-input-cut"; readonly callId: string; readonly tool: string }
  /** The model wrote a call that cannot be read; only where no grammar forced it. */
  | { readonly type: "tool-input-invalid"; readonly text: string; readonly reason: string }
  /** The model's call as it wrote it, complete. */
  | { readonly type: "tool-call"; readonly call: ToolCall }
  | {
      readonly type: "tool-result";
      readonly callId: string;
      readonly tool: string;
      readonly result: JsonValue;
      readonly isError: boolean;
    }
  | {
      readonly type: "step-end";
      readonly step: number;
      readonly reason: StepEndReason;
      readonly usage: Usage;
    };

export const noUsage: Usage = Object.freeze({
  promptTokens: 0,
  reusedTokens: 0,
  generatedTokens: 0,
  forcedTokens: 0,
  guessedTokens: 0,
  guessedRight: 0,
  promptMs: 0,
  generationMs: 0,
  firstTokenMs: 0,
  tokensPerSecond: 0,
});

export function usageOf(result: GenerationResult): Usage {
  const { promptTokens, reusedTokens, generatedTokens, forcedTokens } = result;
  const { guessedTokens, guessedRight, promptMs, generationMs } = result;
  return {
    promptTokens,
    reusedTokens,
    generatedTokens,
    forcedTokens,
    guessedTokens,
    guessedRight,
    promptMs,
    generationMs,
    firstTokenMs: promptMs,
    tokensPerSecond: perSecond(generatedTokens, generationMs),
  };
}

export function addUsage(left: Usage, right: Usage): Usage {
  const sum = (name: keyof Usage) => left[name] + right[name];
  return {
    promptTokens: sum("promptTokens"),
    reusedTokens: sum("reusedTokens"),
    generatedTokens: sum("generatedTokens"),
    forcedTokens: sum("forcedTokens"),
    guessedTokens: sum("guessedTokens"),
    guessedRight: sum("guessedRight"),
    promptMs: sum("promptMs"),
    generationMs: sum("generationMs"),
    firstTokenMs: left.promptTokens > 0 ? left.firstTokenMs : right.firstTokenMs,
    tokensPerSecond: perSecond(sum("generatedTokens"), sum("generationMs")),
  };
}

function perSecond(tokens: number, milliseconds: number): number {
  return milliseconds > 0 ? (tokens * 1000) / milliseconds : 0;
}
