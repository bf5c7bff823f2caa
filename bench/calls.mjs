// How long does one complete tool call take - beside node-llama-cpp's and llama-server's JSON
// Schema grammars, and beside this engine without forced tokens and without any grammar?
//   npm run bench:calls -- [--json] [--model FILE] [--sizes 270m,1b] [--runs 3] [--calls 100]
//                          [--threads N] [--without-rivals]
// Greedy, on the same files in the same run, the runs interleaved; figures are medians of the
// seconds from the request to the finished call. Prompts are in everyone's cache and grammars are
// compiled before, but for llama-server's, which come with the request. `forced_equal`: whether the
// call is the same where the same tokens are decoded one at a time. A file of one's own is reported
// under the key "file", with the share of --calls calls that read the same with forced tokens as with
// plain masking (`same_text`), and of requests that were not made for this benchmark
// (`same_text_plain`, from the folder that LORIKEET_DATA names). Neither guesses ahead there;
// `same_text_guessing` is the first share where forced tokens are written with guesses.
import { join } from "node:path";
import { root } from "../scripts/paths.mjs";
import { benchModel } from "./bench-models.mjs";
import { cases, promptFor } from "./calls/cases.mjs";
import { plainRequests } from "./calls/plain-requests.mjs";
import { startWorker } from "./calls/worker.mjs";
import { startLlamaServer } from "./llama-server.mjs";
import { requireRivals } from "./rivals.mjs";
import { readSizeOptions } from "./size-options.mjs";
import { contextSize } from "./runners/task.mjs";
import { machine, median, spread } from "./statistics.mjs";

const options = readSizeOptions({ calls: { type: "string", default: "100" } });
const withRivals = requireRivals(["node-llama-cpp", "llama-server"], options["without-rivals"]);
const threads = Number(options.threads);
// A model without training for calls may go on without end.
const mostComparedTokens = 200;

console.log(machine());
const result = { more: {} };
for (const size of options.sizes.split(",").filter(Boolean)) {
  Object.assign(result, await measure(size, await benchModel(size)));
}
if (options.model) Object.assign(result, await measure("file", options.model));
if (options.json) console.log(JSON.stringify(result));

/** All cases on one model: the first under the model's own key, the others under "more". */
async function measure(name, model) {
  const engines = await startEngines(model);
  const [first, ...others] = Object.keys(cases);
  const figures = await measureCase(name, first, engines);
  result.more[name] = {};
  for (const other of others) result.more[name][other] = await measureCase(name, other, engines);
  if (name === "file") {
    Object.assign(figures, await sameText(engines.ours));
    figures.same_text_plain = await sameTextOfPlain(engines.ours);
  }
  await engines.stop();
  return { [name]: figures };
}

async function startEngines(model) {
  const runner = (file) => startWorker(join(root, "bench", "runners", file), [model, threads]);
  const ours = runner("calls-lorikeet.mjs");
  if (!withRivals) return { ours, stop: () => ours.stop() };
  const nlc = runner("calls-node-llama-cpp.mjs");
  const server = await startLlamaServer(model, { threads, contextSize });
  return {
    ours,
    nlc,
    server: { ask: (request) => askServer(server, request) },
    async stop() {
      ours.stop();
      nlc.stop();
      await server.stop();
    },
  };
}

async function askServer(server, { prompt, schema, tokens }) {
  const start = performance.now();
  const body = { prompt, temperature: 0, cache_prompt: true };
  const limit = tokens ?? contextSize - 512;
  const answer = await server.post("/completion", {
    ...body,
    json_schema: schema,
    n_predict: limit,
  });
  const seconds = (performance.now() - start) / 1000;
  return { seconds, text: answer.content.trim(), tokens: answer.tokens_predicted };
}

async function measureCase(model, name, { ours, nlc, server }) {
  const { schema, gbnf } = cases[name];
  const prompt = promptFor(name, 0);
  for (const engine of [ours, nlc, server]) await engine?.ask({ prompt, forced: true, tokens: 1 });
  const tokens = (await ours.ask({ prompt, schema, forced: true })).tokens;
  const runners = {
    ours: () => ours.ask({ prompt, schema, forced: true }),
    ...(withRivals && {
      nlc: () => nlc.ask({ prompt, schema }),
      nlc_compact: () => nlc.ask({ prompt, gbnf }),
      server: () => server.ask({ prompt, schema }),
    }),
    no_forced: () => ours.ask({ prompt, schema, forced: false }),
    free: () => ours.ask({ prompt, forced: true, tokens }),
  };
  const runs = Object.fromEntries(Object.keys(runners).map((runner) => [runner, []]));
  for (let round = 0; round < Number(options.runs); round++) {
    for (const [runner, run] of Object.entries(runners)) runs[runner].push(await run());
  }
  report(`${model}, ${name}`, runs);
  const single = await ours.ask({ prompt, schema, forced: true, single: true });
  return { ...figuresOf(runs), forced_equal: sameCall(single, runs.ours[0]) };
}

