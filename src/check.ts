/**
 * Option checking, in one place.
 *
 * Every options record is one interface, one frozen object of defaults, one table of checks and one
 * call of `resolveOptions`. Messages say what was expected, of what, and what came.
 */
import { OptionError } from "./errors.js";

/** What a value must be: the end of "Expected option "x" to be ...", and the test. */
export interface Check {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** One check for each option of `T`. */
export type Checks<T> = { readonly [K in keyof T]-?: Check };

/**
 * Fills in the defaults and checks every option.
 *
 * @param of - what the options belong to, as a caller would say it: `createSession()`.
 * @param given - an option that is undefined takes its default.
 * @returns a frozen record with every option.
 * @throws {OptionError} UNKNOWN_OPTION - a name that `checks` lacks; the message has the nearest.
 * @throws {OptionError} INVALID_OPTION - a value that its check refuses, or no options object.
 */
export function resolveOptions<T extends object>(
  of: string,
  given: unknown,
  defaults: T,
  checks: Checks<T>,
): Readonly<T> {
  const options = checkRecord(of, given ?? {});
  const names = Object.keys(checks);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(checks, name)) throw unknownOption(of, name, names);
  }
  const resolved: Record<string, unknown> = {};
  for (const name of names) {
    const isGiven = options[name] !== undefined;
    const value = isGiven ? options[name] : (defaults as Record<string, unknown>)[name];
    checkValue(name, value, (checks as Record<string, Check>)[name]!);
    resolved[name] = value;
  }
  return Object.freeze(resolved) as Readonly<T>;
}

/** @throws {OptionError} INVALID_OPTION - `check` refuses the value. */
export function checkValue(name: string, value: unknown, check: Check): void {
  if (check.accepts(value)) return;
  throw new OptionError(
    "INVALID_OPTION",
    `Expected option "${name}" to be ${check.expected}, got ${describeValue(value)}.`,
    { details: { option: name } },
  );
}

export const aBoolean: Check = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const aString: Check = {
  expected: "a string",
  accepts: (value) => typeof value === "string",
};

/** Systems end a path at its first NUL. */
export const aPath: Check = {
  expected: "a path: a string without NUL",
  accepts: (value) => typeof value === "string" && !value.includes("\0"),
};

export const aFunction: Check = {
  expected: "a function",
  accepts: (value) => typeof value === "function",
};

export const anObject: Check = {
  expected: "an object",
  accepts: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
};

export const anAbortSignal: Check = {
  expected: "an AbortSignal",
  accepts: (value) => value instanceof AbortSignal,
};

/** A finite number within bounds, both included. */
export function aNumber(minimum = -Infinity, maximum = Infinity): Check {
  return {
    expected: `a finite number${bounds(minimum, maximum)}`,
    accepts: (value) =>
      typeof value === "number" && Number.isFinite(value) && value >= minimum && value <= maximum,
  };
}

/** A whole number within bounds, both included. */
export function anInteger(minimum = -Infinity, maximum = Number.MAX_SAFE_INTEGER): Check {
  return {
    expected: `a whole number${bounds(minimum, maximum)}`,
    accepts: (value) => Number.isSafeInteger(value) && aNumber(minimum, maximum).accepts(value),
  };
}

/** One of a few constants. */
export function oneOf(...values: readonly unknown[]): Check {
  return {
    expected: `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`,
    accepts: (value) => values.includes(value),
  };
}

/** An array whose elements pass a check. */
export function anArrayOf(element: Check): Check {
  return {
    expected: `an array, each element ${element.expected}`,
    accepts: (value) => Array.isArray(value) && value.every((item) => element.accepts(item)),
  };
}

/** Any one of several checks. */
export function either(...checks: readonly Check[]): Check {
  return {
    expected: checks.map(({ expected }) => expected).join(" or "),
    accepts: (value) => checks.some((check) => check.accepts(value)),
  };
}

/** An option that may be left out and has no default. */
export function optional(check: Check): Check {
  return {
    expected: check.expected,
    accepts: (value) => value === undefined || check.accepts(value),
  };
}

/** A value and its type, short enough for a message: `"1" (string)`. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object") return `an object (${className(value)})`;
  const text = typeof value === "string" ? JSON.stringify(value) : (value as bigint).toString();
  return `${text.length > 60 ? `${text.slice(0, 60)}...` : text} (${typeof value})`;
}

function className(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null;
  return prototype?.constructor?.name ?? "without a class";
}

/** The candidate that a misspelt name most likely means. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function checkRecord(of: string, given: unknown): Record<string, unknown> {
  if (anObject.accepts(given)) return given as Record<string, unknown>;
  throw new OptionError(
    "INVALID_OPTION",
    `Expected the options of ${of} to be an object, got ${describeValue(given)}.`,
  );
}

function unknownOption(of: string, name: string, known: readonly string[]): OptionError {
  const nearest = nearestName(name, known);
  const remedy = nearest
    ? `Did you mean "${nearest}"?`
    : `Known options: ${known.map((each) => `"${each}"`).join(", ")}.`;
  return new OptionError("UNKNOWN_OPTION", `Unknown option "${name}" of ${of}. ${remedy}`, {
    details: { option: name, nearest },
  });
}

function bounds(minimum: number, maximum: number): string {
  const bounded = maximum !== Infinity && maximum !== Number.MAX_SAFE_INTEGER;
  if (minimum !== -Infinity && bounded) return ` from ${minimum} to ${maximum}`;
  if (minimum !== -Infinity) return ` of at least ${minimum}`;
  return bounded ? ` of at most ${maximum}` : "";
}

/** Levenshtein's distance, by rows. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let line = 1; line <= left.length; line++) {
    const next = [line];
    for (let column = 1; column <= right.length; column++) {
      const substitution = row[column - 1]! + (left[line - 1] === right[column - 1] ? 0 : 1);
      next.push(Math.min(substitution, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[right.length]!;
}
