// Values that requests carry: names, places, codes, dates, phrases, numbers. Every kind is a function
// of a draw and a side; the sides "training" and "heldOut" share no value, nor any word of a name.
import { isHeldOut } from "./draw.mjs";
import { makeName } from "./made-words.mjs";

const firstNames = (
  "Anna Ben Clara David Elena Felix Greta Hugo Ines Jonas Karla Leo Marta Nils Olga Paul Rosa Sam " +
  "Tina Uwe Vera Willem Yara Zoe Ada Bruno Carmen Dario Edith Farid Gina Hans Ivan Julia Kofi Lena " +
  "Milan Nora Omar Petra Quentin Ravi Sofia Tomas Ursula Viktor Wanda Xenia Yusuf Zora Alma Boris " +
  "Chen Dina Emil Fatima Goran Hilde Igor Jana Kai Lotte Mira Noah Otto Priya Rita Stefan Thea Ugo"
).split(" ");

const placeParts = {
  before: ["", "", "", "Port", "New", "North", "San", "Lake", "Mount", "East"],
  after: ["", "", "", "Bay", "Hill", "Valley", "Springs", "Harbour", "Park"],
};

const phraseWords = (
  "see you at the old gate we are late again bring more bread call me soon all went well do not " +
  "wait for us happy birthday good luck tomorrow the train is full buy milk and eggs water is back " +
  "lunch moved to noon meeting over thank him pick up kids key under mat ask her first no news yet"
).split(" ");

const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ";

const onSide = (side) => (value) => isHeldOut(value) === (side === "heldOut");

const pad = (number) => String(number).padStart(2, "0");

/** Kinds of values by name: `(draw, side) => value`. */
export const valueKinds = {
  person(draw, side) {
    const accepts = onSide(side);
    const first = draw.until(() => draw.pick(firstNames), accepts);
    if (draw.chance(0.5)) return first;
    return `${first} ${draw.until(() => makeName(draw), accepts)}`;
  },

  place(draw, side) {
    const name = draw.until(() => makeName(draw), onSide(side));
    const before = draw.pick(placeParts.before);
    const after = before === "" ? draw.pick(placeParts.after) : "";
    return [before, name, after].filter(Boolean).join(" ");
  },

  /** A name of one word, such as a brand or a pet. */
  word(draw, side) {
    return draw.until(() => makeName(draw), onSide(side));
  },

  /** Letters and digits: `T1001`, `AB-204`, `7731`. */
  code(draw, side) {
    return draw.until(() => {
      const prefix = Array.from({ length: draw.integer(0, 2) }, () => draw.pick([...letters]));
      const digits = Array.from({ length: draw.integer(3, 5) }, () => draw.integer(0, 9));
      const dash = prefix.length > 0 && draw.chance(0.25) ? "-" : "";
      return `${prefix.join("")}${dash}${digits.join("")}`;
    }, onSide(side));
  },

  date(draw, side) {
    return draw.until(
      () => `${draw.integer(2024, 2029)}-${pad(draw.integer(1, 12))}-${pad(draw.integer(1, 28))}`,
      onSide(side),
    );
  },

  time(draw, side) {
    return draw.until(
      () => `${pad(draw.integer(0, 23))}:${pad(draw.integer(0, 59))}`,
      onSide(side),
    );
  },

  phrase(draw, side) {
    return draw.until(() => {
      const count = draw.integer(2, 5);
      return Array.from({ length: count }, () => draw.pick(phraseWords)).join(" ");
    }, onSide(side));
  },
};

/** An integer from `low` to `high` on a side. */
export function integerOn(draw, side, low, high) {
  return draw.until(() => draw.integer(low, high), onSide(side));
}

/** A value for an input, on a side. */
export function makeValue(draw, input, side) {
  if (input.type === "boolean") return draw.chance(0.5);
  if (input.choices !== undefined) return draw.pick(input.choices);
  if (input.type === "integer") return integerOn(draw, side, input.low, input.high);
  return valueKinds[input.kind](draw, side);
}
