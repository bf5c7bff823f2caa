// Hostile grammars, each in a process of its own with limits of time and memory.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { llamaSource } from "../../scripts/llama-cpp.mjs";
import { root } from "../../scripts/paths.mjs";
import { benchProgram } from "../programs.mjs";
import { writeCases } from "./case-file.mjs";
import { hostileCases } from "./hostile-cases.mjs";

const mostSeconds = 2;
const mostMebibytes = 500;

/**
 * What becomes of each hostile grammar whose name contains `filter`.
 *
 * @param {string} filter
 * @returns {{ name: string, outcome: string, cpu_s: number, slowest_mask_s: number,
 *   peak_mib: number, passed: boolean }[]} The time is the thread's for compiling, reading and
 *   writing under masks; the memory is the process's, the vocabulary included.
 */
export function sufferHostile(filter = "") {
  const work = join(root, "build", "grammar-hostile");
  mkdirSync(work, { recursive: true });
  const path = (name) => join(work, name);
  writeCases(path("none.bin"), []);
  const vocabulary = join(llamaSource(), "models", "ggml-vocab-gemma-4.gguf");
  const tokenized = [vocabulary, path("none.bin"), path("cases.bin"), path("vocabulary.bin")];
  spawnSync(benchProgram("grammar_tokenize"), tokenized, { stdio: "ignore" });
  return hostileCases
    .filter(({ name }) => name.includes(filter))
    .map(({ name, kind, grammar, text }) => {
      writeFileSync(path("grammar"), grammar);
      writeFileSync(path("text"), text);
      return { name, ...suffer(kind, path) };
    });
}

function suffer(kind, path) {
  const result = spawnSync(
    benchProgram("grammar_hostile"),
    [path("vocabulary.bin"), kind, path("grammar"), path("text")],
    { encoding: "utf8" },
  );
  if (result.status !== 0) {
    const outcome = `ended with ${result.status ?? result.signal}: ${result.stderr}`;
    return { outcome, cpu_s: NaN, slowest_mask_s: NaN, peak_mib: NaN, passed: false };
  }
  const figures = JSON.parse(result.stdout);
  const passed = figures.cpu_s <= mostSeconds && figures.peak_mib <= mostMebibytes;
  return { ...figures, passed };
}
