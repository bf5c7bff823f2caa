/**
 * The tokens that the tokenizer beside a PEFT adapter has and its base model has not.
 *
 * Written by transformers: `tokenizer.json` (`added_tokens`), `tokenizer_config.json`
 * (`added_tokens_decoder`), in older versions `added_tokens.json`.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isFields, type Fields } from "../json-fields.js";

/**
 * Reads the added tokens' texts.
 *
 * @param from - the base's vocabulary size: the id of the first added token.
 * @returns the texts in the order of their ids; undefined where no tokenizer lies in the folder.
 */
export async function readAddedTokens(
  folder: string,
  from: number,
): Promise<readonly string[] | undefined> {
  const [tokenizer, config, added] = await Promise.all(
    ["tokenizer.json", "tokenizer_config.json", "added_tokens.json"].map((name) =>
      readJson(join(folder, name)),
    ),
  );
  if (!tokenizer && !config && !added) return undefined;
  const texts = new Map<number, string>([
    ...entries(added).map(([text, id]) => [Number(id), text] as const),
    ...entries(config?.["added_tokens_decoder"]).map(
      ([id, token]) => [Number(id), contentOf(token)] as const,
    ),
    ...listOf(tokenizer?.["added_tokens"]).map(
      (token) => [Number(token["id"]), contentOf(token)] as const,
    ),
  ]);
  const ids = [...texts.keys()].filter((id) => id >= from).sort((a, b) => a - b);
  return ids.map((id) => texts.get(id)!);
}

async function readJson(path: string): Promise<Fields | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function entries(value: unknown): [string, unknown][] {
  return isFields(value) ? Object.entries(value) : [];
}

function listOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

function contentOf(token: unknown): string {
  return isFields(token) && typeof token["content"] === "string" ? token["content"] : "";
}
