// Ten thousand short generations on a tiny model with aborts, swaps and disposals at random: no leak,
// no crash, no lost or doubled event, and greedy outputs equal to those of a quiet run.
//   npm run test:soak -- [--generations 10000] [--seed 1]
//
// llama.cpp's CPU attention rounds otherwise in calls of one token, of fewer than 64 and of more, so
// a sequence's logits depend on what else is in the batch: with plain llama.cpp on this model by up
// to 0.01, with quantised weights by 0.15. The tasks are therefore those whose every step is
// decisive: the best logit stands ten times as far from the next. No rounding may change their
// outputs, so there is no tie to excuse a difference.
//
// Memory is read while no context is open: what an open one keeps depends on its age.
// V8's young generation is kept small (--max-semi-space-size), because its growth is no leak.
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
const taskCount = 32;
// Least distance between the two best logits of each step.
const margin = 0.1;
// A token within the margin is drawn about every second time.
const draws = 16;

let state = Number(options.seed) >>> 0;
/** A whole number below `count`. */
function pick(count) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}

const folder = join(root, "build", "soak");
mkdirSync(folder, { recursive: true });
const path = join(folder, "gemma3.gguf");
const shape = { ...tinyShape("gemma3"), matrixType: "F32", embeddingType: "F32" };
await writeRandomModel(path, { shape, vocabulary: tinyVocabulary("gemma3") });
const adapterFiles = await benchAdapters(path, 3, folder);

const counts = { whole: 0, aborted: 0, disposed: 0 };
const problems = [];
const { addon } = await openAddon();
const model = await loadModel(path, { gpu: false });
const adapters = await Promise.all(adapterFiles.map((file) => model.loadAdapter(file)));
const tasks = await decisiveTasks();

const started = performance.now();
let context = await openContext(4);
let running = [];
let base;
for (let done = 0; done < generations; done++) {
  running.push(generateOnce(context));
  if (running.length === atOnce) {
    await Promise.all(running);
    running = [];
    if (base === undefined && done >= warmUp) {
      await context.dispose();
      base = memoryMib();
      context = await openContext(4);
    }
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
    `${counts.disposed} contexts disposed, ` +
    `memory ${grown < 0 ? "" : "+"}${grown.toFixed(1)} MiB`,
);
for (const problem of problems.slice(0, 20)) console.log(`PROBLEM ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

/** Prompts with the same beginnings, over all adapter sets, and what each writes when run alone. */
async function decisiveTasks() {
  const found = [];
  const context = await openContext(1);
  for (let index = 0; found.length < taskCount; index++) {
    const task = {
      prompt: `Case ${index % 8}: ${"the status of a payment ".repeat(1 + (index % 5))}${index}`,
      adapters: index % 4 === 0 ? [] : [{ adapter: adapters[(index % 4) - 1], scale: 1 }],
      maxTokens: 4 + (index % 3) * 8,
    };
    const quiet = await decisiveOutput(task, context);
    if (quiet !== undefined) found.push({ ...task, quiet });
  }
  await context.dispose();
  return found;
}

/** What a task writes; undefined where a step has another token within the margin of its best. */
async function decisiveOutput(task, context) {
  const run = async (sampling) => {
    const written = [];
    for await (const event of model.generate(task.prompt, {
      ...request(task, context),
      sampling,
    })) {
      if (event.type === "text") written.push(...event.tokens);
    }
    return String(written);
  };
  const greedy = await run({ temperature: 0 });
  for (let seed = 0; seed < draws; seed++) {
    const sampling = { temperature: 1, topK: 0, topP: 1, minP: Math.exp(-margin), seed };
    if ((await run(sampling)) !== greedy) return undefined;
  }
  return greedy;
}

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
  const { quiet } = tasks[index];
  if (String(written) !== quiet)
    problems.push(`task ${index}: wrote ${written} instead of ${quiet}`);
  // The last token is written, but not decoded.
  if (String(written.slice(0, result.tokens.length)) !== String(result.tokens)) {
    problems.push(`task ${index}: told ${written}, kept ${result.tokens}`);
  }
}

function memoryMib() {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
}
