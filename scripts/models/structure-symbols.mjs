// In some rows of pre-training, words that are copied are written as what calls are made of.
//
// Markers, `call:` and braces are never written in talk, so that their vectors would be pushed away from
// everything and an adapter could not bring the model to write them. Copied like a word, in place of one,
// they become symbols like others, and no call is seen.

const structure = [
  ...["<start_function_call>", "<end_function_call>"],
  ...["<start_function_response>", "<end_function_response>", "<escape>"],
  ...["call:", "response:", "{", "}", ":", ","],
];
const ordinary = /^[▁_ ]?[a-z]{2,}$/i;
const share = 0.15;
const mostWords = 3;

/** What exchanges words of encoded samples for a model's vocabulary. */
export class StructureSymbols {
  #ids;
  #isWord;

  constructor(model) {
    const texts = Array.from({ length: model.vocabularySize }, (_, id) => model.tokenText(id));
    this.#ids = structure.map((text) => texts.indexOf(text)).filter((id) => id >= 0);
    this.#isWord = texts.map((text) => ordinary.test(text));
  }

  /** A sample, or the same with a few of its copied words exchanged for symbols everywhere. */
  exchange(draw, sample) {
    if (!draw.chance(share)) return sample;
    const { tokens, trained } = sample;
    const read = new Set(tokens.filter((_, i) => trained[i] === 0));
    const copied = tokens.filter((id, i) => trained[i] === 1 && this.#isWord[id] && read.has(id));
    const words = draw.sample([...new Set(copied)], draw.integer(1, mostWords));
    const symbols = draw.sample(this.#ids, words.length);
    const exchanged = new Map(words.map((word, i) => [word, symbols[i]]));
    return { ...sample, tokens: tokens.map((id) => exchanged.get(id) ?? id) };
  }
}
