/**
 * Schemas from outside, made one thing: a JSON Schema for the grammar and the model, and a function
 * that validates what the model wrote.
 *
 * A value that does not fit is the model's mistake and comes back as issues; a schema that cannot
 * be used is the program's mistake and throws when it is defined.
 */
import { describeValue } from "../check.js";
import { GrammarError } from "../errors.js";
import type { JsonObject, JsonValue } from "../messages.js";
import { createJsonSchemaValidator } from "./json-schema-validator.js";
import { isStandardSchema, type StandardIssue, type StandardSchema } from "./standard-schema.js";
import type { SchemaIssue, Validation } from "./validation.js";
import { zodToJsonSchema } from "./zod.js";

/** A schema of zod 4 or of any Standard Schema library, a plain JSON Schema, or `jsonSchema()`. */
export type SchemaSource = StandardSchema | Schema | JsonSchemaDocument;

/** A plain JSON Schema; drafts 4 to 2020-12, told apart by `$schema`. */
export type JsonSchemaDocument = Readonly<Record<string, unknown>>;

/** The type of the values that a schema validates, as validation hands them out. */
export type InferInput<Source> = Source extends {
  readonly "~standard": { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : Source extends Schema<infer Value>
    ? Value
    : Source extends { readonly type: "object" }
      ? JsonObject
      : JsonValue;

/** A schema in this library's form. */
export interface Schema<Value = unknown> {
  readonly kind: "lorikeet-schema";
  readonly jsonSchema: JsonObject;
  /**
   * Whether validation may refuse or change what the JSON Schema allows (refinements, transforms,
   * defaults): then it runs also where a grammar has forced the value.
   */
  readonly refines: boolean;
  /** Never rejects for a value, whatever it is. */
  validate(value: unknown): Promise<Validation<Value>>;
}

/**
 * A JSON Schema with the TypeScript type of its values.
 *
 * @throws {GrammarError} SCHEMA_INVALID - not an object, or no JSON.
 */
export function jsonSchema<Value = JsonValue>(document: JsonSchemaDocument): Schema<Value> {
  const plain = toJsonObject(document);
  const validate = createJsonSchemaValidator(plain);
  return {
    kind: "lorikeet-schema",
    jsonSchema: plain,
    refines: false,
    validate: async (value) => (await validate(value)) as Validation<Value>,
  };
}

/**
 * Brings any schema into this library's form.
 *
 * @throws {GrammarError} SCHEMA_INVALID - neither a Standard Schema nor a JSON Schema object.
 * @throws {GrammarError} SCHEMA_UNSUPPORTED - its library cannot write it as JSON Schema.
 */
export function resolveSchema<Source extends SchemaSource>(
  source: Source,
): Schema<InferInput<Source>> {
  if (isSchema(source)) return source as Schema<InferInput<Source>>;
  if (!isStandardSchema(source)) return jsonSchema(source);
  return {
    kind: "lorikeet-schema",
    jsonSchema: toJsonObject(readJsonSchema(source)),
    refines: true,
    validate: (value) => validateStandard<InferInput<Source>>(source, value),
  };
}

/** Issues as one line for a model: `city: expected a string; days: too large`. */
export function printIssues(issues: readonly SchemaIssue[]): string {
  return issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message))
    .join("; ");
}

function isSchema(source: unknown): source is Schema {
  return (
    typeof source === "object" &&
    source !== null &&
    (source as Partial<Schema>).kind === "lorikeet-schema" &&
    typeof (source as Partial<Schema>).validate === "function"
  );
}

function readJsonSchema(source: StandardSchema): unknown {
  const { vendor, jsonSchema: writer } = source["~standard"];
  try {
    if (writer) return writer.input({ target: "draft-2020-12" });
    if (vendor === "zod") return zodToJsonSchema(source);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GrammarError(
      "SCHEMA_UNSUPPORTED",
      `Expected a schema that can be written as JSON Schema, but ${vendor} says: ${reason}.`,
      { cause, details: { vendor } },
    );
  }
  throw new GrammarError(
    "SCHEMA_UNSUPPORTED",
    `Expected a schema that can write itself as JSON Schema ("~standard".jsonSchema), got one of ` +
      `${vendor} that cannot. Update the library, or pass a JSON Schema.`,
    { details: { vendor } },
  );
}

async function validateStandard<Value>(
  source: StandardSchema,
  value: unknown,
): Promise<Validation<Value>> {
  try {
    const result = await source["~standard"].validate(value);
    if (!result.issues) return { ok: true, value: result.value as Value };
    return { ok: false, issues: result.issues.map(readIssue) };
  } catch (error) {
    // A refinement of the caller that throws instead of refusing.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, issues: [{ path: [], message }] };
  }
}

function readIssue({ message, path = [] }: StandardIssue): SchemaIssue {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  return { message, path: keys.map((key) => (typeof key === "number" ? key : String(key))) };
}

function toJsonObject(document: unknown): JsonObject {
  const refuse = (got: string, cause?: unknown) =>
    new GrammarError(
      "SCHEMA_INVALID",
      `Expected a schema to be a JSON Schema object, got ${got}.`,
      {
        cause,
      },
    );
  if (typeof document !== "object" || document === null || Array.isArray(document)) {
    throw refuse(describeValue(document));
  }
  let plain: JsonObject;
  let text: string;
  try {
    text = JSON.stringify(document);
    plain = JSON.parse(text) as JsonObject;
  } catch (cause) {
    throw refuse("an object that is not JSON", cause);
  }
  if (halfCharacter.test(text)) throw refuse("one with half a surrogate pair in a text");
  return plain;
}

/** A surrogate without its other half, which `JSON.stringify` alone escapes so; no token says it. */
const halfCharacter = /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/;
