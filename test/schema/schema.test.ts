import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { JsonObject, JsonValue } from "../../src/messages.js";
import { jsonSchema, printIssues, resolveSchema } from "../../src/schema/schema.js";
import type { InferInput } from "../../src/schema/schema.js";
import type { StandardSchema } from "../../src/schema/standard-schema.js";

const weather = z.object({ city: z.string(), days: z.number().int().min(1).default(1) });

describe("resolveSchema of zod", () => {
  it("writes the JSON Schema of the input and infers the type of the output", async () => {
    const schema = resolveSchema(weather);
    expect(schema.jsonSchema).toMatchObject({ type: "object", required: ["city"] });
    expectTypeOf<InferInput<typeof weather>>().toEqualTypeOf<{ city: string; days: number }>();
    expect(await schema.validate({ city: "Oslo" })).toEqual({
      ok: true,
      value: { city: "Oslo", days: 1 },
    });
  });

  it("reports what does not fit, with its path", async () => {
    const result = await resolveSchema(weather).validate({ city: "Oslo", days: 0 });
    expect(result.ok).toBe(false);
    if (!result.ok) expect(printIssues(result.issues)).toMatch(/^days: /);
  });

  it("turns a refinement that throws into an issue", async () => {
    const refined = z.string().refine(() => {
      throw new Error("boom");
    });
    expect(await resolveSchema(refined).validate("x")).toEqual({
      ok: false,
      issues: [{ path: [], message: "boom" }],
    });
  });

  it("refuses a schema that has no JSON Schema", () => {
    expect(() => resolveSchema(z.object({ at: z.date() }))).toThrow(
      expect.objectContaining({ code: "SCHEMA_UNSUPPORTED" }),
    );
  });

  it("reads a zod that cannot write itself through the standard", () => {
    const { validate, vendor, version } = weather["~standard"];
    const older = Object.create(weather, {
      "~standard": { value: { validate, vendor, version } },
    }) as StandardSchema;
    expect(resolveSchema(older).jsonSchema).toMatchObject({ required: ["city"] });
  });
});

describe("resolveSchema of other sources", () => {
  it("refuses half a character, which nobody can write", () => {
    const invalid = expect.objectContaining({ code: "SCHEMA_INVALID" }) as Error;
    expect(() => resolveSchema({ const: "a\ud800b" })).toThrow(invalid);
    expect(() => resolveSchema({ properties: { "\udc00": {} } })).toThrow(invalid);
    const whole = { enum: ["\u{1f600}", "\\ud800", "\\\\ud800"] };
    expect(resolveSchema(whole).jsonSchema).toEqual(whole);
  });

  it("takes an object whose standard is null for a JSON Schema", () => {
    const source = { type: "object", "~standard": null };
    expect(resolveSchema(source as never).jsonSchema).toMatchObject({ type: "object" });
  });

  it("takes any Standard Schema, also one that is a function", async () => {
    const upper: StandardSchema<string, string> = Object.assign(() => undefined, {
      "~standard": {
        version: 1 as const,
        vendor: "own",
        validate: (value: unknown) =>
          typeof value === "string"
            ? { value: value.toUpperCase() }
            : { issues: [{ message: "no string", path: [{ key: "a" }, 0] }] },
        jsonSchema: { input: () => ({ type: "string" }) },
      },
    });
    const schema = resolveSchema(upper);
    expect(schema.jsonSchema).toEqual({ type: "string" });
    expect(await schema.validate("a")).toEqual({ ok: true, value: "A" });
    expect(await schema.validate(1)).toEqual({
      ok: false,
      issues: [{ path: ["a", 0], message: "no string" }],
    });
  });

  it("says which library cannot write JSON Schema", () => {
    const mute: StandardSchema = {
      "~standard": { version: 1, vendor: "mute", validate: (value) => ({ value }) },
    };
    expect(() => resolveSchema(mute)).toThrow(/one of mute that cannot/);
  });

  it("takes plain JSON Schema, and a type for it", async () => {
    const typed = jsonSchema<{ id: string }>({
      type: "object",
      properties: { id: { type: "string", format: "uuid" } },
      required: ["id"],
    });
    expectTypeOf<InferInput<typeof typed>>().toEqualTypeOf<{ id: string }>();
    expectTypeOf<InferInput<{ type: "object" }>>().toEqualTypeOf<JsonObject>();
    expectTypeOf<InferInput<{ anyOf: [] }>>().toEqualTypeOf<JsonValue>();
    expect(resolveSchema(typed)).toBe(typed);
    const result = await typed.validate({ id: "x" });
    expect(!result.ok && printIssues(result.issues)).toBe('id: must match format "uuid"');
  });

  it.each([null, 3, "text", [], undefined])("refuses %j as a schema", (source) => {
    expect(() => resolveSchema(source as never)).toThrow(
      expect.objectContaining({ code: "SCHEMA_INVALID" }),
    );
  });

  it("rejects with SCHEMA_INVALID where the schema itself is wrong", async () => {
    await expect(resolveSchema({ type: "nonsense" }).validate(1)).rejects.toMatchObject({
      code: "SCHEMA_INVALID",
    });
  });
});

describe("drafts", () => {
  const prefix = "http://json-schema.org";
  it.each([
    [`${prefix}/draft-04/schema#`, { type: "integer", minimum: 1, exclusiveMinimum: true }],
    [`${prefix}/draft-06/schema#`, { type: "integer", exclusiveMinimum: 1 }],
    [`${prefix}/draft-07/schema#`, { if: { const: 1 }, then: false }],
    [
      "https://json-schema.org/draft/2019-09/schema",
      { $defs: { a: { not: { const: 1 } } }, $ref: "#/$defs/a" },
    ],
    ["https://json-schema.org/draft/2020-12/schema", { not: { const: 1 } }],
    [undefined, { enum: [2] }],
  ])("%s: refuses 1 and accepts 2", async ($schema, body) => {
    const schema = resolveSchema($schema ? { $schema, ...body } : body);
    expect((await schema.validate(1)).ok).toBe(false);
    expect((await schema.validate(2)).ok).toBe(true);
  });

  it("keeps properties of draft 4 that are named like keywords", async () => {
    const schema = resolveSchema({
      $schema: `${prefix}/draft-04/schema#`,
      properties: { id: { type: "integer", maximum: 3, exclusiveMaximum: true } },
    });
    expect((await schema.validate({ id: 3 })).ok).toBe(false);
    expect((await schema.validate({ id: 2 })).ok).toBe(true);
  });
});
