// How fast a training step is, what it needs, and what part of the machine's matmul rate it reaches.
//   npm run bench:training [-- --json] [--model FILE] [--shape gemma2-2b] [--threads N] [--python PATH]
// --python: an environment with torch, transformers and peft, whose steps are timed in the same run,
// between ours. With --threads 1 the CPU time of a step is comparable on a busy machine too.
import { spawnSync } from "node:child_process";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { prebuiltLibraries } from "../scripts/llama-cpp.mjs";
import { root } from "../scripts/paths.mjs";
import { benchProgram } from "./programs.mjs";
import { machine } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    model: { type: "string" },
    shape: { type: "string", default: "270m" },
    threads: { type: "string", default: String(cpus().length) },
    python: { type: "string" },
  },
});

/** Of ours and PEFT's steps, one after the other. */
const rounds = 2;

const program = benchProgram("training");
const model = values.model ? ["--model", values.model] : ["--shape", values.shape];
const common = ["--libraries", prebuiltLibraries(), "--threads", values.threads, ...model];

const result = values.shape === "270m" ? measure270m() : measureOneStep();
if (values.json) console.log(JSON.stringify(result));

function measure270m() {
  const ours = [];
  const peft = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(run(program, [...common, "--steps", "3"]));
    if (values.python) peft.push(peftSteps());
  }
  const fast = fastest(ours);
  const low = run(program, [...common, "--steps", "1", "--low-memory"]);
  const long = run(program, [...common, "--steps", "1", "--low-memory", "--tokens", "4096"]);
  if (!values.json) {
    printSteps({ "kept activations": fast, "low memory": low, "low memory, T 4096": long });
    if (peft.length > 0) printPeft(fast, fastest(peft));
  }
  return {
    tokens_per_second: fast.tokens_per_second,
    amx: fast.amx,
    matmul_share: fast.matmul_share,
    peak_mib: fast.peak_mib,
    low_memory_mib: low.buffers_mib + low.adapter_mib,
    mib_t512: low.buffers_mib,
    mib_t4096: long.buffers_mib,
    cpu_seconds: fast.cpu_seconds,
    ...(peft.length > 0 && {
      peft_tokens_per_second: fastest(peft).tokens_per_second,
      peft_peak_mib: fastest(peft).peak_mib,
      peft_cpu_seconds: fastest(peft).cpu_seconds,
    }),
  };
}

function peftSteps() {
  const script = join(root, "bench", "peft-step.py");
  return run(values.python, [script, "512", "64", "3", values.threads]);
}

/** The run with the fastest step; its CPU time is the least of all. */
function fastest(runs) {
  const [best] = runs.toSorted((a, b) => b.tokens_per_second - a.tokens_per_second);
  return { ...best, cpu_seconds: Math.min(...runs.map(({ cpu_seconds }) => cpu_seconds)) };
}

function printPeft(ours, peft) {
  const ratio = ours.tokens_per_second / peft.tokens_per_second;
  const cpuRatio = peft.cpu_seconds / ours.cpu_seconds;
  console.log(
    `PEFT bf16           ${peft.tokens_per_second.toFixed(1)} tokens/s, ${peft.peak_mib.toFixed(0)} MiB process; ` +
      `ours is ${ratio.toFixed(2)} times as fast (${cpuRatio.toFixed(2)} times by CPU time) with ` +
      `${((100 * ours.peak_mib) / peft.peak_mib).toFixed(0)} % of its memory`,
  );
}

function measureOneStep() {
  const step = run(program, [...common, "--steps", "1", "--low-memory"]);
  if (!values.json) printSteps({ [values.shape]: step });
  return step;
}

function printSteps(steps) {
  console.log(machine());
  for (const [name, step] of Object.entries(steps)) {
    const parts = `forward ${step.forward_seconds} s, head ${step.head_seconds} s, backward ${step.backward_seconds} s`;
    console.log(
      `${name.padEnd(20)}${step.tokens_per_second} tokens/s (${parts}); ${step.peak_mib} MiB process, ` +
        `${step.buffers_mib} MiB buffers, ${step.adapter_mib} MiB adapter and optimiser`,
    );
  }
  const [first] = Object.values(steps);
  console.log(
    `products: ${first.step_gflops} of ${first.matmul_gflops} GFLOP/s of the largest frozen matrix (${(100 * first.matmul_share).toFixed(0)} %). ` +
      "The rest goes to packing sources, to products of rank 16, which are too small to pay for it, and to elementwise operators.",
  );
}

function run(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stderr}`);
  return JSON.parse(stdout.trim().split("\n").at(-1));
}
