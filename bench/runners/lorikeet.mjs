// One run of this library; prints {"load_ms", "tokens_per_second", "compute_mib", "header_ms", "tokens"}.
import { loadModel, readFileInfo } from "../../dist/index.js";
import { contextSize, prompt, readArguments, schema, slots, Stopwatch } from "./task.mjs";

const { model: path, threads, maxTokens, mode } = readArguments();
const header_ms = await timed(() => readFileInfo(path));
const start = performance.now();
const model = await loadModel(path, { gpu: false });
const load_ms = performance.now() - start;

const context = await model.createContext({ contextSize, slots, threads });
const stopwatch = new Stopwatch();
const tokens = [];
const generation = model.generate(prompt, {
  context,
  maxTokens,
  sampling: { temperature: 0 },
  grammar: mode === "schema" ? await model.compileGrammar({ schema }) : undefined,
});
for await (const event of generation) {
  if (event.type !== "text" || event.tokens.length === 0) continue;
  stopwatch.add(event.tokens.length);
  tokens.push(...event.tokens);
}
const compute_mib = context.memory().computeBytes / 2 ** 20;
const { tokensPerSecond: tokens_per_second } = stopwatch;
console.log(JSON.stringify({ load_ms, tokens_per_second, compute_mib, header_ms, tokens }));
await model.dispose();

async function timed(action) {
  // The first call of a process also opens the addon.
  await action();
  const start = performance.now();
  await action();
  return performance.now() - start;
}
