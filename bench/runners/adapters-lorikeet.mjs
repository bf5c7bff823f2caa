// Sessions of this library under adapters. Arguments: model, threads, tokens, adapter files ("a,b,c").
// Prints {"together_ms", "apart_ms", "switch_ms", "open_ms", "different", "ties", "within"}: 8
// sessions over the base and three adapters at once; the four sets one after the other with two
// sessions each; what moving to a live set costs beside reading the text; opening a set; how many
// outputs differ from the same session alone, how many of these after two best logits within 1e-4,
// and the distance of the logits within which all of them parted (1: farther than any tried).
import { loadModel } from "../../dist/index.js";
import { contextSize, plainPrompt } from "../sessions/prompts.mjs";
import { median } from "../statistics.mjs";

const tie = 1e-4;
const triedDistances = [tie, 0.01, 0.03, 0.1, 0.3];
// A token that lies so near to the best is drawn about every second time.
const draws = 12;

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
const distances = [];
for (const [index, job] of jobs.entries()) {
  if (String(together[index]) === String(alone[index])) continue;
  distances.push(await partedWithin(job, alone[index], together[index]));
}
console.log(
  JSON.stringify({
    together_ms,
    apart_ms,
    switch_ms: await measureSwitch(),
    open_ms: median(opened.slice(1).map((time, set) => time - alive[set + 1])),
    different: distances.length,
    ties: distances.filter((distance) => distance === tie).length,
    within: Math.max(0, ...distances),
  }),
);
await model.dispose();

async function write(adapters, prompt, tokens) {
  const request = { context, adapters, maxTokens: tokens, sampling: { temperature: 0 } };
  return [...(await model.generate(prompt, request).result()).tokens];
}

/** The least tried distance from the best logit that the other token has where two outputs part. */
async function partedWithin({ adapters, index }, left, right) {
  const at = left.findIndex((token, position) => token !== right[position]);
  const begun = [model.bosToken, ...(await model.tokenize(plainPrompt(index)))];
  const prompt = Int32Array.from([...begun, ...left.slice(0, at)]);
  for (const distance of triedDistances) {
    const drawn = new Set();
    for (let seed = 0; seed < draws; seed++) {
      const sampling = { temperature: 1, topK: 0, topP: 1, minP: Math.exp(-distance), seed };
      const events = model.generate(prompt, { context, adapters, maxTokens: 1, sampling });
      for await (const event of events) if (event.type === "text") drawn.add(event.tokens[0]);
    }
    if (drawn.has(left[at]) && drawn.has(right[at])) return distance;
  }
  return 1;
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
