// Small talk made up at random: greetings in many forms, and sentences about things, people and places
// that ask for nothing, so that a tool's word alone is no request.
import { capital, chooseWord } from "./made-words.mjs";
import { valueKinds } from "./values.mjs";
import { words } from "./words.mjs";

const greetings = [
  "Hello",
  "Hi",
  "Hey",
  "Good day",
  "Good afternoon",
  "Welcome back",
  "Hello again",
];
const thanks = ["Thanks", "Thank you", "Thank you very much", "Cheers", "A big thank you"];
const farewells = ["Bye", "Goodbye", "See you", "Take care", "Good night", "Farewell"];
const ends = [".", "!", "", "..."];

const hello = "Hello! What can I do for you?";
const unknown = "That I do not know.";
const heard = "I see.";
const sorry = "I am sorry to hear that.";
const glad = "That is good to hear.";

/** `[said, answer]` */
export function makeSmallTalk(draw) {
  const kind = draw.integer(0, 99);
  if (kind < 10) return greet(draw);
  if (kind < 18) return thank(draw);
  if (kind < 25) return leave(draw);
  return kind < 45 ? wonder(draw) : tell(draw);
}

function greet(draw) {
  const { name } = things(draw);
  const to = draw.pick([
    "",
    "",
    " there",
    " my friend",
    `, ${name} here`,
    " everyone",
    ", it is me",
  ]);
  return [`${draw.pick(greetings)}${to}${draw.pick(ends)}`, hello];
}

function thank(draw) {
  const { name, noun } = things(draw);
  const what = draw.pick([
    "",
    " for the help",
    " again",
    ` for the ${noun}`,
    `, also from ${name}`,
  ]);
  return [`${draw.pick(thanks)}${what}${draw.pick(ends)}`, "You are welcome."];
}

function leave(draw) {
  const why = draw.pick([
    "",
    " for now",
    " and thanks",
    ", I have to go",
    " then",
    " until Monday",
  ]);
  return [`${draw.pick(farewells)}${why}${draw.pick(ends)}`, "Goodbye!"];
}

/** Questions that no tool answers. */
function wonder(draw) {
  const { name, place, noun, other, adjective } = things(draw);
  const question = draw.pick([
    `Why is the ${noun} so ${adjective}?`,
    `Who made the ${noun}?`,
    `What is a ${noun}?`,
    `Do you like ${noun}?`,
    `Is ${name} ${adjective}?`,
    `Are you ${adjective}?`,
    `Where does ${name} live?`,
    `Why do people want ${noun}?`,
    `Which is better, ${noun} or ${other}?`,
    `How far is ${place} from here?`,
    `Have you met ${name}?`,
    `What do you think about ${place}?`,
    `Can a ${noun} be ${adjective}?`,
    `Who is ${name}?`,
  ]);
  return [question, unknown];
}

/** Sentences that ask for nothing. */
function tell(draw) {
  const { name, place, noun, other, adjective } = things(draw);
  return draw.pick([
    [`The ${noun} is ${adjective}.`, heard],
    [`My ${noun} was ${adjective} yesterday.`, heard],
    [`${name} has a ${adjective} ${noun}.`, heard],
    [`${name} sends greetings.`, hello],
    [`I saw ${name} in ${place}.`, heard],
    [`${name} lives in ${place}.`, heard],
    [`${name} likes the ${noun}.`, heard],
    [`I read about the ${noun} of ${place}.`, heard],
    [`We have a ${noun} and a ${other}.`, heard],
    [`No ${noun}, no ${other}.`, heard],
    [`${capital(adjective)} days are the best.`, heard],
    [`How ${adjective}!`, heard],
    [`You are ${adjective}.`, heard],
    [`${name} and I are friends.`, glad],
    [`I like my ${noun}.`, glad],
    [`The ${noun} was wonderful.`, glad],
    [`${name} is well again.`, glad],
    [`I enjoy ${place} a lot.`, glad],
    [`I lost my ${noun}.`, sorry],
    [`${name} is ill.`, sorry],
    [`The ${noun} hurts.`, sorry],
    [`I hate this ${noun}.`, sorry],
    [`They were sad about the ${noun}.`, sorry],
    [`We stayed in ${place} for a week.`, `I have never been to ${place}.`],
    [`${place} has a ${noun}.`, `I have never been to ${place}.`],
    [`I dream of ${place}.`, `I have never been to ${place}.`],
    [`Call me ${name}.`, `Nice to meet you, ${name}.`],
    [`You may know me as ${name}.`, `Nice to meet you, ${name}.`],
  ]);
}

function things(draw) {
  return {
    name: valueKinds.person(draw, "training"),
    place: valueKinds.place(draw, "training"),
    noun: chooseWord(draw, words.nouns),
    other: chooseWord(draw, words.nouns),
    adjective: draw.pick(words.adjectives),
  };
}
