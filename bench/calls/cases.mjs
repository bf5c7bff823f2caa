// The calls that bench:calls has written: schemas, each with its GBNF, and what is asked.

// The strings of the grammars below hold no escapes; so does nearly all that a model writes.
const rules = `bool ::= "true" | "false"
char ::= [^"\\\\\\x00-\\x1F\\x7F]
`;

/** JSON with the given keys in this order and nothing else. */
function object(properties) {
  return {
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

/**
 * The schemas by name. `gbnf` is the same values in one line, for engines that lay JSON
 * out in their own way when they are given a schema.
 */
export const cases = {
  calendar: {
    schema: object({
      title: { type: "string", minLength: 3, maxLength: 6 },
      day: { enum: ["monday", "tuesday", "wednesday", "thursday", "friday"] },
      category: { enum: ["meeting", "appointment", "birthday", "holiday"] },
      durationMinutes: { type: "integer", minimum: 15, maximum: 480 },
      reminder: object({
        channel: { enum: ["email", "notification", "text message"] },
        repeated: { type: "boolean" },
      }),
    }),
    gbnf: `${rules}root ::= "{\\"title\\": \\"" char{3,6} "\\", \\"day\\": \\"" ("monday" | "tuesday" | "wednesday" | "thursday" | "friday") "\\", \\"category\\": \\"" ("meeting" | "appointment" | "birthday" | "holiday") "\\", \\"durationMinutes\\": " minutes ", \\"reminder\\": {\\"channel\\": \\"" ("email" | "notification" | "text message") "\\", \\"repeated\\": " bool "}}"
minutes ::= "1" [5-9] | [2-9] [0-9] | [1-3] [0-9] [0-9] | "4" [0-7] [0-9] | "480"
`,
  },
  order: {
    schema: object({
      customer: { type: "string", minLength: 3, maxLength: 20 },
      items: {
        type: "array",
        minItems: 1,
        maxItems: 3,
        items: object({
          article: { enum: ["espresso", "cappuccino", "green tea", "croissant"] },
          quantity: { type: "integer", minimum: 1, maximum: 20 },
        }),
      },
      payment: { enum: ["cash", "credit card", "invoice"] },
      express: { type: "boolean" },
    }),
    gbnf: `${rules}root ::= "{\\"customer\\": \\"" char{3,20} "\\", \\"items\\": [" item (", " item){0,2} "], \\"payment\\": \\"" ("cash" | "credit card" | "invoice") "\\", \\"express\\": " bool "}"
item ::= "{\\"article\\": \\"" ("espresso" | "cappuccino" | "green tea" | "croissant") "\\", \\"quantity\\": " ([1-9] | "1" [0-9] | "20") "}"
`,
  },
  search: {
    schema: object({
      query: { type: "string", minLength: 3, maxLength: 32 },
      language: { enum: ["english", "german", "portuguese", "japanese"] },
      publishedAfter: { type: "string", format: "date" },
      maxResults: { type: "integer", minimum: 1, maximum: 50 },
      sort: object({
        by: { enum: ["relevance", "date", "popularity"] },
        descending: { type: "boolean" },
      }),
    }),
    gbnf: `${rules}root ::= "{\\"query\\": \\"" char{3,32} "\\", \\"language\\": \\"" ("english" | "german" | "portuguese" | "japanese") "\\", \\"publishedAfter\\": \\"" date "\\", \\"maxResults\\": " ([1-9] | [1-4] [0-9] | "50") ", \\"sort\\": {\\"by\\": \\"" ("relevance" | "date" | "popularity") "\\", \\"descending\\": " bool "}}"
date ::= [0-9]{4} "-" ("0" [1-9] | "1" [0-2]) "-" ("0" [1-9] | "1" [0-9] | "2" [0-8])
`,
  },
};

const days = cases.calendar.schema.properties.day.enum;

/**
 * What is asked of each schema: requests that say every value, so that also a small model without
 * any training for calls is sure of what to write.
 */
const inputs = {
  calendar: (i) => ({
    title: pick(["Sync", "Lunch", "Chess", "Yoga", "Review", "Gym", "Piano"], i),
    day: pick(days, i),
    category: pick(["meeting", "appointment", "birthday", "holiday"], i),
    durationMinutes: pick([20, 30, 45, 60, 90, 120, 150, 240, 300], i),
    reminder: {
      channel: pick(["email", "notification", "text message"], i),
      repeated: pick([true, false], i),
    },
  }),
  order: (i) => ({
    customer: pick(["Maria", "Tanaka", "Lena Vogt", "ACME Ltd.", "Jan Peters"], i),
    items: [
      { article: pick(["espresso", "cappuccino", "green tea"], i), quantity: 1 + (i % 7) },
      ...(i % 2 ? [{ article: "croissant", quantity: 2 + (i % 5) }] : []),
    ],
    payment: pick(["cash", "credit card", "invoice"], i),
    express: pick([true, false], i),
  }),
  search: (i) => ({
    query: pick(["solar cells", "chess news", "rice recipes", "wild bees", "old trains"], i),
    language: pick(["english", "german", "portuguese", "japanese"], i),
    publishedAfter: pick(["2019-01-01", "2021-05-12", "2023-12-24", "2024-02-01"], i),
    maxResults: pick([3, 5, 10, 25, 40], i),
    sort: { by: pick(["relevance", "date", "popularity"], i), descending: pick([true, false], i) },
  }),
};

/** The values of an input in words. */
const requests = {
  calendar: ({ title, day, category, durationMinutes, reminder }) =>
    `Title ${title}, day ${day}, category ${category}, ${durationMinutes} minutes, ` +
    `reminder by ${reminder.channel}, repeated ${reminder.repeated}.`,
  order: ({ customer, items, payment, express }) =>
    `Customer ${customer}, ${items.map((item) => `${item.article} quantity ${item.quantity}`).join(", ")}, ` +
    `payment ${payment}, express ${express}.`,
  search: ({ query, language, publishedAfter, maxResults, sort }) =>
    `Query ${query}, language ${language}, published after ${publishedAfter}, ` +
    `${maxResults} results, sort by ${sort.by}, descending ${sort.descending}.`,
};

/** The prompt of the `index`-th call of a schema, after some calls of the same conversation. */
export function promptFor(name, index) {
  const turn = (i) => `Request: ${requests[name](inputs[name](i))}\nInput:\n`;
  const earlier = [1, 2, 3].map((step) => {
    const i = index + 11 * step;
    return `${turn(i)}${printSpaced(inputs[name](i))}\n\n`;
  });
  return (
    `An assistant answers each request with one JSON object for the tool "${name}".\n` +
    `Its input is described by this JSON Schema: ${printSpaced(cases[name].schema)}\n\n` +
    `${earlier.join("")}${turn(index)}`
  );
}

/** JSON as Python writes it: one space after each comma and colon. */
function printSpaced(value) {
  if (Array.isArray(value)) return `[${value.map(printSpaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, each]) => `"${key}": ${printSpaced(each)}`);
  return `{${members.join(", ")}}`;
}

function pick(list, index) {
  return list[index % list.length];
}
