// What the embedded model is judged by: prompts whose sentences and values training never saw.
import { chat } from "./chat.mjs";
import { Draw } from "./draw.mjs";
import { knownTools } from "./known-tools.mjs";
import { declare, writtenTool } from "./requests.mjs";
import { unseenTools } from "./unseen-tools.mjs";
import { valueKinds } from "./values.mjs";

const heldOut = (tools) => tools.map((tool) => writtenTool(tool, "heldOut"));

const known = heldOut(knownTools);
const unseen = heldOut(unseenTools);

/** Tools of one group: some declared, one of which is asked for, and one that is not declared. */
function chooseTools(draw, group) {
  const [absent, ...declared] = draw.sample(group, draw.integer(3, 6) + 1);
  return { absent, declared };
}

/** A request that one of the declared tools fulfils. */
function callCase(draw, category, group, number) {
  // Every tool is asked for equally often.
  const due = group[number % group.length];
  const others = group.filter((tool) => tool !== due);
  const declared = draw.shuffle([due, ...draw.sample(others, draw.integer(2, 5))]);
  const { text, input } = due.ask(draw);
  const expected = Object.entries(input).map(([key, value]) => [key, { values: [value] }]);
  return {
    id: `${category}-${number}`,
    category,
    messages: [{ role: "user", content: text }],
    tools: declared.map(declare),
    expected: [{ tool: due.name, input: Object.fromEntries(expected) }],
  };
}

/** Small talk, or a request for a tool that is not declared. */
function silenceCase(draw, number) {
  const { absent, declared } = chooseTools(draw, draw.pick([known, unseen]));
  const filled = {
    name: valueKinds.person(draw, "heldOut"),
    place: valueKinds.place(draw, "heldOut"),
  };
  const [said] = draw.pick(chat.heldOut);
  const text =
    number % 2 === 0 ? said.replace(/\{(\w+)\}/g, (_, key) => filled[key]) : absent.ask(draw).text;
  return {
    id: `silence-${number}`,
    category: "silence",
    messages: [{ role: "user", content: text }],
    tools: draw.shuffle(declared).map(declare),
    expected: [],
  };
}

/**
 * Cases of the groups "known", "unseen" and "silence".
 *
 * @param count - of each group.
 */
export function heldOutCases(count, seed) {
  const draw = new Draw(seed);
  const numbers = Array.from({ length: count }, (_, i) => i);
  return [
    ...numbers.map((i) => callCase(draw, "known", known, i)),
    ...numbers.map((i) => callCase(draw, "unseen", unseen, i)),
    ...numbers.map((i) => silenceCase(draw, i)),
  ];
}
