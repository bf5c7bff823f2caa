// The checks of grammars at length: those of the test suite without a time limit, llama.cpp's own
// grammar engine as a judge, the corpora of the fuzz entries under sanitizers, and every schema and
// instance at hand.
//   npm run test:grammar:full        LORIKEET_DATA names the folder with MaskBench and the official suite
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { benchProgram } from "../bench/programs.mjs";
import { llamaSource, prebuiltLibraries } from "./llama-cpp.mjs";
import { root } from "./paths.mjs";
import { checkToolchain } from "./toolchain.mjs";

const environment = {
  ...process.env,
  LORIKEET_ROOT: root,
  LORIKEET_LLAMA_SOURCE: llamaSource(),
  LORIKEET_LLAMA_LIBRARIES: prebuiltLibraries() ?? "",
  ASAN_OPTIONS: "detect_leaks=0",
};
const optimised = join(root, "build", "native");
const sanitized = join(root, "build", "sanitize");

checkToolchain();
run(process.execPath, [join(root, "scripts", "build-native.mjs")]);
test(optimised, "grammar_tests", join("test", "native", "grammar_tests"));
if (environment.LORIKEET_LLAMA_LIBRARIES !== "") {
  test(optimised, "grammar_full", join("test", "native", "grammar_full"));
}
configureSanitized();
test(sanitized, "fuzz_tests", join("test", "native", "fuzz_tests"));
test(sanitized, "grammar_tests", join("test", "native", "grammar_tests"));
if (process.env.LORIKEET_DATA) {
  const suite = join(process.env.LORIKEET_DATA, "json-schema-test-suite");
  const maskBench = join(process.env.LORIKEET_DATA, "maskbench");
  judge("json_schema_suite", [suite, "--json"], ["wrong"]);
  judge("maskbench_verdicts", [maskBench, "--json"], ["valid_rejected", "invalid_accepted"]);
} else {
  console.log("skipped: MaskBench and the official suite. Name their folder with LORIKEET_DATA.");
}

/** Runs a program of the benchmarks; of `mistakes`, keys of its figures, none may be made. */
function judge(program, args, mistakes) {
  const { stdout } = spawnSync(benchProgram(program), args, { encoding: "utf8" });
  const figures = JSON.parse(stdout.trim().split("\n").at(-1));
  console.log(`${program}: ${JSON.stringify(figures)}`);
  if (mistakes.some((key) => figures[key] !== 0)) process.exit(1);
}

function test(build, target, program) {
  run("cmake", ["--build", build, "--target", target, "--parallel", "2"], "ignore");
  console.log(`${target}${build === sanitized ? " (sanitizers)" : ""}`);
  run(join(build, program), []);
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
  run("cmake", ["-S", root, "-B", sanitized, ...flags], "ignore");
}

function run(command, args, output = "inherit") {
  const options = { cwd: root, env: environment, stdio: ["ignore", output, "inherit"] };
  const { status } = spawnSync(command, args, options);
  if (status !== 0) process.exit(status ?? 1);
}
