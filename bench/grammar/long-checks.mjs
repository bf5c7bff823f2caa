// Checks 1 to 4 and 6 of masks over all schemas of MaskBench, on Gemma 4's vocabulary
// (bench/native/grammar_checks.cpp), and what random walks wrote judged by Ajv.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { llamaSource } from "../../scripts/llama-cpp.mjs";
import { root } from "../../scripts/paths.mjs";
import { benchProgram } from "../programs.mjs";
import { writeCases } from "./case-file.mjs";
import { ajvValidator } from "./dispute.mjs";
import { disputeJudge } from "./figures.mjs";
import { readMaskBench } from "./maskbench.mjs";

/**
 * Runs the checks on each `every`-th schema of a folder.
 *
 * @param {string} folder - MaskBench's
 * @param {number} every
 * @returns {{ figures: object, mistakes: string[] }} counts, and a line for all that is wrong
 */
export function checkMaskBench(folder, every) {
  const cases = readMaskBench(folder).filter((_, index) => index % every === 0);
  const work = join(root, "build", "grammar-checks");
  mkdirSync(work, { recursive: true });
  const path = (name) => join(work, name);
  writeCases(path("texts.bin"), cases);
  run("grammar_tokenize", [
    join(llamaSource(), "models", "ggml-vocab-gemma-4.gguf"),
    ...["texts.bin", "cases.bin", "vocabulary.bin"].map(path),
  ]);
  const lines = run("grammar_checks", ["vocabulary.bin", "cases.bin", "walks.jsonl"].map(path));
  const figures = lines.pop();
  const verdicts = wrongVerdicts(
    cases,
    lines.filter((line) => "instance" in line),
  );
  const walks = judgeWalks(cases, readLines(path("walks.jsonl")));
  const masks = lines.filter((line) => "what" in line);
  return {
    figures: { ...figures, disputed: verdicts.disputed, ...walks.figures },
    mistakes: [
      ...masks.map(({ case: index, what, text }) => `${cases[index].name}: ${what} at ${text}`),
      ...verdicts.mistakes,
      ...walks.mistakes,
    ],
  };
}

/** The lines that a program prints, as JSON. It may end with 1: it has said what is wrong. */
function run(name, args) {
  const { status, stdout, stderr } = spawnSync(benchProgram(name), args, {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0 && status !== 1) throw new Error(`${name} ended with ${status}: ${stderr}`);
  return parseLines(stdout);
}

function readLines(path) {
  return parseLines(readFileSync(path, "utf8"));
}

function parseLines(text) {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

function wrongVerdicts(cases, lines) {
  const isDisputed = disputeJudge(cases);
  const wrong = lines.filter((line) => !isDisputed(line.case, line.instance));
  return {
    disputed: lines.length - wrong.length,
    mistakes: wrong.map(
      (line) =>
        `${cases[line.case].name} #${line.instance} in ${line.how}: ${line.valid ? "valid, rejected" : "invalid, accepted"}`,
    ),
  };
}

/** Whether Ajv finds valid what was written at random under the masks. */
function judgeWalks(cases, walks) {
  const mistakes = [];
  let judged = 0;
  let validate;
  let of = -1;
  for (const { case: index, text } of walks) {
    if (index !== of) validate = ajvValidator(cases[index].schema);
    of = index;
    if (validate === undefined) continue;
    if (hasInexactNumber(text)) continue;
    judged++;
    if (validate(JSON.parse(text))) continue;
    const [{ instancePath, message }] = validate.errors;
    mistakes.push(`${cases[index].name}: "${instancePath}" ${message}, in the walk ${text}`);
  }
  return { figures: { walks_written: walks.length, walks_judged: judged }, mistakes };
}

/** Whether JavaScript rounds a number of the text: the other validator then reads another one. */
function hasInexactNumber(text) {
  const numbers = text.replace(/"(?:[^"\\]|\\.)*"/g, "").match(/\d[\d.]*/g) ?? [];
  return numbers.some((number) => number.replace(".", "").length > 15);
}
