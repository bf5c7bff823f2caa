// Requests that nobody chose for this benchmark: the first of the Berkeley leaderboard's simple
// calls in Python, each with its function's schema.
import { join } from "node:path";
import { loadEvaluationCases } from "../../dist/index.js";

/**
 * The first `count` requests as { prompt, schema }.
 *
 * @param {string} data - the folder that holds `bfcl`
 * @param {number} count
 */
export async function plainRequests(data, count) {
  const cases = await loadEvaluationCases(join(data, "bfcl", "BFCL_v4_simple_python.json"));
  return cases.slice(0, count).map(({ messages, tools: [tool] }) => ({
    schema: tool.inputSchema,
    prompt:
      `An assistant answers each request with one JSON object for the tool "${tool.name}".\n` +
      `${tool.description}\n` +
      `Its input is described by this JSON Schema: ${JSON.stringify(tool.inputSchema)}\n\n` +
      `Request: ${messages.at(-1).content}\nInput:\n`,
  }));
}
