/** `lorikeet train MODEL`: an adapter from conversations, with progress. */
import { Option, type Command } from "commander";
import { dialectNames } from "../dialects/resolve-dialect.js";
import { defaultLoraOptions, defaultTrainingOptions, targetModules } from "../training/options.js";
import type { LossOn, TargetModule, TrainAdapterOptions } from "../training/options.js";
import {
  trainAdapter,
  type RunStartEvent,
  type TrainingEvent,
  type TrainingResult,
} from "../training/train-adapter.js";
import { Interrupted } from "./error-line.js";
import { withInterrupt } from "./interrupt.js";
import { readInteger, readNumber } from "./open-model.js";
import { readTexts } from "./texts-file.js";

interface TrainOptions {
  readonly data: readonly string[];
  readonly output: string;
  readonly dialect: string;
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number;
  readonly targets?: readonly TargetModule[];
  readonly rslora?: true;
  readonly trainTokens?: string;
  readonly learningRate: number;
  readonly schedule: "constant" | "linear" | "cosine";
  readonly warmupRatio: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  readonly accumulation: number;
  readonly packing: boolean;
  readonly maxLength: number;
  readonly epochs: number;
  readonly steps: number;
  readonly seed: number;
  readonly lossOn: LossOn;
  readonly heldOut: number;
  readonly checkpointMinutes: number;
  readonly outputType: "f16" | "f32";
  readonly lowMemory?: true;
  readonly precision: "auto" | "exact" | "mixed";
  readonly device: string;
  readonly threads: number;
  readonly initialAdapter?: string;
  readonly resume?: true;
  readonly lenient?: true;
  readonly json?: true;
}

export function addTrainCommand(program: Command): void {
  const command = program
    .command("train")
    .description("Train a LoRA adapter on conversations. Ctrl-C writes a checkpoint and ends.")
    .argument("<model>", "GGUF file of the model, which stays as it is")
    .requiredOption("--data <file...>", "JSONL files of conversations")
    .requiredOption("--output <file>", "GGUF file of the adapter")
    .option("--initial-adapter <file>", "GGUF adapter of the same shape to begin from")
    .option("--resume", "go on from the checkpoint beside the output, if there is one")
    .option("--lenient", "leave out conversations that cannot be used, and list them")
    .option("--json", "print each event as a line of JSON")
    .option(
      "--dialect <name>",
      `how the model writes calls: auto, ${dialectNames.join(", ")}`,
      "auto",
    );
  addLoraOptions(command);
  addTrainingOptions(command);
  command.action(train);
}

function addLoraOptions(command: Command): void {
  const { rank, alpha, dropout } = defaultLoraOptions;
  command
    .option("--rank <number>", "rank of the adapter", readInteger, rank)
    .option("--alpha <number>", "strength: alpha / rank", readNumber, alpha)
    .option(
      "--dropout <share>",
      "part of the adapter's inputs that is dropped",
      readNumber,
      dropout,
    )
    .addOption(
      new Option("--targets <module...>", "matrices to adapt (default: all of a layer)").choices(
        targetModules,
      ),
    )
    .option("--rslora", "strength alpha / sqrt(rank) instead")
    .option(
      "--train-tokens <file>",
      "JSON file: an array of tokens whose own rows are trained too",
    );
}

