/**
 * Training an adapter, from conversations to a GGUF file that was loaded and judged.
 */
import { DIALECT_KEY } from "../dialects/resolve-dialect.js";
import { loadModel } from "../engine/load-model.js";
import { ggufWeightName } from "../formats/peft/names.js";
import type { NativeTrainerOptions } from "../native/training.js";
import type { DataIssue } from "./examples.js";
import { printIssue } from "./examples.js";
import {
  resolveTrainAdapterOptions,
  type LoraOptions,
  type ResolvedTrainAdapterOptions,
  type TrainAdapterOptions,
} from "./options.js";
import { prepareRows, type PreparedRows } from "./prepare-rows.js";
import { hashRows, orderRows } from "./row-order.js";
import {
  removeCheckpoint,
  runTraining,
  type RunEvent,
  type RunState,
  type TrainingPlan,
} from "./run-training.js";
import { printTrainingRecord, trainingRecordKey } from "./training-record.js";
import { openTrainer, type Trainer } from "./trainer.js";

/** The data is ready and the trainer is open. */
export interface RunStartEvent {
  readonly type: "run-start";
  readonly steps: number;
  readonly rows: number;
  readonly conversations: number;
  readonly heldOutConversations: number;
  /** Of one pass over the data. */
  readonly tokens: number;
  readonly trainedTokens: number;
  readonly dialect: string;
  /** Conversations that are not trained on, and why. */
  readonly leftOut: readonly DataIssue[];
  /** Such as "CPU". */
  readonly device: string;
}

/** The adapter is written, was loaded by the engine and judged. */
export interface RunEndEvent {
  readonly type: "run-end";
  readonly result: TrainingResult;
}

/** What a run reports, in order. */
export type TrainingEvent = RunStartEvent | RunEvent | RunEndEvent;

/**
 * Whether the adapter does better on what was held out than no adapter: an adapter that changes
 * nothing, or makes it worse, should not be used.
 */
export type TrainingVerdict = "better" | "worse" | "unchanged";

/** How a training ended, and whether its adapter is worth using. */
export interface TrainingResult {
  /** Path of the adapter. */
  readonly output: string;
  readonly dialect: string;
  readonly verdict: TrainingVerdict;
  /** What somebody should know before using the adapter; empty where all is well. */
  readonly warnings: readonly string[];
  /**
   * Mean loss of the held-out conversations' trained tokens without the adapter (with the initial one,
   * where one is given) and with it; of the first training rows where nothing was held out.
   */
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly isHeldOut: boolean;
  /** Of every step. */
  readonly losses: readonly number[];
  readonly steps: number;
  readonly tokens: number;
  readonly trainedTokens: number;
  /** Spent in steps, over all parts of a resumed run. */
  readonly seconds: number;
}

/** Training rows to judge by where nothing is held out. */
const judgedRows = 4;

/**
 * Trains a LoRA adapter for a model on conversations.
 *
 * The work runs in a process of its own, as the run's events are read: it starts with the first and
 * is paused while none is asked for. Leaving the loop, or aborting, writes a checkpoint beside
 * `output`, from which the option `resume` goes on with the same result as an unbroken run.
 *
 * @throws {OptionError} UNKNOWN_OPTION, INVALID_OPTION
 */
export function trainAdapter(options: TrainAdapterOptions): TrainingRun {
  return new TrainingRun(resolveTrainAdapterOptions(options));
}

/** A run that works when it is read: iterate over its events, or await `result()`. */
export class TrainingRun implements AsyncIterable<TrainingEvent> {
  readonly #options: ResolvedTrainAdapterOptions;

  /** @internal Runs are made by `trainAdapter`. */
  constructor(options: ResolvedTrainAdapterOptions) {
    this.#options = options;
  }

