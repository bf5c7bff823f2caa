// Calls of this library. Arguments: model, threads. A request is
// {"prompt", "schema"?, "forced", "guess"?, "single"?, "tokens"?}: under the schema, or else so many
// free tokens, with `single` one token at a time, those that are forced too; the answer is
// {"seconds", "text", "tokens", "forced", "pieces"}, timed from asking for a slot to the last event,
// or {"refused"} where the schema cannot be enforced.
import { loadModel } from "../../dist/index.js";
import { serveLines } from "../calls/worker.mjs";
import { contextSize } from "./task.mjs";

const greedy = {
  ...{ temperature: 0, topK: 0, topP: 1, minP: 0 },
  ...{ repeatPenalty: 1, repeatLastTokens: 0, seed: 0 },
};

const [path, threads] = process.argv.slice(2);
const model = await loadModel(path, { gpu: false });
const contextOptions = { contextSize, slots: 1, threads: Number(threads) };
const context = await model.createContext(contextOptions);
let singleContext;
const grammars = new Map();

await serveLines(async ({ prompt: text, schema, forced, guess, single, tokens }) => {
  const prompt = Int32Array.from([model.bosToken, ...(await model.tokenize(text))]);
  let grammar;
  try {
    grammar = schema && (await grammarOf(JSON.stringify(schema)));
  } catch (error) {
    return { refused: error.message };
  }
  if (single) singleContext ??= await model.createContext({ ...contextOptions, batchSize: 1 });
  const maxTokens = tokens ?? contextSize;
  const request = { prompt, grammar: grammar ?? null, forced, guess, maxTokens };
  return generate(single ? singleContext : context, request);
});
await model.dispose();

async function generate(context, request) {
  const start = performance.now();
  const slot = await context.acquireSlot({ prompt: request.prompt, adapters: [] });
  const written = { seconds: 0, text: "", tokens: 0, pieces: [] };
  const options = {
    ...request,
    ...{ adapters: [], timeLimitMs: 0, sampling: greedy, grammarSampling: greedy },
    // Free text goes on to its number of tokens.
    stopTokens: request.grammar ? model.endTokens : [],
    ...{ stopTexts: [], triggerTokens: [], triggerTexts: [], reportTokens: [], bannedTokens: [] },
  };
  for await (const events of slot.generate(options)) {
    for (const event of events) {
      if (event.type === "text") {
        written.text += event.text;
        written.pieces.push(...Array.from(event.tokens, (token) => model.tokenText(token)));
      }
      if (event.type === "end") written.tokens = event.result.generatedTokens;
      if (event.type === "end") written.forced = event.result.forcedTokens;
    }
  }
  written.seconds = (performance.now() - start) / 1000;
  await slot.release();
  return written;
}

async function grammarOf(schema) {
  if (!grammars.has(schema)) {
    const source = {
      ...{ name: "input", schema, syntax: "json", strict: true, formats: "assert" },
      ...{ whitespace: "spaced", propertyOrder: "written", numbers: "plain" },
    };
    const gbnf = "root ::= @schema(input)";
    grammars.set(schema, await model.compileGrammar({ gbnf, root: "root", schemas: [source] }));
  }
  return grammars.get(schema);
}
