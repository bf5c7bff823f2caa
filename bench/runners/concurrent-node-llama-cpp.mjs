// Sequences of node-llama-cpp side by side. Arguments: model, threads, tokens, counts ("1,4,8").
// Prints {"1": {"tokens_per_second"}, ...}.
import { getLlama, LlamaCompletion, LlamaLogLevel } from "node-llama-cpp";
import { contextSize, plainPrompt } from "../sessions/prompts.mjs";
import { Window } from "../sessions/window.mjs";

const [modelPath, threads, maxTokens, counts] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const result = {};
for (const count of counts.split(",").map(Number)) {
  const context = await model.createContext({
    contextSize,
    sequences: count,
    threads: { ideal: Number(threads), min: Number(threads) },
  });
  const window = new Window(count);
  const write = (index) => {
    const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
    return completion.generateCompletion(plainPrompt(index), {
      maxTokens: Number(maxTokens),
      temperature: 0,
      onToken: (tokens) => window.add(index, tokens.length),
    });
  };
  await Promise.all(Array.from({ length: count }, (_, index) => write(index)));
  result[count] = { tokens_per_second: window.tokensPerSecond };
  await context.dispose();
}
console.log(JSON.stringify(result));
process.exit(0);
