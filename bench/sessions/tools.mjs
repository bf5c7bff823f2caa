// Ten realistic tools: with a system text about 1,500 tokens.
import { tool } from "../../dist/index.js";

const text = (description) => ({ type: "string", maxLength: 12, description });
const choice = (description, ...names) => ({ type: "string", enum: names, description });
const number = (description) => ({ type: "integer", minimum: 1, maximum: 99, description });

const subjects = ["payment", "invoice", "customer", "order", "shipment"];
const declare = (verb, subject) => [
  `${verb}_${subject}`,
  tool({
    description:
      `${verb === "find" ? "Looks up" : "Changes"} one ${subject} of the shop and returns its record ` +
      `with the amount, the date and the status. Ask for the number where it is missing.`,
    inputSchema: {
      type: "object",
      properties: {
        id: text(`The number of the ${subject}, such as T1001`),
        status: choice(`What the ${subject} must be`, "Paid", "Unpaid", "Pending", "Refunded"),
        limit: number(`How many lines of the ${subject}'s history to return`),
      },
      required: ["id", "status", "limit"],
      additionalProperties: false,
    },
    execute: ({ id }) => ({ id, status: "Paid", amount: 125, date: "2026-03-01" }),
  }),
];

export const tools = Object.fromEntries(
  ["find", "change"].flatMap((verb) => subjects.map((subject) => declare(verb, subject))),
);

export const system =
  "You are the assistant of a small shop. Answer briefly and only from what the tools return. When " +
  "a tool fails, say so and do not guess.";

export const question = (index) => `What is the status of payment T100${index}?`;

/** Tokens that the answer of a task has; its call takes fewer. */
export const answerTokens = 48;
