/**
 * Writing a file so that it is whole or as it was before, whenever the process ends.
 */
import { rename, rm, writeFile } from "node:fs/promises";

/** @throws what the file system throws; the file is then as it was before. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
