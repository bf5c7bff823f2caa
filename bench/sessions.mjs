// How soon does a session begin, and how fast do several write side by side - beside llama.cpp's own
// batched decoding, node-llama-cpp and llama-server, greedy, on the same files in the same run?
//   npm run bench:sessions -- [--json] [--model FILE] [--sizes 270m,1b] [--runs 3] [--tokens 96]
//                             [--threads N] [--without-rivals]
// The runs are interleaved and each is a process of its own; figures are medians. Total speeds count
// the tokens that arrive while all sessions write. A file of one's own has the key "file".
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prebuiltLibraries } from "../scripts/llama-cpp.mjs";
import { root } from "../scripts/paths.mjs";
import { benchModel } from "./bench-models.mjs";
import { benchProgram } from "./programs.mjs";
import { requireRivals } from "./rivals.mjs";
import { readSizeOptions } from "./size-options.mjs";
import { benchAdapters } from "./sessions/adapters.mjs";
import { contextSize, plainPrompt } from "./sessions/prompts.mjs";
import { answerTokens, tools } from "./sessions/tools.mjs";
import { machine, median, spread } from "./statistics.mjs";

const options = readSizeOptions({ tokens: { type: "string", default: "96" } });
const withRivals = requireRivals(["node-llama-cpp", "llama-server"], options["without-rivals"]);
const counts = [1, 4, 8];
const rounds = Array.from({ length: Number(options.runs) }, (_, round) => round);
const batch = benchProgram("batch");

console.log(machine());
const result = {};
for (const size of options.sizes.split(",").filter(Boolean)) {
  result[size] = await measure(size, await benchModel(size));
}
if (options.model) result.file = await measure("file", options.model);
if (options.json) console.log(JSON.stringify(result));

