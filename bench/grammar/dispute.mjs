// A second opinion on an instance's label: Ajv with all formats.
import Ajv from "ajv";
import Ajv2019 from "ajv/dist/2019.js";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { fullFormats } from "ajv-formats/dist/formats.js";

// What ajv-formats knows beyond the drafts: a note here, as in the grammar.
const furtherFormats = ["url", "byte", "int32", "int64", "float", "double", "password", "binary"];

// Where ajv-formats is narrower than the RFCs: a URI's path may be empty (RFC 3986, section 3), and a
// domain may be one label (RFC 5321, section 4.1.2).
const widerFormats = {
  uri: (text) =>
    [text, text.replace(/^([a-z][a-z0-9+.-]*:)(?=[?#]|$)/i, "$1x")].some(fullFormats.uri),
  email: (text) => [text, `${text}.x`].some((each) => fullFormats.email.test(each)),
};

// What stands under these is data, not schemas.
const dataKeywords = ["enum", "const", "default", "examples"];

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
      for (const [name, format] of Object.entries(widerFormats)) ajv.addFormat(name, format);
      return ajv.compile(inTodaysTerms(schemaText));
    } catch {
      // the next one may know the draft
    }
  }
  return undefined;
}

function draftOf(schemaText) {
  return /"\$schema"\s*:\s*"[^"]*(draft-0[3467]|2019-09|2020-12)/.exec(schemaText)?.[1];
}

function validatorsFor(schemaText) {
  const draft = draftOf(schemaText);
  if (draft === "2019-09") return [Ajv2019.default];
  if (draft?.startsWith("draft-0")) return [Ajv.default];
  return [Ajv2020.default, Ajv.default];
}

/** A schema as Ajv reads it: up to draft 7 what stands beside `$ref` says nothing. */
function inTodaysTerms(schemaText) {
  const schema = withoutDraft4(JSON.parse(schemaText));
  return draftOf(schemaText)?.startsWith("draft-0") ? withoutSiblings(schema) : schema;
}

function withoutSiblings(schema) {
  if (Array.isArray(schema)) return schema.map(withoutSiblings);
  if (typeof schema !== "object" || schema === null) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]) => {
    if (dataKeywords.includes(key)) return [[key, value]];
    const counts = typeof schema.$ref !== "string" || ["$ref", "definitions"].includes(key);
    return counts ? [[key, withoutSiblings(value)]] : [];
  });
  return Object.fromEntries(entries);
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
    return [[key, dataKeywords.includes(key) ? value : withoutDraft4(value)]];
  });
  return Object.fromEntries(entries);
}
