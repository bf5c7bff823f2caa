// Sessions of this library side by side. Arguments: model, threads, tokens, counts ("1,4,8").
// Prints {"1": {"tokens_per_second", "tokens"}, ...}.
import { loadModel } from "../../dist/index.js";
import { contextSize, plainPrompt } from "../sessions/prompts.mjs";
import { Window } from "../sessions/window.mjs";

const [path, threads, maxTokens, counts] = process.argv.slice(2);
const model = await loadModel(path, { gpu: false });
const result = {};
for (const count of counts.split(",").map(Number)) {
  const context = await model.createContext({
    contextSize,
    slots: count,
    threads: Number(threads),
  });
  const window = new Window(count);
  const prompts = Array.from({ length: count }, (_, index) => plainPrompt(index));
  const tokens = await Promise.all(
    prompts.map((prompt, index) => run(prompt, index, context, window)),
  );
  result[count] = { tokens_per_second: window.tokensPerSecond, tokens };
  await context.dispose();
}
console.log(JSON.stringify(result));
await model.dispose();

async function run(prompt, index, context, window) {
  const tokens = [];
  const options = { context, maxTokens: Number(maxTokens), sampling: { temperature: 0 } };
  for await (const event of model.generate(prompt, options)) {
    if (event.type !== "text" || event.tokens.length === 0) continue;
    window.add(index, event.tokens.length);
    tokens.push(...event.tokens);
  }
  return tokens;
}
