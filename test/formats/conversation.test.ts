import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  parseConversation,
  printConversation,
  type Conversation,
  type ConversationShape,
} from "../../src/formats/conversation.js";
import { parseResultText, printResultText } from "../../src/formats/result-text.js";
import type { JsonObject, JsonValue, Message } from "../../src/messages.js";

const shapes: ConversationShape[] = ["openai", "function_call", "sharegpt"];

const payment: Conversation = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Status of T1001 and T2?" },
    {
      role: "assistant",
      content: "I look.",
      thinking: "Two calls.",
      calls: [
        { id: "call_1", tool: "status", input: { id: "T1001" } },
        { id: "call_2", tool: "status", input: { id: "T2", deep: [null, { a: 1.5 }] } },
      ],
    },
    { role: "tool", callId: "call_1", tool: "status", result: { status: "Paid" } },
    { role: "tool", callId: "call_2", tool: "status", result: "unknown" },
    { role: "assistant", content: "T1001 is paid." },
  ],
  tools: [
    {
      name: "status",
      description: "Tells the status.",
      inputSchema: { type: "object", properties: { id: { type: "string" } } },
    },
  ],
};

const openAi = {
  messages: [
    { role: "system", content: "Be brief." },
    { role: "user", content: "Status of T1001 and T2?" },
    {
      role: "assistant",
      content: "I look.",
      reasoning_content: "Two calls.",
      tool_calls: [
        {
          id: "call_1",
          type: "function",
          function: { name: "status", arguments: '{"id":"T1001"}' },
        },
        {
          id: "call_2",
          type: "function",
          function: { name: "status", arguments: '{"id":"T2","deep":[null,{"a":1.5}]}' },
        },
      ],
    },
    { role: "tool", tool_call_id: "call_1", content: '{"status":"Paid"}' },
    { role: "tool", tool_call_id: "call_2", content: "unknown" },
    { role: "assistant", content: "T1001 is paid." },
  ],
  tools: [
    {
      type: "function",
      function: {
        name: "status",
        description: "Tells the status.",
        parameters: { type: "object", properties: { id: { type: "string" } } },
      },
    },
  ],
};

