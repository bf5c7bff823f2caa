// From tools written by hand to the same shape as made ones: declarations, and requests with the input
// that they ask for.
import { askMade } from "./made-requests.mjs";
import { makeValue } from "./values.mjs";

/** A tool of a list, asking with the templates of a side. */
export function writtenTool(given, side) {
  const templates = side === "training" ? given.asks : given.heldOutAsks;
  return { ...given, ask: (draw) => fill(draw, draw.pick(templates), given.inputs, side) };
}

/** For training: half of its requests are made from its words, as those of made tools are. */
export function trainingTool(given) {
  const written = writtenTool(given, "training");
  const [verb, ...nouns] = given.name.split("_");
  const named = { verb, noun: nouns.at(-1), second: nouns.length > 1 ? nouns[0] : undefined };
  const inputs = Object.fromEntries(
    Object.entries(given.inputs).map(([key, input]) => [
      key,
      { ...input, word: key.replaceAll("_", " ") },
    ]),
  );
  const ask = (draw) => (draw.chance(0.5) ? written.ask(draw) : askMade(draw, named, inputs));
  return { ...written, ask };
}

function fill(draw, template, inputs, side) {
  const input = Object.fromEntries(
    Object.entries(inputs).map(([key, each]) => [key, makeValue(draw, each, side)]),
  );
  const text = template.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (_, key, on, off) =>
    on === undefined ? String(input[key]) : input[key] ? on : off,
  );
  return { text, input };
}

/** What the dialects and sessions take: name, description, JSON Schema. */
export function declare({ name, description, inputs }) {
  const properties = Object.fromEntries(
    Object.entries(inputs).map(([key, input]) => [
      key,
      {
        type: input.type,
        description: input.description,
        ...(input.choices ? { enum: input.choices } : {}),
      },
    ]),
  );
  return {
    name,
    description,
    inputSchema: {
      type: "object",
      properties,
      required: Object.keys(inputs),
      additionalProperties: false,
    },
  };
}
