import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TrainingError } from "../../src/errors.js";
import type { TrainingRow } from "../../src/training/packing.js";
import { orderRows } from "../../src/training/row-order.js";
import {
  runTraining,
  type RunEvent,
  type RunState,
  type TrainingPlan,
} from "../../src/training/run-training.js";
import type { Trainer } from "../../src/training/trainer.js";

const row = (id: number): TrainingRow => ({
  tokens: Int32Array.of(id, id),
  trained: Uint8Array.of(0, 1),
  samples: Int32Array.of(0, 0),
});
const rows = [1, 2, 3, 4, 5].map(row);

/** Counts steps and remembers what each trained on; a checkpoint holds its step and the state. */
class CountingTrainer implements Trainer {
  isOpen = true;
  readonly trained: number[][] = [];
  checkpoint: { step: number; state: string } | undefined;
  failAt = Infinity;
  #step = 0;

  step(given: readonly TrainingRow[]) {
    if (this.#step === this.failAt) {
      return Promise.reject(new TrainingError("TRAINING_LOSS_NOT_FINITE", "NaN"));
    }
    this.trained.push(given.map(({ tokens }) => tokens[0]!));
    const step = ++this.#step;
    const counts = { tokens: 2 * given.length, trainedTokens: given.length };
    return Promise.resolve({ step, loss: 1 / step, gradNorm: 1, learningRate: 1, ...counts });
  }
  evaluate = () => Promise.resolve(10 - this.#step);
  async saveCheckpoint(path: string, state: string) {
    this.checkpoint = { step: this.#step, state };
    await writeFile(path, state);
  }
  loadCheckpoint = () => {
    this.#step = this.checkpoint!.step;
    return Promise.resolve(this.checkpoint!.state);
  };
  facts = () => Promise.reject(new Error());
  logits = () => Promise.reject(new Error());
  saveAdapter = () => Promise.resolve();
  loadInitialAdapter = () => Promise.resolve();
  saveModel = () => Promise.resolve();
  close = () => Promise.resolve();
}

let folder: string;
let trainer: CountingTrainer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorikeet-run-"));
  trainer = new CountingTrainer();
});
afterEach(() => rm(folder, { recursive: true }));

function plan(change: Partial<TrainingPlan> = {}): TrainingPlan {
  return {
    ...orderRows(rows, { gradientAccumulationSteps: 2, epochs: 2, steps: 0, seed: 1 }),
    heldOut: rows.slice(0, 1),
    dataHash: "data",
    checkpointPath: join(folder, "adapter.gguf.checkpoint"),
    checkpointMinutes: 0,
    ...change,
  };
}

async function run(
  given: TrainingPlan,
  options: { resume?: boolean; signal?: AbortSignal } = {},
  onEvent: (event: RunEvent) => void = () => undefined,
): Promise<RunState> {
  const events = runTraining(trainer, given, { resume: false, ...options });
  for (;;) {
    const next = await events.next();
    if (next.done) return next.value;
    onEvent(next.value);
  }
}

describe("a training run", () => {
  it("makes every step, judges before and after, and tells of each", async () => {
    const types: string[] = [];
    const state = await run(plan(), {}, ({ type }) => types.push(type));
    expect(types).toEqual([
      "evaluation-end",
      ...Array.from({ length: 5 }, () => "step-end"),
      "checkpoint-write",
      "evaluation-end",
    ]);
    expect(state).toMatchObject({ heldOutBefore: 10, heldOutAfter: 5, tokens: 20 });
    expect(state.losses).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5]);
  });

  it("goes on after an abort with the rows that an unbroken run would train on", async () => {
    await run(plan());
    const unbroken = trainer.trained;
    trainer = new CountingTrainer();
    const controller = new AbortController();
    const reason = new Error("enough");
    const stop = (event: RunEvent) => {
      if (event.type === "step-end" && event.step === 2) controller.abort(reason);
    };
    await expect(run(plan(), { signal: controller.signal }, stop)).rejects.toBe(reason);
    expect(trainer.checkpoint?.step).toBe(2);
    const state = await run(plan(), { resume: true });
    expect(trainer.trained).toEqual(unbroken);
    expect(state.losses).toHaveLength(5);
    expect(state.heldOutBefore).toBe(10);
  });

  it("writes a checkpoint where its reader leaves", async () => {
    for await (const event of runTraining(trainer, plan(), { resume: false })) {
      if (event.type === "step-end") break;
    }
    expect(trainer.checkpoint?.step).toBe(1);
  });

  it("keeps the steps before one that fails", async () => {
    trainer.failAt = 3;
    await expect(run(plan())).rejects.toMatchObject({ code: "TRAINING_LOSS_NOT_FINITE" });
    expect(trainer.checkpoint?.step).toBe(3);
  });

  it("asks a trainer that ended for no checkpoint", async () => {
    trainer.failAt = 3;
    trainer.isOpen = false;
    await expect(run(plan())).rejects.toMatchObject({ code: "TRAINING_LOSS_NOT_FINITE" });
    expect(trainer.checkpoint).toBeUndefined();
  });

  it("refuses the checkpoint of a run on other data", async () => {
    await run(plan());
    await expect(run(plan({ dataHash: "other" }), { resume: true })).rejects.toMatchObject({
      code: "TRAINING_CHECKPOINT_MISMATCH",
    });
  });
});

describe("the order of rows", () => {
  const ids = (order: ReturnType<typeof orderRows>) =>
    Array.from({ length: order.steps }, (_, step) =>
      order.rowsOf(step).map(({ tokens }) => tokens[0]!),
    ).flat();

  it("has every row once an epoch, in another order each time", () => {
    const seen = ids(
      orderRows(rows, { gradientAccumulationSteps: 2, epochs: 4, steps: 0, seed: 0 }),
    );
    const epochs = [0, 5, 10, 15].map((from) => seen.slice(from, from + 5));
    for (const epoch of epochs) expect([...epoch].sort()).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
    expect(seen).toHaveLength(20);
  });

  it("makes as many full steps as are asked for", () => {
    const order = orderRows(rows, { gradientAccumulationSteps: 4, epochs: 1, steps: 3, seed: 0 });
    expect(order.steps).toBe(3);
    expect(ids(order)).toHaveLength(12);
  });

  it("trains on a part of an epoch", () => {
    const options = { gradientAccumulationSteps: 2, epochs: 0.6, steps: 0, seed: 0 };
    expect(ids(orderRows(rows, options))).toHaveLength(3);
  });
});
