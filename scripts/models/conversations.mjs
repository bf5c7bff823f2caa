// Conversations to learn from. Pre-training has talk: what is asked is answered in words that name
// the tool and copy its inputs. The adapter's data has the same requests, answered by calls.
import { chat, nothingFits } from "./chat.mjs";
import { makeSmallTalk } from "./small-talk.mjs";
import { knownTools } from "./known-tools.mjs";
import { makeTools } from "./made-tools.mjs";
import { makeName, makeWord } from "./made-words.mjs";
import { declare, trainingTool } from "./requests.mjs";
import { integerOn, valueKinds } from "./values.mjs";
import { words } from "./words.mjs";

const known = knownTools.map(trainingTool);

const systems = [
  "You are a helpful assistant.",
  "Use the tools to look things up.",
  "You answer questions about payments.",
  "You answer questions. Use the tools to look things up.",
  "Be short.",
];

/** Tools to declare, and one that is not declared. */
function chooseTools(draw, count) {
  const from = draw.integer(0, 9);
  const knownCount = from < 5 ? 0 : from < 8 ? count : draw.integer(1, count);
  const chosen = draw.sample(known, knownCount + 1);
  const made = makeTools(draw, count - knownCount + 1);
  const isMade = knownCount < count && draw.chance(0.5);
  return {
    declared: draw.shuffle([...chosen.slice(1), ...made.slice(1)]),
    absent: isMade ? made[0] : chosen[0],
  };
}

/**
 * A conversation in words.
 *
 * @param most - of declared tools and of turns; without tools it is copying alone.
 */
export function talkConversation(draw, most) {
  const { declared, absent } =
    most.tools > 0 ? chooseTools(draw, draw.integer(1, most.tools)) : noTools;
  const messages = [...systemMessage(draw)];
  for (let turns = draw.integer(1, most.turns); turns > 0; turns--) {
    const [said, answer] = most.tools > 0 ? talkTurn(draw, declared, absent) : copyTurn(draw);
    messages.push(
      { role: "user", content: said },
      { role: "assistant", content: answer, calls: [] },
    );
  }
  return { messages, tools: declared.map(declare) };
}

const noTools = { declared: [], absent: undefined };

/** Most words that are repeated while copying is all there is, and later. */
const longRepeat = 24;
const shortRepeat = 6;

function copyTurn(draw) {
  return draw.chance(0.6) ? repeatTurn(draw, longRepeat) : factsTurn(draw);
}

function systemMessage(draw) {
  return draw.chance(0.25) ? [{ role: "system", content: draw.pick(systems) }] : [];
}

/** A conversation in which what is asked is called, and answered from the result. */
export function callConversation(draw) {
  const { declared, absent } = chooseTools(draw, draw.integer(1, 6));
  const messages = [...systemMessage(draw)];
  for (let turns = draw.pick([1, 1, 2, 3, 4, 6]); turns > 0; turns--) {
    messages.push(...callTurn(draw, declared, absent, messages.length));
  }
  return { messages, tools: declared.map(declare) };
}

function callTurn(draw, declared, absent, place) {
  const kind = draw.integer(0, 99);
  if (kind < 58) return turnWithCall(draw, chooseDue(draw, declared), `call_${place}`);
  const [said, answer] = talkWithoutTool(draw, absent, kind);
  return [
    { role: "user", content: said },
    { role: "assistant", content: answer, calls: [] },
  ];
}

/** Rather one with a switch or a choice, if there is any: these take longer to learn than copying. */
function chooseDue(draw, declared) {
  const hard = declared.filter(({ inputs }) =>
    Object.values(inputs).some(({ type, choices }) => type === "boolean" || choices !== undefined),
  );
  return draw.pick(hard.length > 0 && draw.chance(0.5) ? hard : declared);
}

function talkWithoutTool(draw, absent, kind) {
  if (kind < 78) return [absent.ask(draw).text, nothingFits];
  return kind < 95 ? chatTurn(draw) : factsTurn(draw);
}

/** A request, its call, a result and the answer from it. */
export function turnWithCall(draw, tool, id) {
  const { text, input } = tool.ask(draw);
  const fields = draw.chance(0.08) ? [["error", makeError(draw)]] : makeResult(draw, tool);
  return [
    { role: "user", content: text },
    { role: "assistant", content: "", calls: [{ id, tool: tool.name, input }] },
    { role: "tool", callId: id, tool: tool.name, result: Object.fromEntries(fields) },
    { role: "assistant", content: answerFrom(fields), calls: [] },
  ];
}

