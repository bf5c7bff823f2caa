/**
 * What a user describes a dialect with.
 */
import type { Wrap } from "./turn-formats.js";

/** How turns are written. All strings may hold markers. */
export interface TurnOptions {
  /** The token that begins a prompt. @default what the vocabulary asks for */
  readonly begin?: string;
  /** What stands before and after system text; null: it joins the next user's text. */
  readonly system: Wrap | null;
  readonly user: Wrap;
  /** `after` begins with a stop. */
  readonly assistant: Wrap;
  readonly results: Wrap;
  /** Markers that end a step. */
  readonly stop: readonly string[];
  /** Leaves out white space around a turn's content. @default false */
  readonly trims?: boolean;
}

/** A dialect described as data. */
export interface DialectOptions {
  /** Lower-case words with hyphens. */
  readonly name: string;
  /**
   * Every string with a meaning: single special tokens where the vocabulary has them, else text,
   * which is escaped in what others write. The first character of each comes in no other place of
   * any of them.
   */
  readonly markers: readonly string[];
  /** Markers without which the dialect cannot work as plain text. @default [] */
  readonly requiredTokens?: readonly string[];
  /** "auto": as the vocabulary's special tokens suggest. @default "auto" */
  readonly turns?: TurnOptions | "auto";
  readonly tools: {
    /** Tells the model of its tools; holds `{tools}` once. */
    readonly text: string;
    /** Between declarations. @default "\n", or ", " in a list */
    readonly separator?: string;
    /** Whether declarations stand in one list of `syntax`. @default false */
    readonly list?: boolean;
  };
  readonly calls: {
    /** The opening marker, and white space. */
    readonly before: string;
    /** White space, the closing marker, white space. May be empty where `list` is true. */
    readonly after: string;
    /** Between calls. @default "\n", or ", " in a list */
    readonly separator?: string;
    /** @default "name" */
    readonly nameKey?: string;
    /** @default "arguments" */
    readonly inputKey?: string;
    /** Whether all calls of a step stand in one list between the markers. @default false */
    readonly list?: boolean;
  };
  readonly results: {
    readonly before: string;
    readonly after: string;
    /** Between results. @default "\n" */
    readonly separator?: string;
  };
  /** Absent: the dialect has no place for thinking. */
  readonly thinking?: {
    /** A marker, and white space. */
    readonly before: string;
    /** White space, a marker, white space. */
    readonly after: string;
    /** Ends the system text when thinking is on. @default "" */
    readonly ask?: string;
  };
  /** How objects are written. @default "json" */
  readonly syntax?: "json" | "python";
}
