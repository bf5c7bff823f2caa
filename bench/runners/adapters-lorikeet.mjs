// Sessions of this library under adapters. Arguments: model, threads, tokens, adapter files ("a,b,c").
// Prints {"together_ms", "apart_ms", "switch_ms", "open_ms", "different", "close"}: 8 sessions over
// the base and three adapters at once; the four sets one after the other with two sessions each;
// what moving to a live set costs beside reading the text; opening a set.
import { loadModel } from "../../dist/index.js";
import { contextSize, plainPrompt } from "../sessions/prompts.mjs";
import { median } from "../statistics.mjs";

const [path, threads, maxTokens, files] = process.argv.slice(2);
const model = await loadModel(path, { gpu: false });
const sets = [[]];
for (const file of files.split(",")) {
  sets.push([{ adapter: await model.loadAdapter(file), scale: 1 }]);
}
const options = { contextSize, slots: 8, threads: Number(threads), maxAdapterSets: 4 };
const context = await model.createContext({ ...options, idleBytes: 0 });
const opened = [];
for (const adapters of sets) opened.push(await timed(() => write(adapters, "Hello", 1)));
const alive = [];
for (const adapters of sets) alive.push(await timed(() => write(adapters, "Hello", 1)));

const jobs = sets.flatMap((adapters, set) =>
  [0, 1].map((half) => ({ adapters, index: set * 2 + half })),
);
const run = ({ adapters, index }) => write(adapters, plainPrompt(index), Number(maxTokens));
const alone = [];
for (const job of jobs) alone.push(await run(job));
await forgetAll();
let together;
const together_ms = await timed(async () => (together = await Promise.all(jobs.map(run))));
await forgetAll();
let apart_ms = 0;
for (let set = 0; set < sets.length; set++) {
  apart_ms += await timed(() => Promise.all(jobs.slice(set * 2, set * 2 + 2).map(run)));
}
console.log(
  JSON.stringify({
    together_ms,
    apart_ms,
    switch_ms: await measureSwitch(),
    open_ms: median(opened.slice(1).map((time, set) => time - alive[set + 1])),
    different: together.filter((tokens, index) => String(tokens) !== String(alone[index])).length,
  }),
);
await model.dispose();

async function write(adapters, prompt, tokens) {
  const request = { context, adapters, maxTokens: tokens, sampling: { temperature: 0 } };
  return [...(await model.generate(prompt, request).result()).tokens];
}

/** Texts that no slot begins with, so that the next run reads everything. */
async function forgetAll() {
  for (const adapters of sets) {
    await Promise.all(jobs.map(({ index }) => write(adapters, `${"x".repeat(index + 1)}!`, 1)));
  }
}

/** One session's first token after it moved to a live set, less that after it stayed; same text. */
async function measureSwitch() {
  const differences = [];
  for (let run = 0; run < 15; run++) {
    const text = (name) => `${name} ${run}: which record?`;
    const [one, other] = [sets[1], sets[2]];
    await write(one, text("A"), 1);
    const moved = await timed(() => write(other, text("B"), 1));
    const stayed = await timed(() => write(other, text("C"), 1));
    differences.push(moved - stayed);
  }
  return median(differences);
}

async function timed(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}
