/** `lorikeet grammar FILE`: what a grammar or schema allows, what is not enforced, where a text fails. */
import { readFile } from "node:fs/promises";
import { Option, type Command } from "commander";
import { loadModel } from "../engine/load-model.js";
import { GrammarError } from "../errors.js";
import { Grammar } from "../grammar/grammar.js";
import { resolveGrammarSource, type SchemaRules } from "../grammar/grammar-source.js";
import type {
  NativeGrammarCheck,
  NativeGrammarSource,
  NativeSchemaSource,
  NativeUnenforced,
} from "../native/addon.js";
import { awaitNative } from "../native/errors.js";
import { openAddon } from "../native/load.js";
import { InputError } from "./error-line.js";

interface GrammarCommandOptions {
  readonly schema: readonly string[];
  readonly model?: string;
  readonly test?: string;
  readonly syntax: NonNullable<SchemaRules["syntax"]>;
  readonly formats: NonNullable<SchemaRules["formats"]>;
  readonly whitespace: NonNullable<SchemaRules["whitespace"]>;
  readonly order: NonNullable<SchemaRules["propertyOrder"]>;
  readonly lenient?: true;
  readonly json?: true;
}

/** What is printed; with --json as it is. */
interface GrammarReport {
  readonly gbnf: string;
  readonly unenforced: readonly NativeUnenforced[];
  /** Of the text that --test gives. */
  readonly test: TestReport | null;
}

interface TestReport {
  readonly accepted: boolean;
  /** Where the text fails or ends too early; from 1, in code points. */
  readonly line: number;
  readonly column: number;
  /** What may stand there: characters, ranges of them, tokens. */
  readonly expected: readonly string[];
}

/** A compiled grammar, and the vocabulary that its tokens belong to. */
interface OpenGrammar {
  readonly grammar: Grammar;
  tokenize(text: string): Promise<Int32Array>;
  bytesOf(tokens: Int32Array): Buffer;
  tokenText(token: number): string;
  dispose(): Promise<void>;
}

export function addGrammarCommand(program: Command): void {
  program
    .command("grammar")
    .description("Print what a grammar allows, what it does not enforce, and where a text fails.")
    .argument("[file]", "GBNF text, or a JSON Schema where the name ends in .json")
    .option(
      "--schema <file>",
      "a JSON Schema; NAME=FILE is for @schema(NAME) of a GBNF file, and may be given several times",
      (value: string, earlier: readonly string[]) => [...earlier, value],
      [],
    )
    .option("--test <text>", "a text to check")
    .option("--model <file>", "GGUF file whose tokens the grammar names (default: bytes only)")
    .addOption(choice("--syntax", ["json", "gemma4", "functiongemma", "python"], "of the values"))
    .addOption(choice("--formats", ["assert", "annotate"], 'what the keyword "format" means'))
    .addOption(choice("--whitespace", ["compact", "spaced", "flexible"], "between values"))
    .addOption(choice("--order", ["written", "sorted", "any"], "of properties"))
    .option("--lenient", "list what cannot be enforced instead of refusing it")
    .option("--json", "print JSON")
    .action(run);
}

function choice(flag: string, values: readonly [string, ...string[]], what: string): Option {
  const option = new Option(`${flag} <name>`, what);
  return option.choices(values).default(values[0]);
}

async function run(file: string | undefined, options: GrammarCommandOptions): Promise<void> {
  const source = await readSource(file, options);
  const open = await openGrammar(source, options).catch((error: unknown) => {
    if (options.json && GrammarError.isInstance(error)) {
      const { code, message, details } = error;
      console.log(JSON.stringify({ refused: { code, message, ...details } }, null, 2));
    }
    throw error;
  });
  try {
    const { test } = options;
    const report: GrammarReport = {
      gbnf: open.grammar.print(),
      unenforced: open.grammar.unenforced,
      test: test === undefined ? null : await testText(open, test),
    };
    if (options.json) console.log(JSON.stringify(report, null, 2));
    else for (const line of reportLines(report)) console.log(line);
    if (report.test?.accepted === false) throw new Error(failureText(report.test));
  } finally {
    await open.dispose();
  }
}