async function measure(name, model) {
  const folder = join(root, "build", "bench-sessions", name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  console.log(`\n${name}`);
  const figures = {
    ...measureBeginnings(model, folder),
    throughput: await measureThroughput(model),
    ...(await measureAdapters(model, folder)),
  };
  const { task_s, texts, ...others } = figures;
  if (!withRivals) return others;
  return { ...others, task_speedup: taskOfNlc(model, folder, texts) / task_s };
}

/** Second sessions, restored ones, results of tools, and our own time for a whole task. */
function measureBeginnings(model, folder) {
  const runner = (mode) => runNode("sessions-lorikeet.mjs", model, [folder, mode]);
  const { first_ms, prompt_tokens } = runner("warm");
  const restores = rounds.map(() => runner("restore").restore_ms);
  const seconds = rounds.map(() => runner("second"));
  const steps = seconds.flatMap(({ turns }) => {
    const { prompt, read } = turns[0];
    const bare = runBatch(model, [4096, prompt - read, read, "read"]);
    const firsts = turns.filter((turn) => turn.read === read).map((turn) => turn.firstMs);
    return (median(firsts) - bare.read_ms) / bare.step_ms;
  });
  const extra = Math.max(...seconds.flatMap(({ tasks }) => tasks.map((task) => task.extra)));
  const tasks = seconds.flatMap((run) => run.tasks.map((task) => task.seconds));
  console.log(`  a prompt of ${prompt_tokens} tokens, read in ${first_ms.toFixed(0)} ms`);
  console.log(`  second session's first token  ${spread(steps, 2)} decode steps beyond its own`);
  console.log(`  restored in a new process     ${spread(restores, 0)} ms`);
  console.log(
    `  after a result ${extra} tokens are read again; a task takes ${spread(tasks, 2)} s`,
  );
  return {
    second_first_token_steps: median(steps),
    restore_ms: median(restores),
    extra_tokens: extra,
    task_s: median(tasks),
    texts: seconds[0].texts,
  };
}

async function measureThroughput(model) {
  const runs = { ours: [], llamacpp: [], ...(withRivals && { nlc: [], server: [] }) };
  const first = Object.fromEntries(counts.map((count) => [count, fasterBatch(model, count)]));
  for (const round of rounds) {
    const again = (count) => runBatch(model, batchArguments(count, first[count].layout));
    const batches =
      round === 0 ? first : Object.fromEntries(counts.map((count) => [count, again(count)]));
    runs.llamacpp.push(speeds(batches));
    runs.ours.push(speeds(runNode("concurrent-lorikeet.mjs", model, concurrent())));
    if (!withRivals) continue;
    runs.nlc.push(speeds(runNode("concurrent-node-llama-cpp.mjs", model, concurrent())));
    runs.server.push(await serverSpeeds(model));
  }
  const figures = {};
  for (const count of counts) {
    console.log(`  ${count} at once, tokens per second in all:`);
    figures[count] = {};
    for (const [runner, all] of Object.entries(runs)) {
      const figuresOf = all.map((run) => run[count]);
      console.log(`    ${runner.padEnd(9)} ${spread(figuresOf)}`);
      figures[count][runner] = median(figuresOf);
    }
  }
  const different = countDifferent(first[4].tokens, first[8].tokens.slice(0, 4));
  console.log(`  ${different} of 4 outputs of llama.cpp's batch of 4 differ in its batch of 8`);
  return figures;
}

function countDifferent(left, right) {
  return left.filter((tokens, index) => String(tokens) !== String(right[index])).length;
}

function concurrent() {
  return [options.tokens, counts.join(",")];
}

function speeds(run) {
  return Object.fromEntries(counts.map((count) => [count, run[count].tokens_per_second]));
}

/** The faster of llama.cpp's two layouts of the cache; it is the one that later rounds take. */
function fasterBatch(model, count) {
  const run = (layout) => ({ ...runBatch(model, batchArguments(count, layout)), layout });
  const [unified, split] = [run("unified"), run("split")];
  return unified.tokens_per_second > split.tokens_per_second ? unified : split;
}

function batchArguments(count, layout) {
  return [contextSize, options.tokens, count, layout];
}

async function serverSpeeds(model) {
  const { startLlamaServer } = await import("./llama-server.mjs");
  const figures = {};
  for (const count of counts) {
    const threads = Number(options.threads);
    const server = await startLlamaServer(model, { threads, contextSize, slots: count });
    const ask = (index) =>
      server.post("/completion", {
        ...{ prompt: plainPrompt(index), n_predict: Number(options.tokens), temperature: 0 },
        ...{ ignore_eos: true, cache_prompt: false },
      });
    const answers = await Promise.all(Array.from({ length: count }, (_, index) => ask(index)));
    figures[count] = answers.reduce((sum, { timings }) => sum + timings.predicted_per_second, 0);
    await server.stop();
  }
  return figures;
}

async function measureAdapters(model, folder) {
  const files = (await benchAdapters(model, 3, folder)).join(",");
  const runs = rounds.map(() => runNode("adapters-lorikeet.mjs", model, ["32", files]));
  const ratios = runs.map((run) => run.together_ms / run.apart_ms);
  const switches = runs.map((run) => run.switch_ms);
  const opened = runs.map((run) => run.open_ms);
  const most = (name) => Math.max(...runs.map((run) => run[name]));
  console.log(`  8 sessions over 4 adapter sets ${spread(ratios, 2)} of one set after the other`);
  console.log(
    `  moving to a live set ${spread(switches, 2)} ms, opening one ${spread(opened, 1)} ms`,
  );
  console.log(
    `  ${most("different")} of 8 outputs differ from the same session alone, ${most("ties")} of them ` +
      `after logits within 1e-4; all parted after logits within ${most("within")}`,
  );
  return {
    adapters_ratio: median(ratios),
    switch_ms: median(switches),
    open_ms: median(opened),
    adapters_different: most("different"),
    adapters_ties: most("ties"),
    adapters_within: most("within"),
  };
}

/** Seconds of node-llama-cpp's later tasks: the same tokens to read, calls under the same schema. */
function taskOfNlc(model, folder, texts) {
  const file = join(folder, "task.json");
  const schema = tools.find_payment.inputSchema;
  writeFileSync(file, JSON.stringify({ ...texts, schema, answer: answerTokens }));
  const run = () => runNode("task-node-llama-cpp.mjs", model, [file]).seconds.slice(1);
  const seconds = rounds.flatMap(run);
  console.log(`  the same task with node-llama-cpp ${spread(seconds, 2)} s`);
  return median(seconds);
}

function runBatch(model, args) {
  const input = counts.flatMap((_, at) => Array.from({ length: 8 }, (_, i) => plainPrompt(at + i)));
  const all = [prebuiltLibraries(), model, options.threads, ...args].map(String);
  return lastLine(spawnSync(batch, all, { input: `${input.join("\n")}\n`, encoding: "utf8" }));
}

function runNode(runner, model, args) {
  const script = join(root, "bench", "runners", runner);
  const all = [script, model, options.threads, ...args];
  return lastLine(spawnSync(process.execPath, all, { encoding: "utf8" }));
}

function lastLine(run) {
  if (run.status !== 0) throw new Error(`A run failed:\n${run.stdout}${run.stderr}`);
  return JSON.parse(run.stdout.trim().split("\n").at(-1));
}
