/**
 * The second, internal way to train: all weights of a small model move instead of an adapter.
 *
 * It makes the embedded model from one with random weights. Not part of the public interface:
 * gradients and moments are as large as the model in F32.
 */
import { defaultTrainingOptions, type TrainingOptions } from "./options.js";
import type { TrainingRow } from "./packing.js";
import {
  removeCheckpoint,
  runTraining,
  type RunEvent,
  type RunState,
  type TrainingPlan,
} from "./run-training.js";
import { openTrainer } from "./trainer.js";

/** What holds for all weights as for an adapter. */
export type SharedTrainingOptions = Pick<
  TrainingOptions,
  | "learningRate"
  | "schedule"
  | "warmupRatio"
  | "weightDecay"
  | "maxGradNorm"
  | "maxLength"
  | "seed"
  | "lowMemory"
  | "precision"
  | "device"
  | "threads"
>;

export interface TrainWeightsOptions {
  /** A GGUF model to begin from; its metadata and vocabulary are those of the result. */
  readonly model: string;
  /** Where the trained model is written; its checkpoint lies beside it until the run ends. */
  readonly output: string;
  readonly steps: number;
  /** The rows of a step, counted from 0: of its number alone, so that a run can be resumed. */
  readonly rowsOf: TrainingPlan["rowsOf"];
  /** Tells this data from other data, such as a hash of what makes it. */
  readonly dataHash: string;
  /** Rows that the model is judged by before and after. @default none */
  readonly heldOut?: readonly TrainingRow[];
  readonly training?: Partial<SharedTrainingOptions>;
  /** Number type of the written matrices; norms stay F32. @default "Q8_0" */
  readonly matrixType?: "F32" | "F16" | "BF16" | "Q8_0" | "Q4_0";
  /** @default 10 */
  readonly checkpointMinutes?: number;
  /** Goes on from the checkpoint beside `output`, if there is one. @default false */
  readonly resume?: boolean;
  /** Ends the run after the current step; a checkpoint is written first. */
  readonly signal?: AbortSignal;
}

/**
 * Trains all weights and writes the model, as its events are read; returns what the run gathered.
 *
 * @throws the signal's reason, when it aborts.
 * @throws {TrainingError} as `runTraining` and `openTrainer` say.
 */
export async function* trainWeights(
  options: TrainWeightsOptions,
): AsyncGenerator<RunEvent, RunState, undefined> {
  const { model, output, steps, rowsOf, dataHash, heldOut = [], matrixType = "Q8_0" } = options;
  const { checkpointMinutes = 10, resume = false, signal } = options;
  const plan: TrainingPlan = {
    ...{ steps, rowsOf, heldOut, dataHash, checkpointMinutes },
    checkpointPath: `${output}.checkpoint`,
  };
  const training = { ...defaultTrainingOptions, ...options.training };
  const { learningRate, schedule, weightDecay, maxGradNorm, maxLength, seed } = training;
  const { lowMemory, precision, device, threads } = training;
  const trainer = await openTrainer({
    ...{ model, device, threads, precision, lowMemory, allWeights: true },
    ...{ rank: 1, alpha: 1, rankStabilised: false, dropout: 0, targets: [] },
    tokenRows: new Int32Array(),
    ...{ learningRate, schedule, weightDecay, maxGradNorm, seed, maxLength, totalSteps: steps },
    warmupSteps: Math.ceil(training.warmupRatio * steps),
  });
  try {
    const state = yield* runTraining(trainer, plan, { resume, signal });
    await trainer.saveModel(model, output, matrixType);
    await removeCheckpoint(plan.checkpointPath);
    return state;
  } finally {
    await trainer.close();
  }
}
