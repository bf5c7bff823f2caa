/**
 * What an adapter's file records of its training: the loss of its steps, and what it came to.
 *
 * One metadata entry with JSON. No times: the same run gives the same bytes.
 */
import type { RunState } from "./run-training.js";

/** The metadata key. */
export const trainingRecordKey = "lorikeet.training";

/** What an adapter's file tells of its training. */
export interface TrainingRecord {
  readonly steps: number;
  readonly tokens: number;
  readonly trainedTokens: number;
  /** Of the judged rows, without and with the adapter; null where none were judged. */
  readonly lossBefore: number | null;
  readonly lossAfter: number | null;
  /** Mean loss of the steps, in parts of equal length: a curve of at most 200 points. */
  readonly losses: readonly number[];
}

const mostPoints = 200;

/** The record of a run, as text for the metadata. */
export function printTrainingRecord(state: RunState): string {
  const { losses, tokens, trainedTokens, heldOutBefore, heldOutAfter } = state;
  const length = Math.ceil(losses.length / mostPoints);
  const points = Array.from({ length: Math.ceil(losses.length / length) }, (_, i) => {
    const part = losses.slice(i * length, (i + 1) * length);
    return Number((part.reduce((sum, loss) => sum + loss, 0) / part.length).toFixed(4));
  });
  const record: TrainingRecord = {
    steps: losses.length,
    tokens,
    trainedTokens,
    lossBefore: heldOutBefore,
    lossAfter: heldOutAfter,
    losses: points,
  };
  return JSON.stringify(record);
}

/** Reads the record of an adapter; undefined where it has none. */
export function readTrainingRecord(
  metadata: Readonly<Record<string, unknown>>,
): TrainingRecord | undefined {
  const text = metadata[trainingRecordKey];
  if (typeof text !== "string") return undefined;
  try {
    const record = JSON.parse(text) as TrainingRecord;
    return Array.isArray(record.losses) && record.losses.every(Number.isFinite)
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}