describe("conversations", () => {
  it("are written in OpenAI's shape", () => {
    expect(printConversation(payment, "openai")).toEqual(openAi);
  });

  it("are written in the shape with function_call", () => {
    const { messages, functions } = printConversation(payment, "function_call");
    expect((messages as JsonObject[]).slice(2, 6)).toEqual([
      {
        role: "assistant",
        content: "I look.",
        reasoning_content: "Two calls.",
        function_call: { name: "status", arguments: '{"id":"T1001"}' },
      },
      {
        role: "assistant",
        content: null,
        function_call: { name: "status", arguments: '{"id":"T2","deep":[null,{"a":1.5}]}' },
      },
      { role: "tool", name: "status", content: '{"status":"Paid"}' },
      { role: "tool", name: "status", content: "unknown" },
    ]);
    expect(functions).toEqual([openAi.tools[0]!.function]);
  });

  it("are written in ShareGPT's shape", () => {
    const { conversations, tools } = printConversation(payment, "sharegpt");
    expect((conversations as JsonObject[]).slice(2, 5)).toEqual([
      { from: "gpt", value: "<think>\nTwo calls.\n</think>\n\nI look." },
      {
        from: "function_call",
        value:
          '[{"name":"status","arguments":{"id":"T1001"}},' +
          '{"name":"status","arguments":{"id":"T2","deep":[null,{"a":1.5}]}}]',
      },
      { from: "observation", value: '{"status":"Paid"}' },
    ]);
    expect(JSON.parse(tools as string)).toEqual([openAi.tools[0]!.function]);
  });

  it.each(shapes)("are read back as they were from %s", (shape) => {
    expect(parseConversation(printConversation(payment, shape))).toEqual(payment);
  });

  const text = fc.string({ unit: "binary", maxLength: 8 });
  const value = fc.oneof(
    text,
    fc.constantFrom("42", '"x"', "[1,2]", "null", "{}"),
    fc.jsonValue({ maxDepth: 2 }),
  ) as fc.Arbitrary<JsonValue>;
  const input = fc.dictionary(text, value, { maxKeys: 3 });
  const call = fc.record({ tool: fc.constantFrom("a", "b", "toString"), input, result: value });
  const turn = fc.record({
    user: text,
    steps: fc.array(
      fc.record({ content: text, calls: fc.array(call, { minLength: 1, maxLength: 3 }) }),
      {
        maxLength: 2,
      },
    ),
    answer: text,
  });
  const conversation = fc.array(turn, { maxLength: 2 }).map((turns): Conversation => {
    let next = 1;
    const messages = turns.flatMap(({ user, steps, answer }): Message[] => [
      { role: "user", content: user },
      ...steps.flatMap(({ content, calls }): Message[] => {
        const named = calls.map((made) => ({ ...made, id: `call_${next++}` }));
        return [
          {
            role: "assistant",
            content,
            calls: named.map(({ id, tool, input }) => ({ id, tool, input })),
          },
          ...named.map(({ id, tool, result }): Message => ({
            role: "tool",
            callId: id,
            tool,
            result,
          })),
        ];
      }),
      { role: "assistant", content: answer },
    ]);
    return { messages, tools: [] };
  });

  it.each(shapes)("survive %s whatever is said in them", (shape) => {
    fc.assert(
      fc.property(conversation, (given) => {
        const json = JSON.stringify(printConversation(given, shape));
        const wanted = JSON.parse(JSON.stringify(given)) as Conversation;
        expect(parseConversation(JSON.parse(json))).toEqual(wanted);
      }),
      { numRuns: 300 },
    );
  });

  it("order results by their calls where the shape has no ids", () => {
    const [system, user, step, first, second, answer] = payment.messages as [
      Message,
      Message,
      Message,
      Message,
      Message,
      Message,
    ];
    const swapped = { ...payment, messages: [system, user, step, second, first, answer] };
    for (const shape of shapes) {
      expect(parseConversation(printConversation(swapped, shape))).toEqual(payment);
    }
  });

  it("keep ids apart that a shape repeats from step to step", () => {
    const step = {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "x", type: "function", function: { name: "a", arguments: "" } }],
    };
    const result = { role: "tool", tool_call_id: "x", content: "1" };
    const { messages } = parseConversation([step, result, step, result]);
    const ids = messages.flatMap((m) =>
      m.role === "assistant" ? m.calls!.map(({ id }) => id) : [],
    );
    expect(new Set(ids).size).toBe(2);
    expect(messages.flatMap((m) => (m.role === "tool" ? [m.callId] : []))).toEqual(ids);
  });

  it("take text parts, developers and results of functions", () => {
    const given = {
      messages: [
        { role: "developer", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "a" },
            { type: "text", text: "b" },
          ],
        },
        { role: "assistant", function_call: { name: "f", arguments: { x: 1 } } },
        { role: "function", name: "f", content: "7" },
      ],
      functions: [{ name: "f" }],
    };
    expect(parseConversation(given)).toEqual({
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "ab" },
        { role: "assistant", content: "", calls: [{ id: "call_1", tool: "f", input: { x: 1 } }] },
        { role: "tool", callId: "call_1", tool: "f", result: 7 },
      ],
      tools: [{ name: "f", description: "", inputSchema: { type: "object", properties: {} } }],
    });
  });

  it("split an observation that answers all calls at once", () => {
    const calls = '[{"name":"a","arguments":{}},{"name":"b","arguments":"{}"}]';
    const { messages } = parseConversation([
      { from: "human", value: "?" },
      { from: "function_call", value: calls },
      { from: "observation", value: '[1,"two"]' },
    ]);
    expect(messages.slice(2)).toMatchObject([
      { tool: "a", result: 1 },
      { tool: "b", result: "two" },
    ]);
  });
});

it("prints the three shapes only", () => {
  const print = () => printConversation({ messages: [], tools: [] }, "anthropic" as "openai");
  expect(print).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
});

