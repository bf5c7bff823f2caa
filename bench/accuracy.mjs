// How often calls are right: of the embedded model on held-out prompts, and of a real Gemma 3 270M
// with its adapter on the Berkeley leaderboard's files.
//   npm run bench:accuracy [-- --json] [--count 340] [--embedded FOLDER] [--failures]
//   npm run bench:accuracy -- --model FILE [--adapter FILE] [--data FOLDER] [--limit N]
// Greedy, tool choice "auto", all tools of a case declared. `--data` holds `bfcl/` (default:
// LORIKEET_DATA); `--limit` takes every n-th case so that about N a category are left.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { evaluate, loadEvaluationCases, loadModel, sessionRunner } from "../dist/index.js";
import { heldOutCases } from "../scripts/models/held-out-cases.mjs";
import { root } from "../scripts/paths.mjs";
import { machine } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    failures: { type: "boolean", default: false },
    count: { type: "string", default: "340" },
    embedded: { type: "string", default: join(root, "models", "embedded") },
    model: { type: "string" },
    adapter: {
      type: "string",
      default: join(root, "models", "gemma-3-270m-tools", "adapter.gguf"),
    },
    data: { type: "string", default: process.env.LORIKEET_DATA ?? "" },
    limit: { type: "string", default: "0" },
    threads: { type: "string" },
  },
});

/** Slots that cases share, and tokens that each has. */
const slots = 4;
const casesSeed = 1;

if (!values.json) console.log(machine());
const result = { ...(await judgeEmbedded()), ...(await judgeReal()) };
if (values.json) console.log(JSON.stringify(result));

/** Of the embedded model: right calls with its adapter, and calls that it makes without. */
async function judgeEmbedded() {
  const model = join(values.embedded, "model.gguf");
  const adapter = join(values.embedded, "adapter.gguf");
  if (!existsSync(model) || !existsSync(adapter)) {
    return skip(
      `Skipped the embedded model: ${values.embedded} has no model.gguf and adapter.gguf.`,
    );
  }
  const cases = heldOutCases(Number(values.count), casesSeed);
  const options = { contextSize: 1024, maxTokens: 96 };
  const taught = await judge(model, adapter, cases, options);
  const due = cases.filter(({ expected }) => expected.length > 0);
  const untaught = await judge(model, undefined, due, options);
  return report({
    known: share(taught.categories.known.right, taught.categories.known.cases),
    unseen: share(taught.categories.unseen.right, taught.categories.unseen.cases),
    silence: share(taught.categories.silence.right, taught.categories.silence.cases),
    base: share(untaught.total.called, untaught.total.cases),
  });
}

/** Of a real model, on whole categories of the leaderboard. */
async function judgeReal() {
  if (values.model === undefined) return {};
  const folder = join(values.data, "bfcl");
  if (values.data === "" || !existsSync(folder)) {
    return skip("Skipped the leaderboard: --data or LORIKEET_DATA names no folder with bfcl/.");
  }
  if (!existsSync(values.adapter)) return skip(`Skipped the leaderboard: no ${values.adapter}.`);
  const options = { contextSize: 2048, maxTokens: 256 };
  const shares = {};
  for (const category of ["simple_python", "multiple", "irrelevance"]) {
    const cases = thin(await loadEvaluationCases(join(folder, `BFCL_v4_${category}.json`)));
    const { total } = await judge(values.model, values.adapter, cases, options);
    shares[category] = share(total.right, total.cases);
    if (category !== "simple_python") continue;
    const base = await judge(values.model, undefined, cases, options);
    shares.base_simple_python = share(base.total.right, base.total.cases);
  }
  const { counts, ...bfcl } = report(shares);
  return { bfcl: { ...bfcl, counts } };
}

function thin(cases) {
  const limit = Number(values.limit);
  const every = limit > 0 ? Math.max(1, Math.round(cases.length / limit)) : 1;
  return cases.filter((_, i) => i % every === 0);
}

async function judge(path, adapterPath, cases, { contextSize, maxTokens }) {
  const threads = values.threads ? { threads: Number(values.threads) } : {};
  const model = await loadModel(path, { contextSize: contextSize * slots, slots, ...threads });
  try {
    const adapters = adapterPath === undefined ? [] : [await model.loadAdapter(adapterPath)];
    const run = sessionRunner(model, {
      adapters,
      limits: { maxTokens, steps: 1, callsPerStep: 1 },
    });
    return await evaluate({ cases, run, concurrency: slots, onResult: showFailure });
  } finally {
    await model.dispose();
  }
}

function showFailure({ id, callsDue, verdict, error, answer }) {
  if (!values.failures || verdict?.right === true) return;
  const reason = error ?? verdict?.fault?.reason ?? "";
  console.error(
    `${id} (${callsDue ? "call due" : "silence due"}) ${reason}: ${JSON.stringify(answer.calls)} ${answer.text}`,
  );
}

function share(right, of) {
  return { right, of };
}

/** Fractions, with the counts beside; printed as a table unless JSON is asked for. */
function report(shares) {
  if (!values.json) {
    for (const [name, { right, of }] of Object.entries(shares)) {
      console.log(
        `${name.padEnd(20)} ${((100 * right) / of).toFixed(1).padStart(5)} %  (${right} of ${of})`,
      );
    }
  }
  const fractions = Object.entries(shares).map(([name, { right, of }]) => [name, right / of]);
  return { ...Object.fromEntries(fractions), counts: shares };
}

function skip(reason) {
  console.error(reason);
  return {};
}
