/**
 * What begins a turn.
 */
import { aString, describeValue } from "../check.js";
import { MessageError } from "../errors.js";
import type { JsonValue, Message } from "../messages.js";
import { checkConversation, waitingCalls } from "./conversation.js";

/** A result that the application gives for a call of a tool without `execute`. */
export interface CallResult {
  readonly callId: string;
  readonly result: JsonValue;
  /** The tool failed; `result` tells the model so. @default false */
  readonly isError?: boolean | undefined;
}

/** The user's text, or the results that the last turn's calls wait for. */
export type TurnInput = string | readonly CallResult[];

/**
 * The messages that begin a turn.
 *
 * @throws {MessageError} MESSAGE_INVALID - `details.waiting` has the ids of calls without a result.
 */
export function readTurnInput(input: TurnInput, messages: readonly Message[]): readonly Message[] {
  const waiting = waitingCalls(messages);
  if (waiting.length === 0) {
    if (typeof input === "string") return [{ role: "user", content: input }];
    throw invalidInput(aString.expected, input, []);
  }
  const ids = waiting.map(({ id }) => id);
  const expected = `the results of ${ids.map((id) => `"${id}"`).join(", ")}`;
  if (!Array.isArray(input)) throw invalidInput(expected, input, ids);
  const results = (input as readonly (Partial<CallResult> | null)[]).map((each) => {
    const { callId, result, isError } = each ?? {};
    const tool = waiting.find(({ id }) => id === callId)?.tool ?? "";
    return { role: "tool", callId, tool, result, ...(isError ? { isError } : {}) };
  });
  const conversation = checkConversation([...messages, ...results]);
  const missing = waitingCalls(conversation);
  if (missing.length === 0) return conversation.slice(messages.length);
  throw invalidInput(
    expected,
    input,
    missing.map(({ id }) => id),
  );
}

function invalidInput(expected: string, input: unknown, waiting: readonly string[]): MessageError {
  return new MessageError(
    "MESSAGE_INVALID",
    `Expected the input of a turn to be ${expected}, got ${describeValue(input)}.`,
    { details: { waiting } },
  );
}
