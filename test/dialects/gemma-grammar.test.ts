/** What the renderer writes in Gemma's value syntaxes, the grammar of a schema for it accepts. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { printGemmaValue } from "../../src/dialects/gemma-values.js";
import { resolveGrammarSource } from "../../src/grammar/grammar-source.js";
import type { JsonObject, JsonValue } from "../../src/messages.js";
import type { NativeAddon } from "../../src/native/addon.js";
import { openAddon } from "../../src/native/load.js";

let addon: NativeAddon;
beforeAll(async () => {
  ({ addon } = await openAddon());
});

/** Names that stand bare. */
const names = fc
  .string({
    unit: fc.constantFrom(...Array.from(`abXY_ .-'"\\<>|éÉΣσςİẞ𐐀日0`)),
    minLength: 1,
    maxLength: 6,
  })
  .filter((name) => name.trim() === name && name !== "__proto__");
const strings = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((text) => !text.includes("<"));
const scalars = fc.oneof(strings, fc.integer(), fc.boolean(), fc.constant(null));
const objects: fc.Arbitrary<JsonObject> = fc.letrec<{ value: JsonValue; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      scalars,
      fc.array(tie("value"), { maxLength: 3 }),
      tie("object"),
    ),
    object: fc.dictionary(names, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  }),
).object;

/** A schema that says of every part which type it has and which names it holds. */
function schemaOf(value: JsonValue): JsonObject {
  if (value === null) return { type: "null" };
  if (Array.isArray(value)) {
    const prefixItems = value.map((item) => schemaOf(item as JsonValue));
    return { type: "array", ...(prefixItems.length > 0 ? { prefixItems } : {}) };
  }
  if (typeof value !== "object") return { type: typeof value };
  const entries = Object.entries(value as JsonObject);
  const properties = Object.fromEntries(entries.map(([name, each]) => [name, schemaOf(each)]));
  return { type: "object", properties, required: Object.keys(properties) };
}

describe.each([
  ["gemma4", '<|"|>'],
  ["functiongemma", "<escape>"],
] as const)("the grammar of %s", (syntax, quote) => {
  test("accepts whatever the renderer writes", async () => {
    const property = fc.asyncProperty(objects, async (value) => {
      const pieces = printGemmaValue(value, { quote });
      const text = pieces.map((piece) => ("text" in piece ? piece.text : piece.token)).join("");
      const source = resolveGrammarSource({
        schema: schemaOf(value),
        ...{ syntax, propertyOrder: "sorted", numbers: "any" },
      });
      const grammar = await addon.compileGrammar(source);
      const check = await grammar.check(Int32Array.from(Buffer.from(text)));
      await grammar.dispose();
      expect({ text, complete: check.complete }).toEqual({ text, complete: true });
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
