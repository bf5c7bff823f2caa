/** `lorikeet eval MODEL`: how well a model calls, with one adapter or two side by side. */
import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import type { Command } from "commander";
import type { DialectChoice } from "../dialects/resolve-dialect.js";
import type { Adapter } from "../engine/adapter.js";
import { loadModel } from "../engine/load-model.js";
import type { Model } from "../engine/model.js";
import type { EvaluationCase } from "../training/evaluation/cases.js";
import { evaluate } from "../training/evaluation/evaluate.js";
import { loadEvaluationCases } from "../training/evaluation/load-cases.js";
import { printEvaluationPage } from "../training/evaluation/report/print-page.js";
import { printEvaluationTable } from "../training/evaluation/report/print-table.js";
import { compareContestants, type Contestant } from "../training/evaluation/report/report.js";
import { sessionRunner } from "../training/evaluation/session-runner.js";
import { readTrainingRecord } from "../training/training-record.js";
import { InputError } from "./error-line.js";
import { withInterrupt } from "./interrupt.js";
import {
  addComputeOptions,
  computeOptionsOf,
  readInteger,
  type ComputeOptions,
} from "./open-model.js";
import { createProgress } from "./progress-bar.js";

interface EvalOptions extends ComputeOptions {
  readonly cases: readonly string[];
  readonly adapter?: string;
  readonly against?: string;
  readonly dialect?: string;
  readonly limit: number;
  readonly maxTokens: number;
  readonly html?: string;
  readonly json?: true;
}

/** Stands for no adapter in --against. */
const base = "base";

export function addEvalCommand(program: Command): void {
  const command = program
    .command("eval")
    .description("Judge a model's calls on cases: right tool, right input, right silence.")
    .argument("<model>", "GGUF file")
    .requiredOption("--cases <file...>", "JSONL cases of this project, or BFCL_v4_*.json files")
    .option("--adapter <file>", "adapter to judge (default: none)")
    .option("--against <file>", `a second adapter to compare with, or "${base}" for none`)
    .option("--dialect <name>", "how the model writes calls (default: what its file shows)")
    .option("--limit <count>", "cases of each file; 0: all", readInteger, 0)
    .option("--max-tokens <count>", "most tokens of one step", readInteger, 512)
    .option("--html <file>", "write a page with plots and failures")
    .option("--json", "print everything as JSON");
  addComputeOptions(command).action(runEval);
}

async function runEval(path: string, options: EvalOptions): Promise<void> {
  const cases = await loadCases(options);
  await withInterrupt(async (signal) => {
    await using model = await loadModel(path, { ...computeOptionsOf(options), signal });
    const contestants: Contestant[] = [];
    for (const adapter of contestantsOf(options)) {
      contestants.push(await judge(model, adapter, cases, options, signal));
    }
    const report = { model: basename(path), cases, contestants };
    if (options.html) await writeFile(options.html, printEvaluationPage(report));
    if (!options.json) console.log(printEvaluationTable(report));
    else {
      const comparison = compareContestants(report) ?? null;
      console.log(JSON.stringify({ model: report.model, contestants, comparison }, null, 2));
    }
  });
}

async function loadCases({ cases: files, limit }: EvalOptions): Promise<EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  for (const file of files) {
    const loaded = await loadEvaluationCases(file);
    cases.push(...(limit > 0 ? loaded.slice(0, limit) : loaded));
  }
  if (cases.length === 0)
    throw new InputError(`Expected cases in ${files.join(", ")}, found none.`);
  return cases;
}

/** Adapters to judge, undefined for none; the one that is compared with comes first. */
function contestantsOf({ adapter, against }: EvalOptions): (string | undefined)[] {
  if (against === undefined) return [adapter];
  return [against === base ? undefined : against, adapter];
}

async function judge(
  model: Model,
  path: string | undefined,
  cases: readonly EvaluationCase[],
  { dialect, maxTokens }: EvalOptions,
  signal: AbortSignal,
): Promise<Contestant> {
  const adapter: Adapter | undefined =
    path === undefined ? undefined : await model.loadAdapter(path);
  const name = path ?? "without an adapter";
  const progress = createProgress(name);
  let done = 0;
  try {
    const evaluation = await evaluate({
      cases,
      run: sessionRunner(model, {
        adapters: adapter ? [adapter] : [],
        dialect: dialect as DialectChoice | undefined,
        limits: { maxTokens },
        log: (line) => console.error(line),
        strict: false,
      }),
      onResult: () => progress.update(++done / cases.length),
      signal,
    });
    return { name, evaluation, training: adapter && readTrainingRecord(adapter.metadata) };
  } finally {
    progress.stop();
    await adapter?.dispose();
  }
}
