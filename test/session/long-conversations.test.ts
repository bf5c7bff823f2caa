/** Conversations that outgrow the context: whole old turns are left out of the prompt. */
import { expect, test } from "vitest";
import type { SessionOptions } from "../../src/session/options.js";
import { collect, openSession, writeCall } from "../support/sessions.js";

const filler = "x".repeat(300);

/** Talks until turns are dropped; returns the prompts and the events of the last turn. */
async function outgrow(options: Partial<SessionOptions> = {}) {
  const script = (_: unknown, index: number) =>
    index % 2 === 0 ? writeCall() : `Answer ${index}.`;
  const { session, engine } = await openSession(
    script,
    { system: "Be brief.", limits: { maxTokens: 100 }, ...options },
    { contextSize: 3000 },
  );
  for (let turn = 0; ; turn++) {
    const events = await collect(session.stream(`${turn}: ${filler}`));
    const dropped = events.find(({ type }) => type === "turns-dropped");
    if (dropped?.type !== "turns-dropped") continue;
    return { session, engine, turn, dropped, prompt: engine.print(engine.requests.at(-1)!.prompt) };
  }
}

test("the oldest turns are dropped whole, never the system text, the tools or this turn", async () => {
  const { session, turn, dropped, prompt } = await outgrow();
  expect(turn).toBeGreaterThan(1);
  expect(dropped.messages.map(({ role }) => role)).toEqual([
    ...["user", "assistant", "tool", "assistant"],
  ]);
  expect(dropped.messages[0]).toMatchObject({ content: `0: ${filler}` });
  expect(prompt).toContain("Be brief.");
  expect(prompt).toContain("Looks a payment up");
  expect(prompt).not.toContain(`0: ${filler}`);
  expect(prompt).toContain(`1: ${filler}`);
  expect(prompt).toContain(`${turn}: ${filler}`);
  // The conversation itself stays whole.
  expect(session.messages[1]).toMatchObject({ content: `0: ${filler}` });
});

test("what was dropped stays dropped, and prompts keep room for an answer", async () => {
  const { session, engine } = await outgrow();
  for (let more = 0; more < 6; more++) {
    await session.send(`more ${more}: ${filler}`);
    const prompt = engine.print(engine.requests.at(-1)!.prompt);
    expect(prompt).not.toContain(`0: ${filler}x`);
    expect(prompt.startsWith("<bos>")).toBe(true);
    expect(engine.requests.at(-1)!.prompt.length).toBeLessThan(2900);
    expect(prompt.match(/<\|tool_call>/g)!.length).toBe(prompt.match(/response:status/g)!.length);
  }
});

test("a summary takes the place of what is dropped, and the next one knows the last", async () => {
  const known: (string | undefined)[] = [];
  const { session, prompt, dropped } = await outgrow({
    summarize: (messages, { summary }) => {
      known.push(summary);
      return `Summary ${known.length} of ${messages.length}.`;
    },
  });
  expect(dropped.summary).toBe("Summary 1 of 4.");
  expect(prompt).toContain(`Summary 1 of 4.\n\n1: ${filler}`);
  for (let more = 0; more < 4; more++) await session.send(`more: ${filler}`);
  expect(known.slice(0, 2)).toEqual([undefined, "Summary 1 of 4."]);
});

test("a turn that alone is too long is refused", async () => {
  const { session } = await openSession(["One."], {}, { contextSize: 1000 });
  await expect(session.send("x".repeat(2000))).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
});
