/**
 * The rules of a conversation: which messages may come, and that calls and results belong together.
 */
import { describeValue } from "../check.js";
import { MessageError } from "../errors.js";
import type { Message, ToolCall } from "../messages.js";

/**
 * Checks a conversation that comes from outside and returns a copy of it, plain JSON.
 *
 * A system message may only come first; a result follows the calls of an assistant message, one for
 * each; only the last calls may still wait for their results.
 *
 * @throws {MessageError} MESSAGE_INVALID - `details.index` is the first message that does not fit.
 */
export function checkConversation(messages: unknown): readonly Message[] {
  if (!Array.isArray(messages)) {
    throw new MessageError(
      "MESSAGE_INVALID",
      `Expected a conversation to be an array of messages, got ${describeValue(messages)}.`,
      { details: { index: 0 } },
    );
  }
  let waiting: ToolCall[] = [];
  return (messages as readonly unknown[]).map((given, index) => {
    const value = copyJson(given, index);
    const message = checkMessage(value, index);
    if (message.role === "system" && index > 0)
      throw invalid(index, "no system message here", value);
    if (message.role === "tool") {
      const position = waiting.findIndex(({ id }) => id === message.callId);
      if (position < 0) throw invalid(index, "a result of a call that waits for one", value);
      waiting.splice(position, 1);
      return message;
    }
    if (waiting.length > 0) throw invalid(index, `the result of call "${waiting[0]!.id}"`, value);
    if (message.role === "assistant") waiting = [...(message.calls ?? [])];
    return message;
  });
}

/** The calls at the end of a conversation that have no result. */
export function waitingCalls(messages: readonly Message[]): readonly ToolCall[] {
  const start = messages.findLastIndex(({ role }) => role !== "tool");
  const last = messages[start];
  if (last?.role !== "assistant") return [];
  const answered = messages.slice(start + 1).map((each) => each.role === "tool" && each.callId);
  return (last.calls ?? []).filter(({ id }) => !answered.includes(id));
}

/** A function that names calls so that no two of the conversation have one id. */
export function createCallIds(messages: readonly Message[]): () => string {
  const taken = new Set(
    messages.flatMap((message) =>
      message.role === "assistant" ? (message.calls ?? []).map(({ id }) => id) : [],
    ),
  );
  let count = taken.size;
  return () => {
    do count++;
    while (taken.has(`call_${count}`));
    return `call_${count}`;
  };
}

function copyJson(value: unknown, index: number): unknown {
  try {
    const text = JSON.stringify(value) as string | undefined;
    return JSON.parse(text ?? "null");
  } catch (cause) {
    throw invalid(index, "JSON values only", value, cause);
  }
}

function checkMessage(value: unknown, index: number): Message {
  const isObject = typeof value === "object" && value !== null;
  const { role, content, thinking, calls, callId, tool, result } = (
    isObject ? value : {}
  ) as Record<string, unknown>;
  if (role === "tool") {
    const isResult = typeof callId === "string" && typeof tool === "string" && result !== undefined;
    if (!isResult) throw invalid(index, `a tool message with "callId", "tool" and "result"`, value);
    return value as Message;
  }
  if (role !== "system" && role !== "user" && role !== "assistant") {
    throw invalid(index, `a role of "system", "user", "assistant" or "tool"`, role);
  }
  if (typeof content !== "string") throw invalid(index, `"content" to be a string`, content);
  if (thinking !== undefined && typeof thinking !== "string") {
    throw invalid(index, `"thinking" to be a string`, thinking);
  }
  if (calls !== undefined) checkCalls(calls, index);
  return value as Message;
}

function checkCalls(calls: unknown, index: number): void {
  if (!Array.isArray(calls) || !calls.every(isCall)) {
    throw invalid(index, `"calls" to be an array of { id, tool, input }`, calls);
  }
  if (new Set(calls.map(({ id }) => id)).size === calls.length) return;
  throw invalid(index, `"calls" with different ids`, calls);
}

function isCall(value: unknown): value is ToolCall {
  if (typeof value !== "object" || value === null) return false;
  const { id, tool, input } = value as Record<string, unknown>;
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  return typeof id === "string" && typeof tool === "string" && isObject;
}

function invalid(index: number, expected: string, got: unknown, cause?: unknown): MessageError {
  return new MessageError(
    "MESSAGE_INVALID",
    `Expected message ${index} of the conversation to be or have ${expected}, got ` +
      `${describeValue(got)}.`,
    { cause, details: { index } },
  );
}
