/**
 * One step: a generation, read by the dialect's parser as it arrives.
 */
import type { ParsedEvent, StepParser } from "../dialects/dialect.js";
import type { EngineSlot, GenerationRequest, GenerationResult } from "../engine/engine.js";
import { throwIfBroken } from "../engine/generation-end.js";
import { GenerationError } from "../errors.js";
import type { AssistantMessage, ToolCall } from "../messages.js";
import type { TurnEvent, StepEndReason } from "./events.js";

/** What a step came to. */
export interface Step {
  readonly message: AssistantMessage;
  readonly calls: readonly ToolCall[];
  readonly reason: StepEndReason;
  /** What was generated, without the token that stopped it. */
  readonly tokens: Int32Array;
  readonly generation: GenerationResult;
}

/** Where a step runs, and how it is read. */
export interface StepOptions {
  readonly slot: EngineSlot;
  readonly request: GenerationRequest;
  readonly parser: StepParser;
  readonly nextCallId: () => string;
}

/**
 * Runs a step and tells what arrives.
 *
 * @throws the signal's reason, when it aborts.
 * @throws {GenerationError} PROMPT_TOO_LONG, DECODE_FAILED, ...
 */
export async function* runStep(options: StepOptions): AsyncGenerator<TurnEvent, Step> {
  const { slot, request, parser } = options;
  const reader = new StepReader(options.nextCallId);
  const tokens: number[] = [];
  let generation: GenerationResult | undefined;
  for await (const batch of slot.generate(request)) {
    for (const event of batch) {
      if (event.type === "prompt") {
        const { processed, total } = event;
        yield { type: "prompt-progress", processed, total };
      } else if (event.type === "text") {
        tokens.push(...event.tokens);
        yield* reader.read(parser.pushText(event.text));
      } else if (event.type === "token") {
        tokens.push(event.token);
        yield* reader.read(parser.pushToken(event.text));
      } else generation = event.result;
    }
  }
  request.signal?.throwIfAborted();
  if (!generation) {
    throw new GenerationError("DECODE_FAILED", "The generation ended without its end event.");
  }
  throwIfBroken(generation, request.signal);
  yield* reader.end(parser);
  return { ...reader.finish(generation), tokens: Int32Array.from(tokens), generation };
}

/** Turns what the parser reports into events, and gathers the message. */
class StepReader {
  readonly #nextCallId: () => string;
  #thinking = "";
  #text = "";
  readonly #calls: ToolCall[] = [];
  /** The call that is being written. */
  #open: { readonly id: string; tool: string } | undefined;

  constructor(nextCallId: () => string) {
    this.#nextCallId = nextCallId;
  }

  *read(parsed: readonly ParsedEvent[]): Generator<TurnEvent, void> {
    for (const event of parsed) {
      const told = this.#readOne(event);
      if (told) yield told;
    }
  }

  *end(parser: StepParser): Generator<TurnEvent, void> {
    yield* this.read(parser.end());
    if (this.#open) {
      yield { type: "tool-input-cut", callId: this.#open.id, tool: this.#open.tool };
    }
  }

  finish({ reason: why }: GenerationResult): Pick<Step, "message" | "calls" | "reason"> {
    const calls = this.#calls;
    const message: AssistantMessage = {
      role: "assistant",
      content: this.#text,
      ...(this.#thinking === "" ? {} : { thinking: this.#thinking }),
      ...(calls.length === 0 ? {} : { calls }),
    };
    const isCutOff = ["max-tokens", "time-limit", "context-full"].includes(why);
    const reason = isCutOff ? "length" : calls.length > 0 ? "calls" : "answer";
    return { message, calls, reason };
  }

  #readOne(event: ParsedEvent): TurnEvent | undefined {
    switch (event.type) {
      case "thinking-delta":
        this.#thinking += event.text;
        return event;
      case "text-delta":
        this.#text += event.text;
        return event;
      case "call-start":
        this.#open = { id: this.#nextCallId(), tool: event.tool };
        return { type: "tool-input-start", callId: this.#open.id, tool: event.tool };
      case "call-delta":
        return { type: "tool-input-delta", callId: this.#open!.id, json: event.json };
      case "call-end": {
        const call = { id: this.#open!.id, tool: event.tool, input: event.input };
        this.#open = undefined;
        this.#calls.push(call);
        return { type: "tool-call", call };
      }
      case "call-invalid":
        this.#open = undefined;
        return { type: "tool-input-invalid", text: event.text, reason: event.reason };
    }
  }
}
