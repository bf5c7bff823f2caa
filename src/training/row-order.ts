/** Which rows a step is made of: every epoch has all of them, in an order of its own. */
import { createHash } from "node:crypto";
import { shuffle, type TrainingRow } from "./packing.js";

export interface RowOrderOptions {
  readonly gradientAccumulationSteps: number;
  readonly epochs: number;
  /** Steps to make instead of `epochs`; 0: as many as the epochs need. */
  readonly steps: number;
  readonly seed: number;
}

export interface RowOrder {
  readonly steps: number;
  /** The rows of a step, counted from 0. */
  rowsOf(step: number): readonly TrainingRow[];
}

/** Orders rows, at least one, over all steps of a run. The last step of the epochs may have fewer. */
export function orderRows(rows: readonly TrainingRow[], options: RowOrderOptions): RowOrder {
  const { gradientAccumulationSteps: perStep, epochs, seed } = options;
  const steps = options.steps || Math.ceil((epochs * rows.length) / perStep);
  const total = options.steps ? steps * perStep : Math.max(1, Math.round(epochs * rows.length));
  const orders = new Map<number, number[]>();
  const orderOf = (epoch: number): number[] => {
    const order = orders.get(epoch) ?? shuffle(rows.length, seed + epoch * 7919);
    if (!orders.has(epoch)) orders.clear();
    orders.set(epoch, order);
    return order;
  };
  const rowAt = (place: number): TrainingRow =>
    rows[orderOf(Math.floor(place / rows.length))[place % rows.length]!]!;
  return {
    steps,
    rowsOf: (step) => {
      const from = step * perStep;
      const count = Math.max(1, Math.min(perStep, total - from));
      return Array.from({ length: count }, (_, index) => rowAt(from + index));
    },
  };
}

/** A hash of everything that rows hold. */
export function hashRows(rows: readonly TrainingRow[]): string {
  const hash = createHash("sha256");
  for (const { tokens, trained, samples } of rows) {
    hash.update(`${tokens.length};`);
    for (const array of [tokens, trained, samples]) hash.update(array);
  }
  return hash.digest("hex");
}
