// The conversations that the adapter for Gemma 3 270M learns from, as JSONL:
//   node scripts/models/gemma-270m/data.mjs --data FOLDER --output FILE [--count 3300] [--seed 1]
//
// FOLDER holds `conversations/seal-tools` and `conversations/glaive-demo` (both Apache-2.0; default:
// LORIKEET_DATA). Nothing of the leaderboard that the adapter is judged by is read.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parseConversation, printConversation } from "../../../dist/index.js";
import { callConversation } from "../conversations.mjs";
import { Draw } from "../draw.mjs";
import { makeSealRequest, sealRequests, sealTools } from "./seal-requests.mjs";
import { parseTools } from "./text-tools.mjs";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env.LORIKEET_DATA ?? "" },
    output: { type: "string" },
    count: { type: "string", default: "3300" },
    seed: { type: "string", default: "1" },
  },
});
if (values.data === "" || values.output === undefined) {
  console.error("Expected --data FOLDER (or LORIKEET_DATA) and --output FILE.");
  process.exit(2);
}

/** Said where no tool fits. */
const refusals = [
  "None of the available tools can do that.",
  "I have no tool that can do that.",
  "The tools that I have do not fit this request.",
];

/** Most characters of a conversation's tools: longer ones cost more than they teach. */
const mostToolText = 3500;

/** Most characters of a given conversation's messages, likewise. */
const mostTalk = 3000;

/** Words of tools that say nothing of what they are for. */
const commonVerbs =
  /^(get|retrieve|calculate|compute|find|return|give|check|specific|information|about)$/;

const draw = new Draw(Number(values.seed));
const folder = join(values.data, "conversations");
const seal = sealTools(join(folder, "seal-tools"));
const sealList = [...seal.values()];
const written = sealRequests(join(folder, "seal-tools"), seal);
const ownList = readOwnTools(fileURLToPath(new URL("tools", import.meta.url)));
const glaive = readGlaive(join(folder, "glaive-demo", "glaive_toolcall_en_demo.json"));

const conversations = [...written.map(asConversation), ...glaive];
while (conversations.length < Number(values.count)) conversations.push(makeConversation());
const lines = draw
  .shuffle(conversations)
  .filter(({ tools }) => JSON.stringify(tools).length <= mostToolText)
  .map((conversation) => JSON.stringify(printConversation(conversation, "openai")));
writeFileSync(values.output, lines.join("\n") + "\n");
console.log(
  `${lines.length} conversations: ${written.length} requests and ${glaive.length} conversations as they were, the others made`,
);

/** Two of three made ones are of the tools in tools/, some of the project's payments and household. */
function makeConversation() {
  const kind = draw.integer(0, 99);
  if (kind < 6) return callConversation(draw);
  if (kind < 20) return makeMissConversation();
  return asConversation(kind < 75 ? makeOwnRequest() : makeSealRequest(draw, draw.pick(sealList)));
}

function makeOwnRequest() {
  const { group, declare, ask, miss } = draw.pick(ownList);
  return { group, tool: widen(declare(draw)), ...ask(draw), miss };
}

/** Adds optional inputs of other tools at times: what a request does not say is left out of its call. */
function widen(tool) {
  if (!draw.chance(0.35)) return tool;
  const properties = { ...tool.inputSchema.properties };
  for (let added = draw.integer(1, 2); added > 0;) {
    const other = draw.pick(ownList).declare(draw).inputSchema;
    const spare = Object.keys(other.properties).filter((key) => !other.required.includes(key));
    if (spare.length === 0) continue;
    const key = draw.pick(spare);
    properties[key] ??= other.properties[key];
    added--;
  }
  return { ...tool, inputSchema: { ...tool.inputSchema, properties } };
}

/** A near miss of a tool that is declared, alone more often than not: silence is right. */
function makeMissConversation() {
  const { group, tool, miss } = makeOwnRequest();
  const others = chooseOthers(group, tool, draw.pick([0, 0, 0, 1, 2]), ownList);
  const tools = draw.shuffle([tool, ...others]).map((each) => restyle(each, tool));
  return { tools, messages: [{ role: "user", content: miss(draw) }, refusal()] };
}

