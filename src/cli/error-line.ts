/** From an error to one line on standard error and an exit code. */
import { LorikeetError, type ErrorCode } from "../errors.js";

/** The exit code of a run that Ctrl-C ended. */
export const interruptedExitCode = 130;

/** The reason with which Ctrl-C aborts. */
export class Interrupted extends Error {
  constructor() {
    super("Interrupted.");
  }
}

/** Codes of what the machine or the engine failed at; all other codes tell of bad input. */
const failureCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "ADDON_NOT_FOUND",
  "ADDON_LOAD_FAILED",
  "BACKEND_UNAVAILABLE",
  "MODEL_TOO_LARGE",
  "MODEL_CHANGED",
  "MODEL_LOAD_FAILED",
  "CONTEXT_TOO_LARGE",
  "CONTEXT_FULL",
  "DECODE_FAILED",
  "TRAINING_DEVICE_UNAVAILABLE",
  "TRAINING_OUT_OF_MEMORY",
  "TRAINING_LOSS_NOT_FINITE",
  "TRAINING_WRITE_FAILED",
  "TRAINING_COMPUTE_FAILED",
  "TRAINING_PROCESS_ENDED",
  "NATIVE_FAILURE",
]);

/** An input of the command line itself that cannot be used. */
export class InputError extends Error {}

/** Prints an error as one line, with `verbose` also what stands behind it; returns the exit code. */
export function printError(error: unknown, verbose: boolean): number {
  if (error instanceof Interrupted) return interruptedExitCode;
  const message = error instanceof Error ? error.message : String(error);
  console.error(`lorikeet: ${message.replace(/\s*\n\s*/g, " ")}`);
  if (verbose) for (const line of causeLines(error)) console.error(line);
  return isBadInput(error) ? 2 : 1;
}

function isBadInput(error: unknown): boolean {
  if (error instanceof InputError) return true;
  return LorikeetError.isInstance(error) && !failureCodes.has(error.code);
}

function causeLines(error: unknown): string[] {
  const lines: string[] = [];
  if (LorikeetError.isInstance(error)) {
    lines.push(`  code: ${error.code}`, `  details: ${JSON.stringify(error.details)}`);
  }
  if (error instanceof Error) {
    const stack = error.stack?.split("\n").slice(1) ?? [];
    lines.push(...stack);
    if (error.cause !== undefined) {
      const { cause } = error;
      lines.push(`  cause: ${cause instanceof Error ? cause.message : JSON.stringify(cause)}`);
      lines.push(...causeLines(cause));
    }
  }
  return lines;
}
