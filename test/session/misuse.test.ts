import { describe, expect, it } from "vitest";
import { createSession, Session } from "../../src/session/session.js";
import type { SessionOptions } from "../../src/session/options.js";
import { ScriptedModel, scriptedAdapter } from "../support/scripted-engine.js";
import { collect, openSession } from "../support/sessions.js";

/** Every method and getter; what each gives while the session is idle. */
const uses: Record<string, (session: Session) => unknown> = {
  send: (session) => session.send("go"),
  stream: (session) => collect(session.stream("go")),
  setAdapters: (session) => session.setAdapters([scriptedAdapter("a.gguf")]),
  messages: (session) => session.messages,
  usage: (session) => session.usage,
  grammar: (session) => session.grammar,
  dialect: (session) => session.dialect,
  isBusy: (session) => session.isBusy,
  toJSON: (session) => session.toJSON(),
  toTrainingExample: (session) => session.toTrainingExample(),
  dispose: (session) => session.dispose(),
};
const refusing = ["send", "stream", "setAdapters"];

async function outcome(use: (session: Session) => unknown, session: Session): Promise<unknown> {
  try {
    await use(session);
    return "fine";
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe("every use of a session", () => {
  it("is listed here", () => {
    const names = Object.getOwnPropertyNames(Session.prototype);
    const isPublic = (name: string) => !["constructor", "prepare"].includes(name);
    expect(names.filter(isPublic).sort()).toEqual(Object.keys(uses).sort());
  });

  it.each(Object.entries(uses))("%s while a turn runs", async (name, use) => {
    const { session } = await openSession([{ write: "x", hangs: true }]);
    const controller = new AbortController();
    const running = session.send("go", { signal: controller.signal }).catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(session.isBusy).toBe(true);
    expect(await outcome(use, session)).toBe(refusing.includes(name) ? "BUSY" : "fine");
    controller.abort();
    await running;
  });

  it.each(Object.entries(uses))("%s after an aborted turn", async (_, use) => {
    const { session } = await openSession(["fine"]);
    await session.send("go", { signal: AbortSignal.abort() }).catch(() => undefined);
    expect(await outcome(use, session)).toBe("fine");
  });

  it.each(Object.entries(uses))("%s after dispose", async (name, use) => {
    const { session } = await openSession([]);
    await session.dispose();
    expect(await outcome(use, session)).toBe(refusing.includes(name) ? "DISPOSED" : "fine");
  });
});

describe("dispose", () => {
  it("ends a running turn with DISPOSED, and frees slot and grammars", async () => {
    const { session, engine } = await openSession([{ write: "x", hangs: true }]);
    const sent = session.send("go");
    await new Promise((resolve) => setImmediate(resolve));
    const disposed = session.dispose();
    await expect(sent).rejects.toMatchObject({ code: "DISPOSED" });
    await disposed;
    expect([engine.heldSlots, engine.liveGrammars]).toEqual([0, 0]);
  });

  it("does not wait for a reader that has stopped taking events", async () => {
    const { session, engine } = await openSession(["Hello there"]);
    const events = session.stream("go");
    await events.next();
    await session.dispose();
    expect(engine.heldSlots).toBe(0);
    await expect(events.next()).rejects.toMatchObject({ code: "DISPOSED" });
  });

  it("tells the context that the session does not come back, where it was there", async () => {
    const { session, engine } = await openSession(["Hello"]);
    await session.send("go");
    expect(engine.forgotten).toEqual([]);
    await session.dispose();
    expect(engine.forgotten).toHaveLength(1);
    const unused = await openSession([]);
    await unused.session.dispose();
    expect(unused.engine.forgotten).toEqual([]);
  });

  it("works from within a tool or an event", async () => {
    const { session } = await openSession(["Hello"]);
    const run = async () => {
      for await (const _ of session.stream("go")) await session.dispose();
    };
    await expect(run()).rejects.toMatchObject({ code: "DISPOSED" });
  });

  it("is what await using calls", async () => {
    const { session, engine } = await openSession([]);
    await session[Symbol.asyncDispose]();
    expect(engine.liveGrammars).toBe(0);
  });
});

describe("two streams of one session", () => {
  it("may be open, but only one at a time is taken from", async () => {
    const { session } = await openSession(["one", "two"]);
    const [first, second, third] = [session.stream("a"), session.stream("b"), session.stream("c")];
    await first.next();
    await expect(second.next()).rejects.toMatchObject({ code: "BUSY" });
    await collect(first);
    expect((await collect(third)).at(-1)).toMatchObject({ result: { text: "two" } });
  });
});

/** A dialect that cannot think. */
const mute = {
  name: "mute",
  bind: () => ({ name: "mute", supportsThinking: false, envelope: { triggers: [] }, markers: [] }),
};

describe("createSession", () => {
  const model = new ScriptedModel({ script: [] });
  it.each<[string, object, string, RegExp]>([
    ["no model", {}, "INVALID_OPTION", /"model" to be a model that loadModel\(\) returned/],
    ["a misspelt option", { model, tool: {} }, "UNKNOWN_OPTION", /Did you mean "tools"/],
    ["a misspelt limit", { model, limits: { step: 3 } }, "UNKNOWN_OPTION", /Did you mean "steps"/],
    ["a limit out of range", { model, limits: { steps: 0 } }, "INVALID_OPTION", /at least 1/],
    ["a time beyond all timers", { model, limits: { timeMs: 1e12 } }, "INVALID_OPTION", /"timeMs"/],
    ["a context of nobody", { model, context: {} }, "INVALID_OPTION", /"context"/],
    ["bad sampling", { model, sampling: { topP: 2 } }, "INVALID_OPTION", /"topP"/],
    ["a tool that is none", { model, tools: { a: {} } }, "TOOL_INVALID", /come from tool\(\)/],
    ["no such dialect", { model, dialect: "gemma5" }, "DIALECT_UNKNOWN", /gemma5/],
    ["an impossible choice", { model, toolChoice: "required" }, "INVALID_OPTION", /\(none\)/],
    ["no adapter", { model, adapters: ["a.gguf"] }, "INVALID_OPTION", /"adapters"/],
    [
      "no scale",
      { model, adapters: [{ adapter: {}, scale: "1" }] },
      "INVALID_OPTION",
      /"adapters"/,
    ],
    ["no conversation", { model, messages: [{ role: "bot" }] }, "MESSAGE_INVALID", /message 0/],
    [
      "thinking where there is none",
      { model, thinking: true, dialect: mute },
      "INVALID_OPTION",
      /no place for thinking/,
    ],
  ])("refuses %s", async (_, options, code, message) => {
    const opened = createSession(options as SessionOptions);
    await expect(opened).rejects.toMatchObject({ code });
    await expect(createSession(options as SessionOptions)).rejects.toThrow(message);
  });

  it("takes the dialect that an adapter was trained in, and warns of another choice", async () => {
    const metadata = { "lorikeet.dialect": "hermes" };
    const adapters = [{ path: "calls.gguf", metadata }];
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const { session } = await openSession([], { adapters, log });
    expect(session.dialect).toBe("hermes");
    expect(lines).toEqual([]);
    const other = await openSession([], { adapters, dialect: "gemma4", log });
    expect(other.session.dialect).toBe("gemma4");
    expect(lines.join()).toMatch(/calls\.gguf was trained in the dialect "hermes"/);
    lines.length = 0;
    other.session.setAdapters([]);
    expect(lines).toEqual([]);
    other.session.setAdapters(adapters);
    expect(lines).toHaveLength(1);
  });

  it("passes adapters with their scales to the engine", async () => {
    const [first, second] = [scriptedAdapter("a.gguf"), scriptedAdapter("b.gguf")];
    const { session, engine } = await openSession(["a", "b"], {
      adapters: [first, { adapter: second, scale: 0.5 }],
    });
    await session.send("go");
    session.setAdapters([]);
    await session.send("go");
    expect(engine.requests.map(({ adapters }) => adapters)).toEqual([
      [
        { adapter: first, scale: 1 },
        { adapter: second, scale: 0.5 },
      ],
      [],
    ]);
  });
});
