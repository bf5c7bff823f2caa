// How long masks take, and how right they are: MaskBench on Gemma 4's vocabulary, this engine and
// llguidance in one run over the same token sequences.
//   npm run bench:grammar -- [--data DIR] [--json] [--every N] [--without-rivals]
//   npm run bench:grammar -- --rivals all [--python PATH]    llama.cpp's sampler and XGrammar too
//
// DIR (or the variable LORIKEET_DATA) is the folder of MaskBench or the one that holds it. --every
// takes each N-th schema only. With `--rivals all` one seeded sample of 40 schemas is read by
// llama.cpp and XGrammar as well (of the Python that --python names, else its WebAssembly build),
// each schema in a process of its own with 20 s. Times are the thread's; see
// bench/native/grammar_masks.cpp.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { llamaSource } from "../scripts/llama-cpp.mjs";
import { root } from "../scripts/paths.mjs";
import { joinCases, readResults, splitCases, writeCases } from "./grammar/case-file.mjs";
import { disputeJudge, firstMaskFigures, maskFigures, verdicts } from "./grammar/figures.mjs";
import { readMaskBench } from "./grammar/maskbench.mjs";
import { llguidanceProgram } from "./llguidance.mjs";
import { benchProgram } from "./programs.mjs";
import { requireRivals } from "./rivals.mjs";
import { machine } from "./statistics.mjs";

const sampleSize = 40;
const sampleSeed = 20_260_701;
const sampleLimitMs = 20_000;
const toolCount = 500;
const liveGrammars = 1_000;

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: process.env.LORIKEET_DATA ?? "" },
    every: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    python: { type: "string", default: "" },
    rivals: { type: "string", default: "llguidance" },
    "without-rivals": { type: "boolean", default: false },
  },
});

const folder = [join(options.data, "maskbench"), options.data].find(
  (path) => path !== "" && existsSync(join(path, "Handwritten.jsonl.gz")),
);
if (folder === undefined) {
  console.log("skipped: MaskBench is not here. Name its folder with --data or LORIKEET_DATA.");
  process.exit(0);
}
const needed =
  options.rivals === "all" && !options.python ? ["llguidance", "XGrammar"] : ["llguidance"];
const withRivals = requireRivals(needed, options["without-rivals"]);

const work = join(root, "build", "bench-grammar");
mkdirSync(work, { recursive: true });
const files = Object.fromEntries(
  ["texts", "cases", "vocabulary", "ours", "llguidance", "image", "tools", "memory", "sample"].map(
    (name) => [name, join(work, `${name}.bin`)],
  ),
);
const vocabularyModel = join(llamaSource(), "models", "ggml-vocab-gemma-4.gguf");

const cases = readMaskBench(folder).filter((_, index) => (index + 1) % Number(options.every) === 0);
say(`${cases.length} schemas; ${machine()}`);
writeCases(files.texts, cases);
run("grammar_tokenize", vocabularyModel, files.texts, files.cases, files.vocabulary);

const ours = masks("this engine", benchProgram("grammar_masks"), files.ours);
const rival = withRivals ? masks("llguidance", llguidanceProgram(), files.llguidance) : undefined;
const isDisputed = disputeJudge(cases);
const both = (index) => !ours[index].refused && !(rival?.[index].refused ?? false);
const figures = {
  ...figuresOf(ours, both),
  ...startup(),
  rivals: rival ? { llguidance: figuresOf(rival, both) } : {},
};
if (options.rivals === "all") Object.assign(figures, { sample: sampleFigures() });
report();

