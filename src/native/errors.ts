/**
 * The one place where native errors become this library's errors.
 *
 * The addon throws plain `Error` objects with a `code` and, where there is more to say, `details`.
 */
import {
  AdapterError,
  BackendError,
  GenerationError,
  GrammarError,
  LorikeetError,
  ModelError,
  OptionError,
  TrainingError,
  type ErrorCode,
  type ErrorDetails,
} from "../errors.js";

type ErrorClass = new (
  code: ErrorCode,
  message: string,
  options?: { details?: ErrorDetails; cause?: unknown },
) => LorikeetError;

/** The class of a code, by the code's first word. */
const classes: Readonly<Record<string, ErrorClass>> = {
  MODEL: ModelError,
  ADAPTER: AdapterError,
  BACKEND: BackendError,
  ADDON: BackendError,
  CONTEXT: GenerationError,
  PROMPT: GenerationError,
  DECODE: GenerationError,
  GRAMMAR: GrammarError,
  SCHEMA: GrammarError,
  TRAINING: TrainingError,
  INVALID: OptionError,
  DISPOSED: OptionError,
  BUSY: OptionError,
};

/** Whether `error` is what the addon throws: an `Error` with a `code` of ours. */
function isNativeError(error: unknown): error is Error & { code: string; details?: ErrorDetails } {
  return error instanceof Error && typeof (error as { code?: unknown }).code === "string";
}

/** Turns what the addon threw into an error of this library; anything else stays as it is. */
export function fromNative(error: unknown): unknown {
  if (LorikeetError.isInstance(error) || !isNativeError(error)) return error;
  const area = error.code.split("_")[0] ?? "";
  const Class = Object.hasOwn(classes, area) ? classes[area] : undefined;
  if (Class === undefined) {
    return new LorikeetError("NATIVE_FAILURE", error.message, {
      details: { ...error.details, nativeCode: error.code },
    });
  }
  return new Class(error.code as ErrorCode, error.message, { details: error.details ?? {} });
}

/** Runs a synchronous native call; its error has the stack of the caller. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

/** Awaits a native promise; its error has the stack of the caller. */
export async function awaitNative<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw fromNative(error);
  }
}
