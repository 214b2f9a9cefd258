import { readFile } from "node:fs/promises";
import { UsageError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import { addSecret } from "../lib/redact.ts";

/**
 * The secret that a flag or variable means: the text itself, or with "file:PATH" the content of that file, which
 * keeps it out of the list of running programs. `flag` is named in errors.
 */
export async function readSecretFlag(value: string | undefined, flag: string): Promise<string | undefined> {
  if (value === undefined || value.trim() === "") return undefined;
  const secret = value.startsWith("file:")
    ? await readSecretFile(value.slice("file:".length), flag)
    : value.trim();
  addSecret(secret);
  return secret;
}

async function readSecretFile(path: string, flag: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const state = isErrno(error, "ENOENT") ? "there is none" : "it cannot be read";
    throw new UsageError(`${flag} names the file ${path}, but ${state}`);
  }
  const secret = text.trim();
  if (secret === "") throw new UsageError(`${flag} names the file ${path}, but it is empty`);
  return secret;
}
