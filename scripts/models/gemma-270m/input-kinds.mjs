// The kinds of inputs that tools/*.txt name: each has a schema, makes values and says them as people do.
import { valueKinds } from "../values.mjs";

const side = "training";

/**
 * Reads a kind as tools/README.md describes it.
 *
 * @returns `{ schema, make(draw), say(draw, value, around) }`, with `choices` of one that a schema may
 * list; `around` holds the request's text before and after the value.
 * @throws Error for a kind that there is not.
 */
export function parseKind(written) {
  if (/^\[.*\]$/.test(written)) return listOf(parseKind(written.slice(1, -1)));
  if (written.includes(" | ")) return choiceOf(written.split(" | "), true);
  if (written.includes(" / ")) return choiceOf(written.split(" / "), false);
  const [, name, low, high] = /^([a-z, ]+?)(?: (-?[\d.]+)-([\d.]+))?$/.exec(written) ?? [];
  if (name === "int") return integerIn(Number(low ?? 1), Number(high ?? 0));
  if (name === "num") return numberIn(Number(low ?? 0), Number(high ?? 0));
  if (low !== undefined || !(name in kinds)) throw new Error(`no kind "${written}"`);
  return kinds[name];
}

const kinds = {
  yes: { schema: { type: "boolean" }, make: (draw) => draw.chance(0.5) },
  year: { schema: { type: "integer" }, make: (draw) => draw.integer(1900, 2026), say: sayPlainly },
  money: {
    schema: { type: "number" },
    make: (draw) =>
      draw.chance(0.15)
        ? draw.integer(100, 50000) / 100
        : draw.integer(1, 99) * draw.pick([1, 10, 50, 100, 1000, 5000]),
    say: sayMoney,
  },
  big: {
    schema: { type: "integer" },
    make: (draw) => draw.integer(11, 990) * draw.pick([1e3, 1e5, 1e5, 1e6, 1e8]),
    say: (draw, value) => (draw.chance(0.7) ? sayMagnitude(value) : withCommas(value)),
  },
  percent: {
    schema: { type: "number" },
    make: (draw) => draw.integer(1, 60) / draw.pick([1, 1, 1, 2, 4]),
    say: (draw, value, around) => sayPercent(draw, value, around),
  },
  rate: {
    schema: { type: "number" },
    make: (draw) => draw.integer(1, 30) / draw.pick([100, 100, 100, 200, 1000]),
    say: (draw, value, around) =>
      draw.chance(0.2) && !saysPercent(around)
        ? String(value)
        : sayPercent(draw, Number((value * 100).toFixed(4)), around),
  },
  date: { schema: { type: "string" }, make: (draw) => valueKinds.date(draw, side), say: sayDate },
  day: {
    schema: { type: "string" },
    make: (draw) => {
      const [month, day] = [draw.pick(months), draw.integer(1, 28)];
      return draw.pick([`${month} ${day}`, `${month} ${ordinal(day)}`, `${day} ${month}`]);
    },
  },
  time: { schema: { type: "string" }, make: makeTime, say: sayTime },
  city: { schema: { type: "string" }, make: (draw) => draw.pick(cities) },
  "city, state": {
    schema: { type: "string" },
    make: (draw) => draw.pick(statedCities).replace(/ \(.*/, ""),
    say: sayStatedCity,
  },
  country: { schema: { type: "string" }, make: (draw) => draw.pick(countries) },
  person: {
    schema: { type: "string" },
    make: (draw) => (draw.chance(0.5) ? valueKinds.person(draw, side) : draw.pick(people)),
  },
  email: {
    schema: { type: "string" },
    make: (draw) =>
      `${valueKinds.person(draw, side).toLowerCase().replace(" ", ".")}@${draw.pick(mailHosts)}`,
  },
  code: { schema: { type: "string" }, make: (draw) => valueKinds.code(draw, side) },
  formula: { schema: { type: "string" }, make: makeFormula, say: sayFormula },
  goods: listOf({ schema: { type: "string" }, make: (draw) => draw.pick(goods) }),
};

/** A list; of choices, some and each once. */
function listOf(item) {
  const { choices } = item;
  return {
    schema: { type: "array", items: item.schema },
    choices,
    make: (draw) => {
      if (choices === undefined) return makeSome(draw, item);
      const most = Math.min(choices.length - 1, 4);
      return draw.sample(choices, draw.integer(1, Math.max(1, most))).map(({ value }) => value);
    },
    say: (draw, values, around) => {
      const said = values.map((value) => (item.say ?? sayNumber)(draw, value, around));
      const isBracketed = item.schema.type !== "string" && draw.chance(0.4);
      return isBracketed ? `[${values.join(", ")}]` : joined(draw, said);
    },
  };
}

function makeSome(draw, item) {
  const values = Array.from({ length: draw.integer(2, 6) }, () => item.make(draw));
  return item.schema.type === "string" ? [...new Set(values)] : values;
}

export const joined = (draw, said) =>
  said.length < 2
    ? said.join("")
    : `${said.slice(0, -1).join(", ")}${draw.pick([" and ", " and ", ", "])}${said.at(-1)}`;

/** Written `value (as it is said)`; underscores are said as spaces. */
function choiceOf(written, isListed) {
  const choices = written.map((each) => {
    const [, value, said] = /^(.*?)(?: \((.*)\))?$/.exec(each.trim());
    return { value, said: said ?? (isListed ? value.replaceAll("_", " ") : value) };
  });
  return {
    schema: { type: "string" },
    choices,
    isListed,
    make: (draw) => draw.pick(choices).value,
    say: (_, value) => choices.find((each) => each.value === value).said,
  };
}

const integerIn = (low, high) => ({
  schema: { type: "integer" },
  make: (draw) => draw.integer(low, high || draw.pick([9, 12, 60, 100, 1000, 20000])),
  say: sayNumber,
});

/** Whole ones half of the time, else with as many decimals as the range asks for. */
const numberIn = (low, high) => ({
  schema: { type: "number" },
  make: (draw) => {
    const most = high || draw.pick([200, 200, 40, 4000]);
    const least = low || Math.min(1, most / 20);
    if (most - least >= 4 && draw.chance(0.5)) return draw.integer(Math.ceil(least), most);
    let scale = draw.pick([10, 10, 100]);
    while ((most - least) * scale < 20) scale *= 10;
    return draw.integer(Math.ceil(least * scale), Math.floor(most * scale)) / scale;
  },
  say: sayNumber,
});

const numberWords = "two three four five six seven eight nine ten eleven twelve".split(" ");

/** Small numbers in words at times, large ones with commas. */
export function sayNumber(draw, value) {
  if (typeof value !== "number") return String(value);
  const word = Number.isInteger(value) ? numberWords[value - 2] : undefined;
  if (word !== undefined && draw.chance(0.25)) return word;
  const mayBeYear = Number.isInteger(value) && value < 2100;
  return value >= 1000 && !mayBeYear && draw.chance(0.5) ? withCommas(value) : String(value);
}

function sayPlainly(_, value) {
  return String(value);
}

const withCommas = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 6 });

