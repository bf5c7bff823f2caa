// How fast is plain decoding, decoding under a JSON Schema, and loading - beside a bare llama.cpp
// loop and node-llama-cpp, greedy, on the same files in the same run?
//   npm run bench:decode -- [--json] [--model FILE] [--sizes 270m,1b] [--runs 3] [--tokens 128]
//                           [--threads N] [--without-rivals]
// The runs are interleaved and each is a process of its own; figures are medians. A file of one's
// own is reported under the key "file".
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { prebuiltLibraries } from "../scripts/llama-cpp.mjs";
import { root } from "../scripts/paths.mjs";
import { benchModel } from "./bench-models.mjs";
import { benchProgram } from "./programs.mjs";
import { requireRivals } from "./rivals.mjs";
import { readSizeOptions } from "./size-options.mjs";
import { contextSize, prompt } from "./runners/task.mjs";
import { machine, median, spread } from "./statistics.mjs";

const options = readSizeOptions({ tokens: { type: "string", default: "128" } });
const withRivals = requireRivals(["node-llama-cpp"], options["without-rivals"]);
const bare = benchProgram("bare");

const runners = {
  bare: (model) => runBare(model),
  ours: (model) => runNode("lorikeet.mjs", model, "free"),
  ours_schema: (model) => runNode("lorikeet.mjs", model, "schema"),
  ...(withRivals && {
    nlc: (model) => runNode("node-llama-cpp.mjs", model, "free"),
    nlc_schema: (model) => runNode("node-llama-cpp.mjs", model, "schema"),
  }),
};

console.log(machine());
const result = {};
for (const size of options.sizes.split(",").filter(Boolean)) {
  result[size] = measure(size, await benchModel(size));
}
if (options.model) result.file = measure("file", options.model);
if (options.json) console.log(JSON.stringify(result));

function measure(name, model) {
  const runs = Object.fromEntries(Object.keys(runners).map((runner) => [runner, []]));
  for (let round = 0; round < Number(options.runs); round++) {
    for (const [runner, run] of Object.entries(runners)) runs[runner].push(run(model));
  }
  const figure = (runner, key) => median(runs[runner].map((run) => run[key]));
  report(name, runs);
  return {
    ...Object.fromEntries(
      Object.keys(runners).map((runner) => [runner, figure(runner, "tokens_per_second")]),
    ),
    load_bare_ms: figure("bare", "load_ms"),
    load_ours_ms: figure("ours", "load_ms"),
    ...(withRivals && { load_nlc_ms: figure("nlc", "load_ms") }),
    compute_mib: figure("ours", "compute_mib"),
    header_ms: figure("ours", "header_ms"),
  };
}

function report(name, runs) {
  console.log(`\n${name}: median (smallest to largest) of ${options.runs} runs`);
  for (const [runner, all] of Object.entries(runs)) {
    const speed = spread(all.map((run) => run.tokens_per_second));
    const load = spread(
      all.map((run) => run.load_ms),
      0,
    );
    console.log(`  ${runner.padEnd(12)} ${speed.padStart(24)} tokens/s   load ${load} ms`);
  }
  const [ours] = runs.ours;
  const same = runs.bare[0].tokens.every((token, index) => token === ours.tokens[index]);
  console.log(`  ours writes the tokens of bare llama.cpp: ${same ? "yes" : "no"}`);
}

function runBare(model) {
  const args = ["decode", prebuiltLibraries(), model, options.threads, contextSize, options.tokens];
  const run = lastLine(spawnSync(bare, args.map(String), { input: prompt, encoding: "utf8" }));
  return { ...run, tokens_per_second: ((run.tokens.length - 1) * 1000) / run.decode_ms };
}

function runNode(runner, model, mode) {
  const script = join(root, "bench", "runners", runner);
  const args = [script, model, options.threads, options.tokens, mode];
  return lastLine(spawnSync(process.execPath, args, { encoding: "utf8" }));
}

function lastLine(run) {
  if (run.status !== 0) throw new Error(`A run failed:\n${run.stdout}${run.stderr}`);
  return JSON.parse(run.stdout.trim().split("\n").at(-1));
}
