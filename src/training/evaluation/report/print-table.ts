/** A report as a table of text. */
import { compareContestants, totalsColumns, totalsRows, type EvaluationReport } from "./report.js";

/** The totals by category, and with two contestants their difference. */
export function printEvaluationTable(report: EvaluationReport): string {
  const rows = totalsRows(report).map(({ contestant, category, cells }) => [
    contestant,
    category,
    ...cells,
  ]);
  const lines = align([["", "category", ...totalsColumns], ...rows]);
  const comparison = compareContestants(report);
  if (comparison === undefined) return lines.join("\n");
  const { difference, interval, onlyFirst, onlySecond } = comparison;
  const points = (value: number) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
  return [
    ...lines,
    "",
    `Difference: ${points(difference)} points, with 95 % confidence between ${points(interval[0])} and ` +
      `${points(interval[1])}; right only in the first ${onlyFirst.length}, only in the second ${onlySecond.length}.`,
  ].join("\n");
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join("  ")
      .trimEnd(),
  );
}
