/**
 * Training gives PEFT's numbers: losses and gradient norms of 30 steps that PEFT made in F32 from
 * the same adapter, recorded by scripts/record-peft-steps.mjs.
 */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Trainer } from "../../src/training/trainer.js";
import { lora, openCase, trainingRow, writeCase } from "../../scripts/peft/cases.mjs";

interface Recording {
  readonly model: string;
  readonly initial: string;
  readonly lora: unknown;
  readonly run: unknown;
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
}

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), "lorikeet-peft-"))));
afterAll(() => rm(folder, { recursive: true }));

const hash = async (path: string) =>
  createHash("sha256")
    .update(await readFile(path))
    .digest("hex");

describe.each(["gemma2", "gemma3", "gemma4"])("30 steps on %s", (architecture) => {
  it("have PEFT's losses and gradient norms within 0.5 %", async () => {
    const path = join(
      import.meta.dirname,
      "..",
      "fixtures",
      "training",
      `peft-${architecture}.json`,
    );
    const recorded = JSON.parse(await readFile(path, "utf8")) as Recording;
    const files = await writeCase(join(folder, architecture), architecture);
    const { run } = files;
    const made = { model: await hash(files.model), initial: await hash(files.initial), lora, run };
    const { model, initial } = recorded;
    expect(made, "record anew: the models changed").toEqual({
      ...{ model, initial, lora: recorded.lora, run: recorded.run },
    });
    const trainer = (await openCase(files)) as Trainer;
    let worst = 0;
    for (let step = 0; step < run.steps; step++) {
      const row = trainingRow(files.rows[step % files.rows.length]!);
      const { loss, gradNorm } = await trainer.step([row]);
      const errors = [loss / recorded.losses[step]! - 1, gradNorm / recorded.gradNorms[step]! - 1];
      worst = Math.max(worst, ...errors.map(Math.abs));
    }
    await trainer.close();
    expect(recorded.losses.at(-1)).toBeLessThan(recorded.losses[0]! - 0.3);
    expect(worst).toBeLessThan(0.005);
  });
});
