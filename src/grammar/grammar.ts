/**
 * A compiled grammar: what a generation may write.
 *
 * The text stays with the handle, so that people can read what is enforced.
 */
import type { NativeGrammar, NativeGrammarSource, NativeUnenforced } from "../native/addon.js";
import { awaitNative, callNative } from "../native/errors.js";

/** A compiled grammar over one model's vocabulary. */
export class Grammar {
  /** The addon's object, for the engine. */
  readonly native: NativeGrammar;
  readonly #source: NativeGrammarSource;

  constructor(native: NativeGrammar, source: NativeGrammarSource) {
    this.native = native;
    this.#source = source;
  }

  /** Schema keywords that the grammar does not enforce; validation after generation does. */
  get unenforced(): readonly NativeUnenforced[] {
    return callNative(() => this.native.unenforced());
  }

  /** The GBNF text, what it reaches only, followed by each embedded schema under its name. */
  print(): string {
    const gbnf = callNative(() => this.native.print());
    const schemas = this.#source.schemas.map(({ name, syntax, schema }) => {
      return `# @schema(${name}), written as ${syntax}:\n# ${schema}\n`;
    });
    return [`${gbnf.trimEnd()}\n`, ...schemas].join("\n");
  }

  /** Frees the grammar once no generation uses it. Idempotent. */
  dispose(): Promise<void> {
    return awaitNative(() => this.native.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}
