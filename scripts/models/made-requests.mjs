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
  const form = draw.pick(["verb", "verb", "verb", "verb", "inflected", "noun", "sentence"]);
  const text = {
    verb: `${verb} ${object}`,
    inflected: draw.pick([
      `have ${object} ${verb}ed`,
      `start ${verb}ing ${object}`,
      `see ${object} ${verb}ed`,
      `go and ${verb} ${object}`,
    ]),
    noun: object,
    sentence: saySentence(draw, verb, object),
  }[form];
  return { text, form, hosts: host !== undefined };
}

/** What is to be done as a sentence that says so. */
function saySentence(draw, verb, object) {
  const adjective = draw.pick(words.adjectives);
  return draw.pick([
    `${object} ${draw.pick(["must", "should", "has to", "shall"])} be ${verb}ed`,
    `${object} is ${adjective}, ${verb} it`,
    `there is ${object}, ${verb} it`,
    `${object} looks ${adjective}: ${verb} it`,
    `here stands ${object}, can somebody ${verb} it`,
    `${object} was never ${verb}ed`,
  ]);
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
            `using ${word}`,
            `${word} yes`,
            `it is ${word}`,
            `some ${word} too`,
            `${word} included`,
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
            `using no ${word}`,
            `it is not ${word}`,
            `${word} excluded`,
            `but no ${word}`,
            `not with ${word}`,
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
      `of ${value} ${word}`,
      `${draw.pick(["at", "in", "to", "over", "by", "under", "within", "after"])} ${value} ${word}`,
      `${draw.pick(["using", "only", "about", "all", "and", "plus", "another"])} ${value} ${word}`,
    ];
    return draw.pick(integers === 1 && draw.chance(0.25) ? bare : clear);
  }
  const said = input.kind === "phrase" || draw.chance(0.05) ? `"${value}"` : value;
  const bare = [
    said,
    `called ${said}`,
    `${draw.pick(["for", "to", "in", "at", "of", "from", "on", "by", "with", "near", "before"])} ${said}`,
    `${draw.pick(["against", "under", "over", "via", "behind", "using", "about", "around"])} ${said}`,
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
    `${word} is ${said}`,
    `${draw.pick(["in", "to", "of", "from", "on", "by", "near", "before", "against", "under"])} the ${word} ${said}`,
    `${draw.pick(["using", "over", "via", "about", "and", "at", "with"])} ${word} ${said}`,
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
  "Somebody should ",
  "Somebody must ",
  "We must ",
  "They want to ",
  "Who can ",
  "Will you ",
  "Let them ",
  "Ask them to ",
  "The others will ",
  "I forgot to ",
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
  "Any ",
  "How about ",
  "They ask for ",
  "When is ",
];
const sentenceOpeners = ["", "", "", "", "Today ", "I think ", "It seems ", "Quick, ", "Well, "];
const closers = ["", "", "", "", " please", " now", " thanks", " today", " for me", " if you can"];

/** One sentence, or the values in a second one or before the task. */
function joinRequest(draw, { text, form }, phrases) {
  const opener = draw.pick({ noun: nounOpeners, sentence: sentenceOpeners }[form] ?? openers);
  const isQuestion = /^(Can|Could|Would|Will|Wh|Is|How|Any)/.test(opener);
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
