// Sessions with tools on this library. Arguments: model, threads, folder for snapshots, mode:
//   warm     fills the folder and prints {"first_ms", "prompt_tokens"}
//   restore  prints {"restore_ms"}, from createSession to the first token
//   second   prints what the second session of a process takes; see below
import { bindDialect } from "../../dist/session/bind-dialect.js";
import { createSession, loadModel } from "../../dist/index.js";
import { declareTools, resolveToolSet } from "../../dist/tools/tool-set.js";
import { answerTokens, question, system, tools } from "../sessions/tools.mjs";

const [path, threads, folder, mode] = process.argv.slice(2);
const model = await loadModel(path, {
  ...{ gpu: false, threads: Number(threads), contextSize: 4096 },
  ...(mode === "second" ? {} : { snapshotFolder: folder }),
});
// The vocabulary's image is made or read beside loading; restoring does not wait for it.
await (await model.compileGrammar('root ::= "x"')).dispose();
const greedy = { sampling: { temperature: 0 }, dialect: "gemma4" };

const modes = { warm, restore, second };
console.log(JSON.stringify(await modes[mode]()));
await model.dispose();

async function warm() {
  const turn = await firstTurn(0);
  return { first_ms: turn.firstMs, prompt_tokens: turn.usage.promptTokens };
}

async function restore() {
  const start = performance.now();
  const turn = await firstTurn(1);
  return { restore_ms: turn.firstAt - start, reused: turn.usage.reusedTokens };
}

/** Later sessions' first tokens, tokens read again, whole tasks, and the texts of such a task. */
async function second() {
  await firstTurn(0);
  const turns = [];
  for (let index = 1; index < 8; index++) turns.push(await firstTurn(index));
  const tasks = [];
  for (let index = 0; index < 4; index++) tasks.push(await task(index));
  return {
    turns: turns.map(({ firstMs, usage }) => ({
      firstMs,
      read: usage.promptTokens - usage.reusedTokens,
      prompt: usage.promptTokens,
    })),
    tasks: tasks.slice(1),
    texts: await taskTexts(),
  };
}

/** A turn that writes a few tokens: when the first one came, counted from `send`. */
async function firstTurn(index) {
  const limits = { maxTokens: 4 };
  const session = await createSession({ model, system, tools, limits, ...greedy });
  const start = performance.now();
  let firstAt;
  let usage;
  for await (const event of session.stream(question(index), { toolChoice: "none" })) {
    // The end of the prompt is told together with the first token.
    if (event.type === "prompt-progress" && event.processed === event.total) {
      firstAt ??= performance.now();
    }
    if (event.type === "step-end") usage = event.usage;
  }
  await session.dispose();
  return { firstAt, firstMs: firstAt - start, usage };
}

/** A call, its result, and an answer. */
async function task(index) {
  const limits = { maxTokens: answerTokens };
  const session = await createSession({ model, system, tools, limits, ...greedy });
  const start = performance.now();
  const steps = [];
  const toolChoice = { tool: "find_payment" };
  for await (const event of session.stream(question(index), { toolChoice })) {
    if (event.type === "step-end") steps.push(event.usage);
    if (steps.length === 2) break;
  }
  const seconds = (performance.now() - start) / 1000;
  await session.dispose();
  // The token that stopped the first step is not part of the second's prompt.
  const [call, next] = steps;
  return { seconds, extra: call.promptTokens + call.generatedTokens - next.reusedTokens, steps };
}

/** What a task reads before its call and after it, as token ids. */
async function taskTexts() {
  const dialect = bindDialect(greedy.dialect, model, []);
  const messages = [
    { role: "system", content: system },
    { role: "user", content: question(1) },
  ];
  const declarations = declareTools(resolveToolSet(tools));
  const prompt = dialect.renderPrompt({ messages, tools: declarations, thinking: false });
  const name = "find_payment";
  const result = tools[name].execute({ id: "T1001" });
  const results = [{ role: "tool", callId: "1", tool: name, result }];
  return {
    prompt: [...(await model.tokenizePieces(prompt))],
    result: [
      ...(await model.tokenizePieces(dialect.renderContinuation({ results, thinking: false }))),
    ],
  };
}