function addTrainingOptions(command: Command): void {
  const defaults = defaultTrainingOptions;
  const choice = (flags: string, text: string, choices: readonly string[], otherwise: string) =>
    command.addOption(new Option(flags, text).choices(choices).default(otherwise));
  const number = (flags: string, text: string, otherwise: number) =>
    command.option(flags, text, readNumber, otherwise);
  const integer = (flags: string, text: string, otherwise: number) =>
    command.option(flags, text, readInteger, otherwise);

  number("--learning-rate <number>", "highest rate", defaults.learningRate);
  choice("--schedule <kind>", "how it falls", ["constant", "linear", "cosine"], defaults.schedule);
  number("--warmup-ratio <share>", "part of the steps in which it rises", defaults.warmupRatio);
  number("--weight-decay <number>", "AdamW's decay", defaults.weightDecay);
  number("--max-grad-norm <number>", "clip gradients; 0: never", defaults.maxGradNorm);
  integer("--accumulation <rows>", "rows of a step", defaults.gradientAccumulationSteps);
  command.option("--no-packing", "a row for every conversation");
  integer("--max-length <tokens>", "most tokens of a row", defaults.maxLength);
  number("--epochs <number>", "passes over the data", defaults.epochs);
  integer("--steps <count>", "steps instead of epochs", defaults.steps);
  integer("--seed <number>", "the same seed gives the same adapter", defaults.seed);
  choice("--loss-on <what>", "what is learnt", ["assistant", "calls", "all"], defaults.lossOn);
  number("--held-out <share>", "part of the data to judge by", defaults.heldOut);
  number("--checkpoint-minutes <n>", "between checkpoints", defaults.checkpointMinutes);
  choice("--output-type <type>", "of the adapter", ["f16", "f32"], defaults.outputType);
  command.option("--low-memory", "less than half of the memory, about half of the speed");
  choice("--precision <kind>", "of products", ["auto", "exact", "mixed"], defaults.precision);
  command.option("--device <name>", "such as CPU or CUDA0; empty: a GPU if any", defaults.device);
  integer("--threads <count>", "threads that compute", defaults.threads);
}

async function train(model: string, options: TrainOptions): Promise<void> {
  try {
    await withInterrupt(async (signal) => {
      const run = trainAdapter({ ...(await readOptions(model, options)), signal });
      for await (const event of run) {
        if (options.json) console.log(JSON.stringify(event));
        else printEvent(event);
      }
    });
  } catch (error) {
    if (error instanceof Interrupted) console.error("Stopped. Go on with --resume.");
    throw error;
  }
}

async function readOptions(model: string, options: TrainOptions): Promise<TrainAdapterOptions> {
  const { data, output, dialect, initialAdapter, resume = false, lenient = false } = options;
  const { rank, alpha, dropout, targets = "all-linear", rslora = false, accumulation } = options;
  const { learningRate, schedule, warmupRatio, weightDecay, maxGradNorm, packing } = options;
  const { maxLength, epochs, steps, seed, lossOn, heldOut, checkpointMinutes } = options;
  const { outputType, lowMemory = false, precision, device, threads, trainTokens } = options;
  return {
    ...{ model, data, output, dialect, initialAdapter, resume, lenient },
    ...(trainTokens && { trainTokens: await readTexts(trainTokens) }),
    lora: { rank, alpha, dropout, targets, rankStabilised: rslora },
    training: {
      ...{ learningRate, schedule, warmupRatio, weightDecay, maxGradNorm, packing, maxLength },
      ...{ epochs, steps, seed, lossOn, heldOut, checkpointMinutes, outputType, lowMemory },
      ...{ precision, device, threads, gradientAccumulationSteps: accumulation },
    },
    log: (line: string) => console.error(line),
  };
}

function printEvent(event: TrainingEvent): void {
  switch (event.type) {
    case "run-start":
      console.error(describeStart(event));
      break;
    case "step-end": {
      const { step, steps, loss, gradNorm, tokensPerSecond, seconds } = event;
      const left = ((steps - step) * seconds) / 60;
      console.error(
        `step ${step}/${steps}  loss ${loss.toFixed(4)}  gradient ${gradNorm.toFixed(3)}  ` +
          `${tokensPerSecond.toFixed(0)} tokens/s  ${left.toFixed(0)} min left`,
      );
      break;
    }
    case "checkpoint-write":
      console.error(`checkpoint of step ${event.step}: ${event.path}`);
      break;
    case "evaluation-end":
      console.error(`held-out loss ${event.loss.toFixed(4)} after ${event.step} steps`);
      break;
    case "run-end":
      console.log(describeEnd(event.result));
  }
}

function describeStart(event: RunStartEvent): string {
  const { conversations, heldOutConversations, rows, tokens, trainedTokens, steps } = event;
  return (
    `${conversations} conversations (${heldOutConversations} more held out) in ${rows} rows: ` +
    `${tokens} tokens, ${trainedTokens} of them learnt, in the dialect ${event.dialect}; ` +
    `${steps} steps on ${event.device}`
  );
}

function describeEnd({ output, lossBefore, lossAfter, isHeldOut }: TrainingResult): string {
  const of = isHeldOut ? "held-out" : "training";
  return `${output}: ${of} loss ${lossBefore.toFixed(4)} -> ${lossAfter.toFixed(4)}`;
}
