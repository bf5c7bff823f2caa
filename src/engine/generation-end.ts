/**
 * Whether a generation came to an end of its own.
 */
import { GenerationError, OptionError } from "../errors.js";
import { fromNative } from "../native/errors.js";
import type { GenerationResult } from "./engine.js";

/**
 * @throws the signal's reason, when it aborts.
 * @throws {OptionError} DISPOSED - the model, the context or an adapter was, in the middle of it.
 * @throws {GenerationError} DECODE_FAILED - it broke off by itself.
 */
export function throwIfBroken(
  { reason, failure }: GenerationResult,
  signal: AbortSignal | undefined,
): void {
  if (reason === "aborted") {
    signal?.throwIfAborted();
    throw new OptionError(
      "DISPOSED",
      "Expected the model, its context and its adapters to stay open while it writes, but one was " +
        "disposed. Await its end or abort it first.",
    );
  }
  if (reason !== "failed") return;
  const cause = fromNative(failure);
  throw cause instanceof Error
    ? cause
    : new GenerationError("DECODE_FAILED", "The model failed to decode; see the log.");
}