function makeError(draw) {
  const missing = draw.pick(["transaction", "order", "flight", "customer", "file", makeWord(draw)]);
  return draw.pick([
    `no ${missing} ${valueKinds.code(draw, "training")}`,
    `${missing} not found`,
    `the ${missing} is unknown`,
    `no ${missing} of ${valueKinds.person(draw, "training")}`,
  ]);
}

/** What a call returns: fields in the order in which the dialect shows them. */
function makeResult(draw, { gives }) {
  const fields =
    gives === undefined
      ? Array.from({ length: draw.integer(1, 2) }, () => makeField(draw))
      : Object.entries(gives).map(([key, kind]) => [key, makeGiven(draw, kind)]);
  return [...new Map(fields)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function makeGiven(draw, kind) {
  if (kind === "integer") return integerOn(draw, "training", 1, 900);
  if (kind in valueKinds) return valueKinds[kind](draw, "training");
  return draw.pick(kind.split("|"));
}

function answerFrom(fields) {
  const [[key, value]] = fields;
  return key === "error" ? `That did not work: ${value}.` : sayFields(fields);
}

function talkTurn(draw, declared, absent) {
  const kind = draw.integer(0, 99);
  if (kind < 50) return talkOfTool(draw, draw.pick(declared));
  if (kind < 64) return [absent.ask(draw).text, nothingFits];
  if (kind < 78) return chatTurn(draw);
  if (kind < 86) return lookUpTurn(draw, draw.pick(declared));
  if (kind < 93) return factsTurn(draw);
  return repeatTurn(draw, shortRepeat);
}

function talkOfTool(draw, tool) {
  const { text, input } = tool.ask(draw);
  const keys = Object.keys(input).sort();
  return [
    text,
    `I would use ${tool.name} with ${keys.map((key) => `${key} ${input[key]}`).join(", ")}.`,
  ];
}

function chatTurn(draw) {
  if (draw.chance(0.65)) return makeSmallTalk(draw);
  const filled = {
    name: valueKinds.person(draw, "training"),
    place: valueKinds.place(draw, "training"),
  };
  const fill = (text) => text.replace(/\{(\w+)\}/g, (_, key) => filled[key]);
  return draw.pick(chat.training).map(fill);
}

/** Questions about a declaration. */
function lookUpTurn(draw, tool) {
  const keys = Object.keys(tool.inputs).sort();
  const key = draw.pick(keys);
  return draw.pick([
    [`What does ${tool.name} do?`, tool.description],
    [`Which tool is described as "${tool.description}"?`, `${tool.name}.`],
    [`What does ${tool.name} need?`, `${keys.join(", ")}.`],
    [`What is ${key} of ${tool.name}?`, tool.inputs[key].description],
    [`Which tool comes with ${key}: ${tool.inputs[key].description}?`, `${tool.name}.`],
  ]);
}

/** Fields and a question about one: what results will be answered with. */
function factsTurn(draw) {
  const fields = Array.from({ length: draw.integer(1, 4) }, () => makeField(draw));
  const [word, value] = draw.pick(fields);
  const list = fields.map(([field, said]) => `${field}: ${said}`).join(", ");
  if (draw.chance(0.3)) return [`Say in words: ${list}.`, sayFields(fields)];
  return [
    draw.pick([`${list}. What is the ${word}?`, `Given ${list}, tell me the ${word}.`]),
    `The ${word} is ${value}.`,
  ];
}

function makeField(draw) {
  const word = draw.chance(0.5) ? draw.pick(words.properties) : makeWord(draw);
  const kind = draw.pick(["word", "code", "date", "time", "person", "integer", "adjective"]);
  if (kind === "adjective") return [word, draw.pick(words.adjectives)];
  if (kind === "integer") return [word, integerOn(draw, "training", 1, 900)];
  return [word, valueKinds[kind](draw, "training")];
}

/** Fields as a sentence. */
export function sayFields(fields) {
  return `${fields.map(([word, value], i) => `${i === 0 ? "The" : "the"} ${String(word).replaceAll("_", " ")} is ${value}`).join(" and ")}.`;
}

function repeatTurn(draw, most) {
  const english = (d) => d.pick(words.all);
  const code = (d) => valueKinds.code(d, "training");
  const make = () => draw.pick([makeName, makeWord, english, english, english, code])(draw);
  const isThrice = draw.chance(0.35);
  const length = draw.integer(1, isThrice ? Math.ceil(most / 3) : most);
  const said = Array.from({ length }, make).join(" ");
  if (isThrice) return [`Say three times: ${said}`, [said, said, said].join(" ")];
  return [draw.pick([`Repeat: ${said}`, `Say "${said}".`, `Say after me: ${said}`]), said];
}
