/**
 * The process that training runs in: opens the model's file again and answers one request after the
 * other. An assertion of ggml, or the system's want of memory, ends this process and no other.
 */
import type { NativeTrainer, NativeTrainerOptions } from "../native/training.js";
import { awaitNative } from "../native/errors.js";
import { openAddon, openGpuBackends } from "../native/load.js";
import { LorikeetError } from "../errors.js";
import type { PlainError, TrainerReply, TrainerRequest } from "./trainer-messages.js";

let trainer: NativeTrainer | undefined;

process.on("message", (request: TrainerRequest) => void reply(request));
// Nobody is left to work for. A step that runs would hold up an orderly exit.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

async function reply(request: TrainerRequest): Promise<void> {
  const { id } = request;
  const answer: TrainerReply = await perform(request).then(
    (value) => ({ id, value }),
    (error: unknown) => ({ id, error: toPlain(error) }),
  );
  process.send?.(answer);
}

async function perform(request: TrainerRequest): Promise<unknown> {
  if (request.method === "open") {
    trainer = await open(request.args[0]);
    return undefined;
  }
  const { method, args } = request;
  const calls = trainer as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  return awaitNative(() => Promise.resolve(calls[method]!(...args)));
}

async function open(options: NativeTrainerOptions): Promise<NativeTrainer> {
  const { addon } = await openAddon();
  if (options.device !== "CPU") await openGpuBackends("auto");
  return awaitNative(() => addon.openTrainer(options));
}

function toPlain(error: unknown): PlainError {
  const message = error instanceof Error ? error.message : String(error);
  if (!LorikeetError.isInstance(error)) return { code: "NATIVE_FAILURE", message, details: {} };
  return { code: error.code, message, details: error.details };
}
