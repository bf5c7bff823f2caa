import { describe, expect, it } from "vitest";
import type { Message } from "../../src/messages.js";
import { checkConversation, createCallIds } from "../../src/session/conversation.js";
import { createSession } from "../../src/session/session.js";
import type { SessionSnapshot } from "../../src/session/snapshot.js";
import { ScriptedModel } from "../support/scripted-engine.js";
import { openSession, status, writeCall } from "../support/sessions.js";

const user: Message = { role: "user", content: "go" };
const call = { id: "call_1", tool: "status", input: { id: "T1001" } };
const calling: Message = { role: "assistant", content: "", calls: [call] };
const result: Message = { role: "tool", callId: "call_1", tool: "status", result: 1 };

function circle(): object {
  const itself: Record<string, unknown> = {};
  return Object.assign(itself, { itself });
}

describe("a saved session", () => {
  it("goes on where it was, in another session", async () => {
    const first = await openSession([writeCall(), "Paid."], { system: "Be brief." });
    await first.session.send("T1001?");
    const saved = JSON.parse(JSON.stringify(first.session)) as SessionSnapshot;
    expect(saved).toMatchObject({ version: 1, dialect: "gemma4" });
    const engine = new ScriptedModel({ script: [writeCall("T2"), "Open."] });
    const session = await createSession({ model: engine, tools: { status }, resume: saved });
    expect(session.messages).toEqual(first.session.messages);
    const { calls } = await session.send("And T2?");
    expect(calls[0]!.id).toBe("call_2");
    const prompt = engine.print(engine.requests[0]!.prompt);
    expect(prompt).toContain("Be brief.");
    expect(prompt).toContain("Paid.<turn|>");
  });

  it("is refused where it is of another version, or beside a system text", async () => {
    const model = new ScriptedModel({ script: [] });
    const resume = { version: 2, dialect: "gemma4", messages: [] } as unknown as SessionSnapshot;
    await expect(createSession({ model, resume })).rejects.toMatchObject({
      code: "MESSAGE_INVALID",
    });
    const beside = createSession({ model, resume, system: "x" });
    await expect(beside).rejects.toMatchObject({ code: "INVALID_OPTION" });
  });
});

describe("a conversation from outside", () => {
  it("is gone on from", async () => {
    const { session, engine } = await openSession(["Yes."], {
      system: "Be brief.",
      messages: [user, calling, result, { role: "assistant", content: "Paid." }],
    });
    expect(session.messages[0]).toEqual({ role: "system", content: "Be brief." });
    await session.send("Sure?");
    expect(engine.print(engine.requests[0]!.prompt)).toContain("call:status");
  });

  it("may end with calls that wait for results", async () => {
    const { session } = await openSession(["Paid."], { messages: [user, calling] });
    expect((await session.send([{ callId: "call_1", result: "Paid" }])).text).toBe("Paid.");
  });

  it.each<[string, unknown, number]>([
    ["no array", "hello", 0],
    ["no message", [user, null], 1],
    ["an unknown role", [{ role: "function", content: "" }], 0],
    ["content that is no text", [{ role: "user", content: [] }], 0],
    ["a system message in the middle", [user, { role: "system", content: "" }], 1],
    ["a result without a call", [user, result], 1],
    ["two results of one call", [user, calling, result, result], 3],
    ["a call without a result", [user, calling, user], 2],
    ["calls that are none", [{ ...calling, calls: [{ id: 1 }] }], 0],
    ["calls that are nothing", [{ ...calling, calls: [null] }], 0],
    ["an input that is a list", [{ ...calling, calls: [{ ...call, input: [] }] }], 0],
    ["two calls of one id", [{ ...calling, calls: [call, call] }], 0],
    ["thinking that is no text", [{ ...calling, thinking: 5 }], 0],
    ["a result that says nothing", [calling, { role: "tool", callId: "call_1" }], 1],
    ["a result that is a function", [calling, { ...result, result: () => 1 }], 1],
    ["a number that JSON lacks", [calling, { ...result, result: 5n }], 1],
    ["a result that contains itself", [calling, { ...result, result: circle() }], 1],
  ])("is refused where it has %s", (_, messages, index) => {
    expect(() => checkConversation(messages)).toThrow(
      expect.objectContaining({ code: "MESSAGE_INVALID", details: { index } }),
    );
  });

  it("stays as it was given, whatever the caller changes later", async () => {
    const given = { role: "user" as const, content: "go" };
    const { session } = await openSession([], { messages: [given] });
    given.content = "stop";
    expect(session.messages[0]).toEqual(user);
  });

  it.each([[[null]], [[{ callId: "call_2", result: 1 }]], [[{ callId: "call_1" }]], [[]], ["hi"]])(
    "refuses %j in place of the results that it waits for",
    async (input) => {
      const { session } = await openSession([], { messages: [user, calling] });
      const sent = session.send(input as string);
      await expect(sent).rejects.toMatchObject({ code: "MESSAGE_INVALID" });
    },
  );

  it("never gets two calls of one id", () => {
    const calls = ["call_2", "other"].map((id) => ({ ...call, id }));
    const next = createCallIds([{ ...calling, calls }]);
    expect([next(), next()]).toEqual(["call_3", "call_4"]);
  });
});

describe("a training example", () => {
  it("has the conversation and what the model was told of the tools", async () => {
    const { session } = await openSession(["Hello."], { system: "Be brief." });
    await session.send("Hi");
    const { messages, tools } = session.toTrainingExample();
    expect(messages).toHaveLength(3);
    expect(tools).toMatchObject([{ name: "status", inputSchema: { type: "object" } }]);
  });
});
