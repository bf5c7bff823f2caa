/** What every object of the addon has. */

/** An open native object; all calls after `dispose` throw DISPOSED. */
export interface NativeHandle {
  /** Stops work, frees children first. Idempotent; resolves when the memory is free. */
  dispose(): Promise<void>;
}
