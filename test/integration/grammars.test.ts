import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { GrammarError, loadModel, type GrammarSource, type Model } from "../../src/index.js";
import { tinyModel } from "../support/models/tiny-models.js";

let model: Model;
beforeAll(async () => {
  model = await loadModel(await tinyModel("gemma3"), { gpu: false, threads: 1, contextSize: 256 });
});
afterAll(() => model.dispose());

async function refusalOf(source: GrammarSource): Promise<GrammarError> {
  const error: unknown = await model.compileGrammar(source).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(GrammarError);
  return error as GrammarError;
}

describe("a grammar that cannot be compiled", () => {
  test("of GBNF says line, column and what was expected", async () => {
    const { code, details } = await refusalOf('root ::= "a"\nother ::= (');
    expect(code).toBe("GRAMMAR_SYNTAX");
    expect(details).toMatchObject({ line: 2 });
    expect(details).toHaveProperty("column");
    expect(details).toHaveProperty("expected");
  });

  test("with a token that the vocabulary lacks says so", async () => {
    const { code, details } = await refusalOf("root ::= <no-such-token>");
    expect(code).toBe("GRAMMAR_UNSUPPORTED");
    expect(details).toMatchObject({ line: 1, column: 10 });
  });

  test("of a schema says pointer and keyword", async () => {
    const { code, details } = await refusalOf({
      schema: { type: "object", properties: { a: { type: "string", pattern: "(" } } },
    });
    expect(code).toMatch(/^SCHEMA_/);
    expect(details).toMatchObject({ pointer: "/properties/a", keyword: "pattern" });
  });

  test("of an embedded schema says its name too", async () => {
    const { code, details } = await refusalOf({
      gbnf: 'root ::= "x" @schema(city)',
      schemas: { city: { schema: { $ref: "#/nowhere" } } },
    });
    expect(code).toMatch(/^SCHEMA_/);
    expect(details).toMatchObject({ schema: "city", pointer: "", keyword: "$ref" });
  });
});

describe("a schema as a grammar", () => {
  test("forces what a model writes", async () => {
    const schema = z.object({ unit: z.enum(["c", "f"]), days: z.int().min(3).max(5) });
    const grammar = await model.compileGrammar({ schema, whitespace: "spaced" });
    const { text } = await model.generate("Weather: ", { grammar }).result();
    expect(text).toMatch(/^\{"unit": "[cf]", "days": [3-5]\}$/);
    expect(grammar.unenforced).toEqual([]);
    await grammar.dispose();
  });

  test("stands inside GBNF by name, in the syntax that it is given", async () => {
    const grammar = await model.compileGrammar({
      gbnf: 'root ::= "call:" @schema(input) "."',
      schemas: { input: { schema: { const: { a: null } }, syntax: "python" } },
    });
    expect((await model.generate("x", { grammar }).result()).text).toBe("call:{'a': None}.");
    await grammar.dispose();
  });

  test("lists what it does not enforce where it is lenient, and refuses it otherwise", async () => {
    const schema = { type: "string", contentSchema: {}, format: "no-such-format" };
    const grammar = await model.compileGrammar({ schema, strict: false });
    expect(grammar.unenforced).toContainEqual({ schema: "value", pointer: "", keyword: "format" });
    await grammar.dispose();
  });

  test.each([
    [{ schema: {}, syntax: "yaml" }, "INVALID_OPTION"],
    [{ schema: {}, srict: true }, "UNKNOWN_OPTION"],
    [{ gbnf: 5 }, "INVALID_OPTION"],
    [5, "INVALID_OPTION"],
  ])("with the wrong options %j is refused by name", async (source, code) => {
    const compiled = model.compileGrammar(source as GrammarSource);
    await expect(compiled).rejects.toMatchObject({ name: "OptionError", code });
  });
});
