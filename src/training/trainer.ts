/**
 * A trainer in a process of its own, used as if it were here.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TrainingError } from "../errors.js";
import type { NativeTrainer, NativeTrainerOptions } from "../native/training.js";
import { fromNative } from "../native/errors.js";
import type { TrainerReply, TrainerRequest } from "./trainer-messages.js";

/** What a training run needs of a trainer. */
export interface Trainer extends Omit<NativeTrainer, "dispose"> {
  /** Whether it can be asked for anything more. */
  readonly isOpen: boolean;
  /** Ends it at once; what it wrote before is whole. Idempotent. */
  close(): Promise<void>;
}

/** Always the compiled file, also where this one runs from its source. */
const entry = fileURLToPath(new URL("../../dist/training/trainer-process.js", import.meta.url));

/** Characters of what the process printed that an error shows. */
const shownOutput = 2000;

/**
 * Starts a process and opens a trainer in it.
 *
 * @throws {TrainingError} TRAINING_FILE_UNREADABLE, TRAINING_MODEL_UNSUPPORTED,
 * TRAINING_OPTION_INVALID, TRAINING_DEVICE_UNAVAILABLE, TRAINING_OUT_OF_MEMORY
 * @throws {TrainingError} TRAINING_PROCESS_ENDED - also from every later call: the process was
 * killed or crashed.
 */
export async function openTrainer(options: NativeTrainerOptions): Promise<Trainer> {
  const trainer = new TrainerClient();
  try {
    await trainer.open(options);
    return trainer;
  } catch (error) {
    await trainer.close();
    throw error;
  }
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

class TrainerClient implements Trainer {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #output = "";
  #end: TrainingError | undefined;

  constructor() {
    this.#child = fork(entry, {
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.on("data", (chunk: Buffer) => {
      this.#output = (this.#output + chunk.toString()).slice(-shownOutput);
    });
    this.#child.on("message", (reply: TrainerReply) => this.#settle(reply));
    this.#ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        this.#endWith(code, signal);
        resolve();
      });
      this.#child.on("error", () => {
        this.#endWith(null, null);
        resolve();
      });
    });
  }

  get isOpen(): boolean {
    return this.#end === undefined;
  }

  open = (options: NativeTrainerOptions): Promise<void> => this.#ask("open", options);
  facts = (...args: Parameters<Trainer["facts"]>): ReturnType<Trainer["facts"]> =>
    this.#ask("facts", ...args);
  step = (...args: Parameters<Trainer["step"]>): ReturnType<Trainer["step"]> =>
    this.#ask("step", ...args);
  evaluate = (...args: Parameters<Trainer["evaluate"]>): ReturnType<Trainer["evaluate"]> =>
    this.#ask("evaluate", ...args);
  logits = (...args: Parameters<Trainer["logits"]>): ReturnType<Trainer["logits"]> =>
    this.#ask("logits", ...args);
  saveAdapter = (...args: Parameters<Trainer["saveAdapter"]>): Promise<void> =>
    this.#ask("saveAdapter", ...args);
  loadInitialAdapter = (path: string): Promise<void> => this.#ask("loadInitialAdapter", path);
  saveModel = (...args: Parameters<Trainer["saveModel"]>): Promise<void> =>
    this.#ask("saveModel", ...args);
  saveCheckpoint = (path: string, state: string): Promise<void> =>
    this.#ask("saveCheckpoint", path, state);
  loadCheckpoint = (path: string): Promise<string> => this.#ask("loadCheckpoint", path);

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.#setReferenced(true);
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  /** The process keeps this one alive only while an answer is awaited. */
  async #ask<T>(method: TrainerRequest["method"], ...args: readonly unknown[]): Promise<T> {
    if (this.#end) throw this.#end;
    const id = ++this.#lastId;
    this.#setReferenced(true);
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        const request = { id, method, args } as TrainerRequest;
        // A failure to send is followed by the end of the process.
        this.#child.send(request, () => undefined);
      });
    } finally {
      this.#waiting.delete(id);
      this.#setReferenced(false);
    }
  }

  #setReferenced(referenced: boolean): void {
    const change = referenced ? "ref" : "unref";
    this.#child[change]();
    this.#child.channel?.[change]();
  }

  #settle(reply: TrainerReply): void {
    const waiting = this.#waiting.get(reply.id);
    if ("value" in reply) waiting?.resolve(reply.value);
    else waiting?.reject(fromNative(Object.assign(new Error(reply.error.message), reply.error)));
  }

  #endWith(code: number | null, signal: string | null): void {
    this.#end = new TrainingError(
      "TRAINING_PROCESS_ENDED",
      `The training process ended ${signal ? `by ${signal}` : `with code ${code ?? "?"}`}. ` +
        "Go on from the last checkpoint with the option resume; less memory is needed with lowMemory.",
      { details: { exitCode: code, signal, output: this.#output } },
    );
    for (const waiting of this.#waiting.values()) waiting.reject(this.#end);
  }
}
