/** What a session tells the engine about the beginning that its prompts share. */
import { expect, test } from "vitest";
import { openSession } from "../support/sessions.js";

test("a request tells how many tokens begin every prompt of the session's system text and tools", async () => {
  const { engine, session } = await openSession(["Hello", "Again"], { system: "Be brief." });
  await session.send("What?");
  await session.send("And now?");
  const [first, second] = engine.requests;
  const shared = first!.sharedTokens!;
  expect(second!.sharedTokens).toBe(shared);
  expect(second!.prompt.slice(0, shared)).toEqual(first!.prompt.slice(0, shared));
  const beginning = engine.print(first!.prompt.slice(0, shared));
  expect(beginning).toContain("Be brief.");
  expect(beginning).toContain("status");
  expect(beginning).not.toContain("What?");
  expect(engine.print(first!.prompt.slice(shared))).toMatch(/^What\?/);
});

test("a conversation that begins otherwise shares nothing", async () => {
  const messages = [{ role: "assistant", content: "Welcome." }] as const;
  const { engine, session } = await openSession(["Hello"], { messages, tools: {} });
  await session.send("What?");
  expect(engine.requests[0]!.sharedTokens).toBeLessThan(3);
});
