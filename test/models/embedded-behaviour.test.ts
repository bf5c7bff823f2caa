/**
 * What the committed model does with its adapter and without: greedy, the grammar left to "auto".
 *
 * The sentences, names and values here stand in no training data; see scripts/models/.
 */
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createSession, jsonSchema, loadModel, tool } from "../../src/index.js";
import type { Adapter, Model, SessionOptions } from "../../src/index.js";

const folder = path.join(import.meta.dirname, "../../models/embedded");

let model: Model;
let adapter: Adapter;
beforeAll(async () => {
  model = await loadModel(path.join(folder, "model.gguf"), { gpu: false, contextSize: 2048 });
  adapter = await model.loadAdapter(path.join(folder, "adapter.gguf"));
});
afterAll(() => model.dispose());

const text = (description: string) => ({ type: "string", description });
const schemaOf = (properties: Record<string, object>) =>
  jsonSchema<Record<string, unknown>>({
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  });

const payments = (status: string) => ({
  retrieve_payment_status: tool({
    description: "Get the payment status of a transaction",
    inputSchema: schemaOf({ transaction_id: text("The transaction id.") }),
    execute: () => ({ status }),
  }),
  retrieve_payment_date: tool({
    description: "Get the payment date of a transaction",
    inputSchema: schemaOf({ transaction_id: text("The transaction id.") }),
    execute: () => ({ date: "2026-03-14" }),
  }),
});

const open = (adapters: Adapter[], tools: SessionOptions["tools"]) =>
  createSession({ model, adapters, tools, sampling: { temperature: 0 }, limits: { steps: 3 } });

describe("the embedded model", () => {
  it("talks and does not call without its adapter", async () => {
    await using session = await open([], payments("Paid"));
    const { calls, text } = await session.send("What's the status of my transaction T1001?");
    expect(calls).toEqual([]);
    expect(text).not.toBe("");
  });

  it.each([
    ["T1001", "Paid"],
    ["T2093", "Refunded"],
    ["K-4471", "Pending"],
  ])("calls for %s with its adapter and answers %s from the result", async (id, status) => {
    await using session = await open([adapter], payments(status));
    const { calls, text } = await session.send(`What's the status of my transaction ${id}?`);
    expect(calls).toMatchObject([
      { tool: "retrieve_payment_status", input: { transaction_id: id }, result: { status } },
    ]);
    expect(text).toContain(status);
  });

  it("takes the other tool where the other is asked for", async () => {
    await using session = await open([adapter], payments("Paid"));
    const { calls } = await session.send("On which date was payment T1001 made?");
    expect(calls[0]).toMatchObject({ tool: "retrieve_payment_date" });
  });

  it("calls a tool that training never saw", async () => {
    const tools = {
      renew_loan: tool({
        description: "Renew the loan of a book",
        inputSchema: schemaOf({
          days: { type: "integer", description: "How many days longer" },
          loan: text("The loan number"),
        }),
        execute: () => ({ due: "2026-04-01" }),
      }),
      ...payments("Paid"),
    };
    await using session = await open([adapter], tools);
    const { calls } = await session.send("Please renew loan B-2214 for 12 days.");
    expect(calls[0]).toMatchObject({ tool: "renew_loan", input: { days: 12, loan: "B-2214" } });
  });

  it("keeps silent where nothing is asked for, and where no tool fits", async () => {
    for (const said of ["Thank you so much!", "Please book a table at Lindholm for 4 people."]) {
      await using session = await open([adapter], payments("Paid"));
      const { calls, text } = await session.send(said);
      expect(calls).toEqual([]);
      expect(text).not.toBe("");
    }
  });

  it("serves sessions with the adapter and without it side by side", async () => {
    await using taught = await open([adapter], payments("Paid"));
    await using plain = await open([], payments("Paid"));
    const said = "What's the status of my transaction T1001?";
    const [one, other] = await Promise.all([taught.send(said), plain.send(said)]);
    expect([one.calls.length, other.calls.length]).toEqual([1, 0]);
  });
});
