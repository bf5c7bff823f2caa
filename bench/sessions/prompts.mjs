// What the sessions of the benchmark are asked.

const facts =
  "A payment service keeps one record for each transaction. The record holds the amount, the " +
  "customer, the date and the status of the payment, which is Paid, Unpaid, Pending or Refunded. " +
  "When a customer asks for the status of a transaction, the service looks up the record. ";

/** Tokens that one session can hold. */
export const contextSize = 1024;

/** About 200 tokens of plain text; no two share a beginning. */
export function plainPrompt(index) {
  return `Case ${index + 1}: ${facts.repeat(3)}Which record does question ${index + 1} ask for?`;
}
