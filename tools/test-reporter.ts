// Reporter for node:test: a line for each file's failures and slow progress, and the count as the last line.
import type { TestEvent } from "node:test/reporters";

/** Parts of a test that take longer than this have a line of their own: a run of many minutes should say where it is. */
const LONG_MS = 10_000;

/**
 * Prints failures in full where they happen, a line for each passed test, and at the end every failure once
 * more in short: who has only the end of a long log still learns what failed. The last line counts.
 */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  const failures: string[] = [];
  for await (const event of source) {
    if (event.type === "test:pass") {
      const { name, nesting, details } = event.data;
      if (details.type !== "suite") passed++;
      if (nesting === 0 || details.duration_ms > LONG_MS)
        yield `${"  ".repeat(nesting)}✓ ${name} (${Math.round(details.duration_ms)} ms)\n`;
    } else if (event.type === "test:fail" && event.data.details.type !== "suite") {
      const { error } = event.data.details;
      const cause =
        error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
      const title = `✗ ${event.data.name} (${event.data.file ?? ""}:${event.data.line ?? 0})`;
      failures.push(`${title}\n${indent(firstLines(cause))}\n`);
      yield `${title}\n${indent(cause)}\n`;
    } else if (event.type === "test:stdout" || event.type === "test:stderr") {
      yield event.data.message;
    }
  }
  yield* failures;
  yield `${passed} passed, ${failures.length} failed\n`;
}

function firstLines(text: string): string {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 6)
    .join("\n");
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
