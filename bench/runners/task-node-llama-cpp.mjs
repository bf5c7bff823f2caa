// A whole task on node-llama-cpp: a call under its schema, its result, an answer. Arguments: model,
// threads, a file with {"prompt", "schema", "result", "answer"}: token ids to read, the call's schema,
// token ids to read after the call, tokens to write.
// Prints {"seconds": [first, second, ...]}, each task on a sequence of its own.
import { readFileSync } from "node:fs";
import { getLlama, LlamaCompletion, LlamaLogLevel } from "node-llama-cpp";

const tasks = 2;
const [modelPath, threads, file] = process.argv.slice(2);
const { prompt, schema, result, answer } = JSON.parse(readFileSync(file, "utf8"));
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const grammar = await llama.createGrammarForJsonSchema(schema);
const context = await model.createContext({
  contextSize: 4096,
  sequences: tasks,
  threads: { ideal: Number(threads), min: Number(threads) },
});
const seconds = [];
for (let task = 0; task < tasks; task++) {
  const completion = new LlamaCompletion({ contextSequence: context.getSequence() });
  const start = performance.now();
  const call = [];
  await completion.generateCompletion(prompt, {
    ...{ maxTokens: 120, temperature: 0, grammar },
    onToken: (tokens) => call.push(...tokens),
  });
  const read = [...prompt, ...call, ...result];
  await completion.generateCompletion(read, { maxTokens: answer, temperature: 0 });
  seconds.push((performance.now() - start) / 1000);
}
console.log(JSON.stringify({ seconds }));
process.exit(0);
