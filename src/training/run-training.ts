/**
 * The training loop: steps, checkpoints, and how a run ends.
 *
 * It works when its next event is asked for, so a run is paused by not asking. What a step trains on
 * depends on its number alone; with the trainer's own state this makes a resumed run the same, byte
 * for byte, as an unbroken one.
 */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { TrainingError } from "../errors.js";
import type { NativeTrainingStep } from "../native/training.js";
import type { TrainingRow } from "./packing.js";
import type { Trainer } from "./trainer.js";

/** What a run does. */
export interface TrainingPlan {
  readonly steps: number;
  /** The rows of a step, counted from 0; the same whenever it is asked. */
  rowsOf(step: number): readonly TrainingRow[] | Promise<readonly TrainingRow[]>;
  /** Rows to judge the run by, before and after it; may be empty. */
  readonly heldOut: readonly TrainingRow[];
  /** Tells this run's data from others'. */
  readonly dataHash: string;
  readonly checkpointPath: string;
  /** 0: only where the run is broken off. */
  readonly checkpointMinutes: number;
}

export interface RunOptions {
  /** Goes on from the checkpoint, if there is one. */
  readonly resume: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** One step is done. */
export interface StepEndEvent extends NativeTrainingStep {
  readonly type: "step-end";
  /** Of the whole run. */
  readonly steps: number;
  /** Of this step. */
  readonly seconds: number;
  readonly tokensPerSecond: number;
}

/** The run's state is on disk. */
export interface CheckpointWriteEvent {
  readonly type: "checkpoint-write";
  readonly step: number;
  readonly path: string;
}

/** The held-out rows were judged. */
export interface EvaluationEndEvent {
  readonly type: "evaluation-end";
  readonly step: number;
  /** Mean over the held-out rows' trained tokens. */
  readonly loss: number;
}

export type RunEvent = StepEndEvent | CheckpointWriteEvent | EvaluationEndEvent;

/** What a run gathers on its way; a checkpoint holds it. */
export interface RunState {
  readonly dataHash: string;
  /** One a step. */
  readonly losses: number[];
  /** Loss of the held-out rows before the first step; null where there are none. */
  heldOutBefore: number | null;
  heldOutAfter: number | null;
  /** Spent in steps. */
  seconds: number;
  tokens: number;
  trainedTokens: number;
}

/**
 * Runs a plan to its end, or until the signal aborts or nobody asks any more; a checkpoint is
 * written then. A finished run removes its checkpoint only by `removeCheckpoint`.
 *
 * @throws the signal's reason, when it aborts.
 * @throws {TrainingError} TRAINING_CHECKPOINT_MISMATCH - of other data, options or another model.
 * @throws {TrainingError} TRAINING_LOSS_NOT_FINITE, TRAINING_WRITE_FAILED,
 * TRAINING_PROCESS_ENDED, TRAINING_CHECKPOINT_UNREADABLE, ...
 */
export async function* runTraining(
  trainer: Trainer,
  plan: TrainingPlan,
  { resume, signal }: RunOptions,
): AsyncGenerator<RunEvent, RunState, undefined> {
  const state = resume ? await restore(trainer, plan) : beginState(plan);
  const { losses } = state;
  let saved = losses.length;
  let savedAt = performance.now();
  const save = async (): Promise<CheckpointWriteEvent> => {
    await trainer.saveCheckpoint(plan.checkpointPath, JSON.stringify(state));
    saved = losses.length;
    savedAt = performance.now();
    return { type: "checkpoint-write", step: saved, path: plan.checkpointPath };
  };
  try {
    if (plan.heldOut.length > 0 && state.heldOutBefore === null) {
      state.heldOutBefore = await trainer.evaluate(plan.heldOut);
      yield { type: "evaluation-end", step: 0, loss: state.heldOutBefore };
    }
    while (losses.length < plan.steps) {
      signal?.throwIfAborted();
      yield await makeStep(trainer, plan, state);
      const isDue = performance.now() - savedAt >= plan.checkpointMinutes * 60_000;
      if (plan.checkpointMinutes > 0 && isDue) yield await save();
    }
    // What follows may fail too, on a full disk for one.
    if (losses.length > saved) yield await save();
    if (plan.heldOut.length > 0) {
      state.heldOutAfter = await trainer.evaluate(plan.heldOut);
      yield { type: "evaluation-end", step: plan.steps, loss: state.heldOutAfter };
    }
    return state;
  } finally {
    if (trainer.isOpen && losses.length > saved) await save();
  }
}

/** Forgets a run that is over. */
export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
}

function beginState({ dataHash }: TrainingPlan): RunState {
  return {
    dataHash,
    losses: [],
    heldOutBefore: null,
    heldOutAfter: null,
    seconds: 0,
    tokens: 0,
    trainedTokens: 0,
  };
}

async function restore(trainer: Trainer, plan: TrainingPlan): Promise<RunState> {
  if (!existsSync(plan.checkpointPath)) return beginState(plan);
  const state = JSON.parse(await trainer.loadCheckpoint(plan.checkpointPath)) as RunState;
  if (state.dataHash === plan.dataHash) return state;
  throw new TrainingError(
    "TRAINING_CHECKPOINT_MISMATCH",
    `Expected the checkpoint "${plan.checkpointPath}" to be of a run on the same data, got one on ` +
      "other data. Start without the option resume.",
    { details: { path: plan.checkpointPath } },
  );
}

async function makeStep(
  trainer: Trainer,
  plan: TrainingPlan,
  state: RunState,
): Promise<StepEndEvent> {
  const start = performance.now();
  const result = await trainer.step(await plan.rowsOf(state.losses.length));
  const seconds = (performance.now() - start) / 1000;
  state.losses.push(result.loss);
  state.seconds += seconds;
  state.tokens += result.tokens;
  state.trainedTokens += result.trainedTokens;
  const tokensPerSecond = result.tokens / seconds;
  return { type: "step-end", ...result, steps: plan.steps, seconds, tokensPerSecond };
}