describe("bad input is refused by the message's position", () => {
  const called = {
    role: "assistant",
    tool_calls: [{ id: "x", type: "function", function: { name: "a", arguments: "{}" } }],
  };
  const callOf = (change: object) => ({ role: "assistant", tool_calls: [{ id: "x", ...change }] });

  it.each([
    ["hello", 1, "to be an object"],
    [{ role: "owner", content: "x" }, 1, 'to have the role "system"'],
    [{ role: "user", content: 7 }, 1, "to have text"],
    [{ role: "user", content: [{ type: "image_url" }] }, 1, "text parts only"],
    [{ role: "assistant", tool_calls: {} }, 1, "a list of tool_calls"],
    [{ role: "assistant", tool_calls: [1] }, 1, "objects as tool_calls"],
    [{ role: "assistant", tool_calls: [{ function: { name: "a" } }] }, 1, 'a string "id"'],
    [callOf({}), 1, "to name a function"],
    [callOf({ function: { arguments: "{}" } }), 1, 'a string "name"'],
    [callOf({ function: { name: "a", arguments: "{" } }), 1, "the JSON of an object as arguments"],
    [
      callOf({ function: { name: "a", arguments: "[1]" } }),
      1,
      "the JSON of an object as arguments",
    ],
    [{ role: "tool", tool_call_id: "x", content: "1" }, 1, "to be the result of a call"],
    [{ role: "tool", content: "1" }, 1, '"tool_call_id" or "name"'],
  ])("%#", (message, index, expected) => {
    expect(() => parseConversation([{ role: "user", content: "?" }, message])).toThrow(
      expect.objectContaining({
        code: "MESSAGE_INVALID",
        details: { index },
        message: expect.stringContaining(expected) as string,
      }),
    );
  });

  it("where a call has no result, or a result no call", () => {
    const wrong =
      (...messages: object[]) =>
      () =>
        parseConversation(messages);
    const user = { role: "user", content: "?" };
    expect(wrong(user, called, user)).toThrow(/message 2 to be the result of the call of "a"/);
    const stray = { role: "tool", tool_call_id: "y", content: "" };
    expect(wrong(user, called, stray)).toThrow(/message 2 to be the result of a call.*"y"/);
    const twice = { role: "assistant", tool_calls: [called.tool_calls[0], called.tool_calls[0]] };
    expect(wrong(user, twice)).toThrow(/message 1 to give each call an id of its own/);
  });

  it("in ShareGPT too", () => {
    const wrong = (from: string, value: unknown) => () =>
      parseConversation({
        conversations: [
          { from: "human", value: "?" },
          { from, value },
        ],
      });
    expect(wrong("function_call", "{")).toThrow(/message 1 to be the JSON of a call/);
    expect(wrong("robot", "x")).toThrow(/message 1 to be from "system"/);
    expect(wrong("gpt", 1)).toThrow(/message 1 to have a string "value"/);
    expect(wrong("observation", "x")).toThrow(/message 1 to be the result of a call/);
  });

  it("and a thing that is no conversation, or a tool that is none", () => {
    for (const given of [null, 1, {}, "x", { messages: {} }]) {
      expect(() => parseConversation(given)).toThrow(
        expect.objectContaining({ code: "MESSAGE_INVALID" }),
      );
    }
    for (const tools of [{}, "x", [1], [{ name: "" }], [{ name: "a", parameters: [] }]]) {
      expect(() => parseConversation({ messages: [], tools })).toThrow(
        expect.objectContaining({ code: "TOOL_INVALID" }),
      );
    }
  });
});

describe("a result as text", () => {
  it("is read back as it was", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.string(), fc.constantFrom("1", '"1"', "{}")),
        (value) => {
          const result = JSON.parse(JSON.stringify(value)) as JsonValue;
          expect(parseResultText(printResultText(result))).toEqual(result);
        },
      ),
    );
  });

  it("is the text itself where that is no JSON", () => {
    expect(printResultText("It is paid.")).toBe("It is paid.");
    expect(printResultText("42")).toBe('"42"');
  });
});

const data = process.env["LORIKEET_DATA"];
describe.skipIf(data === undefined)("recorded conversations (LORIKEET_DATA)", () => {
  it("of glaive are read whole, and come back from every shape", () => {
    const folder = join(data!, "conversations", "glaive-demo");
    const file = readdirSync(folder).find((name) => name.endsWith(".json"))!;
    const given = JSON.parse(readFileSync(join(folder, file), "utf8")) as unknown[];
    expect(given.length).toBeGreaterThan(100);
    for (const one of given) {
      const conversation = parseConversation(one);
      for (const shape of shapes) {
        expect(parseConversation(printConversation(conversation, shape))).toEqual(conversation);
      }
    }
  });
});
