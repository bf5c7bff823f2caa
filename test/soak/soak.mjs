// Ten thousand short generations on a tiny model with aborts, swaps and disposals at random: no leak,
// no crash, no lost or doubled event, and greedy outputs equal to those of a quiet run.
//   npm run test:soak -- [--generations 10000] [--seed 1]
// Outputs may part where the two best logits lie within 1e-4 of each other; that is counted.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { benchAdapters } from "../../bench/sessions/adapters.mjs";
import {
  tinyShape,
  tinyVocabulary,
  writeRandomModel,
} from "../../dist/formats/random-model/index.js";
import { loadModel } from "../../dist/index.js";
import { openAddon } from "../../dist/native/load.js";
import { root } from "../../scripts/paths.mjs";

const { values: options } = parseArgs({
  options: {
    generations: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
  },
});
const generations = Number(options.generations);
const warmUp = Math.min(1000, generations / 4);
const mostGrowthMib = 16;
const atOnce = 6;
const tie = Math.exp(-1e-4);

let state = Number(options.seed) >>> 0;
/** A whole number below `count`. */
function pick(count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}

const folder = join(root, "build", "soak");
mkdirSync(folder, { recursive: true });
const path = join(folder, "gemma3.gguf");
await writeRandomModel(path, { shape: tinyShape("gemma3"), vocabulary: tinyVocabulary("gemma3") });
const adapterFiles = await benchAdapters(path, 3, folder);

const counts = { whole: 0, aborted: 0, disposed: 0, ties: 0 };
const problems = [];
const { addon } = await openAddon();
const model = await loadModel(path, { gpu: false });
const adapters = await Promise.all(adapterFiles.map((file) => model.loadAdapter(file)));
const tasks = Array.from({ length: 32 }, (_, index) => ({
  prompt: `Case ${index % 8}: ${"the status of a payment ".repeat(1 + (index % 5))}`,
  adapters: index % 4 === 0 ? [] : [{ adapter: adapters[(index % 4) - 1], scale: 1 }],
  maxTokens: 4 + (index % 3) * 8,
}));
const quiet = [];
for (const task of tasks) {
  const context = await openContext(1);
  quiet.push([...(await model.generate(task.prompt, request(task, context)).result()).tokens]);
  await context.dispose();
}

const started = performance.now();
let context = await openContext(4);
let running = [];
let base;
for (let done = 0; done < generations; done++) {
  running.push(generateOnce(context));
  if (running.length === atOnce) {
    await Promise.all(running);
    running = [];
    if (done >= warmUp) base ??= memoryMib();
  }
  if (pick(150) !== 0) continue;
  // In the middle of whatever runs.
  counts.disposed++;
  await context.dispose();
  await Promise.all(running);
  running = [];
  context = await openContext(4);
}
await Promise.all(running);
await context.dispose();
const grown = memoryMib() - base;
await model.dispose();
globalThis.gc?.();
if (grown >= mostGrowthMib) problems.push(`memory grew by ${grown.toFixed(1)} MiB`);
for (const [kind, count] of Object.entries(addon.objectCounts())) {
  if (count !== 0) problems.push(`${count} objects of kind "${kind}" are left`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${generations} generations in ${seconds} s: ${counts.whole} whole, ${counts.aborted} aborted, ` +
    `${counts.disposed} contexts disposed, ${counts.ties} parted at a tie, ` +
    `memory ${grown < 0 ? "" : "+"}${grown.toFixed(1)} MiB`,
);
for (const problem of problems.slice(0, 20)) console.log(`PROBLEM ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

function openContext(slots) {
  return model.createContext({ contextSize: 512, slots, threads: 1, maxAdapterSets: 3 });
}

function request({ adapters, maxTokens }, context) {
  return { adapters, maxTokens, context, sampling: { temperature: 0 } };
}

/** One generation, aborted at random; checks its events and, where it came to its end, its output. */
async function generateOnce(context) {
  const index = pick(tasks.length);
  const controller = new AbortController();
  const abortAt = pick(3) === 0 ? pick(6) : -1;
  const options = { ...request(tasks[index], context), signal: controller.signal };
  let events = 0;
  let ends = 0;
  let result;
  let written = [];
  try {
    for await (const event of model.generate(tasks[index].prompt, options)) {
      if (events++ === abortAt) controller.abort(new Error("stop"));
      if (ends > 0) problems.push(`task ${index}: an event after the end`);
      if (event.type === "text") written.push(...event.tokens);
      if (event.type === "end") [ends, result] = [ends + 1, event.result];
    }
    if (ends !== 1) problems.push(`task ${index}: ${ends} end events`);
  } catch (error) {
    if (controller.signal.aborted || error.code === "DISPOSED") return void counts.aborted++;
    return void problems.push(`task ${index}: ${error.message}`);
  }
  if (result.reason === "aborted") return void counts.aborted++;
  counts.whole++;
  const tokens = [...result.tokens];
  if (String(tokens) !== String(quiet[index])) await judge(index, tokens);
}

/** Whether an output that differs from the quiet one parted from it at a tie. */
async function judge(index, tokens) {
  const at = tokens.findIndex((token, position) => token !== quiet[index][position]);
  if (at < 0) return void problems.push(`task ${index}: ${tokens.length} tokens`);
  const { prompt, adapters } = tasks[index];
  const begun = [model.bosToken, ...(await model.tokenize(prompt)), ...tokens.slice(0, at)];
  const context = await openContext(1);
  const drawn = new Set();
  for (let seed = 0; seed < 24; seed++) {
    const sampling = { temperature: 1, topK: 0, topP: 1, minP: tie, seed };
    const options = { context, adapters, maxTokens: 2, sampling };
    const { tokens: next } = await model.generate(Int32Array.from(begun), options).result();
    drawn.add(next[0]);
  }
  await context.dispose();
  if (drawn.has(tokens[at]) && drawn.has(quiet[index][at])) counts.ties++;
  else problems.push(`task ${index}: another token at ${at}`);
}

function memoryMib() {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}
