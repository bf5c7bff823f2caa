/**
 * A context: slots over one model, handed out to sessions and taken back.
 */
import { OptionError } from "../errors.js";
import type {
  NativeContext,
  NativeContextStats,
  NativeGenerationOptions,
  NativeScaledAdapter,
  NativeSlot,
} from "../native/addon.js";
import { awaitNative, callNative } from "../native/errors.js";
import { Adapter } from "./adapter.js";
import type {
  ActiveAdapter,
  EngineAdapter,
  EngineContext,
  EngineModel,
  EngineSlot,
  GenerationEvent,
  GenerationRequest,
  SlotRequest,
} from "./engine.js";
import { streamGeneration } from "./generation-stream.js";

/** What a context did. */
export type ContextStats = NativeContextStats;

/** Slots over one model, with the memory of their cached tokens. */
export class Context implements EngineContext {
  /** Tokens that one slot can hold. */
  readonly contextSize: number;
  /** How many slots are live at once. */
  readonly slots: number;
  /** @internal The model it was made for. */
  readonly model: EngineModel;
  readonly #native: NativeContext;
  #disposed = false;

  /** @internal Contexts are made by `Model.createContext`. */
  constructor(model: EngineModel, native: NativeContext) {
    this.model = model;
    this.#native = native;
    const { contextSize, slots } = native.facts();
    this.contextSize = contextSize;
    this.slots = slots;
  }

  /** Bytes reserved for cached tokens and for compute buffers, over all live adapter sets. */
  memory(): { readonly cacheBytes: number; readonly computeBytes: number } {
    return callNative(() => this.#native.memory());
  }

  /** What it did since it was made; generations count when they end. */
  stats(): ContextStats {
    return callNative(() => this.#native.stats());
  }

  /**
   * Waits for a free slot; of several the one is given where least is lost.
   *
   * @throws the signal's reason, when it aborts while waiting.
   * @throws {OptionError} DISPOSED
   */
  async acquireSlot(request: SlotRequest): Promise<EngineSlot> {
    const { prompt, signal } = request;
    signal?.throwIfAborted();
    const adapters = toNativeAdapters(request.adapters);
    const hint = { prompt, adapters, owner: request.owner ?? 0 };
    const acquired = awaitNative(() => this.#native.acquireSlot(hint));
    return new Slot(await unlessAborted(acquired, signal));
  }

  /** Tells that an owner will not ask for a slot again, so that its state need not be kept. */
  forget(owner: number): void {
    if (!this.#disposed) callNative(() => this.#native.forget({ owner }));
  }

  /** Aborts what runs, then frees the memory. Idempotent. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    await awaitNative(() => this.#native.dispose());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** A slot that arrives after the signal is given back at once. */
function unlessAborted(
  acquired: Promise<NativeSlot>,
  signal: AbortSignal | undefined,
): Promise<NativeSlot> {
  if (signal === undefined) return acquired;
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      reject(signal.reason as Error);
      acquired.then(
        (slot) => slot.dispose(),
        () => undefined,
      );
    };
    signal.addEventListener("abort", onAbort, { once: true });
    acquired
      .finally(() => signal.removeEventListener("abort", onAbort))
      .then((slot) => {
        if (!signal.aborted) resolve(slot);
      }, reject);
  });
}

/**
 * A context decodes with the model it was made for, whoever asks.
 *
 * @throws {OptionError} INVALID_OPTION - it was made for another model.
 */
export function checkContextOf(model: EngineModel, context: EngineContext): void {
  if (!(context instanceof Context) || context.model === model) return;
  throw new OptionError(
    "INVALID_OPTION",
    'Expected option "context" to be made by createContext() of this model, got one of another.',
    { details: { option: "context" } },
  );
}

/** A slot in somebody's hands. */
class Slot implements EngineSlot {
  readonly #native: NativeSlot;

  constructor(native: NativeSlot) {
    this.#native = native;
  }

  generate(request: GenerationRequest): AsyncIterable<readonly GenerationEvent[]> {
    return streamGeneration(this.#native, toNative(request), request.signal);
  }

  save(): void {
    callNative(() => this.#native.save());
  }

  async release(): Promise<void> {
    await awaitNative(() => this.#native.dispose());
  }
}

function toNative(request: GenerationRequest): NativeGenerationOptions {
  return {
    prompt: request.prompt,
    sharedTokens: request.sharedTokens ?? 0,
    adapters: toNativeAdapters(request.adapters),
    maxTokens: request.maxTokens,
    timeLimitMs: request.timeLimitMs,
    sampling: request.sampling,
    grammarSampling: request.grammarSampling,
    stopTokens: Int32Array.from(request.stopTokens),
    stopTexts: request.stopTexts,
    grammar: request.grammar?.native ?? null,
    triggerTokens: Int32Array.from(request.triggerTokens),
    triggerTexts: request.triggerTexts,
    reportTokens: Int32Array.from(request.reportTokens),
    bannedTokens: Int32Array.from(request.bannedTokens),
    forced: request.forced ?? true,
    guess: request.guess ?? true,
  };
}

function toNativeAdapters(adapters: readonly ActiveAdapter[]): NativeScaledAdapter[] {
  return adapters.map(({ adapter, scale }) => ({
    adapter: loadedAdapter(adapter).native,
    scale,
  }));
}

/** @throws {OptionError} INVALID_OPTION - not what `Model.loadAdapter` returned. */
function loadedAdapter(adapter: EngineAdapter): Adapter {
  if (adapter instanceof Adapter) return adapter;
  throw new OptionError(
    "INVALID_OPTION",
    "Expected each adapter to be one that model.loadAdapter() returned.",
  );
}
