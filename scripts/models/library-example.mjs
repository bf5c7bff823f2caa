// Writes the example of docs/training.md: conversations of a lending library to learn from, and cases
// with other sentences and values to judge by.
//   node scripts/models/library-example.mjs
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printConversation } from "../../dist/index.js";
import { root } from "../paths.mjs";
import { chat, nothingFits } from "./chat.mjs";
import { turnWithCall } from "./conversations.mjs";
import { Draw } from "./draw.mjs";
import { declare, writtenTool } from "./requests.mjs";
import { choice, flag, integer, text } from "./tool-inputs.mjs";

const seed = 5;
const conversationCount = 240;
const caseCount = 60;

const tools = [
  {
    name: "renew_loan",
    description: "Renew the loan of a book",
    inputs: { days: integer(1, 30, "How many days longer"), loan: text("code", "The loan number") },
    gives: { due: "date" },
    asks: [
      "Renew loan {loan} for {days} days.",
      "Please renew my loan {loan} by {days} days.",
      "I want to renew {loan}, {days} days more.",
      "Can loan {loan} be renewed for {days} days?",
      "Give me {days} more days on loan {loan}.",
    ],
    heldOutAsks: [
      "My loan is {loan}, renew it for another {days} days.",
      "Would you renew the book on loan {loan}, {days} days?",
    ],
  },
  {
    name: "reserve_book",
    description: "Reserve a book at a branch of the library",
    inputs: {
      branch: choice("north south centre", "The branch where it is collected"),
      book: text("word", "The title of the book"),
    },
    gives: { shelf: "code" },
    asks: [
      "Reserve {book} at the {branch} branch.",
      "I would like to reserve the book {book}, branch {branch}.",
      "Please reserve {book} for me, I collect it {branch}.",
      "Can you reserve a book, {book}, in the {branch} branch?",
    ],
    heldOutAsks: [
      "In the {branch} branch please reserve me the book {book}.",
      "The book {book}, could you reserve it at {branch}?",
    ],
  },
  {
    name: "pay_fine",
    description: "Pay the fine of a reader",
    inputs: {
      receipt: flag("Whether a receipt is sent"),
      reader: text("code", "The number of the reader"),
    },
    gives: { paid: "integer" },
    asks: [
      "Pay the fine of reader {reader}{receipt:, with a receipt|, no receipt}.",
      "Reader {reader} pays the fine {receipt:and wants a receipt|without a receipt}.",
      "I want to pay my fine, I am reader {reader}{receipt:, receipt please|, no receipt needed}.",
    ],
    heldOutAsks: [
      "The fine of {reader} should be paid, {receipt:send a receipt|a receipt is not wanted}.",
      "Let reader {reader} pay that fine{receipt: with receipt| and send no receipt}.",
    ],
  },
  {
    name: "find_reader",
    description: "Find the number of a reader by name",
    inputs: { name: text("person", "The name of the reader") },
    gives: { reader: "code" },
    asks: [
      "Find the reader {name}.",
      "What is the number of reader {name}?",
      "Look for a reader called {name}.",
      "Which number has the reader {name}?",
    ],
    heldOutAsks: [
      "Is there a reader by the name of {name}, find out.",
      "Reader {name}, please find.",
    ],
  },
];

const folder = join(root, "examples", "library");
mkdirSync(folder, { recursive: true });
const draw = new Draw(seed);
writeLines("conversations.jsonl", conversationCount, conversation);
writeLines("cases.jsonl", caseCount, evaluationCase);

function writeLines(name, count, make) {
  const lines = Array.from({ length: count }, (_, i) => JSON.stringify(make(i)));
  writeFileSync(join(folder, name), lines.join("\n") + "\n");
}

/** Three of four are calls; in the others nothing fits, or nothing is asked for. */
function conversation(index) {
  const [due, ...others] = draw.shuffle(tools.map((tool) => writtenTool(tool, "training")));
  const declared = draw.shuffle([due, ...others.slice(0, draw.integer(1, others.length))]);
  const messages =
    index % 4 > 0 ? turnWithCall(draw, due, `call_${index}`) : silence(draw, "training", due);
  const shown = index % 4 > 0 ? declared : declared.filter((tool) => tool !== due);
  return printConversation({ messages, tools: shown.map(declare) }, "openai");
}

function evaluationCase(index) {
  const [due, ...others] = draw.shuffle(tools.map((tool) => writtenTool(tool, "heldOut")));
  const called = index % 4 > 0;
  const declared = draw.shuffle(called ? [due, ...others.slice(0, 2)] : others);
  const { text, input } = due.ask(draw);
  const values = Object.entries(input).map(([key, value]) => [key, { values: [value] }]);
  const said = called ? text : silence(draw, "heldOut", due)[0].content;
  return {
    id: `library-${index}`,
    category: called ? "calls" : "silence",
    messages: [{ role: "user", content: said }],
    tools: declared.map(declare),
    expected: called ? [{ tool: due.name, input: Object.fromEntries(values) }] : [],
  };
}

function silence(draw, side, absent) {
  const isPlain = ([said]) => !said.includes("{");
  const [said, answer] = draw.chance(0.5)
    ? draw.pick(chat[side].filter(isPlain))
    : [absent.ask(draw).text, nothingFits];
  return [
    { role: "user", content: said },
    { role: "assistant", content: answer, calls: [] },
  ];
}
