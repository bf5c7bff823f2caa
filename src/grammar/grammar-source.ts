/**
 * Grammars as callers write them: GBNF text, a schema, or GBNF text with schemas by name.
 */
import {
  aBoolean,
  anObject,
  aString,
  checkValue,
  oneOf,
  optional,
  resolveOptions,
  type Checks,
} from "../check.js";
import type { NativeGrammarSource, NativeSchemaSource } from "../native/addon.js";
import { closeObjects } from "../schema/closed-objects.js";
import { resolveSchema, type SchemaSource } from "../schema/schema.js";
import type { ValueSyntax } from "./call-grammar.js";

/** How the values of a schema are written, and how strictly the schema is taken. */
export interface SchemaRules {
  /** @default "json" */
  readonly syntax?: ValueSyntax | undefined;
  /**
   * Refuses a schema with a keyword that the grammar cannot enforce; with `false` it is listed in
   * `grammar.unenforced`. @default true
   */
  readonly strict?: boolean | undefined;
  /** Whether `format` is enforced or only a note. @default "assert" */
  readonly formats?: "assert" | "annotate" | undefined;
  /**
   * Between values: nothing, one space after each comma and colon, or up to a few characters of
   * white space anywhere. @default "compact"
   */
  readonly whitespace?: "compact" | "spaced" | "flexible" | undefined;
  /** "sorted" is without regard to case. @default "written" */
  readonly propertyOrder?: "written" | "sorted" | "any" | undefined;
  /**
   * "plain": numbers as people write them, of bounded length; "any": "1.0" and "1e2" too.
   *
   * @default "plain"
   */
  readonly numbers?: "plain" | "any" | undefined;
}

/** The values of one schema; objects that list properties take no others, as in tools. */
export interface SchemaGrammarSource extends SchemaRules {
  readonly schema: SchemaSource;
}

/** GBNF text in which `@schema(name)` stands for the values of a schema. */
export interface GbnfGrammarSource {
  readonly gbnf: string;
  /** The rule to begin with. @default "root" */
  readonly root?: string | undefined;
  readonly schemas?: Readonly<Record<string, SchemaGrammarSource>> | undefined;
}

/** What `model.compileGrammar()` takes: GBNF text, a schema, or text with schemas. */
export type GrammarSource = string | SchemaGrammarSource | GbnfGrammarSource;

type CompleteSchema = Omit<NativeSchemaSource, "name" | "schema"> & {
  readonly schema: SchemaSource;
};

const defaults: CompleteSchema = Object.freeze({
  schema: {},
  syntax: "json",
  strict: true,
  formats: "assert",
  whitespace: "compact",
  propertyOrder: "written",
  numbers: "plain",
});
const schemaChecks: Checks<CompleteSchema> = {
  schema: anObject,
  syntax: oneOf("json", "gemma4", "functiongemma", "python"),
  strict: aBoolean,
  formats: oneOf("assert", "annotate"),
  whitespace: oneOf("compact", "spaced", "flexible"),
  propertyOrder: oneOf("written", "sorted", "any"),
  numbers: oneOf("plain", "any"),
};
const gbnfChecks: Checks<GbnfGrammarSource> = {
  gbnf: aString,
  root: aString,
  schemas: optional(anObject),
};

/**
 * Fills in what a caller left out.
 *
 * @throws {OptionError} INVALID_OPTION, UNKNOWN_OPTION
 * @throws {GrammarError} SCHEMA_INVALID, SCHEMA_UNSUPPORTED - as `resolveSchema` says.
 */
export function resolveGrammarSource(source: GrammarSource): NativeGrammarSource {
  if (typeof source === "string") return { gbnf: source, root: "root", schemas: [] };
  checkValue("source", source, anObject);
  if (!("gbnf" in source)) {
    const schemas = [resolveSchemaSource("value", source)];
    return { gbnf: "root ::= @schema(value)\n", root: "root", schemas };
  }
  const { gbnf, root, schemas } = resolveOptions<GbnfGrammarSource>(
    "compileGrammar()",
    source,
    { gbnf: "", root: "root", schemas: undefined },
    gbnfChecks,
  );
  const named = Object.entries(schemas ?? {});
  return {
    gbnf,
    root: root ?? "root",
    schemas: named.map(([name, schema]) => resolveSchemaSource(name, schema)),
  };
}

function resolveSchemaSource(name: string, source: SchemaGrammarSource): NativeSchemaSource {
  checkValue(name, source, anObject);
  const { schema, ...rules } = resolveOptions<CompleteSchema>(
    "compileGrammar()",
    source,
    defaults,
    schemaChecks,
  );
  const { jsonSchema } = resolveSchema(schema);
  return { name, schema: JSON.stringify(closeObjects(jsonSchema)), ...rules };
}
