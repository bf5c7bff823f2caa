// Tools made up at random, with requests for them: no two runs of training steps see the same ones.
//
// A made tool has words of its own (a verb, nouns, a word for each input), half of them words that no
// language has. A request repeats some of them, so that choosing a tool is matching words, and filling
// its inputs is copying what stands beside them.
import { makeWord } from "./made-words.mjs";
import { integerOn, valueKinds } from "./values.mjs";
import { words } from "./words.mjs";

/** Tools whose words overlap at a time, so that no single word decides. */
export function makeTools(draw, count) {
  const pool = draw.chance(0.5) ? makePool(draw, Math.ceil(count / 2) + 1) : undefined;
  const tools = new Map();
  while (tools.size < count) {
    const tool = makeTool(draw, pool ?? makePool(draw, 3));
    if (!tools.has(tool.name)) tools.set(tool.name, tool);
  }
  return [...tools.values()];
}

/** Words that tools share. */
function makePool(draw, size) {
  const list = (english) => Array.from({ length: size }, () => chooseWord(draw, english));
  return {
    verbs: list(words.verbs),
    nouns: list([...words.nouns, ...words.properties]),
    switches: list([...words.switches, ...words.adjectives]),
  };
}

function chooseWord(draw, english) {
  return draw.chance(0.45) ? draw.pick(english) : makeWord(draw);
}

