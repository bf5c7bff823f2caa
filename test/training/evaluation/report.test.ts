import { describe, expect, it } from "vitest";
import { noUsage } from "../../../src/session/events.js";
import type { EvaluationCase } from "../../../src/training/evaluation/cases.js";
import { evaluate, type CaseRunner } from "../../../src/training/evaluation/evaluate.js";
import { printEvaluationPage } from "../../../src/training/evaluation/report/print-page.js";
import { printEvaluationTable } from "../../../src/training/evaluation/report/print-table.js";
import {
  countConfusion,
  silence,
  type EvaluationReport,
} from "../../../src/training/evaluation/report/report.js";
import {
  printTrainingRecord,
  readTrainingRecord,
  trainingRecordKey,
} from "../../../src/training/training-record.js";

const inputSchema = { type: "object", properties: {} };
const tools = ["light", "door"].map((name) => ({ name, description: "", inputSchema }));

function createCase(id: string, ...due: string[]): EvaluationCase {
  return {
    id,
    category: due.length > 0 ? "calls" : "silence",
    messages: [{ role: "user", content: `<b>${id}</b> & more` }],
    tools,
    expected: due.map((tool) => ({ tool, input: {} })),
  };
}

const cases = [createCase("a", "light"), createCase("b", "light", "door"), createCase("c")];

/** Answers each case with the tools that the script names. */
const runner =
  (script: Record<string, readonly string[]>): CaseRunner =>
  ({ id }) => {
    const calls = (script[id] ?? []).map((tool) => ({ tool, input: {} }));
    return Promise.resolve({ calls, text: "words", steps: 1, usage: noUsage });
  };

async function report(...scripts: Record<string, readonly string[]>[]): Promise<EvaluationReport> {
  const contestants = [];
  for (const [i, script] of scripts.entries()) {
    const evaluation = await evaluate({ cases, run: runner(script) });
    const training = {
      steps: 2,
      tokens: 9,
      trainedTokens: 3,
      lossBefore: 2,
      lossAfter: 1,
      losses: [2, 1],
    };
    contestants.push({ name: `<${i}>`, evaluation, training });
  }
  return { model: "model.gguf", cases, contestants };
}

const right = { a: ["light"], b: ["door", "light"] };
const wrong = { a: ["door"], b: ["light"], c: ["door"] };

describe("the confusion between tools", () => {
  it("pairs equal tools first, then what is left, silence included", async () => {
    const { contestants } = await report(right, wrong);
    const first = countConfusion(cases, contestants[0]!.evaluation);
    expect(new Set(first.names)).toEqual(new Set(["light", "door", silence]));
    const at = ({ names, counts }: typeof first, due: string, made: string) =>
      counts[names.indexOf(due)]![names.indexOf(made)];
    expect([at(first, "light", "light"), at(first, "door", "door")]).toEqual([2, 1]);
    expect(at(first, silence, silence)).toBe(1);
    const second = countConfusion(cases, contestants[1]!.evaluation);
    expect(at(second, "light", "door")).toBe(1);
    expect(at(second, "door", silence)).toBe(1);
    expect(at(second, silence, "door")).toBe(1);
  });
});

describe("the table", () => {
  it("has a row for each category and the difference of two", async () => {
    const text = printEvaluationTable(await report(right, wrong));
    expect(text).toMatch(/<0> +calls +2 +100\.0 %/);
    expect(text).toMatch(/<1> +silence +1 +0\.0 %/);
    expect(text).toMatch(/<1> +all +3 +0\.0 %/);
    expect(text).toMatch(/Difference: -100\.0 points/);
  });

  it("compares nothing where there is one", async () => {
    expect(printEvaluationTable(await report(right))).not.toMatch(/Difference/);
  });
});

describe("the page", () => {
  it("shows failures as text, never as markup", async () => {
    const page = printEvaluationPage(await report(right, wrong));
    expect(page).toContain("&lt;b&gt;a&lt;/b&gt; &amp; more");
    expect(page).not.toContain("<b>a</b>");
    expect(page).toContain("Failures of &lt;0&gt;: 0");
    expect(page).toContain("Failures of &lt;1&gt;: 3");
    expect(page.match(/<polyline/g)).toHaveLength(2);
    expect(page).not.toMatch(/https?:|src=|NaN|undefined/);
  });
});

describe("an adapter's record of its training", () => {
  it("is a curve of at most 200 points, read back as written", () => {
    const losses = Array.from({ length: 1001 }, (_, i) => i);
    const counts = { seconds: 1, tokens: 5, trainedTokens: 2, dataHash: "" };
    const text = printTrainingRecord({ losses, heldOutBefore: 2, heldOutAfter: 1, ...counts });
    const record = readTrainingRecord({ [trainingRecordKey]: text })!;
    expect(record).toMatchObject({ steps: 1001, lossBefore: 2, lossAfter: 1 });
    expect(record.losses.length).toBeLessThanOrEqual(200);
    expect(record.losses[0]).toBe(2.5);
    expect(readTrainingRecord({ [trainingRecordKey]: "{" })).toBeUndefined();
    expect(readTrainingRecord({})).toBeUndefined();
  });
});
