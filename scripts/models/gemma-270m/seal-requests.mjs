// Requests for the tools of Seal-Tools (fairyshine/Seal-Tools, Apache-2.0): its own, cleaned, and others
// made from its declarations, whose descriptions name example values.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeName } from "../made-words.mjs";
import { valueKinds } from "../values.mjs";
import { joined, sayNumber } from "./input-kinds.mjs";

const types = { str: "string", int: "integer", float: "number", bool: "boolean" };

const readLines = (file) =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

/** Tools by name: `{ group, tool, examples, ask }`. */
export function sealTools(folder) {
  const given = readLines(join(folder, "tool.jsonl"));
  const usable = given.filter(({ parameters }) =>
    Object.values(parameters).every(({ type }) => type in types),
  );
  return new Map(usable.map((each) => [each.api_name, readTool(each)]));
}

function readTool({ api_name, api_description, field, parameters, required = [] }) {
  const properties = Object.entries(parameters).map(([key, { type, description }]) => [
    key,
    { type: types[type], description },
  ]);
  const inputSchema = { type: "object", properties: Object.fromEntries(properties), required };
  const tool = { name: api_name, description: api_description, inputSchema };
  return { group: field, tool };
}

/**
 * Its requests with one call whose values all stand in the request, cast to their declared types.
 * What cannot be cast, or was made up, is left out.
 */
export function sealRequests(folder, tools) {
  const rows = ["dev", "test_in_domain"].flatMap((name) =>
    readLines(join(folder, `${name}.jsonl`)),
  );
  return rows.flatMap(({ query, calling }) => {
    const known = tools.get(calling[0]?.api);
    if (calling.length !== 1 || known === undefined) return [];
    const input = castInput(known.tool, calling[0].parameters);
    return input !== undefined && isSaid(query, input) ? [{ ...known, text: query, input }] : [];
  });
}

function castInput({ inputSchema }, given) {
  const entries = Object.entries(given).map(([key, value]) => [
    key,
    cast(inputSchema.properties[key]?.type, value),
  ]);
  const isWhole = inputSchema.required.every((key) => key in given);
  return isWhole && entries.every(([, value]) => value !== undefined)
    ? Object.fromEntries(entries)
    : undefined;
}

function cast(type, value) {
  if (type === "string") return typeof value === "string" ? value : String(value);
  if (type === "boolean") return { true: true, false: false }[String(value).toLowerCase()];
  const number = Number(String(value).replaceAll(",", ""));
  if (!Number.isFinite(number) || (type === "integer" && !Number.isInteger(number)))
    return undefined;
  return type === undefined ? undefined : number;
}

function isSaid(query, input) {
  const text = query.toLowerCase();
  return Object.values(input).every(
    (value) => typeof value === "boolean" || text.includes(String(value).toLowerCase()),
  );
}

/**
 * A request made for a tool, with the declaration to show: examples are taken out of descriptions at
 * times, strings become lists at times, and what may be left out is said or not.
 */
export function makeSealRequest(draw, { group, tool }) {
  const { properties, required } = tool.inputSchema;
  const shown = {};
  const input = {};
  const phrases = [];
  for (const [key, given] of Object.entries(properties)) {
    const examples = findExamples(given.description);
    const isList = given.type === "string" && examples.length >= 3 && draw.chance(0.12);
    const schema = isList ? { type: "array", items: { type: "string" } } : { type: given.type };
    const keepsExamples = draw.chance(0.4);
    shown[key] = {
      ...schema,
      description: keepsExamples ? given.description : withoutExamples(given.description),
    };
    if (!required.includes(key) && draw.chance(0.5)) continue;
    input[key] = isList
      ? draw.sample(examples, draw.integer(2, 3))
      : makeValue(draw, key, given.type, examples);
    phrases.push(mention(draw, key, input[key]));
  }
  const inputSchema = { type: "object", properties: shown, required };
  const text = sayRequest(draw, tool.description, draw.shuffle(phrases));
  return { group, tool: { ...tool, inputSchema }, text, input };
}

