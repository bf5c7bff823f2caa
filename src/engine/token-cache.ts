/** Characters that are kept; an entry costs about as much as `entryLength` of them. */
const mostLength = 1 << 22;
const entryLength = 64;

/**
 * Tokens of the texts that were asked for last: the prompts of a session, and those of sessions with
 * the same tools, are mostly made of the same pieces.
 */
export class TokenCache {
  readonly #tokens = new Map<string, Int32Array>();
  #length = 0;

  get(text: string): Int32Array | undefined {
    const tokens = this.#tokens.get(text);
    if (tokens === undefined) return undefined;
    // The one that was used last comes last.
    this.#tokens.delete(text);
    this.#tokens.set(text, tokens);
    return tokens;
  }

  /** Texts of more than an eighth of what is kept are left out. */
  add(text: string, tokens: Int32Array): void {
    if (text.length > mostLength / 8 || this.#tokens.has(text)) return;
    this.#tokens.set(text, tokens);
    this.#length += text.length + entryLength;
    for (const oldest of this.#tokens.keys()) {
      if (this.#length <= mostLength) return;
      this.#tokens.delete(oldest);
      this.#length -= oldest.length + entryLength;
    }
  }
}
