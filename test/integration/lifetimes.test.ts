import { spawn } from "node:child_process";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../src/index.js";
import { tinyModel } from "../support/models/tiny-models.js";

const programs = join(import.meta.dirname, "programs");
let path: string;

beforeAll(async () => {
  path = await tinyModel("gemma3");
});

/** Runs one of the small programs and returns its exit code or signal and what it printed. */
async function runProgram(name: string): Promise<{ end: number | string; output: string }> {
  const child = spawn(process.execPath, [join(programs, name), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ end: code ?? signal ?? "unknown", output }));
  });
}

describe("a process", () => {
  test("exits in the middle of a generation without a crash", async () => {
    expect(await runProgram("exit-while-generating.mjs")).toEqual({ end: 7, output: "started\n" });
  });

  test("exits in the middle of a load without a crash", async () => {
    expect(await runProgram("exit-while-loading.mjs")).toEqual({ end: 7, output: "" });
  });

  test("ends by itself when models are left open", async () => {
    expect(await runProgram("leave-everything-open.mjs")).toEqual({ end: 0, output: "done\n" });
  });

  test("lives on when collected handles free themselves", async () => {
    expect(await runProgram("collect-garbage.mjs")).toEqual({ end: 0, output: "all freed\n" });
  });
});

describe("a worker thread", () => {
  const inWorker = () => new Worker(join(programs, "worker.mjs"), { workerData: path });

  test("generates beside the main thread and other workers", async () => {
    const texts = await Promise.all(
      [1, 2].map(
        () =>
          new Promise((resolve, reject) => {
            inWorker().on("message", resolve).on("error", reject);
          }),
      ),
    );
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]).not.toBe("");
  });

  test("is terminated in the middle of a generation, again and again", async () => {
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(join(programs, "worker.mjs"), {
        workerData: path,
        env: { ...process.env, ENDLESS: "1" },
      });
      await new Promise((resolve) => worker.once("message", resolve));
      await worker.terminate();
    }
  });
});

describe("disposal", () => {
  test("of a model ends what runs on it", async () => {
    const model = await loadModel(path, { contextSize: 512 });
    const read = async () => {
      for await (const _ of model.generate("x", { maxTokens: 400 })) void model.dispose();
    };
    await expect(read()).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("works in any order", async () => {
    const model = await loadModel(path, { contextSize: 256 });
    const context = await model.createContext({ contextSize: 256, slots: 1 });
    const grammar = await model.compileGrammar('root ::= "a"');
    await model.dispose();
    await grammar.dispose();
    await context.dispose();
    await model.dispose();
  });

  test("of a context rejects those who wait for a slot", async () => {
    const model = await loadModel(path, { contextSize: 256 });
    const context = await model.createContext({ contextSize: 256, slots: 1 });
    const request = { prompt: Int32Array.from([2]), adapters: [] };
    await context.acquireSlot(request);
    const waiting = context.acquireSlot(request);
    waiting.catch(() => undefined);
    await context.dispose();
    await expect(waiting).rejects.toMatchObject({ code: "DISPOSED" });
    await model.dispose();
  });

  test("frees every native object", async () => {
    expect(await runProgram("dispose-everything.mjs")).toEqual({ end: 0, output: "0 left\n" });
  });
});
