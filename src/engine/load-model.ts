/**
 * From a GGUF file to a model: options, backends, progress and abort.
 */
import {
  aBoolean,
  aFunction,
  anAbortSignal,
  anInteger,
  aPath,
  checkValue,
  either,
  oneOf,
  optional,
  resolveOptions,
  type Checks,
} from "../check.js";
import { awaitNative, callNative } from "../native/errors.js";
import type { GpuOption } from "../native/gpu.js";
import { openAddon, openGpuBackends } from "../native/load.js";
import { resolveCacheFolder } from "./cache-folder.js";
import { contextChecks, Model, type ContextOptions } from "./model.js";

/** Options of `loadModel()`; those of `ContextOptions` shape the model's shared context. */
export interface LoadModelOptions extends ContextOptions {
  /** `"auto"` takes the best backend that is there, `false` only the CPU. @default "auto" */
  readonly gpu?: GpuOption;
  /** Layers to put on the GPU; `"auto"` puts all that fit. @default "auto" */
  readonly gpuLayers?: number | "auto";
  /** Maps the file instead of reading it. @default true */
  readonly memoryMap?: boolean;
  /** Keeps the weights from being swapped out. @default false */
  readonly memoryLock?: boolean;
  /**
   * Folder that keeps what is prepared from a model's vocabulary once, some 40 MB for each
   * vocabulary; `false` keeps nothing.
   *
   * @default the variable LORIKEET_CACHE (empty: nothing is kept), else the platform's cache folder
   */
  readonly cacheFolder?: string | false;
  /** Gets fractions from 0 to 1, each larger than the one before; the last is 1. */
  readonly onProgress?: ((fraction: number) => void) | undefined;
  /** Aborts the load; the promise rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

type CompleteOptions = Required<Omit<LoadModelOptions, keyof ContextOptions | "cacheFolder">> & {
  readonly cacheFolder: string | false | undefined;
} & {
  readonly [K in keyof ContextOptions]: ContextOptions[K] | undefined;
};

const defaults: CompleteOptions = Object.freeze({
  gpu: "auto",
  gpuLayers: "auto",
  memoryMap: true,
  memoryLock: false,
  cacheFolder: undefined,
  onProgress: undefined,
  signal: undefined,
});
const checks: Checks<CompleteOptions> = {
  contextSize: optional(contextChecks.contextSize),
  slots: optional(contextChecks.slots),
  batchSize: optional(contextChecks.batchSize),
  threads: optional(contextChecks.threads),
  maxAdapterSets: optional(contextChecks.maxAdapterSets),
  idleBytes: optional(contextChecks.idleBytes),
  snapshotFolder: optional(contextChecks.snapshotFolder),
  snapshotBytes: optional(contextChecks.snapshotBytes),
  gpu: oneOf("auto", "cuda", "metal", "vulkan", false),
  gpuLayers: either(oneOf("auto"), anInteger(0, 2 ** 16)),
  memoryMap: aBoolean,
  memoryLock: aBoolean,
  cacheFolder: optional(either(aPath, oneOf(false))),
  onProgress: optional(aFunction),
  signal: optional(anAbortSignal),
};

/**
 * Loads a GGUF model.
 *
 * The header is checked before llama.cpp sees the file, so a bad file is an error and never the end
 * of the process. For a split model give the first file.
 *
 * @param path - of the GGUF file.
 * @throws {ModelError} MODEL_NOT_FOUND, MODEL_NOT_GGUF, MODEL_VERSION_UNKNOWN, MODEL_TRUNCATED,
 * MODEL_TENSOR_OUT_OF_BOUNDS, MODEL_MALFORMED, MODEL_ARCHITECTURE_UNKNOWN
 * @throws {ModelError} MODEL_TOO_LARGE - more memory than there is.
 * @throws {ModelError} MODEL_CHANGED - the file was replaced while it was loaded.
 * @throws {BackendError} BACKEND_UNAVAILABLE - the GPU that `gpu` names cannot be used; the message
 * lists what is missing.
 * @throws the signal's reason, when it aborts; what `onProgress` throws, which ends the load.
 */
export async function loadModel(path: string, options: LoadModelOptions = {}): Promise<Model> {
  checkValue("path", path, aPath);
  const resolved = resolveOptions<CompleteOptions>("loadModel()", options, defaults, checks);
  resolved.signal?.throwIfAborted();
  const { addon } = await openAddon();
  const gpuBackends = await openGpuBackends(resolved.gpu);
  resolved.signal?.throwIfAborted();
  let thrown: { readonly error: unknown } | undefined;
  let reported = -1;
  const report = (fraction: number) => {
    if (thrown || fraction <= reported) return;
    reported = fraction;
    try {
      resolved.onProgress?.(fraction);
    } catch (error) {
      thrown = { error };
      load.abort();
    }
  };
  const load = callNative(() =>
    addon.loadModel(
      {
        path,
        gpuBackends,
        gpuLayers: resolved.gpuLayers === "auto" ? -1 : resolved.gpuLayers,
        memoryMap: resolved.memoryMap,
        memoryLock: resolved.memoryLock,
        cacheFolder: resolveCacheFolder(resolved.cacheFolder),
      },
      report,
    ),
  );
  const abort = () => load.abort();
  resolved.signal?.addEventListener("abort", abort, { once: true });
  try {
    const native = await awaitNative(() => load.done);
    if (native !== null) report(1);
    if (native === null || thrown || resolved.signal?.aborted) {
      await native?.dispose();
      throw thrown ? thrown.error : resolved.signal?.reason;
    }
    const given = Object.keys(contextChecks).map(
      (name) => [name, resolved[name as keyof ContextOptions]] as const,
    );
    const contextOptions = given.filter(([, value]) => value !== undefined);
    const model = new Model(path, native, Object.fromEntries(contextOptions));
    // Beside what the caller does next; an error comes again at its first use.
    if (resolved.snapshotFolder) model.defaultContext().catch(() => undefined);
    return model;
  } finally {
    resolved.signal?.removeEventListener("abort", abort);
  }
}
