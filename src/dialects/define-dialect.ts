/**
 * A user's own dialect: tags inside turns, described as data and checked whole.
 *
 * The grammar envelope is printed from the description, so that what is rendered, forced and parsed
 * cannot drift apart.
 */
import { DialectError } from "../errors.js";
import type { DialectDefinition } from "./dialect.js";
import { findIssues } from "./dialect-issues.js";
import type { DialectOptions, TurnOptions } from "./dialect-options.js";
import { createTagDialect } from "./tag-dialect.js";
import type { TagFormat } from "./tag-format.js";
import { printEnvelope } from "./tag-envelope.js";
import type { TurnFormat } from "./turn-formats.js";

/**
 * Makes a dialect from its description; pass the result as a session's `dialect`.
 *
 * @throws {DialectError} DIALECT_INVALID - `details.issues` lists everything that is wrong.
 */
export function defineDialect(options: DialectOptions): DialectDefinition {
  const issues = findIssues(options);
  if (issues.length > 0) {
    throw new DialectError(
      "DIALECT_INVALID",
      `Expected defineDialect() to get a whole description, but: ${issues.join("; ")}.`,
      { details: { issues } },
    );
  }
  return createTagDialect(resolveFormat(options));
}

function resolveFormat(options: DialectOptions): TagFormat {
  const { name, markers, requiredTokens = [], turns = "auto", tools, calls, results } = options;
  const { thinking, syntax = "json" } = options;
  const toolsList = tools.list ?? false;
  const callsList = calls.list ?? false;
  const format = {
    name,
    markers,
    requiredTokens,
    turns: turns === "auto" ? null : resolveTurns(turns, markers),
    tools: {
      text: tools.text,
      separator: tools.separator ?? (toolsList ? ", " : "\n"),
      list: toolsList,
    },
    calls: {
      before: calls.before,
      after: calls.after,
      separator: calls.separator ?? (callsList ? ", " : "\n"),
      nameKey: calls.nameKey ?? "name",
      inputKey: calls.inputKey ?? "arguments",
      list: callsList,
    },
    results: { separator: "\n", ...results },
    thinking: thinking ? { ask: "", asksAlone: true, ...thinking } : null,
    syntax,
  };
  return { ...format, grammar: { gbnf: printEnvelope(format) } };
}

function resolveTurns(turns: TurnOptions, markers: readonly string[]): TurnFormat {
  return { trims: false, ...turns, markers };
}
