// Calls of node-llama-cpp. Arguments: model, threads. A request is {"prompt", "schema"} or
// {"prompt", "gbnf"}; the answer is {"seconds", "text", "tokens"}, timed to the token that
// completes the JSON, because its schema grammars ask for white space after it.
import { getLlama, LlamaCompletion, LlamaLogLevel } from "node-llama-cpp";
import { serveLines } from "../calls/worker.mjs";
import { contextSize } from "./task.mjs";

const [modelPath, threads] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize,
  threads: { ideal: Number(threads), min: Number(threads) },
});
const sequence = context.getSequence();
const completion = new LlamaCompletion({ contextSequence: sequence });

await serveLines(async ({ prompt, schema, gbnf, tokens: maxTokens }) => {
  const grammar = schema
    ? await llama.createGrammarForJsonSchema(schema)
    : gbnf && (await llama.createGrammar({ grammar: gbnf }));
  const moments = [];
  const start = performance.now();
  await completion.generateCompletion(prompt, {
    maxTokens: maxTokens ?? contextSize - 512,
    temperature: 0,
    grammar,
    onToken: (tokens) => moments.push({ tokens, seconds: (performance.now() - start) / 1000 }),
  });
  return firstComplete(moments);
});
process.exit(0);

/** The moment from which on the text is one JSON value. */
function firstComplete(moments) {
  const tokens = [];
  for (const moment of moments) {
    tokens.push(...moment.tokens);
    const text = model.detokenize(tokens).trim();
    if (text.endsWith("}") && isJson(text)) {
      return { seconds: moment.seconds, text, tokens: tokens.length };
    }
  }
  return {
    seconds: moments.at(-1)?.seconds ?? 0,
    text: model.detokenize(tokens),
    tokens: tokens.length,
  };
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