function figuresOf(runs) {
  const seconds = (runner) => median(runs[runner].map((run) => run.seconds));
  const perToken = (runner) => seconds(runner) / runs[runner][0].tokens;
  return {
    ours_s: seconds("ours"),
    ...(withRivals && { nlc_s: seconds("nlc"), server_s: seconds("server") }),
    no_forced_s: seconds("no_forced"),
    free_s: seconds("free"),
    ...(withRivals && { per_token_ratio: perToken("nlc_compact") / perToken("ours") }),
  };
}

function report(title, runs) {
  console.log(`\n${title}: seconds, median (smallest to largest) of ${options.runs} runs`);
  const [ours] = runs.ours;
  const first = median(runs.ours.map((run) => run.seconds));
  for (const [runner, all] of Object.entries(runs)) {
    const seconds = all.map((run) => run.seconds);
    const { tokens, text } = all[0];
    const times = (median(seconds) / first).toFixed(2);
    const same = runner === "free" || runner === "ours" ? "" : sameness(text, ours.text);
    console.log(
      `  ${runner.padEnd(12)} ${spread(seconds, 3).padStart(24)}  x ${times}  ${tokens} tokens${same}`,
    );
  }
  console.log(`  ${ours.forced} of our tokens are forced: ${ours.text}`);
}

/** Whether two calls have the same text in as many tokens, of which as many were forced. */
function sameCall(single, batched) {
  const keys = ["text", "tokens", "forced"];
  const same = keys.every((key) => single[key] === batched[key]);
  console.log(
    `  forced tokens one at a time: ${same ? "the same call" : `another: ${single.text}`}`,
  );
  return same;
}

function sameness(text, ours) {
  return text === ours ? ", the same text" : `, another text (${text.length} characters)`;
}

/** The shares of the benchmark's own calls whose text is that of plain masking. */
async function sameText(ours) {
  const names = Object.keys(cases);
  const requests = Array.from({ length: Number(options.calls) }, (_, i) => {
    const name = names[i % names.length];
    return { prompt: promptFor(name, i), schema: cases[name].schema };
  });
  const title = "the benchmark's calls";
  return {
    same_text: await compareWithPlain(ours, title, requests, { guess: false }),
    same_text_guessing: await compareWithPlain(ours, `${title}, guessing`, requests, {
      guess: true,
    }),
  };
}

/** The same of requests that were not made for it; undefined where the data is not at hand. */
async function sameTextOfPlain(ours) {
  if (!process.env.LORIKEET_DATA) {
    console.log("skipped: plain requests. Name the folder of the data with LORIKEET_DATA.");
    return undefined;
  }
  const requests = await plainRequests(process.env.LORIKEET_DATA, Number(options.calls));
  return compareWithPlain(ours, "plain requests", requests, { guess: false });
}

/** Plain masking lets every tokenisation through, and decodes one token at a time. */
async function compareWithPlain(ours, title, requests, { guess }) {
  let same = 0;
  let compared = 0;
  for (const [i, request] of requests.entries()) {
    const limited = { ...request, tokens: mostComparedTokens };
    // Who reads a prompt first reads it in one batch, the next only its last token: both are the next.
    const { refused } = await ours.ask({ ...limited, forced: false, tokens: 1 });
    if (refused) continue;
    const forced = await ours.ask({ ...limited, forced: true, guess });
    const plain = await ours.ask({ ...limited, forced: false, guess: false });
    compared++;
    if (readsTheSame(forced, plain)) same++;
    else console.log(`  call ${i} differs:\n    ${parting(forced, plain)}`);
  }
  console.log(`\nfile, ${title}: ${same} of ${compared} have the text of plain masking`);
  return same / compared;
}

/** Calls that were cut off need only agree as far as both go. */
function readsTheSame(forced, plain) {
  const isCut = [forced, plain].some(({ tokens }) => tokens === mostComparedTokens);
  const length = isCut ? Math.min(forced.text.length, plain.text.length) : Infinity;
  return forced.text.slice(0, length) === plain.text.slice(0, length);
}

/** Where the tokens of two calls part, set off by bars, and what reads differently later. */
function parting(forced, plain) {
  const token = forced.pieces.findIndex((piece, i) => piece !== plain.pieces[i]);
  const letter = Array.from(forced.text).findIndex((char, i) => char !== plain.text[i]);
  const show = ({ pieces, text }) =>
    `${pieces.slice(Math.max(0, token - 4), token + 4).join("|")} ... ${text.slice(letter, letter + 40)}`;
  return `forced: ${show(forced)}\n    plain:  ${show(plain)}`;
}
