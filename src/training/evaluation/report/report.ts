/** What a report on evaluations is made of, whatever it is written as. */
import type { TrainingRecord } from "../../training-record.js";
import type { EvaluationCase } from "../cases.js";
import { compareEvaluations, type EvaluationComparison } from "../compare-evaluations.js";
import type { CaseResult, Evaluation, EvaluationTotals } from "../evaluate.js";

/** One contestant: a model with or without an adapter. */
export interface Contestant {
  /** For people: the adapter's file, or "without an adapter". */
  readonly name: string;
  readonly evaluation: Evaluation;
  /** What its adapter says of its training. */
  readonly training?: TrainingRecord | undefined;
}

/** One or two contestants over the same cases. */
export interface EvaluationReport {
  readonly model: string;
  readonly cases: readonly EvaluationCase[];
  readonly contestants: readonly Contestant[];
}

/** How the second contestant does against the first; undefined where there is one only. */
export function compareContestants({
  contestants: [first, second],
}: EvaluationReport): EvaluationComparison | undefined {
  return first && second && compareEvaluations(first.evaluation, second.evaluation);
}

/** One line of the totals' table, as text. */
export interface TotalsRow {
  readonly contestant: string;
  readonly category: string;
  readonly cells: readonly string[];
}

export const totalsColumns = [
  ...["cases", "right", "valid calls", "right tool", "right input", "right silence"],
  ...["steps", "tokens", "ms"],
] as const;

/** A row for each contestant and category, the sum of all last. */
export function totalsRows({ contestants }: EvaluationReport): TotalsRow[] {
  return contestants.flatMap(({ name, evaluation: { categories, total } }) => {
    const entries = Object.entries(categories);
    const all = entries.length > 1 ? [["all", total] as const] : [];
    return [...entries, ...all].map(([category, totals]) => {
      return { contestant: name, category, cells: cellsOf(totals) };
    });
  });
}

function cellsOf(totals: EvaluationTotals): string[] {
  const { cases, right, called, valid, callsDue, rightTool, rightInput } = totals;
  const { silenceDue, rightSilence, steps, usage, timeMs } = totals;
  const perCase = (sum: number) => (cases === 0 ? "-" : (sum / cases).toFixed(1));
  return [
    String(cases),
    part(right, cases),
    part(valid, called),
    part(rightTool, callsDue),
    part(rightInput, callsDue),
    part(rightSilence, silenceDue),
    perCase(steps),
    perCase(usage.generatedTokens),
    perCase(timeMs),
  ];
}

function part(count: number, of: number): string {
  return of === 0 ? "-" : `${((100 * count) / of).toFixed(1)} %`;
}

/** Stands for silence among tools. */
export const silence = "(no call)";

/** How often a tool, or silence, was answered with each tool. */
export interface Confusion {
  /** Tools in the order of how often they were due, the rarest left out. */
  readonly names: readonly string[];
  /** [due][made] */
  readonly counts: readonly (readonly number[])[];
  /** Pairs in which a tool was left out of `names`. */
  readonly others: number;
}

const mostTools = 20;

/** Counts which tools were called in place of which. */
export function countConfusion(
  cases: readonly EvaluationCase[],
  { results }: Evaluation,
): Confusion {
  const pairs = cases.flatMap((each, i) => pairTools(each, results[i]!));
  const frequency = new Map<string, number>();
  for (const [due] of pairs) frequency.set(due, (frequency.get(due) ?? 0) + 1);
  const names = [...frequency.keys()]
    .sort((a, b) => frequency.get(b)! - frequency.get(a)! || (a < b ? -1 : 1))
    .slice(0, mostTools);
  if (!names.includes(silence)) names.push(silence);
  const counts = names.map(() => names.map(() => 0));
  let others = 0;
  for (const [due, made] of pairs) {
    const [row, column] = [names.indexOf(due), names.indexOf(made)];
    if (row < 0 || column < 0) others++;
    else counts[row]![column]!++;
  }
  return { names, counts, others };
}

/** Calls that are due beside those made: equal ones first, what is left in order. */
function pairTools(
  { expected }: EvaluationCase,
  { answer }: CaseResult,
): (readonly [due: string, made: string])[] {
  const made = answer.calls.map(({ tool }) => tool);
  const equal: string[] = [];
  const due = expected
    .map(({ tool }) => tool)
    .filter((tool) => {
      const at = made.indexOf(tool);
      if (at < 0) return true;
      equal.push(...made.splice(at, 1));
      return false;
    });
  const left = Array.from({ length: Math.max(due.length, made.length) }, (_, i) => {
    return [due[i] ?? silence, made[i] ?? silence] as const;
  });
  const quiet = expected.length === 0 && answer.calls.length === 0;
  return [
    ...equal.map((tool) => [tool, tool] as const),
    ...left,
    ...(quiet ? [[silence, silence] as const] : []),
  ];
}
