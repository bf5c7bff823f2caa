// Requests for the tools of number-tools.mjs.
import { numberTools } from "./number-tools.mjs";

const listedWords =
  "apple stone river Anna Omar Petra blue seven cloud tiger lamp paper music Karl winter".split(
    " ",
  );
const compounds = "H2O CO2 NaCl C6H12O6 CH4 NH3 CaCO3 H2SO4 C2H5OH Fe2O3 KCl MgO".split(" ");

const makeNumber = (draw) =>
  draw.chance(0.5) ? draw.integer(1, 200) : draw.integer(1, 4000) / draw.pick([10, 100]);
const makeInteger = (draw) => draw.integer(1, draw.pick([9, 12, 60, 100, 1000, 20000]));
const makeList = (draw, make) => Array.from({ length: draw.integer(2, 6) }, () => make(draw));

const kinds = {
  int: { schema: { type: "integer" }, make: makeInteger },
  num: { schema: { type: "number" }, make: makeNumber },
  ints: {
    schema: { type: "array", items: { type: "integer" } },
    make: (draw) => makeList(draw, (d) => d.integer(0, 99)),
  },
  nums: {
    schema: { type: "array", items: { type: "number" } },
    make: (draw) => makeList(draw, makeNumber),
  },
  words: {
    schema: { type: "array", items: { type: "string" } },
    make: (draw) => draw.sample(listedWords, draw.integer(2, 5)),
  },
  word: { schema: { type: "string" }, make: (draw) => draw.pick(compounds) },
  yes: { schema: { type: "boolean" }, make: (draw) => draw.chance(0.5) },
  rate: {
    schema: { type: "number" },
    examples: "0.05 for 5%",
    make: (draw) => draw.integer(1, 30) / draw.pick([100, 100, 200, 1000]),
    say: (draw, value) =>
      draw.chance(0.2)
        ? String(value)
        : `${Number((value * 100).toFixed(4))}${draw.pick(["%", " percent"])}`,
  },
};

/** A choice is a string that its schema need not list. */
function kindOf(written) {
  const name = written.replace("?", "");
  const choices = name.split("|");
  if (choices.length === 1) return kinds[name];
  const examples = choices.join(" or ");
  return { schema: { type: "string" }, make: (draw) => draw.pick(choices), choices, examples };
}

/** All of them as `{ tool, ask }`: the declaration, and a request with its input. */
export function numberRequests(draw) {
  return numberTools.map(([name, description, inputs, templates]) => ({
    group: "numbers",
    tool: declare(draw, name, description, inputs),
    ask: (askDraw) => ask(askDraw, inputs, askDraw.pick(templates)),
  }));
}

function declare(draw, name, description, inputs) {
  const properties = Object.entries(inputs).map(([key, written]) => {
    const { schema, choices, examples } = kindOf(written);
    const said = capital(key.replaceAll("_", " "));
    const text = examples === undefined ? `${said}.` : `${said}, such as ${examples}.`;
    const listed = choices !== undefined && draw.chance(0.5) ? { enum: choices } : {};
    return [
      key,
      { ...schema, description: written.endsWith("?") ? `${text} Optional.` : text, ...listed },
    ];
  });
  const required = Object.keys(inputs).filter((key) => !inputs[key].endsWith("?"));
  return {
    name,
    description,
    inputSchema: { type: "object", properties: Object.fromEntries(properties), required },
  };
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function ask(draw, inputs, template) {
  const input = {};
  for (const [key, written] of Object.entries(inputs)) {
    const isDue = template.includes(`{${key}`);
    if (isDue && (!written.endsWith("?") || draw.chance(0.6)))
      input[key] = kindOf(written).make(draw);
  }
  const said = template.replace(/\[([^\]]*)\]/g, (_, part) => {
    const [, key] = /\{(\w+)/.exec(part);
    return key in input ? part : "";
  });
  const text = said.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, key, on, off) => {
    if (on !== undefined) return input[key] ? on : off;
    const { say = sayValue } = kindOf(inputs[key]);
    return say(draw, input[key]);
  });
  return { text, input };
}

const numberWords = "two three four five six seven eight nine ten eleven twelve".split(" ");

/** Lists and small numbers as people write them. */
export function sayValue(draw, value) {
  const word = Number.isInteger(value) ? numberWords[value - 2] : undefined;
  if (word !== undefined && draw.chance(0.25)) return word;
  if (!Array.isArray(value)) return String(value);
  if (draw.chance(0.4)) return `[${value.join(", ")}]`;
  return `${value.slice(0, -1).join(", ")} and ${value.at(-1)}`;
}