function sayMagnitude(value) {
  const [size, word] = [
    [1e9, "billion"],
    [1e6, "million"],
    [1e3, "thousand"],
  ].find(([least]) => value >= least);
  return `${Number((value / size).toFixed(6))} ${word}`;
}

function sayMoney(draw, value, { before, after }) {
  const number = draw.chance(0.6) ? withCommas(value) : String(value);
  if (/[$€£]$/.test(before) || /^ ?(dollar|euro|buck|pound|USD|EUR|[$€£])/.test(after))
    return number;
  if (value >= 20000 && value % 1000 === 0 && draw.chance(0.25)) return `$${sayMagnitude(value)}`;
  return draw.pick([`$${number}`, `$${number}`, `${number} dollars`]);
}

const saysPercent = ({ after }) => /^ ?(%|per ?cent)/.test(after);

function sayPercent(draw, value, around) {
  return saysPercent(around) ? String(value) : `${value}${draw.pick(["%", "%", " percent"])}`;
}

const months =
  "January February March April May June July August September October November December".split(
    " ",
  );

function ordinal(day) {
  const ending = day > 3 && day < 21 ? "th" : (["th", "st", "nd", "rd"][day % 10] ?? "th");
  return `${day}${ending}`;
}

function sayDate(draw, value) {
  const [year, month, day] = value.split("-").map(Number);
  const name = months[month - 1];
  return draw.pick([
    value,
    `${name} ${day}, ${year}`,
    `${name} ${ordinal(day)}, ${year}`,
    `${day} ${name} ${year}`,
    `the ${ordinal(day)} of ${name} ${year}`,
  ]);
}

const pad = (number) => String(number).padStart(2, "0");

function makeTime(draw) {
  return `${pad(draw.integer(0, 23))}:${draw.pick(["00", "00", "15", "30", "45"])}`;
}

function sayTime(draw, value) {
  const [hours, minutes] = value.split(":").map(Number);
  if (draw.chance(0.3)) return value;
  const half = hours < 12 ? draw.pick(["am", "a.m."]) : draw.pick(["pm", "p.m."]);
  const past = minutes === 0 ? "" : `:${pad(minutes)}`;
  return `${hours % 12 || 12}${past} ${half}`;
}

function sayStatedCity(draw, value) {
  const [city, short] = value.split(", ");
  const state = statedCities.find((each) => each.startsWith(value)).split(/[()]/)[1];
  return draw.pick([value, `${city}, ${state}`, city, `${city} ${short}`, city]);
}

