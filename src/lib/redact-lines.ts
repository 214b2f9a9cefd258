import { MASK, redact } from "./redact.ts";

const KEY_BEGINS = /^(.*?)-----BEGIN [A-Z ]*PRIVATE KEY-----/;
const KEY_ENDS = /-----END [A-Z ]*PRIVATE KEY-----/;
/** A line inside a key: one word of base64, a header of old, or nothing. */
const KEY_MATERIAL = /^\s*([A-Za-z0-9+/=]*|(Proc-Type|DEK-Info):.*)\s*$/;

/**
 * Redacts a text that comes line by line, where a private key is many lines: all of them are masked, as one. Returns
 * the line as it may be shown, or undefined where there is nothing to show.
 */
export function createLineRedactor(): (line: string) => string | undefined {
  /** What each line of the key begins with, where we are inside one. */
  let prefix: string | undefined;
  return (line) => {
    if (prefix !== undefined) {
      const isLast = KEY_ENDS.test(line);
      const isInside =
        !isLast && KEY_MATERIAL.test(line.startsWith(prefix) ? line.slice(prefix.length) : line);
      if (!isInside) prefix = undefined;
      if (isInside || isLast) return undefined;
    }
    const before = KEY_BEGINS.exec(line)?.[1];
    if (before === undefined || KEY_ENDS.test(line)) return redact(line);
    prefix = before;
    return `${redact(before)}${MASK}`;
  };
}
