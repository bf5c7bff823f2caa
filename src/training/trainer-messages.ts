/** What crosses between the process that uses a trainer and the one that the trainer runs in. */
import type { NativeTrainer, NativeTrainerOptions } from "../native/training.js";

/** A call of the trainer; the first one opens it. Answered in order. */
export type TrainerRequest =
  | { readonly id: number; readonly method: "open"; readonly args: [NativeTrainerOptions] }
  | {
      readonly id: number;
      readonly method: Exclude<keyof NativeTrainer, "dispose">;
      readonly args: readonly unknown[];
    };

/** An error as plain data: structured clones of errors lose their codes. */
export interface PlainError {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type TrainerReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: PlainError };
