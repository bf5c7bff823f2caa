/**
 * The beginning that all prompts of a session have, whatever is said in it: the system text and the
 * tools. Its state is kept, so that the next session with the same beginning need not read it.
 */
import type { Dialect } from "../dialects/dialect.js";
import type { EngineModel } from "../engine/engine.js";
import type { Message, ToolDeclaration } from "../messages.js";

/** What the beginning depends on. */
export interface PrefixSource {
  readonly model: EngineModel;
  readonly dialect: Dialect;
  readonly messages: readonly Message[];
  readonly tools: readonly ToolDeclaration[];
}

/** The beginnings with and without thinking, each rendered at first use. */
export class SharedPrefix {
  readonly #source: PrefixSource;
  readonly #tokens = new Map<boolean, Promise<Int32Array>>();

  constructor(source: PrefixSource) {
    this.#source = source;
  }

  /** The tokens that all prompts begin with. */
  tokens(thinking: boolean): Promise<Int32Array> {
    let tokens = this.#tokens.get(thinking);
    if (tokens === undefined) {
      tokens = renderPrefix(this.#source, thinking);
      this.#tokens.set(thinking, tokens);
    }
    return tokens;
  }

  /** How many tokens of a prompt are this beginning; 0 where it begins otherwise. */
  async countIn(prompt: Int32Array, thinking: boolean): Promise<number> {
    const tokens = await this.tokens(thinking);
    return commonLength(tokens, prompt) === tokens.length ? tokens.length : 0;
  }
}

/** What two prompts share that differ from the user's first character on. */
async function renderPrefix(source: PrefixSource, thinking: boolean): Promise<Int32Array> {
  const { model, dialect, tools } = source;
  const system = source.messages.filter(({ role }, index) => index === 0 && role === "system");
  const promptFor = (content: string) => {
    const messages: Message[] = [...system, { role: "user", content }];
    return model.tokenizePieces(dialect.renderPrompt({ messages, tools, thinking }));
  };
  const [left, right] = [await promptFor("a"), await promptFor("1")];
  return left.slice(0, commonLength(left, right));
}

function commonLength(left: Int32Array, right: Int32Array): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) if (left[index] !== right[index]) return index;
  return length;
}
