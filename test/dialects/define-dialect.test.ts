import { describe, expect, it } from "vitest";
import { defineDialect } from "../../src/dialects/define-dialect.js";
import type { DialectOptions } from "../../src/dialects/dialect-options.js";
import { printPieces } from "../../src/dialects/pieces.js";
import { bareModel, gemma3Model, smollmModel } from "./models.js";
import { acme } from "./dialects.js";

const whole: DialectOptions = {
  name: "tags",
  markers: ["<call>", "</call>", "<think>", "</think>"],
  tools: { text: "Tools:\n{tools}" },
  calls: { before: "<call>", after: "</call>" },
  results: { before: "Result: ", after: "" },
};

function wrong(change: Record<string, unknown>): string {
  try {
    defineDialect({ ...whole, ...change });
  } catch (error) {
    expect(error).toMatchObject({ name: "DialectError", code: "DIALECT_INVALID" });
    return (error as Error).message;
  }
  return "accepted";
}

const turns = {
  system: null,
  user: ["<call>", "</call>"],
  assistant: ["", "</call>"],
  results: ["", ""],
  stop: ["</call>"],
};

describe("defineDialect", () => {
  it("accepts a whole description", () => {
    expect(wrong({})).toBe("accepted");
    expect(wrong({ turns })).toBe("accepted");
    expect(defineDialect(whole).name).toBe("tags");
  });

  it.each([
    [{ name: 1 }, 'expected "name" to be a string, got 1 (number)'],
    [{ name: "My dialect" }, '"name" must be lower-case words'],
    [{ name: "hermes" }, "built-in"],
    [{ markers: "<call>" }, 'expected "markers" to be a list of strings that are not empty'],
    [{ markers: [...whole.markers, ""] }, 'expected "markers" to be a list of strings'],
    [{ markers: [...whole.markers, "<call>"] }, '"markers" must not repeat one'],
    [{ markers: [...whole.markers, "<<a>"] }, "cannot all be escaped"],
    [
      { markers: [...whole.markers, "<call>s"] },
      '"markers" must not begin with another one: "<call>"',
    ],
    [{ requiredTokens: ["<other>"] }, '"requiredTokens" must be markers: <other>'],
    [{ tools: undefined }, 'expected "tools" to be an object'],
    [{ tools: { text: "Tools." } }, '"tools.text" must hold "{tools}" once'],
    [{ tools: { text: "{tools}{tools}" } }, '"tools.text" must hold "{tools}" once'],
    [{ tools: { text: "{tools}", seperator: "" } }, 'unknown option "tools.seperator"'],
    [{ calls: { before: "<call>" } }, 'expected "calls.after" to be a string'],
    [{ calls: { before: "call", after: "</call>" } }, '"calls.before" must be a marker'],
    [{ calls: { before: " <call>", after: "</call>" } }, '"calls.before" must be a marker'],
    [{ calls: { before: "<call>", after: "" } }, '"calls.after" must be a marker'],
    [{ calls: { before: "<call>", after: "<call>" } }, "open and close by two markers"],
    [{ calls: { ...whole.calls, separator: ";" } }, '"calls.separator" must be white space'],
    [{ calls: { ...whole.calls, list: true, separator: ";" } }, "must be a comma"],
    [{ calls: { ...whole.calls, list: 1 } }, 'expected "calls.list" to be true or false'],
    [{ calls: { ...whole.calls, nameKey: "arguments" } }, '"calls.nameKey" must differ'],
    [{ thinking: { before: "<think>" } }, 'expected "thinking.after" to be a string'],
    [{ thinking: { before: "<think>", after: "<think>" } }, "begin and end by two markers"],
    [{ thinking: { before: "<call>", after: "</think>" } }, '"thinking.before" must be a marker'],
    [{ syntax: "yaml" }, 'expected "syntax" to be one of "json", "python", got "yaml"'],
    [{ turns: "llama" }, 'expected "turns" to be one of "auto" or an object'],
    [{ turns: { ...turns, user: "<user>" } }, 'expected "turns.user" to be two strings'],
    [{ turns: { ...turns, stop: [] } }, '"turns.stop" must be markers'],
    [{ turns: { ...turns, stop: ["<other>"] } }, '"turns.stop" must be markers'],
    [{ turns: { ...turns, assistant: ["", "\n"] } }, '"turns.assistant" must end'],
    [{ dialect: 1 }, 'unknown option "dialect"'],
  ])("refuses what is wrong and says so, %#", (change, message) => {
    expect(wrong(change)).toContain(message);
  });

  it.each([null, undefined, "hermes", 1, []])("refuses %s as a description", (given) => {
    expect(() => defineDialect(given as unknown as DialectOptions)).toThrow(/expected an object/);
  });

  it("lists everything that is wrong at once", () => {
    expect(() => defineDialect({ ...whole, name: "A B", tools: { text: "" } })).toThrow(
      expect.objectContaining({
        details: {
          issues: [expect.stringContaining("name"), expect.stringContaining("tools.text")],
        },
      }),
    );
  });

  it("renders as it is described", () => {
    const dialect = acme.bind(bareModel);
    const calls = [{ id: "1", tool: "pay", input: { to: "@do" } }];
    const printed = printPieces(
      dialect.renderPrompt({
        messages: [
          { role: "user", content: "Pay #end!" },
          { role: "assistant", content: "", calls },
          { role: "tool", callId: "1", tool: "pay", result: "done ~)" },
        ],
        tools: [{ name: "pay", description: "Pays.", inputSchema: { type: "object" } }],
        thinking: true,
      }),
    );
    expect(printed).toBe(
      '#bot system: Tools: [{"type": "function", "function": {"name": "pay", "description": ' +
        '"Pays.", "parameters": {"type": "object"}}}]\nThink first.#end\n' +
        "#bot user: Pay #\\end!#end\n" +
        '#bot: @do {"tool": "pay", "with": {"to": "\\u0040do"}} @end#end\n' +
        "#bot results: -> done ~\\)#end\n#bot: ",
    );
  });

  it("writes its own grammar envelope", () => {
    expect(acme.bind(bareModel).envelope).toEqual({
      gbnf:
        'calls ::= call ("\\u000a" call){0,@more}\n' +
        'call ::= @marker("@do") " " tool " " @marker("@end")\n' +
        'tool ::= "{\\"tool\\": \\"" @name "\\", \\"with\\": " @input "}"\n' +
        'thinking ::= @marker("~(") ([^~] | "~"+ [^~)])* @marker("~)") " "\n',
      valueSyntax: "json",
      whitespace: "spaced",
      triggers: [{ text: "@do" }],
    });
  });

  it("takes turns from the vocabulary unless it has its own", () => {
    const render = (model: typeof gemma3Model) =>
      printPieces(
        defineDialect(whole)
          .bind(model)
          .renderPrompt({
            messages: [{ role: "user", content: "Hi" }],
            tools: [],
            thinking: false,
          }),
      );
    expect(render(gemma3Model)).toBe(
      "<bos><start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
    );
    expect(render(smollmModel)).toBe("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
  });

  it("is refused by a vocabulary that lacks its tokens, or where turns cannot be escaped", () => {
    const strict = defineDialect({ ...whole, requiredTokens: ["<call>"] });
    expect(() => strict.bind(gemma3Model)).toThrow(/lacks <call>/);
    const clashing = defineDialect({ ...whole, markers: [...whole.markers, "m:"] });
    expect(() => clashing.bind(bareModel)).toThrow(
      expect.objectContaining({ code: "DIALECT_INVALID" }),
    );
  });
});