function makeTool(draw, pool) {
  const verb = draw.pick(pool.verbs);
  const noun = draw.pick(pool.nouns);
  const second = draw.chance(0.5) ? draw.pick(pool.nouns.filter((n) => n !== noun)) : undefined;
  const parts = draw.pick(
    second === undefined
      ? [
          [verb, noun],
          [verb, noun],
          [noun, verb],
        ]
      : [
          [verb, noun, second],
          [verb, second, noun],
          [noun, second],
          [noun, second, verb],
        ],
  );
  const named = { verb, noun, second };
  const inputs = {};
  const count = draw.integer(1, 3);
  while (Object.keys(inputs).length < count) {
    const [key, input] = makeInput(draw, named, pool);
    inputs[key] ??= input;
  }
  return {
    name: parts.join("_"),
    description: describe(draw, named),
    inputs,
    ask: (askDraw) => ask(askDraw, named, inputs),
  };
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function describe(draw, { verb, noun, second }) {
  const v = capital(verb);
  const n = second === undefined ? noun : draw.pick([`${noun} ${second}`, `${second} ${noun}`]);
  const of =
    second === undefined ? noun : draw.pick([`${noun} of a ${second}`, `${second} of the ${noun}`]);
  return draw.pick([
    `${v} the ${n}`,
    `${v} a ${of}`,
    `${v} ${of}`,
    `${v} a ${n} for someone`,
    `Use this to ${verb} the ${of}`,
    `${v}s a ${n}`,
    `${v} the ${of}.`,
    `This can ${verb} a ${n}`,
    `${capital(noun)}: ${verb} the ${second ?? noun}`,
  ]);
}

function makeInput(draw, { verb, noun }, pool) {
  const kind = draw.pick([
    "string",
    "string",
    "string",
    "integer",
    "integer",
    "choice",
    "choice",
    "flag",
  ]);
  const word =
    kind === "flag" ? chooseWord(draw, words.switches) : chooseWord(draw, words.properties);
  const key = draw.chance(0.15) ? `${noun}_${word}` : word;
  switch (kind) {
    case "string": {
      const description = draw.pick([
        `The ${word}`,
        `The ${word} of the ${noun}`,
        capital(word),
        `Which ${word} to ${verb}`,
        `The ${word}.`,
        `Name of the ${word}`,
        `What ${word} it has`,
      ]);
      const value = draw.pick([
        "person",
        "person",
        "place",
        "word",
        "code",
        "code",
        "date",
        "time",
        "phrase",
      ]);
      return [key, { type: "string", kind: value, word, description }];
    }
    case "integer": {
      const high = draw.pick([9, 20, 60, 100, 500, 5000]);
      const description = draw.pick([
        `How many ${word}`,
        `The ${word}`,
        `The number of ${word}`,
        `${capital(word)} of the ${noun}`,
        `The ${word} in numbers`,
        `How much ${word} to ${verb}`,
      ]);
      return [key, { type: "integer", low: 1, high, word, description }];
    }
    case "choice": {
      const choices = new Set();
      const count = draw.integer(2, 5);
      while (choices.size < count) {
        choices.add(
          draw.chance(0.2) ? draw.pick(pool.switches) : chooseWord(draw, words.adjectives),
        );
      }
      const description = draw.pick([
        `The ${word}`,
        `The ${word} of the ${noun}`,
        `Which ${word}`,
        `${capital(word)} to ${verb}`,
        `The kind of ${word}`,
      ]);
      return [key, { type: "string", choices: [...choices], word, description }];
    }
    default: {
      const description = draw.pick([
        `Whether ${word} is wanted`,
        `Whether to ${word} the ${noun}`,
        `Whether there is ${word}`,
        `Whether it has ${word}`,
        `With ${word} or not`,
        `Whether the ${noun} is ${word}`,
      ]);
      return [key, { type: "boolean", word, description }];
    }
  }
}

/** A request for the tool on the training side, and the input that it asks for. */
function ask(draw, named, inputs) {
  const values = Object.entries(inputs).map(([key, input]) => [
    key,
    makeValue(draw, input, "training"),
  ]);
  const strings = Object.values(inputs).filter((input) => input.kind !== undefined).length;
  const integers = Object.values(inputs).filter(({ type }) => type === "integer").length;
  const phrases = values.map(([key, value]) =>
    mention(draw, inputs[key], value, { strings, integers }),
  );
  return {
    text: joinRequest(draw, sayTask(draw, named), draw.shuffle(phrases)),
    input: Object.fromEntries(values),
  };
}

/** A value for an input, on a side. */
export function makeValue(draw, input, side) {
  if (input.type === "boolean") return draw.chance(0.5);
  if (input.choices !== undefined) return draw.pick(input.choices);
  if (input.type === "integer") return integerOn(draw, side, input.low, input.high);
  return valueKinds[input.kind](draw, side);
}

/** What is to be done, with most of the tool's words. */
function sayTask(draw, { verb, noun, second }) {
  const both =
    second === undefined
      ? noun
      : draw.pick([
          `${noun} ${second}`,
          `${second} ${noun}`,
          `${noun} of the ${second}`,
          `${second} of the ${noun}`,
        ]);
  const article = draw.pick(["the ", "a ", "my ", "", "this ", "our "]);
  const ends = draw.pick(["", "", "s"]);
  const forms = {
    full: [`${verb} ${article}${both}${ends}`, `${verb} ${article}${both}${ends}`],
    inflected: [
      `have ${article}${both} ${verb}ed`,
      `start ${verb}ing ${article}${both}`,
      `see ${article}${both} ${verb}ed`,
    ],
    noun: [`${article}${both}${ends}`],
  };
  const form = draw.pick(["full", "full", "full", "full", "inflected", "noun"]);
  return { text: draw.pick(forms[form]), isNoun: form === "noun" };
}

/** How a value is mentioned; alone of its type it may stand without its word. */
function mention(draw, input, value, { strings, integers }) {
  const { word } = input;
  if (input.type === "boolean") {
    return draw.pick(
      value
        ? [
            `with ${word}`,
            `${word} on`,
            `including ${word}`,
            `with the ${word}`,
            `plus ${word}`,
            `yes to ${word}`,
            `and ${word} please`,
            `it should be ${word}`,
            `make it ${word}`,
          ]
        : [
            `without ${word}`,
            `${word} off`,
            `no ${word}`,
            `excluding ${word}`,
            `not ${word}`,
            `without the ${word}`,
            `no to ${word}`,
            `skip the ${word}`,
            `without any ${word}`,
            `do not ${word}`,
            `it should not be ${word}`,
          ],
    );
  }
  if (input.choices !== undefined) {
    return draw.pick([
      `${value} ${word}`,
      `${word} ${value}`,
      `in ${value}`,
      `make it ${value}`,
      `the ${word} is ${value}`,
      `with ${value} ${word}`,
      `${value}`,
      `as ${value}`,
      `of the ${value} ${word}`,
      `use ${value}`,
    ]);
  }
  if (input.type === "integer") {
    const bare = [`${value} times`, `for ${value}`, `${value} of them`, `${value}`];
    const clear = [
      `${value} ${word}`,
      `for ${value} ${word}`,
      `with ${value} ${word}`,
      `${word} ${value}`,
      `a ${word} of ${value}`,
      `the ${word} is ${value}`,
      `${word}: ${value}`,
      `at ${value} ${word}`,
      `of ${value} ${word}`,
    ];
    return draw.pick(integers === 1 && draw.chance(0.25) ? bare : clear);
  }
  const said = input.kind === "phrase" || draw.chance(0.05) ? `"${value}"` : value;
  const bare = [
    `for ${said}`,
    said,
    `to ${said}`,
    `in ${said}`,
    `at ${said}`,
    `called ${said}`,
    `of ${said}`,
    `from ${said}`,
    `on ${said}`,
    `by ${said}`,
  ];
  const clear = [
    `for ${word} ${said}`,
    `${word} ${said}`,
    `the ${word} is ${said}`,
    `with ${word} ${said}`,
    `${word}: ${said}`,
    `for the ${word} ${said}`,
    `at the ${word} ${said}`,
    `with the ${word} ${said}`,
    `its ${word} being ${said}`,
    `${said} as ${word}`,
  ];
  return draw.pick(strings === 1 && draw.chance(0.5) ? bare : clear);
}

const openers = [
  "",
  "",
  "",
  "Please ",
  "Can you ",
  "Could you ",
  "I want to ",
  "I would like to ",
  "Help me to ",
  "We have to ",
  "You should ",
  "Now ",
  "Hey, ",
  "I need to ",
  "Let us ",
  "It is time to ",
  "Would you ",
  "Do ",
  "Today I must ",
];
const nounOpeners = [
  "I need ",
  "Give me ",
  "What about ",
  "Get me ",
  "",
  "I want ",
  "Where is ",
  "What is ",
  "Is there ",
];
const closers = ["", "", "", "", " please", " now", " thanks", " today", " for me", " if you can"];

/** One sentence, or the values in a second one or before the task. */
function joinRequest(draw, { text, isNoun }, phrases) {
  const opener = draw.pick(isNoun ? nounOpeners : openers);
  const isQuestion = /^(Can|Could|Would|Wh|Is)/.test(opener);
  const end = isQuestion ? "?" : draw.pick([".", ".", "!", ""]);
  const closer = draw.pick(closers);
  const list = phrases.reduce(
    (all, phrase, i) => (i === 0 ? phrase : all + draw.pick([", ", " and ", ", ", " "]) + phrase),
    "",
  );
  switch (draw.integer(0, 9)) {
    case 0:
      return `${capital(`${opener}${text}${closer}${end || "."}`)} ${capital(list)}.`;
    case 1:
      return `${capital(list)}: ${opener.toLowerCase()}${text}${closer}${end}`;
    case 2:
      return `${capital(`${opener}${text}`)}: ${list}${closer}${end}`;
    case 3:
      return `${capital(`${opener}${text}`)}, ${list}${closer}${end}`;
    default:
      return capital(`${opener}${text} ${list}${closer}${end}`);
  }
}
