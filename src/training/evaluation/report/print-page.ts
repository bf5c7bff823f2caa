/** A report as one HTML page: totals, loss curves, confusion between tools, failures to read. */
import type { EvaluationCase } from "../cases.js";
import type { CaseResult } from "../evaluate.js";
import { isRight } from "../evaluate.js";
import {
  compareContestants,
  countConfusion,
  totalsColumns,
  totalsRows,
  type Contestant,
  type EvaluationReport,
} from "./report.js";

/** Failures of one contestant that the page shows. */
const mostFailures = 200;

const style = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #ccc; padding: .25rem .6rem; text-align: left; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td.count { text-align: center; min-width: 2rem; }
th.tool { writing-mode: vertical-rl; transform: rotate(180deg); font-weight: normal; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 13px; }
svg { border: 1px solid #ccc; }
`;

/** The whole page; it needs nothing from elsewhere. */
export function printEvaluationPage(report: EvaluationReport): string {
  const { model, contestants, cases } = report;
  return [
    "<!doctype html>",
    '<html lang="en"><meta charset="utf-8"><title>Evaluation</title>',
    `<style>${style}</style>`,
    `<h1>Evaluation of ${escape(model)}</h1>`,
    printTotals(report),
    printComparison(report),
    ...contestants.map(printLossCurve),
    ...contestants.map((each) => printConfusion(each, cases)),
    ...contestants.map((each) => printFailures(each, cases)),
    "</html>\n",
  ].join("\n");
}

function printTotals(report: EvaluationReport): string {
  const head = ["", "category", ...totalsColumns].map((name) => `<th>${name}</th>`).join("");
  const rows = totalsRows(report).map(({ contestant, category, cells }) => {
    const numbers = cells.map((cell) => `<td class="number">${cell}</td>`).join("");
    return `<tr><td>${escape(contestant)}</td><td>${escape(category)}</td>${numbers}</tr>`;
  });
  return `<table><tr>${head}</tr>${rows.join("")}</table>
<p>Parts are of the cases in question: valid calls of the cases with calls; tool and input of the cases in which
calls were due; silence of those in which it was. Steps, tokens and milliseconds are means per case.</p>`;
}

function printComparison(report: EvaluationReport): string {
  const comparison = compareContestants(report);
  if (comparison === undefined) return "";
  const { difference, interval, onlyFirst, onlySecond, cases } = comparison;
  const points = (value: number) => (100 * value).toFixed(1);
  return `<h2>The second against the first</h2>
<p>${points(difference)} percentage points over ${cases} cases; with 95 % confidence between
${points(interval[0])} and ${points(interval[1])}.</p>
<details><summary>Right only in the first: ${onlyFirst.length}</summary><p>${onlyFirst.map(escape).join(", ")}</p></details>
<details><summary>Right only in the second: ${onlySecond.length}</summary><p>${onlySecond.map(escape).join(", ")}</p></details>`;
}

const [width, height, margin] = [640, 240, 40];

function printLossCurve({ name, training }: Contestant): string {
  if (training === undefined || training.losses.length < 2) return "";
  const { losses, steps, lossBefore, lossAfter } = training;
  const top = Math.max(...losses);
  const x = (i: number) => margin + ((width - 2 * margin) * i) / (losses.length - 1);
  const y = (loss: number) => height - margin - ((height - 2 * margin) * loss) / (top || 1);
  const points = losses.map((loss, i) => `${x(i).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
  const judged =
    lossBefore === null || lossAfter === null
      ? ""
      : `<p>Loss of what was judged: ${lossBefore.toFixed(4)} before, ${lossAfter.toFixed(4)} after.</p>`;
  return `<h2>Training of ${escape(name)}</h2>
<svg width="${width}" height="${height}" role="img" aria-label="loss by step">
<line x1="${margin}" y1="${height - margin}" x2="${width - margin}" y2="${height - margin}" stroke="#888"/>
<line x1="${margin}" y1="${margin}" x2="${margin}" y2="${height - margin}" stroke="#888"/>
<text x="${margin - 4}" y="${margin + 4}" text-anchor="end" font-size="12">${top.toFixed(2)}</text>
<text x="${margin - 4}" y="${height - margin}" text-anchor="end" font-size="12">0</text>
<text x="${width - margin}" y="${height - margin + 16}" text-anchor="end" font-size="12">step ${steps}</text>
<polyline points="${points}" fill="none" stroke="#0a6" stroke-width="1.5"/>
</svg>
${judged}`;
}

function printConfusion(
  { name, evaluation }: Contestant,
  cases: readonly EvaluationCase[],
): string {
  const { names, counts, others } = countConfusion(cases, evaluation);
  const head = names.map((tool) => `<th class="tool">${escape(tool)}</th>`).join("");
  const rows = names.map((tool, row) => {
    const total = counts[row]!.reduce((sum, count) => sum + count, 0);
    const cells = counts[row]!.map((count, column) => {
      const share = total === 0 ? 0 : count / total;
      const colour = row === column ? `0, 160, 90, ${share}` : `220, 60, 40, ${share}`;
      return `<td class="count" style="background: rgba(${colour})">${count || ""}</td>`;
    });
    return `<tr><th>${escape(tool)}</th>${cells.join("")}</tr>`;
  });
  const left = others === 0 ? "" : `<p>${others} more with rarer tools.</p>`;
  return `<h2>Tools due and called: ${escape(name)}</h2>
<table><tr><th>due \\ called</th>${head}</tr>${rows.join("")}</table>${left}`;
}

function printFailures({ name, evaluation }: Contestant, cases: readonly EvaluationCase[]): string {
  const failures = cases.flatMap((each, i) => {
    const result = evaluation.results[i]!;
    return isRight(result) ? [] : [printFailure(each, result)];
  });
  const shown = failures.slice(0, mostFailures);
  const left = failures.length - shown.length;
  return `<h2>Failures of ${escape(name)}: ${failures.length}</h2>
<table><tr><th>case</th><th>request</th><th>due</th><th>made</th><th>why</th></tr>${shown.join("")}</table>
${left > 0 ? `<p>${left} more are in the JSON.</p>` : ""}`;
}

function printFailure({ id, messages, expected }: EvaluationCase, result: CaseResult): string {
  const { verdict, answer, error } = result;
  const fault = verdict?.right === false ? verdict.fault : undefined;
  const why = error ?? [fault?.reason, fault?.tool, fault?.argument].filter(Boolean).join(" ");
  const last = messages.at(-1);
  const question = last?.role === "user" ? last.content : "";
  const due = expected.map(({ tool, input }) => `${tool} ${JSON.stringify(input)}`).join("\n");
  const made = answer.calls.map(({ tool, input }) => `${tool} ${JSON.stringify(input)}`).join("\n");
  const cells = [question, due || "no call", made || answer.text || "nothing"]
    .map((text) => `<td><pre>${escape(text)}</pre></td>`)
    .join("");
  return `<tr><td>${escape(id)}</td>${cells}<td>${escape(why)}</td></tr>`;
}

function escape(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  return text.replace(/[&<>"]/g, (character) => entities[character]!);
}
