// Tools made up at random, with requests for them: no two runs of training steps see the same ones.
//
// A made tool has words of its own (a verb, nouns, a word for each input), half of them words that no
// language has. A request repeats some of them, so that choosing a tool is matching words, and filling
// its inputs is copying what stands beside them.
import { askMade } from "./made-requests.mjs";
import { capital, chooseWord } from "./made-words.mjs";
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
    ask: (askDraw) => askMade(askDraw, named, inputs),
  };
}

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

/** The tool's own noun at times: `trim_beard` takes a `beard`. */
function chooseInputWord(draw, kind, noun) {
  if (kind === "flag") return chooseWord(draw, words.switches);
  return draw.chance(0.2) ? noun : chooseWord(draw, words.properties);
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
  const word = chooseInputWord(draw, kind, noun);
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
