/**
 * The demo: a customer asks for the status of a payment, and the model calls a function for it.
 *
 * What is printed is what happens: each step as thinking, acting and observing. The embedded model is
 * asked twice: as it is it talks, with its adapter it calls.
 */
import { Command } from "commander";
import { loadModel } from "../engine/load-model.js";
import type { Model } from "../engine/model.js";
import type { JsonObject } from "../messages.js";
import type { SessionEvent } from "../session/events.js";
import type { ToolChoice } from "../session/options.js";
import { createSession } from "../session/session.js";
import { tool } from "../tools/tool.js";
import { printError } from "./error-line.js";
import { withInterrupt } from "./interrupt.js";
import { createProgress } from "./progress-bar.js";

interface DemoOptions {
  readonly model?: string;
  readonly adapter?: string;
  readonly id: string;
  readonly status: string;
  readonly thinking?: true;
  readonly verbose?: true;
}

/** The model that the demo runs on where the arguments name none, and what teaches it to call. */
export interface DemoModel {
  readonly model: string;
  readonly adapter: string;
}

/**
 * Runs the demo.
 *
 * @returns the exit code.
 */
export async function demo(argv: readonly string[], embedded: DemoModel): Promise<number> {
  const options = readOptions(argv);
  try {
    await withInterrupt((signal) => run(options, embedded, signal));
    return 0;
  } catch (error) {
    return printError(error, options.verbose === true);
  }
}

function readOptions(argv: readonly string[]): DemoOptions {
  return new Command("npm run demo --")
    .description("A payment conversation, printed step by step.")
    .option("--model <file>", "GGUF model (default: the embedded one)")
    .option("--adapter <file>", "LoRA adapter that was taught to call")
    .option("--id <id>", "the transaction that is asked for", "T1001")
    .option("--status <text>", "what the function answers", "Paid")
    .option("--thinking", "ask the model to think before it calls")
    .option("--verbose", "with an error, print its cause too")
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse(argv)
    .opts();
}

/** One conversation with one model. */
interface Scene {
  readonly model: string;
  readonly adapter?: string | undefined;
  readonly toolChoice: ToolChoice;
}

async function run(options: DemoOptions, embedded: DemoModel, signal: AbortSignal): Promise<void> {
  for (const scene of chooseScenes(options, embedded)) await play(scene, options, signal);
}

function chooseScenes({ model, adapter }: DemoOptions, embedded: DemoModel): readonly Scene[] {
  if (model !== undefined) {
    const forced: ToolChoice = { tool: "retrieve_payment_status" };
    return [{ model, adapter, toolChoice: adapter === undefined ? forced : "auto" }];
  }
  const untaught: Scene = { model: embedded.model, toolChoice: "auto" };
  if (adapter !== undefined) return [{ ...untaught, adapter }];
  return [untaught, { ...untaught, adapter: embedded.adapter }];
}

async function play(scene: Scene, options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { toolChoice } = scene;
  const model = await open(scene.model, signal);
  try {
    const adapters = scene.adapter === undefined ? [] : [await model.loadAdapter(scene.adapter)];
    for (const line of introduce(model, scene)) console.log(line);
    const question = `What's the status of my transaction ${options.id}?`;
    const session = await createSession({
      model,
      adapters,
      tools: paymentTools(options),
      system: "You answer questions about payments. Use the tools to look things up.",
      thinking: options.thinking ?? false,
      sampling: { temperature: 0 },
      limits: { maxTokens: 96, steps: 3, callsPerStep: 1 },
    });
    console.log(`\nUser       ${question}`);
    await narrate(session.stream(question, { toolChoice, signal }));
    console.log("");
  } finally {
    await model.dispose();
  }
}

async function open(path: string, signal: AbortSignal): Promise<Model> {
  const progress = createProgress("Loading");
  try {
    return await loadModel(path, {
      contextSize: 2048,
      slots: 1,
      onProgress: (fraction) => progress.update(fraction),
      signal,
    });
  } finally {
    progress.stop();
  }
}

function introduce(model: Model, { adapter, toolChoice }: Scene): string[] {
  const lines = [`Model      ${model.description}`];
  if (adapter !== undefined) lines.push(`Adapter    ${adapter}`);
  else if (toolChoice === "auto") lines.push("           No adapter: it was never taught to call.");
  else {
    lines.push(
      "           No adapter was given, so the first step must call retrieve_payment_status",
      '           (toolChoice: { tool: "retrieve_payment_status" }).',
    );
  }
  return lines;
}

/** Both tools answer from the one transaction there is. */
function paymentTools({ id, status }: DemoOptions) {
  const inputSchema: JsonObject = {
    type: "object",
    properties: {
      transaction_id: { type: "string", description: "The transaction id." },
    },
    required: ["transaction_id"],
    additionalProperties: false,
  };
  const lookUp = (found: JsonObject) => (input: unknown) => {
    const { transaction_id } = input as { transaction_id: string };
    return transaction_id === id ? found : { error: `no transaction ${transaction_id}` };
  };
  return {
    retrieve_payment_status: tool({
      description: "Get the payment status of a transaction",
      inputSchema,
      execute: lookUp({ status }),
    }),
    retrieve_payment_date: tool({
      description: "Get the payment date of a transaction",
      inputSchema,
      execute: lookUp({ date: "2026-03-14" }),
    }),
  };
}

/** Prints a turn while it happens. */
async function narrate(events: AsyncIterable<SessionEvent>): Promise<void> {
  let spoken = "";
  let thought = "";
  for await (const event of events) {
    switch (event.type) {
      case "thinking-delta":
        thought += event.text;
        break;
      case "text-delta":
        spoken += event.text;
        break;
      case "tool-call":
        // What the model says before it acts is its thinking aloud.
        console.log(`Thinking   ${oneLine(thought + spoken) || "(nothing)"}`);
        console.log(`Acting     ${event.call.tool}(${JSON.stringify(event.call.input)})`);
        [thought, spoken] = ["", ""];
        break;
      case "tool-input-cut":
        console.log(`Acting     ${event.tool}(... was cut off by the token limit and is not run`);
        break;
      case "tool-result":
        console.log(
          `Observing  ${JSON.stringify(event.result)}${event.isError ? " (an error)" : ""}`,
        );
        break;
      case "turn-end": {
        const { reason, steps, usage } = event.result;
        if (thought !== "") console.log(`Thinking   ${oneLine(thought)}`);
        console.log(`Answer     ${oneLine(spoken) || "(nothing)"}`);
        console.log(
          `\n${steps} steps, ended by ${reason}; ${usage.promptTokens} prompt and ${usage.generatedTokens} generated tokens in ${((usage.promptMs + usage.generationMs) / 1000).toFixed(1)} s`,
        );
        break;
      }
      default:
    }
  }
}

/** Text of a model on one line, shortened. */
function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- noise may hold characters that confuse a terminal
  const plain = text.replace(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ").trim();
  return plain.length > 400 ? `${plain.slice(0, 400)}...` : plain;
}
