/** `lorikeet call MODEL --tools FILE TEXT`: which calls the model makes; none is run. */
import type { Command } from "commander";
import type { ToolChoice } from "../session/options.js";
import type { DialectChoice } from "../dialects/resolve-dialect.js";
import { createSession } from "../session/session.js";
import { InputError } from "./error-line.js";
import { withInterrupt } from "./interrupt.js";
import { addModelOptions, openModel, readInteger, type ModelOptions } from "./open-model.js";
import { readTools } from "./tools-file.js";

interface CallOptions extends ModelOptions {
  readonly tools: string;
  readonly choice: string;
  readonly system?: string;
  readonly thinking?: true;
  readonly maxTokens: number;
}

export function addCallCommand(program: Command): void {
  addModelOptions(
    program
      .command("call")
      .description('Print the calls a model makes of a text: [{"id","tool","input"}]. None is run.')
      .argument("<model>", "GGUF file")
      .argument("<text>", "what the user says"),
  )
    .requiredOption(
      "--tools <file>",
      "JSON: tools as { name, description, inputSchema }, or OpenAI's",
    )
    .option("--choice <choice>", '"auto", "required", "none" or the name of a tool', "required")
    .option("--system <text>", "instructions that come before everything")
    .option("--thinking", "ask the model to think before it calls")
    .option("--max-tokens <count>", "most tokens that the model may write", readInteger, 1024)
    .action((model: string, text: string, options: CallOptions) => call(model, text, options));
}

async function call(path: string, text: string, options: CallOptions): Promise<void> {
  const tools = await readTools(options.tools);
  await withInterrupt(async (signal) => {
    const { model, adapters } = await openModel(path, options, signal);
    try {
      const { system, dialect, thinking, maxTokens } = options;
      const session = await createSession({
        model,
        adapters,
        tools,
        system,
        dialect: dialect as DialectChoice | undefined,
        thinking: thinking ?? false,
        toolChoice: readChoice(options.choice),
        // Tools of a file have no code, so the schema need not be stricter than it can be.
        strict: false,
        limits: { maxTokens },
      });
      const { calls, reason, usage } = await session.send(text, { signal });
      if (reason === "length") {
        const written = usage.generatedTokens;
        const option = written === maxTokens ? "--max-tokens" : "--context-size";
        throw new InputError(
          `The model wrote ${written} tokens without finishing. Allow more with ${option}, or bound the strings of the schema with maxLength.`,
        );
      }
      console.log(JSON.stringify(calls.map(({ id, tool, input }) => ({ id, tool, input }))));
    } finally {
      await model.dispose();
    }
  });
}

function readChoice(text: string): ToolChoice {
  return text === "auto" || text === "required" || text === "none" ? text : { tool: text };
}
