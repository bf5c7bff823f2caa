/**
 * From encoded samples to the rows that a step is made of, and the choice of what is held out.
 */
import { randomWords } from "../formats/random-model/weights.js";
import type { NativeTrainingRow } from "../native/training.js";
import type { EncodedSample } from "./encode-example.js";

/** One row of a step. */
export type TrainingRow = NativeTrainingRow;

export interface PackOptions {
  /** Most tokens of a row. */
  readonly maxLength: number;
  /** Several samples a row; else each has its own. */
  readonly packing: boolean;
}

export interface PackedSamples<Sample extends EncodedSample> {
  readonly rows: readonly TrainingRow[];
  /** Samples of more than `maxLength` tokens, which are in no row: nothing is cut. */
  readonly tooLong: readonly Sample[];
}

/**
 * Puts samples into rows: each, in order, into the first row that has room for it.
 */
export function packSamples<Sample extends EncodedSample>(
  samples: readonly Sample[],
  { maxLength, packing }: PackOptions,
): PackedSamples<Sample> {
  const fitting = samples.filter(({ tokens }) => tokens.length <= maxLength);
  const tooLong = samples.filter(({ tokens }) => tokens.length > maxLength);
  const bins = packing ? firstFit(fitting, maxLength) : fitting.map((sample) => [sample]);
  return { rows: bins.map(joinSamples), tooLong };
}

function firstFit<Sample extends EncodedSample>(
  samples: readonly Sample[],
  maxLength: number,
): Sample[][] {
  const shortest = samples.reduce((least, { tokens }) => Math.min(least, tokens.length), Infinity);
  const bins: Sample[][] = [];
  let open: { bin: Sample[]; room: number }[] = [];
  for (const sample of samples) {
    const { length } = sample.tokens;
    let row = open.find(({ room }) => room >= length);
    if (row === undefined) {
      row = { bin: [], room: maxLength };
      bins.push(row.bin);
      open.push(row);
    }
    row.bin.push(sample);
    row.room -= length;
    if (row.room < shortest) open = open.filter((other) => other !== row);
  }
  return bins;
}

function joinSamples(bin: readonly EncodedSample[]): TrainingRow {
  const length = bin.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const row = {
    tokens: new Int32Array(length),
    trained: new Uint8Array(length),
    samples: new Int32Array(length),
  };
  let at = 0;
  bin.forEach(({ tokens, trained }, number) => {
    row.tokens.set(tokens, at);
    row.trained.set(trained, at);
    row.samples.fill(number, at, at + tokens.length);
    at += tokens.length;
  });
  return row;
}

/** Examples to train on and others to judge by; both in the order of the data. */
export interface HeldOutSplit<Example> {
  readonly training: readonly Example[];
  readonly heldOut: readonly Example[];
}

/**
 * Holds out a share of the examples, chosen by a seed.
 *
 * Split conversations before they become samples, so that no turn of a held-out one is trained.
 *
 * @param share - 0 to below 1. Above 0, and with two examples or more, at least one is held out;
 * at least one is left to train on.
 * @param seed - an integer of at least 0.
 */
export function splitHeldOut<Example>(
  examples: readonly Example[],
  share: number,
  seed: number,
): HeldOutSplit<Example> {
  const wanted = share > 0 ? Math.max(1, Math.round(share * examples.length)) : 0;
  const count = Math.max(0, Math.min(wanted, examples.length - 1));
  const chosen = new Set(shuffle(examples.length, seed).slice(0, count));
  return {
    training: examples.filter((_, i) => !chosen.has(i)),
    heldOut: examples.filter((_, i) => chosen.has(i)),
  };
}

/** The numbers below `length` in an order that the seed gives (Fisher and Yates). */
export function shuffle(length: number, seed: number): number[] {
  const next = randomWords(Math.imul(seed + 1, 0x9e3779b1));
  const order = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = (next() >>> 0) % (i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