/** Runs one of our programs; its last line as JSON where it prints one. */
function run(name, ...args) {
  const result = spawnSync(benchProgram(name), args, { encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.status !== 0) {
    console.error(`${name} ended with ${result.status ?? result.signal}: ${result.stderr}`);
    process.exit(1);
  }
  const line = result.stdout.trim().split("\n").at(-1);
  return line ? JSON.parse(line) : undefined;
}

function masks(name, program, output) {
  const start = performance.now();
  const result = spawnSync(program, [files.vocabulary, files.cases, output], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (result.status !== 0) {
    console.error(`${name} ended with ${result.status ?? result.signal}`);
    process.exit(1);
  }
  say(`${name}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return readResults(output);
}

function figuresOf(results, include) {
  return {
    mask_us: maskFigures(results, include),
    first_mask_us: firstMaskFigures(results, include),
    all_mask_us: maskFigures(results, () => true),
    ...verdicts(cases, results, isDisputed),
  };
}

/** The vocabulary image, a call grammar of many tools, and the memory of many grammars. */
function startup() {
  const pieces = splitCases(files.cases);
  const usable = cases.flatMap(({ name, schema }, index) =>
    ours[index].refused ? [] : [{ name, schema, index }],
  );
  const pick = (file, chosen) =>
    joinCases(
      file,
      chosen.map(({ index }) => pieces[index]),
    );
  const inputs = usable.filter(
    ({ name, schema }) => /^(Glaive|BFCL)/.test(name) && schema.startsWith('{"type":"object"'),
  );
  // There are fewer of them than tools: the first are taken twice.
  const tools = Array.from({ length: toolCount }, (_, i) => inputs[i % inputs.length]);
  pick(files.tools, tools);
  const step = Math.max(1, usable.length / liveGrammars);
  pick(
    files.memory,
    Array.from(
      { length: Math.min(liveGrammars, usable.length) },
      (_, i) => usable[Math.floor(i * step)],
    ),
  );
  const call = run("grammar_startup", "tools", files.vocabulary, files.tools);
  const memory = run("grammar_startup", "memory", files.vocabulary, files.memory);
  return {
    tools: call.tools,
    tools500_first_mask_ms: call.tools_first_mask_ms,
    ...run("grammar_startup", "image", files.vocabulary, files.image),
    grammars: memory.grammars,
    grammars1000_mib: memory.grammars_mib,
  };
}

/** The slow rivals on one sample; also this engine and llguidance on the same schemas. */
function sampleFigures() {
  const indices = sample();
  const pieces = splitCases(files.cases);
  const chosen = indices.map((index) => cases[index]);
  const judge = disputeJudge(chosen);
  const summary = (results) => ({
    mask_us: maskFigures(results, () => true),
    first_mask_us: firstMaskFigures(results, () => true),
    ...verdicts(chosen, results, judge),
    not_in_time: results.filter(({ reason }) => reason === "not in time").length,
  });
  const each = (program, args) =>
    indices.map((index) => {
      joinCases(files.sample, [pieces[index]]);
      const output = `${files.sample}.out`;
      const result = spawnSync(program, [...args, files.sample, output], {
        timeout: sampleLimitMs,
        stdio: "ignore",
      });
      if (result.status === 0) return readResults(output)[0];
      const reason = result.error?.code === "ETIMEDOUT" ? "not in time" : "the process ended";
      return { refused: true, reason, firstMaskUs: 0, accepted: [], masksUs: new Float32Array() };
    });
  const rows = { lorikeet: summary(indices.map((index) => ours[index])) };
  if (rival) rows.llguidance = summary(indices.map((index) => rival[index]));
  rows["llama.cpp"] = summary(each(benchProgram("grammar_llama"), [vocabularyModel]));
  const script = (name) => [join(root, "bench", "rivals", name), files.vocabulary];
  rows.xgrammar = options.python
    ? summary(each(options.python, script("xgrammar_masks.py")))
    : summary(each(process.execPath, script("xgrammar-masks.mjs")));
  return rows;
}

/** Indices drawn without repetition, the same for every run over the same data. */
function sample() {
  let state = sampleSeed;
  const next = (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const drawn = new Set();
  while (drawn.size < Math.min(sampleSize, cases.length)) drawn.add(next(cases.length));
  return [...drawn].sort((left, right) => left - right);
}

function say(line) {
  if (!options.json) console.log(line);
}

function report() {
  if (options.json) {
    const { mistakes, disputes, ...rest } = figures;
    for (const line of mistakes) console.error(`mistake: ${line}`);
    for (const line of disputes) console.error(`disputed: ${line}`);
    for (const each of Object.values({ ...rest.rivals, ...rest.sample })) {
      delete each.mistakes;
      delete each.disputes;
    }
    console.log(JSON.stringify(rest));
    return;
  }
  table("masks, µs (schemas that both compile)", "mask_us");
  table("first mask with compilation, µs", "first_mask_us");
  table("masks, µs (all of each engine's)", "all_mask_us");
  for (const [name, each] of engines()) {
    console.log(
      `${name}: ${each.passing} of ${each.schemas} pass, ${each.refused} refused, ${each.valid_rejected} valid rejected, ${each.invalid_accepted} invalid accepted, ${each.disputed} disputed`,
    );
  }
  for (const line of figures.mistakes) console.log(`  mistake: ${line}`);
  console.log(
    `${figures.tools} tools: first mask ${figures.tools500_first_mask_ms.toFixed(1)} ms; image ${figures.image_build_ms.toFixed(1)} ms, from its cache ${figures.image_cached_ms.toFixed(1)} ms; ${figures.grammars} live grammars ${figures.grammars1000_mib.toFixed(1)} MiB`,
  );
  for (const [name, each] of Object.entries(figures.sample ?? {})) {
    const { p50, mean, p99, max } = each.mask_us;
    console.log(
      `sample, ${name}: masks ${p50} / ${mean} / ${p99} / ${max} µs, first mask ${each.first_mask_us.p50} / ${each.first_mask_us.p99} µs, ${each.passing} of ${each.schemas} pass, ${each.refused} refused (${each.not_in_time} not in time)`,
    );
  }
}

function engines() {
  return [["this engine", figures], ...Object.entries(figures.rivals)];
}

function table(title, key) {
  console.log(`\n${title}`);
  for (const [name, each] of engines()) {
    const { p50, mean, p90, p99, p999, max } = each[key];
    console.log(
      `  ${name.padEnd(12)} p50 ${p50}  mean ${mean}  p90 ${p90}  p99 ${p99}  p99.9 ${p999}  max ${max}`,
    );
  }
}
