/** What the embedded model is judged by has nothing in common with what it is trained on. */
import { describe, expect, it } from "vitest";
import { chat } from "../../scripts/models/chat.mjs";
import { callConversation, talkConversation } from "../../scripts/models/conversations.mjs";
import { Draw, isHeldOut } from "../../scripts/models/draw.mjs";
import { heldOutCases } from "../../scripts/models/held-out-cases.mjs";
import { knownTools } from "../../scripts/models/known-tools.mjs";
import { toolWords, unseenWords } from "../../scripts/models/tool-words.mjs";
import { unseenTools } from "../../scripts/models/unseen-tools.mjs";
import { words } from "../../scripts/models/words.mjs";

interface Told {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly tools: readonly {
    readonly name: string;
    readonly description: string;
    readonly inputSchema: object;
  }[];
}

const cases = heldOutCases(340, 1) as readonly (Told & {
  readonly category: string;
  readonly expected: readonly {
    readonly tool: string;
    readonly input: Record<string, { values: unknown[] }>;
  }[];
})[];

/** As many training conversations as a test has time for. */
const conversations: readonly Told[] = Array.from({ length: 1500 }, (_, i) => {
  const draw = new Draw(1000 + i);
  return i % 2 === 0 ? callConversation(draw) : talkConversation(draw, { tools: 6, turns: 4 });
});
const said = conversations.flatMap(({ messages }) =>
  messages.filter(({ role }) => role === "user").map(({ content }) => content),
);

/** A template without the names of its slots: sentences that differ only in values become equal. */
const shape = (template: string) =>
  template
    .toLowerCase()
    .replace(/\{\w+\}/g, "_")
    .replace(/[^a-z_|:{}]+/g, " ");

/** Strings and integers: choices and switches belong to a tool, not to a request. */
const freeValues = cases.flatMap(({ expected, tools }) =>
  expected.flatMap(({ tool, input }) => {
    const declared = tools.find(({ name }) => name === tool)!;
    const { properties } = declared.inputSchema as {
      properties: Record<string, { enum?: unknown }>;
    };
    return Object.entries(input)
      .filter(
        ([key, { values }]) =>
          properties[key]?.enum === undefined && typeof values[0] !== "boolean",
      )
      .map(([, { values }]) => String(values[0]));
  }),
);

describe("held-out prompts", () => {
  it("are at least 300 a group, with 3 to 6 tools and 1 to 3 inputs of every type", () => {
    for (const group of ["known", "unseen", "silence"]) {
      expect(cases.filter(({ category }) => category === group).length).toBeGreaterThanOrEqual(300);
    }
    expect(new Set(cases.map(({ tools }) => tools.length))).toEqual(new Set([3, 4, 5, 6]));
    const inputs = cases.flatMap(({ expected }) =>
      expected.map(({ input }) => Object.keys(input).length),
    );
    expect(new Set(inputs)).toEqual(new Set([1, 2, 3]));
    const types = new Set(
      [...knownTools, ...unseenTools].flatMap((tool) =>
        Object.values(tool.inputs).map((input) => ("choices" in input ? "enum" : input.type)),
      ),
    );
    expect(types).toEqual(new Set(["string", "integer", "enum", "boolean"]));
  });

  it("share no template with training", () => {
    const training = new Set(
      [...knownTools.flatMap(({ asks }) => asks), ...chat.training.map(([text]) => text!)].map(
        shape,
      ),
    );
    const heldOut = [
      ...[...knownTools, ...unseenTools].flatMap(({ heldOutAsks }) => heldOutAsks),
      ...chat.heldOut.map(([text]) => text!),
    ];
    expect(heldOut.length).toBeGreaterThan(150);
    expect(heldOut.filter((template) => training.has(shape(template)))).toEqual([]);
    const sentences = new Set(said);
    expect(cases.filter(({ messages }) => sentences.has(messages[0]!.content))).toEqual([]);
  });

  it("share no value with training", () => {
    expect(freeValues.length).toBeGreaterThan(600);
    expect(
      freeValues.filter(
        (value) => !value.split(" ").some((part) => isHeldOut(part)) && !isHeldOut(value),
      ),
    ).toEqual([]);
    const trained = new Set(
      conversations
        .flatMap(({ messages }) =>
          messages.flatMap((message) =>
            "calls" in message ? (message as { calls: { input: object }[] }).calls : [],
          ),
        )
        .flatMap(({ input }) => Object.values(input).map(String)),
    );
    expect(trained.size).toBeGreaterThan(400);
    expect([...new Set(freeValues)].filter((value) => trained.has(value))).toEqual([]);
  });
});

describe("unseen tools", () => {
  it("are at least 30", () => {
    expect(unseenTools.length).toBeGreaterThanOrEqual(30);
  });

  it("have no word of a tool that is trained on", () => {
    const listed = new Set([
      ...(words.all as string[]),
      ...knownTools.flatMap((tool) => [...toolWords(tool)]),
    ]);
    expect([...unseenWords].filter((word) => listed.has(word))).toEqual([]);
    const declared = conversations.flatMap(({ tools }) =>
      tools.flatMap(
        (tool) =>
          JSON.stringify(tool)
            .toLowerCase()
            .match(/[a-z]+/g) ?? [],
      ),
    );
    expect([...new Set(declared)].filter((word) => unseenWords.has(word))).toEqual([]);
  });
});
