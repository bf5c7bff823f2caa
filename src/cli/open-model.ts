/** The options that name a model and how it runs, and opening it. */
import { InvalidArgumentError, Option, type Command } from "commander";
import type { Adapter } from "../engine/adapter.js";
import type { ActiveAdapter } from "../engine/engine.js";
import { loadModel, type LoadModelOptions } from "../engine/load-model.js";
import type { Model } from "../engine/model.js";
import { gpuBackends, type GpuBackend } from "../native/libraries.js";
import { createProgress } from "./progress-bar.js";

/** What `addComputeOptions` reads. */
export interface ComputeOptions {
  readonly gpu: "auto" | "off" | GpuBackend;
  readonly contextSize?: number;
  readonly threads?: number;
}

/** What `addModelOptions` reads. */
export interface ModelOptions extends ComputeOptions {
  readonly adapter: readonly string[];
  readonly scale: number;
  readonly dialect?: string;
}

/** A loaded model with the adapters that were asked for. */
export interface OpenModel {
  readonly model: Model;
  readonly adapters: readonly ActiveAdapter[];
}

/** Adds the options of every command whose model answers. */
export function addModelOptions(command: Command): Command {
  return addComputeOptions(
    command
      .option("--adapter <file>", "LoRA adapter to use; may be given several times", collect, [])
      .option("--scale <number>", "strength of the adapters", readNumber, 1)
      .option("--dialect <name>", "how the model writes calls (default: what its file shows)"),
  );
}

/** Adds the options that say where a model computes, and how long its conversations are. */
export function addComputeOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--gpu <backend>", "where to compute")
        .choices(["auto", "off", ...gpuBackends])
        .default("auto"),
    )
    .option("--context-size <tokens>", "tokens that a conversation can hold", readInteger)
    .option("--threads <count>", "threads that compute", readInteger);
}

/** The same as options of `loadModel()`. */
export function computeOptionsOf({ gpu, contextSize, threads }: ComputeOptions): LoadModelOptions {
  return {
    gpu: gpu === "off" ? false : gpu,
    ...(contextSize === undefined ? {} : { contextSize }),
    ...(threads === undefined ? {} : { threads }),
  };
}

/** Loads the model and its adapters, with a progress bar. */
export async function openModel(
  path: string,
  options: ModelOptions,
  signal: AbortSignal,
): Promise<OpenModel> {
  const progress = createProgress("Loading");
  try {
    const model = await loadModel(path, {
      ...computeOptionsOf(options),
      slots: 1,
      onProgress: (fraction) => progress.update(fraction),
      signal,
    });
    const adapters = await loadAdapters(model, options);
    return { model, adapters };
  } finally {
    progress.stop();
  }
}

async function loadAdapters(model: Model, options: ModelOptions): Promise<ActiveAdapter[]> {
  const adapters: Adapter[] = [];
  try {
    for (const path of options.adapter) adapters.push(await model.loadAdapter(path));
  } catch (error) {
    await model.dispose();
    throw error;
  }
  return adapters.map((adapter) => ({ adapter, scale: options.scale }));
}

/** Reads a whole number of at least 0. */
export function readInteger(text: string): number {
  const value = Number(text);
  if (text !== "" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError("It has to be a whole number.");
}

/** Reads a number. */
export function readNumber(text: string): number {
  const value = Number(text);
  if (text !== "" && Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It has to be a number.");
}

function collect(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}
