/**
 * Conversations as plain data in other shapes, in and out.
 */
import { checkValue, oneOf } from "../check.js";
import { MessageError } from "../errors.js";
import type { JsonObject, Message, ToolDeclaration } from "../messages.js";
import { parseDeclaredTools, printDeclaredFunction, printDeclaredTool } from "./declared-tools.js";
import { describe, isFields, type Fields } from "./json-fields.js";
import {
  parseOpenAiMessages,
  printFunctionCallMessages,
  printOpenAiMessages,
} from "./openai-conversation.js";
import { parseShareGptMessages, printShareGptMessages } from "./sharegpt-conversation.js";

/**
 * - `openai`: `{messages, tools}` with `tool_calls` and `tool_call_id`;
 * - `function_call`: `{messages, functions}` with `function_call` and results by name;
 * - `sharegpt`: `{conversations: [{from, value}], tools: "<json>"}`.
 */
export type ConversationShape = "openai" | "function_call" | "sharegpt";

/** Messages and the tools that the model was told of. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDeclaration[];
}

/**
 * Reads a conversation of any of the shapes, which is told by its fields; a bare list is taken for
 * its messages.
 *
 * @throws {MessageError} MESSAGE_INVALID - `details.index` names the message, where it is one.
 * @throws {ToolError} TOOL_INVALID - a declaration that is none; `details.index`.
 */
export function parseConversation(given: unknown): Conversation {
  const fields = readConversation(given);
  const { conversations, messages } = fields;
  if (Array.isArray(conversations)) {
    const system = typeof fields["system"] === "string" ? fields["system"] : "";
    const opening = system === "" ? [] : [{ from: "system", value: system }];
    const parsed = parseShareGptMessages([...opening, ...(conversations as unknown[])]);
    return { messages: parsed, tools: parseDeclaredTools(fields["tools"]) };
  }
  if (!Array.isArray(messages)) {
    throw new MessageError(
      "MESSAGE_INVALID",
      `Expected a conversation to have a list "messages" or "conversations", got ${describe(given)}.`,
    );
  }
  const tools = parseDeclaredTools(fields["tools"] ?? fields["functions"]);
  return { messages: parseOpenAiMessages(messages), tools };
}

function readConversation(given: unknown): Fields {
  if (isFields(given)) return given;
  if (!Array.isArray(given)) return {};
  const first: unknown = given[0];
  return isFields(first) && "from" in first ? { conversations: given } : { messages: given };
}

/**
 * Writes a conversation. `function_call` and `sharegpt` have no ids, and none of the shapes says
 * that a result is an error other than by what the result says.
 *
 * @throws {OptionError} INVALID_OPTION - another shape.
 */
export function printConversation(
  { messages, tools }: Conversation,
  shape: ConversationShape,
): JsonObject {
  checkValue("shape", shape, oneOf("openai", "function_call", "sharegpt"));
  const ordered = inCallOrder(messages);
  if (shape === "openai") {
    return { messages: printOpenAiMessages(ordered), tools: tools.map(printDeclaredTool) };
  }
  if (shape === "function_call") {
    return {
      messages: printFunctionCallMessages(ordered),
      functions: tools.map(printDeclaredFunction),
    };
  }
  return {
    conversations: printShareGptMessages(ordered),
    tools: JSON.stringify(tools.map(printDeclaredFunction)),
  };
}

/** The results of a step's calls in the order of the calls: shapes without ids rely on it. */
function inCallOrder(messages: readonly Message[]): Message[] {
  const position = new Map<string, number>();
  const ordered: Message[] = [];
  for (const message of messages) {
    if (message.role === "assistant") message.calls?.forEach((call, i) => position.set(call.id, i));
    if (message.role !== "tool") {
      ordered.push(message);
      continue;
    }
    let at = ordered.length;
    for (; at > 0; at--) {
      const before = ordered[at - 1]!;
      if (before.role !== "tool") break;
      if ((position.get(before.callId) ?? 0) <= (position.get(message.callId) ?? 0)) break;
    }
    ordered.splice(at, 0, message);
  }
  return ordered;
}
