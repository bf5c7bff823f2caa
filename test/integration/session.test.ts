/** Sessions on the real engine: random weights write noise, so what is valid is the grammar's work. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  createSession,
  jsonSchema,
  loadModel,
  tool,
  type Model,
  type SessionOptions,
} from "../../src/index.js";
import { tinyModel, type TinyModelName } from "../support/models/tiny-models.js";

const input = z.object({
  id: z.string().max(8),
  kind: z.enum(["card", "bank"]),
  days: z.number().int().min(1).max(31).optional(),
});
const status = tool({ description: "Status", inputSchema: input, execute: ({ id }) => ({ id }) });
const other = tool({ inputSchema: z.object({ yes: z.boolean() }), execute: ({ yes }) => yes });

const cases: readonly (readonly [TinyModelName, SessionOptions["dialect"]])[] = [
  ["gemma4", "gemma4"],
  ["functiongemma", "functiongemma"],
  ["gemma3", "hermes"],
  ["gemma2", "agents-course"],
  ["llama", "brackets"],
];

describe.each(cases)("a session on %s in dialect %s", (name, dialect) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadModel(await tinyModel(name), { contextSize: 4096, slots: 2, threads: 1 });
  });
  afterAll(() => model.dispose());

  const open = (options: Partial<SessionOptions> = {}) =>
    createSession({
      model,
      dialect,
      tools: { status, other },
      limits: { maxTokens: 400, steps: 2, callsPerStep: 2 },
      ...options,
    });

  test("ends with DISPOSED when its context is disposed in the middle of a turn", async () => {
    const context = await model.createContext({ contextSize: 4096, slots: 1 });
    await using session = await open({ context });
    const run = async () => {
      for await (const event of session.stream("x")) {
        if (event.type === "text-delta" || event.type === "tool-input-start") {
          await context.dispose();
        }
      }
    };
    await expect(run()).rejects.toMatchObject({ code: "DISPOSED" });
    expect(session.messages).toEqual([]);
  });

  test("refuses a context of another model", async () => {
    const foreign = await loadModel(await tinyModel(name), { contextSize: 256 });
    const context = await foreign.createContext({ contextSize: 256, slots: 1 });
    await using session = await open({ context });
    await expect(session.send("x")).rejects.toMatchObject({ code: "INVALID_OPTION" });
    await foreign.dispose();
  });

  test("calls the tool that is asked for, with valid input, and reads on from its result", async () => {
    await using session = await open();
    const { calls, usage, steps } = await session.send("T1001?", {
      toolChoice: { tool: "status" },
    });
    expect(calls[0]).toMatchObject({ tool: "status", isError: false });
    expect(input.safeParse(calls[0]!.input).success).toBe(true);
    expect(steps).toBe(2);
    expect(usage.reusedTokens).toBeGreaterThan(usage.promptTokens / 4);
  });

  test("reads the system text and the tools once for all sessions", async () => {
    const usages = [];
    for (const text of ["go", "stop"]) {
      await using session = await open({ system: "Be brief and call a tool for each payment." });
      usages.push((await session.send(text, { toolChoice: "none" })).usage);
    }
    const [first, second] = usages;
    expect(second!.promptTokens - second!.reusedTokens).toBeLessThan(40);
    expect(second!.reusedTokens).toBeGreaterThan(first!.promptTokens - 40);
  });

  test("makes valid calls where it must, and none where it may not", async () => {
    await using session = await open();
    const required = await session.send("go", { toolChoice: "required" });
    for (const { tool, input: given } of required.calls.slice(0, 1)) {
      expect(["status", "other"]).toContain(tool);
      expect(
        (tool === "status" ? input : z.object({ yes: z.boolean() })).parse(given),
      ).toBeTruthy();
    }
    const none = await session.send("go", { toolChoice: "none" });
    expect(none.calls).toEqual([]);
  });

  test("answers in the schema that is asked for", async () => {
    await using session = await open({ tools: {} });
    const answer = z.object({ paid: z.boolean(), method: z.enum(["card", "bank"]) });
    const { output } = await session.send("go", { output: answer });
    expect(answer.parse(output)).toEqual(output);
  });

  test("can be used again after it was aborted at any event", async () => {
    await using session = await open();
    for (let at = 0; at < 6; at++) {
      const controller = new AbortController();
      const run = async () => {
        let taken = 0;
        for await (const event of session.stream("go", { signal: controller.signal })) {
          if (taken++ === at && event.type !== "turn-end") controller.abort("stop");
        }
      };
      await run().catch((reason: unknown) => expect(reason).toBe("stop"));
      expect(session.isBusy).toBe(false);
    }
    expect((await session.send("go", { toolChoice: "none" })).steps).toBe(1);
  });
});

test("validates after generation what a lenient grammar leaves open", async () => {
  await using model = await loadModel(await tinyModel("functiongemma"), { contextSize: 1024 });
  // No value of the enum repeats a letter, as its pattern asks for.
  const never = { enum: ["ab", "cd"], pattern: "^(.)\\1$" };
  const properties = { id: { type: "string", ...never } };
  const pay = tool({
    inputSchema: jsonSchema({ type: "object", properties, required: ["id"] }),
    execute: () => "paid",
  });
  const options = { model, tools: { pay }, toolChoice: "required", limits: { steps: 1 } } as const;
  await expect(createSession(options)).rejects.toMatchObject({ name: "GrammarError" });

  await using session = await createSession({ ...options, strict: false });
  expect(session.grammar?.unenforced).toMatchObject([
    { pointer: "/properties/id", keyword: "pattern" },
  ]);
  const { calls } = await session.send("go");
  expect(calls[0]).toMatchObject({ tool: "pay", isError: true });
  expect(JSON.stringify(calls[0]!.result)).toContain("pattern");
});
