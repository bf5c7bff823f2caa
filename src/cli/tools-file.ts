/** Reads tools from a JSON file: this library's shape or OpenAI's, without code behind them. */
import { readFile } from "node:fs/promises";
import type { JsonObject } from "../messages.js";
import { tool, type Tool } from "../tools/tool.js";
import { InputError } from "./error-line.js";

interface ToolText {
  readonly name?: unknown;
  readonly description?: unknown;
  readonly inputSchema?: unknown;
  /** OpenAI's shape nests the rest in here ... */
  readonly function?: ToolText;
  /** ... and calls the schema so. */
  readonly parameters?: unknown;
}

/**
 * @throws {InputError} no such file, no JSON, no array of tools, or one that `tool()` refuses
 * (then with its error as the cause).
 */
export async function readTools(path: string): Promise<Tool[]> {
  const value = parse(path, await read(path));
  if (!Array.isArray(value)) {
    throw new InputError(`Expected ${path} to hold an array of tools.`);
  }
  return value.map((item: ToolText | null, index) => {
    const { name, description, inputSchema, parameters } = item?.function ?? item ?? {};
    if (typeof name !== "string") {
      throw new InputError(`Expected the tool at position ${index} of ${path} to have a "name".`);
    }
    try {
      return tool({
        name,
        description: typeof description === "string" ? description : "",
        inputSchema: (inputSchema ?? parameters) as JsonObject,
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new InputError(`Tool "${name}" of ${path}: ${reason}`, { cause });
    }
  });
}

/** What is found where a file cannot be read, by the system's code. */
const notReadable: Readonly<Record<string, string>> = { ENOENT: "none", EISDIR: "a folder" };

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const found = (code && notReadable[code]) ?? `none that can be read (${code})`;
    throw new InputError(`Expected a file with tools at ${path}, found ${found}.`, { cause });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InputError(`Expected ${path} to hold JSON: ${reason}.`, { cause });
  }
}
