/** `lorikeet train`, `merge` and `eval` as processes, from data to a judged adapter. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyModel } from "../support/models/tiny-models.js";
import { payment, talk } from "../training/conversations.js";

const main = join(import.meta.dirname, "..", "..", "dist", "cli", "main.js");

let folder: string;
let model: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lorikeet-train-cli-"));
  model = await tinyModel("functiongemma");
  data = join(folder, "data.jsonl");
  const lines = [payment, talk, payment, talk].map((each) => JSON.stringify(each));
  await writeFile(data, lines.join("\n"));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

function lorikeet(...args: readonly string[]) {
  return new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      [main, ...args],
      { cwd: folder },
      (_, output, errors) => resolve({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

const quick = ["--steps", "2", "--rank", "4", "--device", "CPU", "--threads", "1"];

describe("the commands of training", () => {
  it("train an adapter, fold it into a model, and judge both beside the base", async () => {
    const adapter = at("adapter.gguf");
    const trained = await lorikeet("train", model, "--data", data, "--output", adapter, ...quick);
    expect(trained.errors).toMatch(/3 conversations \(1 more held out\)/);
    expect(trained.errors).toMatch(/step 2\/2 {2}loss \d/);
    expect(trained).toMatchObject({ code: 0 });
    expect(trained.output).toMatch(/adapter\.gguf: held-out loss [\d.]+ -> [\d.]+/);

    const merged = await lorikeet("merge", model, adapter, "--output", at("merged.gguf"));
    expect(merged.output).toMatch(/merged\.gguf: 14 weights changed/);

    const tools = [{ name: "light", parameters: { type: "object", properties: {} } }];
    const messages = [{ role: "user", content: "On!" }];
    const due = {
      id: "a",
      category: "due",
      messages,
      tools,
      expected: [{ tool: "light", input: {} }],
    };
    const none = { ...due, id: "b", category: "none", expected: [] };
    await writeFile(at("cases.jsonl"), [due, none].map((each) => JSON.stringify(each)).join("\n"));
    const judged = await lorikeet(
      ...["eval", model, "--cases", at("cases.jsonl"), "--adapter", adapter, "--against", "base"],
      ...["--html", at("page.html"), "--max-tokens", "16", "--threads", "1"],
    );
    expect(judged).toMatchObject({ code: 0 });
    expect(judged.output).toMatch(/without an adapter +all +2/);
    expect(judged.output).toMatch(/Difference: /);
    const page = await readFile(at("page.html"), "utf8");
    expect(page).toContain("<polyline");
    const json = await lorikeet(
      ...["eval", model, "--cases", at("cases.jsonl"), "--json", "--threads", "1"],
    );
    expect(JSON.parse(json.output)).toMatchObject({
      contestants: [{ evaluation: { total: { cases: 2 } } }],
      comparison: null,
    });
  });

  it("print each event of training as JSON", async () => {
    const output = ["--output", at("events.gguf"), "--json"];
    const { output: text } = await lorikeet("train", model, "--data", data, ...output, ...quick);
    const types = text
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types[0]).toBe("run-start");
    expect(types.filter((type) => type === "step-end")).toHaveLength(2);
    expect(types.at(-1)).toBe("run-end");
  });

  it("name the line of the data that cannot be used", async () => {
    await writeFile(at("bad.jsonl"), `${JSON.stringify(talk)}\n{"messages": []}\n`);
    const run = await lorikeet(
      "train",
      model,
      "--data",
      at("bad.jsonl"),
      "--output",
      at("bad.gguf"),
    );
    expect(run.code).toBe(2);
    expect(run.errors).toMatch(/bad\.jsonl:2: /);
    expect(existsSync(at("bad.gguf"))).toBe(false);
  });

  it("refuse wrong tokens, nothing to merge, and no cases", async () => {
    await writeFile(at("tokens.json"), "{}");
    const special = ["--output", at("x.gguf"), "--special-tokens", at("tokens.json")];
    expect((await lorikeet("merge", model, ...special)).errors).toMatch(/a JSON array of strings/);
    const nothing = await lorikeet("merge", model, "--output", at("x.gguf"));
    expect(nothing).toMatchObject({ code: 2 });
    await writeFile(at("none.jsonl"), "");
    const none = await lorikeet("eval", model, "--cases", at("none.jsonl"));
    expect(none).toMatchObject({ code: 2 });
  });
});
