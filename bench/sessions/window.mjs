// Total speed of several sessions: the tokens that arrive while all of them write.

export class Window {
  #moments = [];
  #count;

  /** @param {number} count - how many sessions write. */
  constructor(count) {
    this.#count = count;
  }

  add(session, tokens) {
    this.#moments.push({ session, tokens, at: performance.now() });
  }

  /** From the first moment when all have begun to the last one before any ended. */
  get tokensPerSecond() {
    const first = new Map();
    const last = new Map();
    for (const { session, at } of this.#moments) {
      if (!first.has(session)) first.set(session, at);
      last.set(session, at);
    }
    if (first.size < this.#count) throw new Error("a session wrote nothing");
    const [begin, end] = [Math.max(...first.values()), Math.min(...last.values())];
    const inside = this.#moments.filter(({ at }) => at > begin && at <= end);
    const total = inside.reduce((sum, { tokens }) => sum + tokens, 0);
    return (total * 1000) / (end - begin);
  }
}
