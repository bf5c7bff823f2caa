/** Which shapes of tool declarations are read. */
import { expect, it } from "vitest";
import { parseDeclaredTools } from "../../src/formats/declared-tools.js";

const inputSchema = { type: "object", properties: { id: { type: "string" } } };
const declared = { name: "status", description: "Status", inputSchema };

it.each([
  ["OpenAI's", { type: "function", function: { ...declared, parameters: inputSchema } }],
  ["the older one", { name: "status", description: "Status", parameters: inputSchema }],
  ["MCP's", declared],
])("reads %s shape, as a value and as text", (_, tool) => {
  expect(parseDeclaredTools([tool])).toEqual([declared]);
  expect(parseDeclaredTools(JSON.stringify([tool]))).toEqual([declared]);
});

it.each([[{ name: "" }], [{ name: "a", description: 5 }], [{ name: "a", inputSchema: "no" }]])(
  "refuses %j",
  (tool) => {
    expect(() => parseDeclaredTools([tool])).toThrow(
      expect.objectContaining({ code: "TOOL_INVALID", details: { index: 0 } }) as Error,
    );
  },
);