/**
 * A request among tools: mostly its own is declared, else silence is right. One that no tool serves
 * may come before it, at times a near miss of the very tool.
 */
function asConversation({ group, tool, text, input, miss }) {
  const isDeclared = draw.chance(0.86);
  const far = draw.chance(0.6) ? ownList : sealList;
  const others = isDeclared
    ? chooseOthers(group, tool, draw.pick([0, 0, 0, 1, 2, 3]), far)
    : chooseOthers(group, tool, draw.pick([1, 1, 1, 2, 3]), far, (each) => !couldServe(each, tool));
  const tools = draw
    .shuffle(isDeclared ? [tool, ...others] : others)
    .map((each) => restyle(each, tool));
  const name = restyle(tool, tool).name;
  const messages = [
    ...(draw.chance(0.2) ? refusedRequest([...tools, tool], miss) : []),
    { role: "user", content: text },
  ];
  if (!isDeclared) return { tools, messages: [...messages, refusal()] };
  const call = { id: "call_0", tool: name, input };
  return { tools, messages: [...messages, { role: "assistant", content: "", calls: [call] }] };
}

function refusal() {
  return { role: "assistant", content: draw.pick(refusals), calls: [] };
}

function refusedRequest(tools, miss) {
  if (miss !== undefined && draw.chance(0.4))
    return [{ role: "user", content: miss(draw) }, refusal()];
  for (;;) {
    const { tool, text } = makeOwnRequest();
    if (tools.some((each) => each.name === tool.name || couldServe(each, tool))) continue;
    return [{ role: "user", content: text }, refusal()];
  }
}

/**
 * Others that `mayStand` beside a tool, of the same field half of the time: those that are told apart
 * with care.
 */
function chooseOthers(group, tool, count, far, mayStand = () => true) {
  const near = nearTools(group);
  const chosen = new Map();
  for (let tries = 0; chosen.size < count && tries < 50; tries++) {
    const drawn = draw.pick(draw.chance(0.5) ? near : far);
    const other = drawn.tool ?? drawn.declare(draw);
    const isSame = other.name === tool.name || other.description === tool.description;
    if (!isSame && mayStand(other)) chosen.set(other.name, other);
  }
  return [...chosen.values()];
}

function nearTools(group) {
  const own = ownList.filter((each) => each.group === group);
  return own.length > 0 ? own : sealList.filter((each) => each.group === group);
}

/** Whether two tools' names and descriptions share half of the shorter one's words, or more. */
function couldServe(one, other) {
  const [ours, theirs] = [one, other].map(contentWords);
  const shared = [...ours].filter((word) => theirs.has(word)).length;
  return shared >= Math.max(1, Math.min(ours.size, theirs.size) / 2);
}

/** Words by their first letters, so that forms of a word are one. */
function contentWords({ name, description }) {
  const words = `${name} ${description}`.replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase();
  const all = words.split(/[^a-z]+/).filter((word) => word.length > 2);
  return new Set(all.filter((word) => !commonVerbs.test(word)).map((word) => word.slice(0, 5)));
}

/** Names in one style a conversation, chosen by the tool that is asked for. */
function restyle(tool, due) {
  const style = (due.name.length + due.description.length) % 3;
  const snake = tool.name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  if (style === 0) return { ...tool, name: snake };
  if (style === 1 && !tool.name.includes(".")) return { ...tool, name: snake.replace("_", ".") };
  return tool;
}

function readOwnTools(folderOfTexts) {
  const names = readdirSync(folderOfTexts).filter((name) => name.endsWith(".txt"));
  return names.sort().flatMap((name) => {
    try {
      return parseTools(readFileSync(join(folderOfTexts, name), "utf8"));
    } catch (error) {
      throw new Error(`${name}, ${error.message}`, { cause: error });
    }
  });
}

/** Short conversations with tools whose roles can be read; the demo set has others too. */
function readGlaive(file) {
  return JSON.parse(readFileSync(file, "utf8")).flatMap((given) => {
    try {
      const conversation = parseConversation(given);
      const { messages, tools } = conversation;
      const isShort = messages.length <= 8 && JSON.stringify(messages).length <= mostTalk;
      return isShort && tools.length > 0 ? [conversation] : [];
    } catch {
      return [];
    }
  });
}
