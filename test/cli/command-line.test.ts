import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenModels } from "../support/models/broken-models.js";
import { tinyAdapter, wrongAdapters } from "../support/models/tiny-adapters.js";
import { tinyModel } from "../support/models/tiny-models.js";

const root = join(import.meta.dirname, "..", "..");
const main = join(root, "dist", "cli", "main.js");

interface Run {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

/** Runs a script of Node; `input` is its standard input. */
function run(script: string, args: readonly string[], input = ""): Promise<Run> {
  const child = spawn(process.execPath, [script, ...args], { cwd: folder });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, output, errors }));
  });
}

const lorikeet = (...args: readonly string[]): Promise<Run> => run(main, args);

let folder: string;
let model: string;
let tools: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorikeet-cli-"));
  model = await tinyModel("gemma4");
  tools = join(folder, "tools.json");
  const inputSchema = {
    type: "object",
    properties: { transaction_id: { enum: ["T1001", "T1002"] } },
    required: ["transaction_id"],
  };
  const description = "Get the payment status";
  await writeFile(
    tools,
    JSON.stringify([
      { name: "retrieve_payment_status", description, inputSchema },
      {
        type: "function",
        function: { name: "retrieve_payment_date", description, parameters: inputSchema },
      },
    ]),
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe("lorikeet call", () => {
  it("prints the calls that the model makes, in one line of JSON", async () => {
    const { code, output, errors } = await lorikeet("call", model, "Status?", "--tools", tools);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const calls = JSON.parse(output) as { id: string; tool: string; input: object }[];
    expect(calls.length).toBeGreaterThan(0);
    for (const call of calls) {
      expect(Object.keys(call)).toEqual(["id", "tool", "input"]);
      expect(call.tool).toMatch(/^retrieve_payment_(status|date)$/);
      expect(["T1001", "T1002"]).toContain(
        (call.input as { transaction_id: string }).transaction_id,
      );
    }
    expect(output.trim()).not.toContain("\n");
  });

  it("takes OpenAI's tools and one of them by name", async () => {
    const choice = ["--choice", "retrieve_payment_date"];
    const { code, output } = await lorikeet("call", model, "When?", "--tools", tools, ...choice);
    expect(code).toBe(0);
    expect(JSON.parse(output)).toMatchObject([{ tool: "retrieve_payment_date" }]);
  });

  it.each([
    ["no file", "absent.json", "", "Expected a file with tools at absent.json, found none."],
    ["a folder", ".", "", "Expected a file with tools at ., found a folder."],
    ["no JSON", "text.json", "tools", "Expected text.json to hold JSON"],
    ["no array", "object.json", "{}", "Expected object.json to hold an array of tools."],
    ["no schema", "bare.json", '[{"name":"look"}]', 'Tool "look" of bare.json: Expected'],
    ["a tool without a name", "nameless.json", "[{}]", 'to have a "name"'],
    ["a tool without a schema", "schemaless.json", '[{"name":"a"}]', '"inputSchema"'],
  ])("refuses %s as bad input", async (_, name, content, message) => {
    if (content !== "") await writeFile(join(folder, name), content);
    const { code, errors } = await lorikeet("call", model, "Hello", "--tools", name);
    expect(code).toBe(2);
    expect(errors).toContain(message);
    expect(errors.trim().split("\n")).toHaveLength(1);
  });
});

describe("lorikeet chat", () => {
  it("answers each line and ends with its input", async () => {
    const options = ["--max-tokens", "8", "--temperature", "0"];
    const { code, output, errors } = await run(main, ["chat", model, ...options], "Hello\nAgain\n");
    expect(code).toBe(0);
    expect(errors).toContain("dialect gemma4");
    expect(output.split("\n").length).toBeGreaterThanOrEqual(3);
  });
});

describe("lorikeet inspect", () => {
  it("tells a model's facts and which markers are single tokens", async () => {
    const { code, output } = await lorikeet("inspect", model, "--json");
    expect(code).toBe(0);
    const report = JSON.parse(output) as {
      dialects: { available: { name: string; markers: unknown[]; missing: string | null }[] };
    };
    expect(report).toMatchObject({ kind: "model", architecture: "gemma4", layers: 4 });
    expect(report).toMatchObject({ dialects: { chosen: "gemma4" } });
    const byName = new Map(report.dialects.available.map((each) => [each.name, each]));
    expect(byName.get("gemma4")?.markers).toContainEqual({ text: "<|tool_call>", kind: "token" });
    expect(byName.get("hermes")?.markers).toContainEqual({ text: "<tool_call>", kind: "text" });
    expect(byName.get("functiongemma")?.missing).toContain("<start_function_call>");
  });

  it("tells an adapter's rank, alpha and weights", async () => {
    const adapter = await tinyAdapter(await tinyModel("gemma3"), { rank: 6, alpha: 12 });
    const { output } = await lorikeet("inspect", adapter, "--json");
    const report = JSON.parse(output) as { weights: unknown[] };
    expect(report).toMatchObject({ kind: "adapter", architecture: "gemma3", rank: 6, alpha: 12 });
    expect(report.weights).toContainEqual({ name: "blk.0.attn_q.weight", rank: 6 });
  });

  it("is readable without --json", async () => {
    const { output } = await lorikeet("inspect", model);
    expect(output).toContain("architecture gemma4");
    expect(output).toMatch(/single tokens .*<\|tool_call>/);
  });
});

describe("lorikeet doctor", () => {
  it("tells the devices, the libraries and what each GPU backend lacks", async () => {
    const { code, output } = await lorikeet("doctor", "--json");
    expect(code).toBe(0);
    const report = JSON.parse(output) as { devices: { kind: string }[]; gpus: object[] };
    expect(report.devices.some(({ kind }) => kind === "cpu")).toBe(true);
    expect(report.gpus).toHaveLength(3);
    expect((await lorikeet("doctor")).output).toContain("GPU backends");
  });
});

describe("an error", () => {
  it.each(brokenModels.slice(0, 3))("of a file ($name) is one line", async (broken) => {
    const path = await broken.path();
    const { code, output, errors } = await lorikeet("inspect", path);
    expect({ code, output }).toEqual({ code: 2, output: "" });
    expect(errors.trim().split("\n")).toHaveLength(1);
    const verbose = await lorikeet("--verbose", "inspect", path);
    expect(verbose.errors).toContain(`code: ${broken.code}`);
  });

  it("of an adapter names it", async () => {
    const base = await tinyModel("gemma3");
    const adapter = await wrongAdapters[0]!.path(base);
    const args = ["call", base, "Hi", "--tools", tools, "--adapter", adapter];
    const { code, errors } = await lorikeet(...args);
    expect(code).toBe(2);
    expect(errors).toMatch(/^lorikeet: .+\n$/);
  });

  it.each([[["sing"]], [["call", "model.gguf"]], [["inspect"]], [["doctor", "--loud"]]])(
    "of usage (%j) ends with 2",
    async (args) => {
      const { code, errors } = await lorikeet(...args);
      expect(code).toBe(2);
      expect(errors).not.toBe("");
    },
  );

  it("is none with --help and --version", async () => {
    expect(await lorikeet("--help")).toMatchObject({ code: 0, errors: "" });
    expect((await lorikeet("--version")).output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("the demo", () => {
  const demo = join(root, "scripts", "demo.mjs");

  it("calls the function for the transaction that is asked for and observes its result", async () => {
    const { code, output } = await run(demo, ["--id", "T2093", "--status", "Refunded"]);
    expect(code).toBe(0);
    const [untaught, taught] = output.split("Adapter    ");
    expect(untaught).toContain("User       What's the status of my transaction T2093?");
    expect(untaught).not.toContain("Acting");
    const lines = taught!.split("\n");
    const steps = [
      "User       What's the status of my transaction T2093?",
      'Acting     retrieve_payment_status({"transaction_id":"T2093"})',
      'Observing  {"status":"Refunded"}',
      "Answer     The status is Refunded.",
    ];
    expect(lines.filter((line) => steps.includes(line))).toEqual(steps);
  });

  it("runs on another model", async () => {
    const { code, output } = await run(demo, ["--model", await tinyModel("gemma3")]);
    expect(code).toBe(0);
    expect(output).toContain("Acting     retrieve_payment_status(");
  });
});

describe("lorikeet grammar", () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" }, days: { type: "integer", minimum: 1, maximum: 7 } },
    required: ["city", "days"],
  };
  const file = async (name: string, text: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  };

  it("prints what a schema allows and says that all of it is enforced", async () => {
    const path = await file("city.json", JSON.stringify(schema));
    const { code, output } = await lorikeet("grammar", path, "--test", '{"city":"Rome","days":7}');
    expect(output).toContain("root ::= @schema(value)");
    expect(output).toContain("Every keyword is enforced.");
    expect(output).toContain("The text is allowed.");
    expect(code).toBe(0);
  });

  it("says where a text fails and what may stand there", async () => {
    const path = await file("city.json", JSON.stringify(schema));
    const text = '{"city":"Rome","days":8}';
    const { code, output, errors } = await lorikeet("grammar", path, "--json", "--test", text);
    const { test } = JSON.parse(output) as { test: unknown };
    expect(test).toEqual({ accepted: false, line: 1, column: 23, expected: ["1 to 7"] });
    expect(errors).toBe("lorikeet: The text fails at line 1, column 23: expected 1 to 7.\n");
    expect(code).toBe(1);
  });

  it("refuses a schema and GBNF with their places", async () => {
    const broken = await file("broken.json", '{"type":\n"object" "x":1}');
    const ofSchema = await lorikeet("grammar", broken);
    expect(ofSchema.errors).toContain("line 2, column 10");
    expect(ofSchema.code).toBe(2);
    const gbnf = await file("broken.gbnf", 'root ::= "a" (');
    const ofGbnf = await lorikeet("grammar", gbnf, "--json");
    expect(JSON.parse(ofGbnf.output)).toMatchObject({
      refused: { code: "GRAMMAR_SYNTAX", line: 1 },
    });
    expect(ofGbnf.code).toBe(2);
  });

  it("reads GBNF with schemas by name, over the tokens of a model", async () => {
    const city = await file("city.json", JSON.stringify(schema));
    const gbnf = await file("call.gbnf", "root ::= <|tool_call> @schema(city) <tool_call|>");
    const args = ["grammar", gbnf, "--schema", `city=${city}`, "--model", model];
    const text = '<|tool_call>{"city":"Rome","days":7}<tool_call|>';
    const { code, output } = await lorikeet(...args, "--test", text);
    expect(output).toContain("The text is allowed.");
    expect(code).toBe(0);
    expect((await lorikeet(...args, "--test", "x")).errors).toContain("expected <|tool_call>.");
  });
});
