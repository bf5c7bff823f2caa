/** Which models the demo runs on, and in which order. */
import { afterEach, expect, it, vi } from "vitest";
import { demo } from "../../src/cli/demo.js";
import { tinyAdapter } from "../support/models/tiny-adapters.js";
import { tinyModel } from "../support/models/tiny-models.js";

afterEach(() => vi.restoreAllMocks());

async function runDemo(...args: readonly string[]) {
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  const model = await tinyModel("functiongemma");
  const adapter = await tinyAdapter(await tinyModel("functiongemma"));
  const code = await demo(["node", "demo", ...args], { model, adapter });
  return { code, lines, adapter };
}

it("asks the embedded model first without its adapter, then with it", async () => {
  const { code, lines, adapter } = await runDemo("--id", "T2093");
  expect(code).toBe(0);
  const bare = lines.indexOf("           No adapter: it was never taught to call.");
  const taught = lines.indexOf(`Adapter    ${adapter}`);
  expect(bare).toBeGreaterThanOrEqual(0);
  expect(taught).toBeGreaterThan(bare);
  const questions = lines.filter((line) => line.includes("status of my transaction T2093"));
  expect(questions).toHaveLength(2);
});

it("runs once with an adapter that is named", async () => {
  const named = await tinyAdapter(await tinyModel("functiongemma"));
  const { code, lines } = await runDemo("--adapter", named);
  expect(code).toBe(0);
  expect(lines.filter((line) => line.startsWith("Model "))).toHaveLength(1);
});
