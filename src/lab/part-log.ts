import { copyFile, open, stat, truncate } from "node:fs/promises";
import { isErrno } from "../lib/files.ts";

/** A log longer than this is begun anew; what it held is kept once. */
export const MAX_LOG_BYTES = 20 * 1024 * 1024;
const MAX_READ_BYTES = 64 * 1024;

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

/** What a text file holds from this byte on, its end where that is long. Nothing where there is no file. */
export async function readFileFrom(path: string, start: number): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const from = Math.max(start > size ? 0 : start, size - MAX_READ_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}
