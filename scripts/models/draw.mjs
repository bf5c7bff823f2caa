// Choices from a seed, and the rule that keeps values apart: what is held out is never trained on.
import { randomWords } from "../../dist/formats/random-model/weights.js";

/** A stream of choices; the same for the same seed. */
export class Draw {
  #next;

  constructor(seed) {
    this.#next = randomWords(Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995);
    for (let i = 0; i < 8; i++) this.#next();
  }

  /** An integer from `low` to `high`, both included. */
  integer(low, high) {
    return low + ((this.#next() >>> 0) % (high - low + 1));
  }

  chance(share) {
    return (this.#next() >>> 0) / 2 ** 32 < share;
  }

  pick(list) {
    return list[this.integer(0, list.length - 1)];
  }

  shuffle(list) {
    const order = [...list];
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.integer(0, i);
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  sample(list, count) {
    return this.shuffle(list).slice(0, count);
  }

  /** The first that `make` makes and `accepts` accepts. */
  until(make, accepts) {
    for (;;) {
      const made = make();
      if (accepts(made)) return made;
    }
  }
}

/**
 * Whether a value (a name, a number, a code) belongs to what is only tested on: about one of four,
 * by a hash of its text (FNV-1a), so that neither side needs a list of the other. The ten digits alone
 * are never held out: one that was never trained on cannot be written.
 */
export function isHeldOut(value) {
  if (/^\d$/.test(String(value))) return false;
  let hash = 0x811c9dc5;
  for (const char of String(value)) hash = Math.imul(hash ^ char.codePointAt(0), 0x01000193);
  hash ^= hash >>> 15;
  return (hash >>> 0) % 4 === 0;
}
