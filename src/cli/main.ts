#!/usr/bin/env node
/**
 * The command line: the commands, and how each run ends.
 *
 * Exit codes: 0 done, 1 a failure, 2 bad input, 130 interrupted.
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { addCallCommand } from "./call.js";
import { addChatCommand } from "./chat.js";
import { addDoctorCommand } from "./doctor.js";
import { printError } from "./error-line.js";
import { addEvalCommand } from "./eval.js";
import { addGrammarCommand } from "./grammar.js";
import { addInspectCommand } from "./inspect.js";
import { addMergeCommand } from "./merge.js";
import { addTrainCommand } from "./train.js";

process.exitCode = await run(process.argv);

async function run(argv: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(argv);
    return 0;
  } catch (error) {
    // Commander has printed its own message; --help and --version arrive here with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return printError(error, program.opts<{ verbose?: true }>().verbose === true);
  }
}

function createProgram(): Command {
  const program = new Command("lorikeet")
    .description("Gemma models inside a Node.js process, calling functions.")
    .version(packageVersion())
    .option("--verbose", "with an error, print its code, details and cause too")
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  addChatCommand(program);
  addCallCommand(program);
  addTrainCommand(program);
  addMergeCommand(program);
  addEvalCommand(program);
  addInspectCommand(program);
  addGrammarCommand(program);
  addDoctorCommand(program);
  return program;
}

function packageVersion(): string {
  const path = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}
