/** `lorikeet merge MODEL [ADAPTER]`: a new model file with an adapter and special tokens in it. */
import type { Command } from "commander";
import { dialectNames } from "../dialects/resolve-dialect.js";
import { mergeAdapter } from "../training/merge/merge-adapter.js";
import { InputError } from "./error-line.js";
import { readNumber } from "./open-model.js";
import { readTexts } from "./texts-file.js";

interface MergeOptions {
  readonly output: string;
  readonly scale: number;
  readonly specialTokens?: string;
  readonly dialect?: string;
  readonly json?: true;
}

export function addMergeCommand(program: Command): void {
  program
    .command("merge")
    .description("Write a new model file with an adapter folded in, or with more special tokens.")
    .argument("<model>", "GGUF file of the model, which stays as it is")
    .argument("[adapter]", "GGUF adapter or PEFT folder")
    .requiredOption("--output <file>", "GGUF file of the new model")
    .option("--scale <number>", "strength of the adapter", readNumber, 1)
    .option("--special-tokens <file>", "JSON file: an array of texts that become control tokens")
    .option("--dialect <name>", `recorded in the file: ${dialectNames.join(", ")}`)
    .option("--json", "print what was made as JSON")
    .action(merge);
}

async function merge(
  model: string,
  adapter: string | undefined,
  options: MergeOptions,
): Promise<void> {
  const { output, scale, dialect, specialTokens } = options;
  if (adapter === undefined && specialTokens === undefined) {
    throw new InputError("Expected an adapter, or --special-tokens, or both.");
  }
  const merged = await mergeAdapter({
    ...{ model, adapter, output, scale, dialect },
    ...(specialTokens && { specialTokens: await readTexts(specialTokens) }),
  });
  if (options.json) {
    console.log(JSON.stringify(merged, null, 2));
    return;
  }
  console.log(`${merged.output}: ${merged.changed.length} weights changed`);
  for (const { text, id } of merged.tokens) console.log(`  token ${id}  ${text}`);
}