const examplePattern = /\s*\((?:e\.g\.|such as|for example|in|optional)[^)]*\)/gi;

function withoutExamples(description) {
  return description.replace(examplePattern, "");
}

/** What a description lists after "e.g.": short ones only. */
function findExamples(description) {
  const [, list] = /\((?:e\.g\.,?|such as|for example,?)\s*([^)]*)\)/i.exec(description) ?? [];
  const parts = (list ?? "")
    .split(/,|\bor\b/)
    .map((part) => part.trim().replace(/^['"]|['"]$/g, ""));
  return parts.filter(
    (part) => part.length > 0 && part.length < 40 && !/^etc\.?$|YYYY|HH:/.test(part),
  );
}

function makeValue(draw, key, type, examples) {
  if (type === "boolean") return draw.chance(0.6);
  const numbers = examples.map(Number).filter(Number.isFinite);
  if (type === "integer") {
    const whole = numbers.filter(Number.isInteger);
    return whole.length > 0 && draw.chance(0.4)
      ? draw.pick(whole)
      : draw.integer(1, draw.pick([10, 60, 500, 5000]));
  }
  if (type === "number") {
    return numbers.length > 0 && draw.chance(0.4)
      ? draw.pick(numbers)
      : draw.integer(1, 5000) / draw.pick([1, 10, 100]);
  }
  if (examples.length > 0 && draw.chance(0.85)) return draw.pick(examples);
  if (/date|day/.test(key)) return valueKinds.date(draw, "training");
  if (/time/.test(key)) return valueKinds.time(draw, "training");
  if (/id|code|number/i.test(key)) return valueKinds.code(draw, "training");
  if (/name|person|author|user/i.test(key)) return valueKinds.person(draw, "training");
  if (/location|city|place|country|address/i.test(key)) return valueKinds.place(draw, "training");
  return makeName(draw);
}

const say = (key) =>
  key
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replaceAll("_", " ")
    .toLowerCase();

function mention(draw, key, value) {
  const word = say(key);
  if (typeof value === "boolean") {
    return draw.pick(
      value
        ? [`${word} should be on`, `with ${word} set to true`, `${word}: yes`]
        : [`${word} should be off`, `with ${word} set to false`, `${word}: no`],
    );
  }
  const said = Array.isArray(value) ? joined(draw, value) : sayNumber(draw, value);
  const quoted =
    typeof value === "string" && draw.chance(0.12) ? draw.pick([`'${said}'`, `"${said}"`]) : said;
  return draw.pick([
    ...[
      `with ${word} ${quoted}`,
      `the ${word} is ${quoted}`,
      `${word} ${quoted}`,
      `for ${word} ${quoted}`,
    ],
    ...[
      `where the ${word} is ${quoted}`,
      `using ${quoted} as ${word}`,
      `with a ${word} of ${quoted}`,
    ],
    ...(typeof value === "string"
      ? [`for ${quoted}`, quoted, `of ${quoted}`]
      : [`${quoted} ${word}`]),
  ]);
}

function sayRequest(draw, description, phrases) {
  const task = description.replace(/\.$/, "");
  const lower = task[0].toLowerCase() + task.slice(1);
  const list = phrases.reduce(
    (all, phrase, i) => (i === 0 ? phrase : all + draw.pick([", ", " and ", ", "]) + phrase),
    "",
  );
  const after = list === "" ? "" : draw.pick([`, ${list}`, ` ${list}`, `: ${list}`]);
  const apart = list === "" ? "" : ` ${list[0].toUpperCase()}${list.slice(1)}.`;
  return draw.pick([
    `${task}${after}.`,
    `Can you ${lower}${after}?`,
    `Please ${lower}${after}.`,
    `I want to ${lower}${after}.`,
    `${task}.${apart}`,
    `I need to ${lower}.${apart}`,
    `Could you ${lower}${after}?`,
    `Help me ${lower}${after}.`,
  ]);
}
