// Makes the embedded model and its adapter: `npm run models:train`.
//   npm run models:train -- [--output models/embedded] [--work build/models] [--threads 2]
//                           [--steps N] [--conversations N] [--only model|adapter]
// Everything follows from the seed below. A run that is broken off goes on from its checkpoint in the
// work folder when it is started again; an interrupt writes one first.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadModel, printConversation } from "../../dist/index.js";
import { trainWeights } from "../../dist/training/train-weights.js";
import { root } from "../paths.mjs";
import { callConversation, talkConversation } from "./conversations.mjs";
import { Draw } from "./draw.mjs";
import { writeInitialModel } from "./initial-model.mjs";
import { PretrainingRows, maxLength } from "./pretraining.mjs";
import { makeVocabulary } from "./vocabulary.mjs";

const seed = 1;
const vocabularySize = 4096;
const countedConversations = 4000;

const { values } = parseArgs({
  options: {
    output: { type: "string", default: join(root, "models", "embedded") },
    work: { type: "string", default: join(root, "build", "models") },
    threads: { type: "string", default: String(cpus().length) },
    steps: { type: "string", default: "60000" },
    conversations: { type: "string", default: "9000" },
    only: { type: "string" },
  },
});
const threads = Number(values.threads);
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
mkdirSync(values.work, { recursive: true });
mkdirSync(values.output, { recursive: true });
const modelPath = join(values.output, "model.gguf");
try {
  if (values.only !== "adapter") await trainModel();
  if (values.only !== "model") trainItsAdapter();
} catch (error) {
  if (!interrupt.signal.aborted) throw error;
  console.error("Stopped. Started again, it goes on from its checkpoint.");
  process.exitCode = 130;
}

async function trainModel() {
  const initial = join(values.work, "initial.gguf");
  const vocabulary = makeVocabulary(countedTexts(), vocabularySize);
  const parameters = await writeInitialModel(initial, vocabulary, seed);
  console.log(`${parameters} parameters, ${vocabulary.size} pieces`);
  const model = await loadModel(initial, { gpu: false });
  try {
    const steps = Number(values.steps);
    const rows = new PretrainingRows(model, { steps, seed });
    const trained = join(values.work, "model.gguf");
    const run = trainWeights({
      ...{ model: initial, output: trained, steps, resume: true, signal: interrupt.signal },
      rowsOf: (step) => rows.rowsOf(step),
      dataHash: JSON.stringify({ steps, seed, vocabularySize }),
      matrixType: "F16",
      training: {
        ...{ learningRate: 1e-3, warmupRatio: 0.02, weightDecay: 0.01, seed, maxLength },
        ...{ precision: "mixed", device: "CPU", threads },
      },
    });
    await report(run);
    copyFileSync(trained, modelPath);
  } finally {
    await model.dispose();
  }
}

/** What the vocabulary is counted from. */
function countedTexts() {
  const draw = new Draw(seed);
  return Array.from({ length: countedConversations }, () => {
    const { messages, tools } = talkConversation(draw, { tools: 4, turns: 4 });
    return [JSON.stringify(tools), ...messages.map(({ content }) => content)].join("\n");
  });
}

/** By the command that anyone would use. */
function trainItsAdapter() {
  const data = join(values.work, "calls.jsonl");
  const draw = new Draw(seed + 1);
  const conversations = Array.from({ length: Number(values.conversations) }, () =>
    JSON.stringify(printConversation(callConversation(draw), "openai")),
  );
  writeFileSync(data, conversations.join("\n") + "\n");
  const adapter = join(values.work, "adapter.gguf");
  const { status } = spawnSync(
    process.execPath,
    [
      ...[join(root, "dist", "cli", "main.js"), "train", modelPath, "--resume"],
      ...["--data", data, "--output", adapter, "--held-out", "0.01"],
      ...["--rank", "16", "--alpha", "32", "--dropout", "0", "--learning-rate", "3e-3"],
      ...["--epochs", "1", "--accumulation", "2", "--max-length", String(maxLength)],
      ...["--seed", String(seed), "--device", "CPU", "--threads", values.threads],
    ],
    { stdio: "inherit" },
  );
  if (status !== 0) process.exit(status ?? 1);
  copyFileSync(adapter, join(values.output, "adapter.gguf"));
}

/** Prints a line for every hundred steps, and whatever else happens. */
async function report(run) {
  let losses = [];
  for await (const event of run) {
    if (event.type !== "step-end") {
      console.log(JSON.stringify(event));
      continue;
    }
    losses.push(event.loss);
    if (event.step % 100 !== 0 && event.step !== event.steps) continue;
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const rate = event.tokensPerSecond.toFixed(0);
    console.log(
      `step ${event.step} of ${event.steps}: loss ${mean.toFixed(3)}, ${rate} tokens per second`,
    );
    losses = [];
  }
}