/** Powers and products of x, in Python's syntax. */
function makeFormula(draw) {
  if (draw.chance(0.15)) return draw.pick(["sin(x)", "cos(x)", "exp(x)", "log(x)", "sqrt(x)"]);
  const powers = draw.sample([3, 2, 1, 0], draw.integer(1, 3)).sort((a, b) => b - a);
  if (powers[0] === 0) powers[0] = 2;
  const term = (power) => {
    const factor = draw.integer(1, 9);
    if (power === 0) return String(factor);
    return `${factor === 1 ? "" : `${factor}*`}x${power === 1 ? "" : `**${power}`}`;
  };
  return powers.map(term).reduce((sum, next) => `${sum} ${draw.pick(["+", "+", "-"])} ${next}`);
}

function sayFormula(draw, value) {
  const caret = value.replaceAll("**", "^");
  const spoken = value
    .replaceAll("x**2", "x squared")
    .replaceAll("x**3", "x cubed")
    .replaceAll("*", "");
  return draw.pick([value, caret, caret.replaceAll("*", ""), caret.replaceAll("*", ""), spoken]);
}

const cities = (
  "London|Paris|Berlin|Tokyo|New York|Chicago|Boston|Seattle|Madrid|Rome|Vienna|Lisbon|Dublin|Oslo|" +
  "Stockholm|Helsinki|Warsaw|Prague|Budapest|Athens|Istanbul|Cairo|Nairobi|Lagos|Cape Town|Mumbai|" +
  "Delhi|Bangkok|Singapore|Hong Kong|Seoul|Osaka|Sydney|Melbourne|Auckland|Toronto|Vancouver|" +
  "Montreal|Mexico City|Lima|Buenos Aires|Rio de Janeiro|Santiago|Miami|Denver|Austin|Zurich|Milan"
).split("|");

const statedCities = (
  "Denver, CO (Colorado)|Austin, TX (Texas)|Houston, TX (Texas)|Dallas, TX (Texas)|Miami, FL (Florida)|" +
  "Orlando, FL (Florida)|Seattle, WA (Washington)|Portland, OR (Oregon)|Boston, MA (Massachusetts)|" +
  "Chicago, IL (Illinois)|Phoenix, AZ (Arizona)|Atlanta, GA (Georgia)|Nashville, TN (Tennessee)|" +
  "Detroit, MI (Michigan)|San Diego, CA (California)|Los Angeles, CA (California)|" +
  "San Francisco, CA (California)|San Jose, CA (California)|Sacramento, CA (California)|" +
  "Las Vegas, NV (Nevada)|Salt Lake City, UT (Utah)|Minneapolis, MN (Minnesota)|Madison, WI (Wisconsin)|" +
  "Cleveland, OH (Ohio)|Columbus, OH (Ohio)|Philadelphia, PA (Pennsylvania)|Pittsburgh, PA (Pennsylvania)|" +
  "Baltimore, MD (Maryland)|Charlotte, NC (North Carolina)|New Orleans, LA (Louisiana)|" +
  "Kansas City, MO (Missouri)|Albuquerque, NM (New Mexico)|Buffalo, NY (New York)|" +
  "New York City, NY (New York)|Honolulu, HI (Hawaii)|Anchorage, AK (Alaska)"
).split("|");

const countries = (
  "Germany|France|Italy|Spain|Portugal|Norway|Sweden|Finland|Poland|Greece|Turkey|Egypt|Kenya|Nigeria|" +
  "South Africa|India|China|Japan|South Korea|Vietnam|Thailand|Indonesia|Australia|New Zealand|Canada|" +
  "Mexico|Brazil|Argentina|Chile|Peru|United States|United Kingdom|Ireland|Netherlands|Switzerland"
).split("|");

const people = (
  "Marie Curie|Isaac Newton|Nelson Mandela|Frida Kahlo|Ludwig van Beethoven|Jane Austen|Serena Williams|" +
  "Albert Einstein|Ada Lovelace|Miles Davis|Cleopatra|Leonardo da Vinci|Amelia Earhart|Charles Darwin|" +
  "John Smith|Emily Johnson|Michael Brown|Sarah Lee|David Kim|Maria Garcia|Priya Patel|James Wilson"
).split("|");

const mailHosts = ["example.com", "example.org", "mail.example.com"];

const goods = (
  "pears|melons|candles|notebooks|lemons|onions|towels|batteries|eggs|bagels|pencils|light bulbs|" +
  "bottles of water|cans of soup|loaves of bread|bags of rice|boxes of cereal|cartons of milk|" +
  "jars of honey|avocados|tomatoes|muffins|socks|envelopes"
).split("|");
