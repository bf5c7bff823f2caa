/**
 * What a GGUF file says of itself, read without loading it.
 */
import { aPath, checkValue } from "../check.js";
import type { NativeDevice, NativeFileInfo } from "../native/addon.js";
import { awaitNative, callNative } from "../native/errors.js";
import { openAddon } from "../native/load.js";

/** The header of a model or adapter file. */
export type FileInfo = NativeFileInfo;
/** A device that can compute. */
export type Device = NativeDevice;

/**
 * Reads the header of a GGUF file: metadata, tensors, size; for a split model of all its parts.
 *
 * @throws {ModelError} MODEL_NOT_FOUND, MODEL_NOT_GGUF, MODEL_VERSION_UNKNOWN, MODEL_TRUNCATED,
 * MODEL_TENSOR_OUT_OF_BOUNDS, MODEL_MALFORMED
 */
export async function readFileInfo(path: string): Promise<FileInfo> {
  checkValue("path", path, aPath);
  const { addon } = await openAddon();
  return awaitNative(() => addon.readFileInfo(path));
}

/** The devices of all backends that are registered, GPUs first. */
export async function listDevices(): Promise<readonly Device[]> {
  const { addon } = await openAddon();
  return callNative(() => addon.devices());
}
