// Reporter for node:test: a line for each file's failures and slow progress, and the count as the last line.
import type { TestEvent } from "node:test/reporters";

/**
 * Prints failures in full where they happen, a line for each passed test, and at the end every failure once
 * more in short: who has only the end of a long log still learns what failed. The last line counts.
 */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  const failures: string[] = [];
  for await (const event of source) {
    if (event.type === "test:pass" && event.data.details.type !== "suite") {
      passed++;
      if (event.data.nesting === 0)
        yield `✓ ${event.data.name} (${Math.round(event.data.details.duration_ms)} ms)\n`;
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
