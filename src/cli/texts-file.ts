/** Files with a JSON array of texts, such as a dialect's markers. */
import { readFile } from "node:fs/promises";
import { InputError } from "./error-line.js";

/** @throws {InputError} - it is no such file. */
export async function readTexts(path: string): Promise<string[]> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } catch (cause) {
    throw new InputError(`Expected ${path} to be a file with JSON.`, { cause });
  }
  throw new InputError(`Expected ${path} to hold a JSON array of strings.`);
}
