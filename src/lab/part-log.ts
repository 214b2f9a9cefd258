import { copyFile, stat, truncate } from "node:fs/promises";
import { isErrno } from "../lib/files.ts";

/** A log longer than this is begun anew; what it held is kept once. */
export const MAX_LOG_BYTES = 20 * 1024 * 1024;

/** Moves a log that has grown too long to `<path>.1`. Its writer appends, so it goes on at the new beginning. */
export async function rotateIfLong(path: string, maxBytes = MAX_LOG_BYTES): Promise<void> {
  try {
    if ((await stat(path)).size <= maxBytes) return;
    await copyFile(path, `${path}.1`);
    await truncate(path);
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
  }
}
