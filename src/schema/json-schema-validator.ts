/**
 * Validation of values against a plain JSON Schema, by Ajv.
 *
 * A grammar has enforced most schemas already, so Ajv is loaded at the first validation only.
 */
import type { Ajv, ErrorObject } from "ajv";
import { GrammarError } from "../errors.js";
import type { JsonObject, JsonValue } from "../messages.js";
import { upgradeDraft4 } from "./draft4.js";
import type { SchemaIssue, Validation } from "./validation.js";

type Validator = (value: unknown) => Promise<Validation<JsonValue>>;
type Compiled = Awaited<ReturnType<typeof compile>>;
type Compiler = Pick<Ajv, "compile">;

/**
 * A function that validates against `document`; the draft follows `$schema` (2020-12 without one).
 *
 * It rejects with a {GrammarError} SCHEMA_INVALID where the schema itself is wrong.
 */
export function createJsonSchemaValidator(document: JsonObject): Validator {
  let compiled: Promise<Compiled> | undefined;
  return async (value) => {
    compiled ??= compile(document);
    const validate = await compiled;
    if (validate(value)) return { ok: true, value: value as JsonValue };
    return { ok: false, issues: (validate.errors ?? []).map(readIssue) };
  };
}

async function compile(document: JsonObject) {
  const { ajv, schema } = await createAjv(document);
  try {
    return ajv.compile(schema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GrammarError("SCHEMA_INVALID", `Expected a valid JSON Schema: ${reason}.`, { cause });
  }
}

/** The schema is validated as a document of the draft that it names. */
async function createAjv(document: JsonObject): Promise<{ ajv: Compiler; schema: JsonObject }> {
  const { $schema: declared, ...body } = document;
  const draft = typeof declared === "string" ? declared : "";
  const schema = draft.includes("draft-04") ? (upgradeDraft4(body) as JsonObject) : body;
  const ajv = await loadAjv(draft);
  const { default: addFormats } = await import("ajv-formats");
  (addFormats as unknown as (ajv: Compiler) => void)(ajv);
  return { ajv, schema };
}

async function loadAjv(draft: string): Promise<Compiler> {
  const options = { strict: false, allErrors: true, logger: false } as const;
  if (/draft-0[467]/.test(draft)) {
    const { Ajv: Ajv7 } = await import("ajv");
    return new Ajv7(options);
  }
  if (draft.includes("2019-09")) {
    const { Ajv2019 } = await import("ajv/dist/2019.js");
    return new Ajv2019(options);
  }
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  return new Ajv2020(options);
}

function readIssue({ instancePath, message, params }: ErrorObject): SchemaIssue {
  const path = instancePath.split("/").slice(1).map(unescapePointer);
  const extra = "additionalProperty" in params ? ` (${String(params["additionalProperty"])})` : "";
  return { path, message: `${message ?? "does not fit the schema"}${extra}` };
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}
