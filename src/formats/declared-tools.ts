/**
 * Tool declarations in the shape of OpenAI's `tools` (and the older `functions`), in and out; MCP's shape
 * is read too.
 */
import { ToolError } from "../errors.js";
import type { JsonObject, ToolDeclaration } from "../messages.js";
import { describe, isFields, parseJson } from "./json-fields.js";

/**
 * Reads `[{type: "function", function: {name, description, parameters}}]`, such objects without the
 * outer one (the schema may be called `inputSchema`, as MCP does), or the JSON text of either.
 *
 * @throws {ToolError} TOOL_INVALID - `details.index`.
 */
export function parseDeclaredTools(given: unknown): ToolDeclaration[] {
  if (given === undefined || given === null || given === "") return [];
  const list = typeof given === "string" ? parseJson(given) : given;
  if (Array.isArray(list)) return list.map(parseTool);
  throw new ToolError("TOOL_INVALID", `Expected a list of tools, got ${describe(given)}.`);
}

function parseTool(given: unknown, index: number): ToolDeclaration {
  const tool = isFields(given) && isFields(given["function"]) ? given["function"] : given;
  if (!isFields(tool) || typeof tool["name"] !== "string" || tool["name"] === "") {
    throw invalidTool(index, "a name", describe(given));
  }
  const { name, description = "" } = tool;
  if (typeof description !== "string") throw invalidTool(index, "text as description", name);
  const noInput = { type: "object", properties: {} };
  const schema = tool["parameters"] ?? tool["inputSchema"] ?? noInput;
  if (!isFields(schema)) throw invalidTool(index, "a JSON Schema as parameters", name);
  return { name, description, inputSchema: schema as JsonObject };
}

function invalidTool(index: number, expected: string, got: string): ToolError {
  return new ToolError("TOOL_INVALID", `Expected tool ${index} to have ${expected}, got ${got}.`, {
    details: { index },
  });
}

/** One entry of OpenAI's `tools`. */
export function printDeclaredTool(tool: ToolDeclaration): JsonObject {
  return { type: "function", function: printDeclaredFunction(tool) };
}

/** One entry of the older `functions`. */
export function printDeclaredFunction({ name, description, inputSchema }: ToolDeclaration) {
  return { name, description, parameters: inputSchema };
}
