// Reads tools and their requests from text: tools/README.md has the format.
import { joined, parseKind, sayNumber } from "./input-kinds.mjs";

/**
 * The tools of one file as `{ group, declare(draw), ask(draw), miss(draw) }`: a field of their own, the
 * declaration (choices are listed or only described, from time to time), a request `{ text, input }`, and
 * the text of one of the same field that no tool of the file serves.
 *
 * @throws Error with the line's number for text that breaks the format.
 */
export function parseTools(text) {
  const tools = [];
  let group = "";
  let tool;
  text.split("\n").forEach((line, i) => {
    try {
      if (line.startsWith("# ")) group = line.slice(2);
      else if (line.startsWith("  > ")) tool.templates.push(checkTemplate(tool, line.slice(4)));
      else if (line.startsWith("  ! ")) tool.misses.push(checkMiss(tool, line.slice(4)));
      else if (line.startsWith("  ")) tool.inputs.push(parseInput(line.trim()));
      else if (line !== "") tools.push((tool = parseTool(group, line)));
    } catch (error) {
      throw new Error(`line ${i + 1}: ${error.message}`, { cause: error });
    }
  });
  for (const { name, templates, misses } of tools) {
    if (templates.length === 0) throw new Error(`"${name}" has no request`);
    if (misses.length === 0) throw new Error(`"${name}" has no near miss`);
  }
  return tools.map((each) => ({
    group: each.group,
    declare: (draw) => declare(draw, each),
    ask: (draw) => ask(draw, each),
    miss: (draw) => miss(draw, each),
  }));
}

function parseTool(group, line) {
  const [, name, description] = /^([\w.]+): (.+)$/.exec(line) ?? [];
  if (name === undefined) throw new Error(`expected "name: description", got "${line}"`);
  return { group, name, description, inputs: [], templates: [], misses: [] };
}

function parseInput(line) {
  const [, key, rest, description] = /^([\w.]+): (.+?) -- (.+)$/.exec(line) ?? [];
  if (key === undefined) throw new Error(`expected "key: kind -- description", got "${line}"`);
  const [, written, mark, byDefault] = /^(.*?)(\?)?(?: = (.+))?$/.exec(rest);
  const counted = /^counts of ([\w.]+)$/.exec(written)?.[1];
  const kind =
    counted === undefined
      ? parseKind(written)
      : { schema: { type: "array", items: { type: "integer" } } };
  return { key, kind, counted, description, byDefault, isOptional: mark !== undefined };
}

const placeholder = /\{([\w.]+)(?::([^|}]*)\|([^}]*))?\}/g;

const keysOf = (part) => [...part.matchAll(placeholder)].map(([, key]) => key);

function checkKeys({ inputs }, template) {
  for (const key of keysOf(template))
    if (!inputs.some((input) => input.key === key)) throw new Error(`no input "${key}"`);
}

/** Any inputs, in no brackets: values are said, not given. */
function checkMiss(tool, template) {
  checkKeys(tool, template);
  if (/[[\]]/.test(template)) throw new Error(`a near miss has no brackets: ${template}`);
  return template;
}

/** Every required input in its place; an optional one only in brackets, alone. */
function checkTemplate(tool, template) {
  checkKeys(tool, template);
  const { inputs } = tool;
  const optional = new Set(inputs.filter((each) => each.isOptional).map(({ key }) => key));
  for (const [, part] of template.matchAll(/\[([^\]]*)\]/g)) {
    const [key, ...more] = keysOf(part).filter((each) => optional.has(each));
    if (key === undefined || more.length > 0) throw new Error(`not one optional input: [${part}]`);
  }
  const outside = keysOf(template.replace(/\[[^\]]*\]/g, ""));
  for (const { key, isOptional, counted } of inputs) {
    if (!isOptional && counted === undefined && !outside.includes(key))
      throw new Error(`"${key}" is missing`);
    if (isOptional && outside.includes(key)) throw new Error(`optional "${key}" needs brackets`);
  }
  return template;
}

function declare(draw, { name, description, inputs }) {
  const schema = { type: "object", properties: {}, required: [] };
  for (const input of inputs) {
    const path = input.key.split(".");
    const holder = path.slice(0, -1).reduce(objectOf, schema);
    holder.properties[path.at(-1)] = describe(draw, input);
    if (!input.isOptional) holder.required.push(path.at(-1));
  }
  return { name, description, inputSchema: schema };
}

/** A field that is an object is required where one of its own is. */
function objectOf(holder, key) {
  if (!(key in holder.properties)) {
    holder.properties[key] = { type: "object", properties: {}, required: [] };
    holder.required.push(key);
  }
  return holder.properties[key];
}

function describe(draw, { kind, description, byDefault, isOptional }) {
  const { schema, choices, isListed } = kind;
  const values = choices?.map(({ value }) => value);
  const item = schema.items ?? schema;
  const lists = values !== undefined && (isListed ?? draw.chance(0.5)) && draw.chance(0.75);
  const listed = lists ? { ...item, enum: values } : item;
  const notes = [description];
  if (values !== undefined && !lists && draw.chance(isListed ? 1 : 0.4))
    notes.push(`${draw.pick(["Such as", "For example", "e.g."])} ${values.slice(0, 3).join(", ")}`);
  if (byDefault !== undefined)
    notes.push(`${draw.pick(["Default is", "Defaults to"])} ${byDefault}`);
  else if (isOptional && draw.chance(0.4)) notes.push("Optional");
  return {
    ...(schema.items === undefined ? listed : { type: "array", items: listed }),
    description: `${notes.join(". ")}.`,
  };
}

function ask(draw, { inputs, templates }) {
  const template = draw.pick(templates);
  const given = inputs.filter(
    ({ key, isOptional }) => !isOptional || (template.includes(`{${key}`) && draw.chance(0.5)),
  );
  const values = makeValues(draw, given);
  const said = template.replace(/\[([^\]]*)\]/g, (_, part) =>
    keysOf(part).every((key) => values.has(key)) ? part : "",
  );
  return {
    text: sayValues(draw, said, given, values),
    input: nested(given.map(({ key }) => [key, values.get(key)])),
  };
}

function miss(draw, { inputs, misses }) {
  return sayValues(draw, draw.pick(misses), inputs, makeValues(draw, inputs));
}

function makeValues(draw, inputs) {
  const values = new Map(
    inputs.filter(({ kind }) => kind.make).map(({ key, kind }) => [key, kind.make(draw)]),
  );
  for (const { key, counted } of inputs)
    if (counted !== undefined)
      values.set(
        key,
        values.get(counted).map(() => draw.integer(2, 12)),
      );
  return values;
}

function sayValues(draw, said, inputs, values) {
  return said.replace(placeholder, (whole, key, on, off, at) => {
    if (on !== undefined) return values.get(key) ? on : off;
    const around = { before: said.slice(0, at), after: said.slice(at + whole.length) };
    const counts = inputs.find(({ counted }) => counted === key)?.key;
    if (counts !== undefined) return sayCounted(draw, values.get(key), values.get(counts));
    const { say = sayNumber } = inputs.find((input) => input.key === key).kind;
    return say(draw, values.get(key), around);
  });
}

const sayCounted = (draw, goods, counts) =>
  joined(
    draw,
    goods.map((each, i) => `${sayNumber(draw, counts[i])} ${each}`),
  );

/** `a.b` becomes `{ a: { b } }`. */
function nested(entries) {
  const input = {};
  for (const [key, value] of entries) {
    const path = key.split(".");
    const holder = path.slice(0, -1).reduce((object, part) => (object[part] ??= {}), input);
    holder[path.at(-1)] = value;
  }
  return input;
}
