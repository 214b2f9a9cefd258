import { randomBytes } from "node:crypto";
import { chmod, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import type { z } from "zod";
import { StargateError } from "./errors.ts";

/**
 * Writes a file so that a reader, or a crash at any moment, sees the old or the new content and nothing between.
 * `mode` is in force before the first byte is written.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, mode); // open() is subject to the umask
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Content of a text file, or undefined where there is none. */
export async function readFileIfExists(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isErrno(error, "ENOENT")) return undefined;
    throw error;
  }
}

const MAX_TAIL_BYTES = 64 * 1024;

/** What a text file holds from this byte on, its end where that is long. Nothing where there is no file. */
export async function readFileFrom(path: string, start: number): Promise<string> {
  try {
    await using file = await open(path);
    const { size } = await file.stat();
    const from = Math.max(start > size ? 0 : start, size - MAX_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
    return buffer.toString("utf8", 0, bytesRead);
  } catch (error) {
    if (isErrno(error, "ENOENT")) return "";
    throw error;
  }
}

/**
 * A JSON file parsed by a schema, or undefined where there is none.
 * @throws StargateError CorruptFile naming the file when it does not parse
 */
export async function readJsonIfExists<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFileIfExists(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new StargateError("CorruptFile", `Cannot read ${path}: it is not what we wrote there`, {
      remedy: `Move ${path} away and run the command again.`,
      cause: error,
    });
  }
}

/** Creates a folder that only its owner can enter. */
export async function makePrivateDir(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await chmod(path, 0o700);
  return path;
}

/** True for a Node.js system error with this code. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
