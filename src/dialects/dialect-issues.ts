/**
 * What can be wrong with the description of a user's dialect.
 */
import {
  aBoolean,
  anObject,
  aString,
  describeValue,
  either,
  oneOf,
  optional,
  type Check,
} from "../check.js";
import type { DialectOptions, TurnOptions } from "./dialect-options.js";
import { checkEscapable } from "./markers.js";
import { strip } from "./python-text.js";
import { dialectNames } from "./resolve-dialect.js";

/** Everything that is wrong with a description; types are looked at before their meaning. */
export function findIssues(given: unknown): string[] {
  if (!isRecord(given)) return [`expected an object, got ${describeValue(given)}`];
  const sections = ["tools", "calls", "results", "thinking", "turns"] as const;
  const shape = [
    ...findShapeIssues("", given),
    ...sections.flatMap((name) => {
      const section = given[name];
      return isRecord(section) ? findShapeIssues(name, section) : [];
    }),
  ];
  return shape.length > 0 ? shape : findMeaningIssues(given as unknown as DialectOptions);
}

// Names and types.

const texts: Check = {
  expected: "a list of strings that are not empty",
  accepts: (value) => Array.isArray(value) && value.every((v) => typeof v === "string" && v !== ""),
};
const wrap: Check = {
  expected: "two strings, before and after",
  accepts: (value) =>
    Array.isArray(value) && value.length === 2 && value.every((v) => typeof v === "string"),
};
const wrapOrNull: Check = {
  expected: "two strings, before and after, or null",
  accepts: (value) => value === null || wrap.accepts(value),
};
const fields = {
  "": {
    name: aString,
    markers: texts,
    requiredTokens: optional(texts),
    turns: optional(either(oneOf("auto"), anObject)),
    tools: anObject,
    calls: anObject,
    results: anObject,
    thinking: optional(anObject),
    syntax: optional(oneOf("json", "python")),
  },
  turns: {
    begin: optional(aString),
    system: wrapOrNull,
    user: wrap,
    assistant: wrap,
    results: wrap,
    stop: texts,
    trims: optional(aBoolean),
  },
  tools: { text: aString, separator: optional(aString), list: optional(aBoolean) },
  calls: {
    before: aString,
    after: aString,
    separator: optional(aString),
    nameKey: optional(aString),
    inputKey: optional(aString),
    list: optional(aBoolean),
  },
  results: { before: aString, after: aString, separator: optional(aString) },
  thinking: { before: aString, after: aString, ask: optional(aString) },
} satisfies Record<string, Record<string, Check>>;

function findShapeIssues(section: keyof typeof fields, given: Record<string, unknown>): string[] {
  const known: Record<string, Check> = fields[section];
  const path = (name: string): string => (section === "" ? name : `${section}.${name}`);
  const unknown = Object.keys(given).filter((name) => !Object.hasOwn(known, name));
  const wrong = Object.entries(known).filter(([name, check]) => !check.accepts(given[name]));
  return [
    ...unknown.map((name) => `unknown option "${path(name)}"`),
    ...wrong.map(([name, { expected }]) => {
      return `expected "${path(name)}" to be ${expected}, got ${describeValue(given[name])}`;
    }),
  ];
}

// What the options say, their types being right.

/** One rule: what is said of a description that breaks it. */
type Rule = readonly [holds: boolean, issue: string];

function findMeaningIssues(options: DialectOptions): string[] {
  const rules = [
    ...checkName(options.name),
    ...checkMarkers(options),
    [options.tools.text.split("{tools}").length === 2, '"tools.text" must hold "{tools}" once'],
    ...checkCalls(options),
    ...checkThinking(options),
    ...(typeof options.turns === "object" ? checkTurns(options.turns, options.markers) : []),
  ] satisfies Rule[];
  return rules.filter(([holds]) => !holds).map(([, issue]) => issue);
}

function checkName(name: string): Rule[] {
  const isBuiltIn = dialectNames.some((builtIn) => builtIn === name);
  return [
    [/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name), `"name" must be lower-case words: "${name}"`],
    [!isBuiltIn, `"name" must not be that of the built-in dialect "${name}"`],
  ];
}

function checkMarkers({ markers, requiredTokens = [] }: DialectOptions): Rule[] {
  const issue = checkEscapable(markers.filter((marker) => !requiredTokens.includes(marker)));
  const strangers = requiredTokens.filter((token) => !markers.includes(token));
  const beginning = markers.find((a) => markers.some((b) => a !== b && b.startsWith(a)));
  return [
    [new Set(markers).size === markers.length, '"markers" must not repeat one'],
    [beginning === undefined, `"markers" must not begin with another one: "${beginning}"`],
    [issue === undefined, `"markers" cannot all be escaped as text: ${issue}`],
    [strangers.length === 0, `"requiredTokens" must be markers: ${strangers.join(" ")}`],
  ];
}

function checkCalls({ calls, markers }: DialectOptions): Rule[] {
  const { before, after, separator, list = false } = calls;
  const opens = isMarkerAndSpace(before, markers) && before.trimStart() === before;
  const closes = isMarkerAndSpace(after, markers) || (list && after === "");
  const listSeparates = separator === undefined || /^,\s*$/.test(separator);
  const keysDiffer = (calls.nameKey ?? "name") !== (calls.inputKey ?? "arguments");
  return [
    [opens, '"calls.before" must be a marker and white space'],
    [closes, '"calls.after" must be a marker between white space'],
    [strip(before) !== strip(after), '"calls" must open and close by two markers'],
    [!list || listSeparates, '"calls.separator" must be a comma and white space in a list'],
    [list || strip(separator ?? "") === "", '"calls.separator" must be white space'],
    [keysDiffer, '"calls.nameKey" must differ from "calls.inputKey"'],
  ];
}

function checkThinking({ thinking, calls, markers }: DialectOptions): Rule[] {
  if (!thinking) return [];
  const used = [calls.before, calls.after].map(strip);
  const isOwn = (part: string): boolean =>
    isMarkerAndSpace(part, markers) && !used.includes(strip(part));
  const { before, after } = thinking;
  return [
    [isOwn(before), '"thinking.before" must be a marker of its own and white space'],
    [isOwn(after), '"thinking.after" must be a marker of its own and white space'],
    [strip(before) !== strip(after), '"thinking" must begin and end by two markers'],
  ];
}

function checkTurns({ stop, assistant }: TurnOptions, markers: readonly string[]): Rule[] {
  const areMarkers = stop.length > 0 && stop.every((marker) => markers.includes(marker));
  const ends = stop.some((marker) => strip(assistant[1]).startsWith(marker));
  return [
    [areMarkers, '"turns.stop" must be markers'],
    [ends, '"turns.assistant" must end with what begins with one of "turns.stop"'],
  ];
}

function isMarkerAndSpace(content: string, markers: readonly string[]): boolean {
  return markers.includes(strip(content));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return anObject.accepts(value);
}
