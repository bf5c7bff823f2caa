// Requests for made tools: what is to be done in most of the tool's words, its values mentioned in one
// of many ways, and now and then a sentence that has nothing to do with it.
import { capital, chooseWord, makeName } from "./made-words.mjs";
import { makeValue } from "./values.mjs";
import { words } from "./words.mjs";

/** A request for the tool on the training side, and the input that it asks for. */
export function askMade(draw, named, inputs) {
  const entries = Object.entries(inputs).map(([key, input]) => ({
    ...{ key, input, value: makeValue(draw, input, "training") },
  }));
  const isFree = ({ kind }) => kind !== undefined;
  const counts = {
    strings: entries.filter(({ input }) => isFree(input)).length,
    integers: entries.filter(({ input }) => input.type === "integer").length,
  };
  const hosted = draw.chance(0.35) ? draw.pick(entries) : undefined;
  const task = sayTask(draw, named, hosted);
  const mentions = entries
    .filter((entry) => !(entry === hosted && task.hosts))
    .map(({ input, value }) => mention(draw, input, value, counts));
  return {
    text: addFiller(draw, joinRequest(draw, task, draw.shuffle(mentions))),
    input: Object.fromEntries(entries.map(({ key, value }) => [key, value])),
  };
}

/** What is to be done, with most of the tool's words; one of the values may stand inside. */
function sayTask(draw, { verb, noun, second }, hosted) {
  const both =
    second === undefined
      ? noun
      : draw.pick([
          `${noun} ${second}`,
          `${second} ${noun}`,
          `${noun} of the ${second}`,
          `${second} of the ${noun}`,
        ]);
  const article = draw.pick(["the ", "a ", "my ", "", "this ", "our ", "that ", "one "]);
  const host = hostValue(hosted, article, both);
  const object = host ?? `${article}${both}${draw.pick(["", "", "s"])}`;
  const form = draw.pick(["full", "full", "full", "full", "inflected", "noun"]);
  const text = {
    full: `${verb} ${object}`,
    inflected: draw.pick([
      `have ${object} ${verb}ed`,
      `start ${verb}ing ${object}`,
      `see ${object} ${verb}ed`,
      `go and ${verb} ${object}`,
    ]),
    noun: object,
  }[form];
  return { text, isNoun: form === "noun", hosts: host !== undefined };
}

/** A value inside the noun phrase: "the large hall", "3 cups of tea", "the dog Bello". */
function hostValue(hosted, article, noun) {
  if (hosted === undefined || hosted.input.type === "boolean") return undefined;
  const { input, value } = hosted;
  if (input.choices !== undefined) return `${article}${value} ${noun}`;
  if (input.type === "integer") return `${value} ${input.word} of ${article}${noun}`;
  return input.kind === "phrase" ? `${article}${noun} "${value}"` : `${article}${noun} ${value}`;
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
  if (list === "") return capital(`${opener}${text}${closer}${end}`);
  switch (draw.integer(0, 9)) {
    case 0:
      return `${capital(`${opener}${text}${closer}${end || "."}`)} ${capital(list)}.`;
    case 1:
      return `${capital(list)}: ${uncapital(`${opener}${text}`)}${closer}${end}`;
    case 2:
      return `${capital(`${opener}${text}`)}: ${list}${closer}${end}`;
    case 3:
      return `${capital(`${opener}${text}`)}, ${list}${closer}${end}`;
    default:
      return capital(`${opener}${text} ${list}${closer}${end}`);
  }
}

/** What people say besides: words that belong to no tool. */
function addFiller(draw, request) {
  if (!draw.chance(0.25)) return request;
  const noun = chooseWord(draw, words.nouns);
  const adjective = chooseWord(draw, words.adjectives);
  const name = makeName(draw);
  const lower = uncapital(request);
  return draw.pick([
    `My ${noun} is ${adjective}, so ${lower}`,
    `The ${noun} is ${adjective}: ${lower}`,
    `It is ${adjective} today. ${request}`,
    `${capital(noun)} was never ${adjective}. ${request}`,
    `${name} has a ${noun}, ${lower}`,
    `I think of the ${noun}. ${request}`,
    `${request} It is for the ${noun}.`,
    `${request} We are ${adjective}.`,
    `Before the ${noun} comes, ${lower}`,
    `They said ${name} is ${adjective}. ${request}`,
  ]);
}

/** But "I" stays as it is. */
function uncapital(text) {
  return /^I\b/.test(text) ? text : text[0].toLowerCase() + text.slice(1);
}
