/**
 * What of a conversation the model is shown: all of it, or, where that does not fit into the context,
 * all but its oldest turns.
 *
 * Only whole turns are left out, so that no call loses its result; the system message and the turn
 * that runs always stay.
 */
import type { Message } from "../messages.js";

/** What is left out of a conversation. */
export interface LeftOut {
  /** The messages up to this index are left out, but for a system message. */
  readonly until: number;
  /** What stands for them, if anything. */
  readonly summary: string | undefined;
}

export const nothingLeftOut: LeftOut = Object.freeze({ until: 0, summary: undefined });

/** Gets the turns that are left out; what it returns is put before the first turn that stays. */
export type Summarize = (
  dropped: readonly Message[],
  context: { readonly summary: string | undefined; readonly signal: AbortSignal },
) => string | undefined | Promise<string | undefined>;

/** The messages that are shown. */
export function shownMessages(
  messages: readonly Message[],
  { until, summary }: LeftOut,
): readonly Message[] {
  if (until === 0) return messages;
  const system = messages.slice(0, firstOfTurns(messages));
  const [first, ...others] = messages.slice(until);
  if (summary === undefined || first?.role !== "user") return [...system, first!, ...others];
  return [...system, { ...first, content: `${summary}\n\n${first.content}` }, ...others];
}

/** Where the oldest turn that is shown ends; undefined where it is the last one. */
export function endOfOldestTurn(
  messages: readonly Message[],
  { until }: LeftOut,
): number | undefined {
  const start = Math.max(until, firstOfTurns(messages));
  const next = messages.findIndex(({ role }, index) => index > start && role === "user");
  return next < 0 ? undefined : next;
}

/** The messages that `after` leaves out and `before` did not. */
export function newlyLeftOut(
  messages: readonly Message[],
  before: LeftOut,
  after: LeftOut,
): readonly Message[] {
  return messages.slice(Math.max(before.until, firstOfTurns(messages)), after.until);
}

function firstOfTurns(messages: readonly Message[]): number {
  return messages[0]?.role === "system" ? 1 : 0;
}
