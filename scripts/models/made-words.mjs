// Words that no language has, so that matching and copying are learnt instead of vocabulary: made of
// syllables, or of the halves of two English words.
import { unseenWords } from "./tool-words.mjs";
import { words } from "./words.mjs";

const onsets =
  "b c d f g h k l m n p r s t v w z br cl cr dr fl gr pl pr sh sk sl sp st th tr ch qu j y".split(
    " ",
  );
const nuclei = "a e i o u a e i o u ai ea ee ie oa oo ou au".split(" ");
const codas = ["", "", "", ..."n r l s t m d k ck nd nt rt st ng x sh th p b".split(" ")];

/** A word in lower case, of at least three letters. */
export function makeWord(draw) {
  return draw.until(
    () => (draw.chance(0.45) ? blendWords(draw) : makeSyllables(draw, draw.pick([1, 2, 2, 2, 3]))),
    (word) => word.length >= 3 && !unseenWords.has(word),
  );
}

/** A word of a list, or one that no language has. */
export function chooseWord(draw, english) {
  return draw.chance(0.45) ? draw.pick(english) : makeWord(draw);
}

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

/** A name, with a capital. */
export function makeName(draw) {
  const word = makeSyllables(draw, draw.chance(0.3) ? 3 : 2);
  return capital(word);
}

function makeSyllables(draw, count) {
  const make = () => draw.pick(onsets) + draw.pick(nuclei) + draw.pick(codas);
  return Array.from({ length: count }, make).join("");
}

function blendWords(draw) {
  const [first, second] = [draw.pick(words.all), draw.pick(words.all)];
  return first.slice(0, Math.ceil(first.length / 2)) + second.slice(Math.floor(second.length / 2));
}
