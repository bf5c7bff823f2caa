// A second opinion on an instance's label: Ajv with all formats.
import Ajv from "ajv";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

// What ajv-formats knows beyond the drafts: a note here, as in the grammar.
const furtherFormats = ["url", "byte", "int32", "int64", "float", "double", "password", "binary"];

const options = { strict: false, validateSchema: false, logger: false };

/** Whether Ajv finds the instance valid; undefined where it cannot compile the schema. */
export function ajvVerdict(schemaText, instanceText) {
  return ajvValidator(schemaText)?.(JSON.parse(instanceText));
}

/** Ajv's validation of a schema, a function of a value; undefined where it cannot compile it. */
export function ajvValidator(schemaText) {
  for (const Validator of validatorsFor(schemaText)) {
    try {
      const ajv = new Validator(options);
      addFormats(ajv);
      for (const name of furtherFormats) ajv.addFormat(name, true);
      return ajv.compile(withoutDraft4(JSON.parse(schemaText)));
    } catch {
      // the next one may know the draft
    }
  }
  return undefined;
}

function validatorsFor(schemaText) {
  const draft = /"\$schema"\s*:\s*"[^"]*(draft-0[3467]|2019-09|2020-12)/.exec(schemaText)?.[1];
  if (draft === "2019-09") return [Ajv2019.default];
  if (draft?.startsWith("draft-0")) return [Ajv.default];
  return [Ajv2020.default, Ajv.default];
}

/** Draft 4's spellings in today's: `id`, exclusive bounds as booleans; `$schema` is dropped. */
function withoutDraft4(schema) {
  if (Array.isArray(schema)) return schema.map(withoutDraft4);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]) => {
    if (key === "$schema" && typeof value === "string") return [];
    if (key === "id" && typeof value === "string") return [["$id", value]];
    if (key === "minimum" && schema.exclusiveMinimum === true) return [["exclusiveMinimum", value]];
    if (key === "maximum" && schema.exclusiveMaximum === true) return [["exclusiveMaximum", value]];
    if (key.startsWith("exclusiveM") && typeof value === "boolean") return [];
    const isData = ["enum", "const", "default", "examples"].includes(key);
    return [[key, isData ? value : withoutDraft4(value)]];
  });
  return Object.fromEntries(entries);
}