async function readSource(
  file: string | undefined,
  options: GrammarCommandOptions,
): Promise<NativeGrammarSource> {
  const alone = [file, ...options.schema].filter((each) => each !== undefined);
  const isGbnf = file !== undefined && !file.endsWith(".json");
  if (isGbnf) {
    const named = options.schema.map((each) => /^([^=]+)=(.+)$/.exec(each)?.slice(1) ?? [each, ""]);
    const schemas = named.map(async ([name = "", path = ""]) => {
      if (path === "") throw new InputError(`Expected --schema NAME=FILE, got "${name}".`);
      return readSchema(name, path, options);
    });
    return { gbnf: await readText(file), root: "root", schemas: await Promise.all(schemas) };
  }
  if (alone.length !== 1) throw new InputError("Expected one file with a grammar or a schema.");
  const schema = await readSchema("value", alone[0]!, options);
  return { gbnf: "root ::= @schema(value)\n", root: "root", schemas: [schema] };
}

async function readSchema(
  name: string,
  path: string,
  options: GrammarCommandOptions,
): Promise<NativeSchemaSource> {
  const text = await readText(path);
  const { syntax, formats, whitespace, order: propertyOrder } = options;
  const rules = { syntax, formats, whitespace, propertyOrder, strict: !options.lenient };
  const schema = parseObject(text);
  const { schemas } = resolveGrammarSource({ schema: schema ?? {}, ...rules });
  // Text that is no JSON object goes to the compiler as it is, which names line and column.
  return { ...schemas[0]!, name, ...(schema === undefined ? { schema: text } : {}) };
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new InputError(`Cannot read "${path}": ${(error as Error).message}`);
  }
}

async function openGrammar(
  source: NativeGrammarSource,
  { model: path }: GrammarCommandOptions,
): Promise<OpenGrammar> {
  if (path === undefined) return openForBytes(source);
  const model = await loadModel(path, { gpu: false });
  try {
    return {
      grammar: await model.compileGrammar(source),
      tokenize: (text) => model.tokenize(text, { special: true }),
      bytesOf: (tokens) => Buffer.from(model.detokenize(tokens, { special: true })),
      tokenText: (token) => model.tokenText(token),
      dispose: () => model.dispose(),
    };
  } catch (error) {
    await model.dispose();
    throw error;
  }
}

async function openForBytes(source: NativeGrammarSource): Promise<OpenGrammar> {
  const { addon } = await openAddon();
  const grammar = new Grammar(await awaitNative(() => addon.compileGrammar(source)), source);
  return {
    grammar,
    tokenize: (text) => Promise.resolve(Int32Array.from(Buffer.from(text))),
    bytesOf: (tokens) => Buffer.from(tokens),
    tokenText: (token) => `<[${token}]>`,
    dispose: () => grammar.dispose(),
  };
}

async function testText(open: OpenGrammar, text: string): Promise<TestReport> {
  const tokens = await open.tokenize(text);
  const check = await awaitNative(() => open.grammar.native.check(tokens));
  const bytes = open.bytesOf(tokens.subarray(0, check.accepted)).length + check.acceptedBytes;
  const lines = Buffer.from(text).subarray(0, bytes).toString().split("\n");
  return {
    accepted: check.complete,
    line: lines.length,
    column: Array.from(lines.at(-1)!).length + 1,
    expected: check.complete ? [] : describeNext(check, open),
  };
}

function describeNext(check: NativeGrammarCheck, open: OpenGrammar): string[] {
  const ranges: [number, number][] = [];
  for (const byte of check.nextBytes) {
    const last = ranges.at(-1);
    if (last?.[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  const tokens = Array.from(check.nextTokens, (token) => open.tokenText(token));
  const characters = ranges.map(([first, last]) =>
    first === last ? byteText(first) : `${byteText(first)} to ${byteText(last)}`,
  );
  return [...characters, ...tokens];
}

function byteText(byte: number): string {
  if (byte > 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return byte === 0x20 ? "a space" : `byte ${byte.toString(16).padStart(2, "0")}`;
}

function reportLines({ gbnf, unenforced, test }: GrammarReport): string[] {
  return [
    gbnf.trimEnd(),
    "",
    unenforced.length === 0 ? "Every keyword is enforced." : "Not enforced:",
    ...unenforced.map(({ schema, pointer, keyword }) => `  ${schema}#${pointer}: ${keyword}`),
    ...(test?.accepted ? ["The text is allowed."] : []),
  ];
}

const mostExpected = 16;

function failureText({ line, column, expected }: TestReport): string {
  const shown = expected.slice(0, mostExpected).join(", ");
  const more = expected.length > mostExpected ? ", ..." : "";
  const what = expected.length === 0 ? "nothing but the end" : `${shown}${more}`;
  return `The text fails at line ${line}, column ${column}: expected ${what}.`;
}
