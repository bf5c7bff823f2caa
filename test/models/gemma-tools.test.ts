/** Tools and requests that the adapter for Gemma 3 270M learns from. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { Draw } from "../../scripts/models/draw.mjs";
import { parseTools } from "../../scripts/models/gemma-270m/text-tools.mjs";

interface TextTool {
  readonly group: string;
  declare(draw: unknown): { name: string; description: string; inputSchema: object };
  ask(draw: unknown): { text: string; input: Record<string, unknown> };
  miss(draw: unknown): string;
}

const folder = join(import.meta.dirname, "../../scripts/models/gemma-270m/tools");
const files = readdirSync(folder).filter((name) => name.endsWith(".txt"));
const parse = parseTools as (text: string) => TextTool[];
const ask = (text: string, seed = 1) => {
  const draw = new Draw(seed);
  const [tool] = parse(`${text}\n  ! a near miss`);
  return { ...tool!.ask(draw), schema: tool!.declare(draw).inputSchema };
};

describe("tools in text files", () => {
  it.each(files)("%s asks for what its declarations allow", (name) => {
    const ajv = new Ajv({ strict: false });
    const draw = new Draw(7);
    for (const tool of parse(readFileSync(join(folder, name), "utf8"))) {
      for (let i = 0; i < 8; i++) {
        const { name: called, inputSchema } = tool.declare(draw);
        const { text, input } = tool.ask(draw);
        const isRight = ajv.validate({ ...inputSchema, additionalProperties: false }, input);
        expect(isRight, `${called}: ${JSON.stringify(input)}: ${ajv.errorsText()}`).toBe(true);
        expect(text).not.toMatch(/[{}]|undefined|NaN/);
        expect(tool.miss(draw)).not.toMatch(/[{}]|undefined|NaN/);
      }
    }
  });

  it("has no name twice", () => {
    const draw = new Draw(1);
    const names = files.flatMap((name) =>
      parse(readFileSync(join(folder, name), "utf8")).map((tool) => tool.declare(draw).name),
    );
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("says shares in percent and large numbers in words", () => {
    const text = "a: b.\n  x: rate -- Share as a decimal\n  n: big -- Count\n  > {x} of {n}";
    const asked = Array.from({ length: 40 }, (_, seed) => ask(text, seed));
    for (const { text: said, input } of asked) {
      const [, share] = /^([\d.]+)(?:%| percent) of/.exec(said) ?? [];
      if (share !== undefined) expect(Number(share) / 100).toBeCloseTo(input["x"] as number, 9);
      const [, count, word] = /of ([\d.]+) (thousand|million|billion)$/.exec(said) ?? [];
      const size = { thousand: 1e3, million: 1e6, billion: 1e9 }[word ?? "thousand"]!;
      if (count !== undefined) expect(Math.round(Number(count) * size)).toBe(input["n"]);
    }
    expect(asked.some(({ text: said }) => said.includes("million"))).toBe(true);
    expect(asked.some(({ text: said }) => said.includes("%"))).toBe(true);
  });

  it("nests fields and leaves out what is not said", () => {
    const text = "a: b.\n  p.x: int 4-4 -- X\n  p.y: int? -- Y\n  > at {p.x}[, {p.y}]";
    for (let seed = 0; seed < 20; seed++) {
      const { text: said, input, schema } = ask(text, seed);
      const [y] = /(?<=, ).+/.exec(said) ?? [];
      expect(Object.keys(input["p"] as object)).toEqual(y === undefined ? ["x"] : ["x", "y"]);
      expect(schema).toMatchObject({ properties: { p: { required: ["x"] } }, required: ["p"] });
    }
  });

  it("keeps lists and counts of their entries in step", () => {
    const text = "a: b.\n  what: goods -- W\n  many: counts of what -- M\n  > buy {what}";
    const { text: said, input } = ask(text, 3);
    const [goods, counts] = [input["what"] as string[], input["many"] as number[]];
    expect(counts).toHaveLength(goods.length);
    for (const each of goods) expect(said).toContain(each);
  });

  it("says near misses with values of the tool's kinds", () => {
    const [tool] = parse(
      "a: b.\n  n: int 7-7 -- N\n  m: int? -- M\n  > {n}\n  ! not {n}\n  ! no {n}",
    );
    const draw = new Draw(1);
    const said = new Set(Array.from({ length: 40 }, () => tool!.miss(draw)));
    expect([...said].sort()).toEqual(["no 7", "no seven", "not 7", "not seven"]);
  });

  it.each([
    ["a: b.\n  x: int -- X\n  > nothing", 'line 3: "x" is missing'],
    ["a: b.\n  x: int? -- X\n  > {x}", 'line 3: optional "x" needs brackets'],
    ["a: b.\n  x: int -- X\n  > {y}{x}", 'line 3: no input "y"'],
    ["a: b.\n  x: int -- X\n  > {x}[ please]", "line 3: not one optional input: [ please]"],
    ["a: b.\n  x: integer -- X", 'line 2: no kind "integer"'],
    ["a: b.\n  x: int", 'line 2: expected "key: kind -- description", got "x: int"'],
    ["what is this", 'line 1: expected "name: description", got "what is this"'],
    ["a: b.\n  x: int -- X", '"a" has no request'],
    ["a: b.\n  x: int -- X\n  > {x}", '"a" has no near miss'],
    ["a: b.\n  x: int -- X\n  > {x}\n  ! {y}", 'line 4: no input "y"'],
    [
      "a: b.\n  x: int -- X\n  > {x}\n  ! so[ {x}]",
      "line 4: a near miss has no brackets: so[ {x}]",
    ],
  ])("says what is wrong with a file", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