  /**
   * Runs it to its end.
   *
   * @throws the signal's reason, when it aborts.
   * @throws {TrainingError} TRAINING_DATA_INVALID - `details.issues` lists each with its place.
   * @throws {TrainingError} TRAINING_LOSS_NOT_FINITE, TRAINING_WRITE_FAILED,
   * TRAINING_PROCESS_ENDED, TRAINING_CHECKPOINT_MISMATCH, ... - with `resume` it goes on from the
   * last checkpoint.
   */
  async result(): Promise<TrainingResult> {
    let result: TrainingResult | undefined;
    for await (const event of this) if (event.type === "run-end") ({ result } = event);
    return result!;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainingEvent, void, undefined> {
    const options = this.#options;
    const { training, signal, output, log } = options;
    const data = await prepareRows(options);
    for (const issue of data.leftOut) log?.(printIssue(issue));
    const plan = planRun(data, options);
    const trainer = await openTrainer(trainerOptions(options, data, plan.steps));
    try {
      if (options.initialAdapter) await trainer.loadInitialAdapter(options.initialAdapter);
      yield describeStart(data, plan, (await trainer.facts()).device);
      const state = yield* runTraining(trainer, plan, { resume: options.resume, signal });
      await trainer.saveAdapter(output, training.outputType, {
        [DIALECT_KEY]: data.dialect,
        [trainingRecordKey]: printTrainingRecord(state),
      });
      const result = await judge(trainer, state, data, options);
      await removeCheckpoint(plan.checkpointPath);
      for (const warning of result.warnings) log?.(warning);
      yield { type: "run-end", result };
    } finally {
      await trainer.close();
    }
  }
}

function planRun(data: PreparedRows, { training, output }: ResolvedTrainAdapterOptions) {
  const isHeldOut = data.heldOut.length > 0;
  return {
    ...orderRows(data.training, training),
    heldOut: isHeldOut ? data.heldOut : data.training.slice(0, judgedRows),
    dataHash: hashRows([...data.training, ...data.heldOut]),
    checkpointPath: `${output}.checkpoint`,
    checkpointMinutes: training.checkpointMinutes,
  } satisfies TrainingPlan;
}

function trainerOptions(
  { model, lora, training }: ResolvedTrainAdapterOptions,
  { tokenRows }: PreparedRows,
  totalSteps: number,
): NativeTrainerOptions {
  const { device, threads, precision, lowMemory, learningRate, schedule } = training;
  const { weightDecay, maxGradNorm, seed, maxLength } = training;
  const { rank, alpha, rankStabilised, dropout } = lora;
  return {
    ...{ model, device, threads, precision, lowMemory, allWeights: false },
    ...{ rank, alpha, rankStabilised, dropout, targets: targetNames(lora), tokenRows },
    ...{ learningRate, schedule, weightDecay, maxGradNorm, seed, maxLength, totalSteps },
    warmupSteps: Math.ceil(training.warmupRatio * totalSteps),
  };
}

/** GGUF's names of the target modules; none stands for all. */
function targetNames({ targets }: LoraOptions): string[] {
  if (targets === "all-linear") return [];
  const parents = ["", "self_attn.", "mlp."];
  return targets.map((target) => {
    const names = parents.map((parent) => ggufWeightName(`layers.0.${parent}${target}`));
    return names.find((name) => name !== undefined)!.split(".")[2]!;
  });
}

function describeStart(data: PreparedRows, plan: TrainingPlan, device: string): RunStartEvent {
  return {
    type: "run-start",
    steps: plan.steps,
    rows: data.training.length,
    conversations: data.conversations.training,
    heldOutConversations: data.conversations.heldOut,
    tokens: data.tokens,
    trainedTokens: data.trainedTokens,
    dialect: data.dialect,
    leftOut: data.leftOut,
    device,
  };
}

async function judge(
  trainer: Trainer,
  state: RunState,
  data: PreparedRows,
  { model: path, output }: ResolvedTrainAdapterOptions,
): Promise<TrainingResult> {
  await trainer.close();
  // Where rows of tokens were trained, only a merged model holds them.
  if (data.tokenRows.length === 0) {
    await using model = await loadModel(path, { gpu: false });
    await model.loadAdapter(output);
  }
  const { heldOutBefore, heldOutAfter, losses, tokens, trainedTokens, seconds } = state;
  const lossBefore = heldOutBefore ?? NaN;
  const lossAfter = heldOutAfter ?? NaN;
  const isHeldOut = data.heldOut.length > 0;
  const verdict = judgeLoss(lossBefore, lossAfter);
  return {
    ...{ output, dialect: data.dialect, verdict, lossBefore, lossAfter, isHeldOut },
    warnings: warningsOf(verdict, lossBefore, lossAfter, isHeldOut),
    ...{ losses, steps: losses.length, tokens, trainedTokens, seconds },
  };
}

function judgeLoss(before: number, after: number): TrainingVerdict {
  if (before === after) return "unchanged";
  return after < before ? "better" : "worse";
}

function warningsOf(
  verdict: TrainingVerdict,
  before: number,
  after: number,
  isHeldOut: boolean,
): string[] {
  const rows = isHeldOut ? "held-out conversations" : "training rows";
  const change = `from ${before.toFixed(4)} to ${after.toFixed(4)}`;
  const messages: Record<TrainingVerdict, string[]> = {
    better: isHeldOut
      ? []
      : ["Nothing was held out, so that the adapter was judged only by what it was trained on."],
    unchanged: [
      `The adapter changes nothing: the loss of ${rows} is ${before.toFixed(4)} as before.`,
    ],
    worse: [
      `The adapter makes it worse: the loss of ${rows} rose ${change}. Do not use it; lower the ` +
        "learning rate, train fewer epochs, or give more data.",
    ],
  };
  return messages[verdict];
}
