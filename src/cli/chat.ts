/** `lorikeet chat MODEL`: a conversation, line by line. */
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import type { DialectChoice } from "../dialects/resolve-dialect.js";
import type { Usage } from "../session/events.js";
import { createSession, type Session } from "../session/session.js";
import { Interrupted } from "./error-line.js";
import { withInterrupt } from "./interrupt.js";
import {
  addModelOptions,
  openModel,
  readInteger,
  readNumber,
  type ModelOptions,
} from "./open-model.js";

interface ChatOptions extends ModelOptions {
  readonly system?: string;
  readonly thinking?: true;
  readonly temperature?: number;
  readonly seed?: number;
  readonly maxTokens: number;
  readonly stats?: true;
}

export function addChatCommand(program: Command): void {
  addModelOptions(
    program
      .command("chat")
      .description("Talk to a model. Ctrl-C stops an answer, Ctrl-D ends the conversation.")
      .argument("<model>", "GGUF file"),
  )
    .option("--system <text>", "instructions that come before everything")
    .option("--thinking", "ask the model to think before it answers")
    .option("--temperature <number>", "0 is greedy", readNumber)
    .option("--seed <number>", "the same seed draws the same text", readInteger)
    .option("--max-tokens <count>", "most tokens of one answer", readInteger, 1024)
    .option("--stats", "say after each answer what it took")
    .action(chat);
}

async function chat(path: string, options: ChatOptions): Promise<void> {
  const { model, adapters } = await withInterrupt((signal) => openModel(path, options, signal));
  try {
    const { system, dialect, thinking, temperature, seed, maxTokens, stats } = options;
    const session = await createSession({
      model,
      log: (line) => console.error(line),
      adapters,
      system,
      dialect: dialect as DialectChoice | undefined,
      thinking: thinking ?? false,
      sampling: {
        ...(temperature === undefined ? {} : { temperature }),
        ...(seed === undefined ? {} : { seed }),
      },
      limits: { maxTokens },
    });
    console.error(`${model.description}, dialect ${session.dialect}`);
    await converse(session, stats ?? false);
  } finally {
    await model.dispose();
  }
}

async function converse(session: Session, stats: boolean): Promise<void> {
  const terminal = process.stdin.isTTY;
  const lines = createInterface({ input: process.stdin, output: process.stderr, terminal });
  lines.on("SIGINT", () => lines.close());
  lines.setPrompt("> ");
  if (terminal) lines.prompt();
  for await (const line of lines) {
    if (line.trim() !== "") await answer(session, line, stats);
    if (terminal) lines.prompt();
  }
}

/** Prints one answer; Ctrl-C ends it and leaves the conversation as it was. */
async function answer(session: Session, text: string, stats: boolean): Promise<void> {
  try {
    await withInterrupt(async (signal) => {
      for await (const event of session.stream(text, { signal })) {
        if (event.type === "thinking-delta") process.stderr.write(event.text);
        if (event.type === "text-delta") process.stdout.write(event.text);
        if (event.type === "step-end" && event.reason === "length") {
          process.stderr.write(" [cut off by the limit]");
        }
        if (event.type === "turn-end" && stats) printUsage(event.result.usage);
      }
    });
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.stderr.write(" [stopped]");
  }
  process.stdout.write("\n");
}

function printUsage(usage: Usage): void {
  const { promptTokens, reusedTokens, generatedTokens, forcedTokens } = usage;
  process.stderr.write(
    `\n[read ${promptTokens - reusedTokens} of ${promptTokens} tokens in ` +
      `${Math.round(usage.promptMs)} ms; wrote ${generatedTokens}, ${forcedTokens} of them forced, ` +
      `${usage.guessedRight} of ${usage.guessedTokens} guesses right, ` +
      `${usage.tokensPerSecond.toFixed(1)} per second]`,
  );
}
