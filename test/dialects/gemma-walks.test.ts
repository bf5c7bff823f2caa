/** What the grammar of a Gemma dialect lets a model write reads back as what the schema asks for. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Piece } from "../../src/dialects/dialect.js";
import { functiongemma } from "../../src/dialects/functiongemma.js";
import { gemma4 } from "../../src/dialects/gemma4.js";
import { resolveGrammarSource } from "../../src/grammar/grammar-source.js";
import type { JsonObject } from "../../src/messages.js";
import type { NativeAddon, NativeGrammar } from "../../src/native/addon.js";
import { openAddon } from "../../src/native/load.js";
import { jsonSchema } from "../../src/schema/schema.js";
import { functiongemmaModel, gemma4Model } from "./models.js";
import { collect, parsePieces } from "./written.js";

const freeBytes = 40;
const mostBytes = 600;

let addon: NativeAddon;
beforeAll(async () => {
  ({ addon } = await openAddon());
});

const names = fc
  .string({ unit: fc.constantFrom(...Array.from("abXY_ .-'|é日ÉΣİ0")), minLength: 1, maxLength: 4 })
  .filter((name) => name.trim() === name && !name.includes("|"));
const scalarSchemas: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom<JsonObject>(
    { type: "string" },
    { type: "string", minLength: 2, maxLength: 5 },
    { type: "string", pattern: "^[A-Z][a-z]{1,3}( [a-z]+)?$" },
    { type: "string", format: "date" },
    { enum: ["red", 7, null, true, " a, b: {c} "] },
    { type: "integer", minimum: -20, maximum: 300 },
    { type: "number", multipleOf: 0.25 },
    { type: "boolean" },
    { type: "null" },
    {},
  ),
);
const schemas = fc.letrec<{ value: JsonObject; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    scalarSchemas,
    fc.record({
      type: fc.constant("array"),
      items: tie("value"),
      maxItems: fc.integer({ min: 0, max: 3 }),
    }),
    tie("object"),
  ),
  object: fc
    .record({
      properties: fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
      additionalProperties: fc.constantFrom(true, false),
      required: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ properties, additionalProperties, required }) => ({
      ...{ type: "object", properties, additionalProperties },
      required: Object.keys(properties).slice(0, required),
    })),
})).object;

/** A text that the grammar takes, drawn byte by byte; undefined where it grows too long. */
async function writeAtRandom(grammar: NativeGrammar, quote: string, seed: number) {
  const bytes: number[] = [];
  const draw = generator(seed);
  while (bytes.length < mostBytes) {
    const { complete, nextBytes } = await grammar.check(Int32Array.from(bytes));
    if (complete) return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
    const hurried = bytes.length > freeBytes ? endOf(bytes, quote) : [];
    const end = hurried.map((char) => char.charCodeAt(0)).find((byte) => nextBytes.includes(byte));
    bytes.push(end ?? nextBytes[draw(nextBytes.length)]!);
  }
  return undefined;
}

/** Characters that end what is open, those that end most first. */
function endOf(bytes: readonly number[], quote: string): string[] {
  const text = Buffer.from(bytes).toString("latin1");
  const opened = text.split(quote).length % 2 === 0;
  const begun = Array.from(quote, (_, i) => quote.slice(0, i)).findLast((part) =>
    text.endsWith(part),
  );
  const next = quote[begun?.length ?? 0]!;
  return opened || begun !== "" ? [next] : ["}", "]", ":", ","];
}

/** A number with more digits than JavaScript keeps: what Ajv divides then is another one. */
function hasInexactNumber(text: string): boolean {
  return /\d[\d.]{15}/.test(text);
}

function generator(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** The text of a call as a generation hands it over: special tokens by themselves. */
function piecesOf(input: string, quote: string, call: readonly [string, string]): Piece[] {
  const texts = `call:act${input}`.split(quote);
  const inside = texts.flatMap((text, i) => (i === 0 ? [{ text }] : [{ token: quote }, { text }]));
  return [{ token: call[0] }, ...inside, { token: call[1] }];
}

describe.each([
  ["gemma4", gemma4.bind(gemma4Model), '<|"|>', ["<|tool_call>", "<tool_call|>"]],
  [
    ...(["functiongemma", functiongemma.bind(functiongemmaModel), "<escape>"] as const),
    ["<start_function_call>", "<end_function_call>"],
  ],
] as const)("a call of %s", (syntax, dialect, quote, markers) => {
  test("that its grammar lets a model write reads back as valid input", async () => {
    let read = 0;
    const property = fc.asyncProperty(schemas, fc.nat(), async (schema, seed) => {
      const source = resolveGrammarSource({ schema, syntax, propertyOrder: "sorted" });
      const grammar = await addon.compileGrammar(source);
      const written = await writeAtRandom(grammar, quote, seed);
      await grammar.dispose();
      if (written === undefined || hasInexactNumber(written)) return;
      const step = collect(parsePieces(dialect.createParser(), piecesOf(written, quote, markers)));
      expect({ written, invalid: step.invalid }).toEqual({ written, invalid: [] });
      const result = await jsonSchema(schema).validate(step.calls[0]!.input);
      expect({ written, result }).toMatchObject({ written, result: { ok: true } });
      read++;
    });
    await fc.assert(property, { numRuns: 60 });
    expect(read).toBeGreaterThan(40);
  });
});
