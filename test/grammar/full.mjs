// The checks of grammars at length; `npm test` holds what is quick of them.
//   npm run test:grammar:full -- [--every N] [--only STAGE]
//
// LORIKEET_DATA names the folder with MaskBench and the official suite; without it the stages that
// need them are skipped. --every takes each N-th schema of MaskBench only. All stages run, whatever
// fails before; the last line says whether all passed.
//
// What holds the grammars right, and where each is tested:
//   1 masks equal a byte stepper over the whole vocabulary: grammar_tests ("mask: equals the oracle",
//     "long/mask: ...", "json: masks equal ..."), and the stage "masks" on every schema of MaskBench
//   2 valid instances are accepted in the model's tokens, in random ones, compact and spaced: "masks"
//   3 random walks end, and Ajv finds valid what they wrote: "masks"; over the values of the
//     dialects test/dialects/gemma-walks.test.ts, through each dialect's parser
//   4 invalid instances are rejected: "masks", and as bytes "verdicts"
//   5 the official suite, none wrong: "official suite"
//   6 no mask is empty before the end: every walk of grammar_tests, fuzz_tests and "masks"
//   7 llama.cpp's own grammar engine as the judge of GBNF: "llama.cpp"
//   8 fuzz entries over their corpora and mutations of them, under sanitizers: "fuzz"
// The traps of constrained decoding have a test each, "trap: ...", in
// test/native/grammar/traps_test.cpp; those of triggers are in
// test/native/engine/grammar_use_test.cpp.
// Hostile grammars end in a result or a named refusal within 2 s and 500 MB: "hostile".
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sufferHostile } from "../../bench/grammar/hostile.mjs";
import { checkMaskBench } from "../../bench/grammar/long-checks.mjs";
import { benchProgram } from "../../bench/programs.mjs";
import { llamaSource, prebuiltLibraries } from "../../scripts/llama-cpp.mjs";
import { root } from "../../scripts/paths.mjs";
import { checkToolchain } from "../../scripts/toolchain.mjs";

const fuzzMutations = 300;
const shownMistakes = 20;

const { values: options } = parseArgs({
  options: {
    every: { type: "string", default: "1" },
    only: { type: "string", default: "" },
  },
});
const environment = {
  ...process.env,
  LORIKEET_ROOT: root,
  LORIKEET_LLAMA_SOURCE: llamaSource(),
  LORIKEET_LLAMA_LIBRARIES: prebuiltLibraries() ?? "",
  ASAN_OPTIONS: "detect_leaks=0",
};
const data = process.env.LORIKEET_DATA;
const optimised = join(root, "build", "native");
const sanitized = join(root, "build", "sanitize");

/** Each gives what is wrong, a line each, or "skipped: ..." as a text. */
const stages = {
  addon: () => run(process.execPath, [join(root, "scripts", "build-native.mjs")]),
  tests: () => test(optimised, "grammar_tests"),
  "llama.cpp": () =>
    environment.LORIKEET_LLAMA_LIBRARIES === ""
      ? "skipped: llama.cpp's libraries are not here"
      : test(optimised, "grammar_full"),
  fuzz: () => [
    ...configureSanitized(),
    ...test(sanitized, "fuzz_tests", ["--runs", String(fuzzMutations)]),
  ],
  "tests under sanitizers": () => [...configureSanitized(), ...test(sanitized, "grammar_tests")],
  "official suite": () => judge("json_schema_suite", "json-schema-test-suite", ["wrong"]),
  verdicts: () => judge("maskbench_verdicts", "maskbench", ["valid_rejected", "invalid_accepted"]),
  masks: () => (data === undefined ? withoutData() : checkMasks()),
  hostile: checkHostile,
};

checkToolchain();
const failed = Object.entries(stages)
  .filter(([name]) => name.includes(options.only))
  .filter(([name, stage]) => !passes(name, stage))
  .map(([name]) => name);
console.log(failed.length === 0 ? "All passed." : `FAILED: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function passes(name, stage) {
  console.log(`${name} ...`);
  const start = performance.now();
  const outcome = stage();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  if (typeof outcome === "string") {
    console.log(outcome);
    return true;
  }
  for (const line of outcome.slice(0, shownMistakes)) console.log(`  ${line}`);
  const rest = outcome.length - shownMistakes;
  if (rest > 0) console.log(`  and ${rest} more`);
  console.log(`${outcome.length === 0 ? "ok" : "FAILED"}  ${name} (${seconds} s)`);
  return outcome.length === 0;
}

/** Builds and runs a program of the C++ tests. */
function test(build, target, args = []) {
  const built = run("cmake", ["--build", build, "--target", target, "--parallel", "2"], "ignore");
  return built.length > 0 ? built : run(join(build, "test", "native", target), args);
}

function configureSanitized() {
  const defines = {
    LORIKEET_ADDON: "OFF",
    LORIKEET_TESTS: "ON",
    LORIKEET_SANITIZE: "ON",
    CMAKE_BUILD_TYPE: "Sanitize",
    CMAKE_CXX_FLAGS_SANITIZE: "-O1",
    LORIKEET_LLAMA_SOURCE: environment.LORIKEET_LLAMA_SOURCE,
    LORIKEET_LLAMA_LIBRARIES: environment.LORIKEET_LLAMA_LIBRARIES,
  };
  const flags = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
  return run("cmake", ["-S", root, "-B", sanitized, ...flags], "ignore");
}

function run(command, args, output = "inherit") {
  const stdio = ["ignore", output, "inherit"];
  const { status, signal } = spawnSync(command, args, { cwd: root, env: environment, stdio });
  return status === 0 ? [] : [`${command} ended with ${status ?? signal}`];
}

function withoutData() {
  return "skipped: name the folder of MaskBench and the official suite with LORIKEET_DATA";
}

/** Runs a program over a folder of the data; of `mistakes`, keys of its figures, none may be made. */
function judge(program, folder, mistakes) {
  if (data === undefined) return withoutData();
  const args = [join(data, folder), "--json"];
  const { stdout } = spawnSync(benchProgram(program), args, { encoding: "utf8" });
  const figures = JSON.parse(stdout.trim().split("\n").at(-1));
  console.log(JSON.stringify(figures));
  return mistakes.filter((key) => figures[key] !== 0).map((key) => `${key}: ${figures[key]}`);
}

function checkMasks() {
  const { figures, mistakes } = checkMaskBench(join(data, "maskbench"), Number(options.every));
  console.log(JSON.stringify(figures));
  return mistakes;
}

function checkHostile() {
  if (process.platform === "win32") return "skipped: the limits are POSIX's";
  const rows = sufferHostile();
  const most = (key) => Math.max(...rows.map((row) => row[key]));
  console.log(
    `${rows.length} grammars: at most ${most("cpu_s")} s, ${most("peak_mib")} MiB, a mask ${most("slowest_mask_s")} s`,
  );
  return rows
    .filter(({ passed }) => !passed)
    .map((row) => `${row.name}: ${row.cpu_s} s, ${row.peak_mib} MiB: ${row.outcome}`);
}
