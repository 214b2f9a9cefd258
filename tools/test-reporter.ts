// Reporter for node:test: a line for each file's failures and slow progress, and the count as the last line.
import type { TestEvent } from "node:test/reporters";

/** Prints failures in full, one line a passed file, and "N passed, N failed" at the end. */
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  for await (const event of source) {
    if (event.type === "test:pass" && event.data.details.type !== "suite") {
      passed++;
      if (event.data.nesting === 0)
        yield `✓ ${event.data.name} (${Math.round(event.data.details.duration_ms)} ms)\n`;
    } else if (event.type === "test:fail" && event.data.details.type !== "suite") {
      failed++;
      const { error } = event.data.details;
      const cause =
        error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : String(error.cause);
      yield `✗ ${event.data.name} (${event.data.file ?? ""}:${event.data.line ?? 0})\n${indent(cause)}\n`;
    } else if (event.type === "test:stdout" || event.type === "test:stderr") {
      yield event.data.message;
    }
  }
  yield `${passed} passed, ${failed} failed\n`;
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "    ");
}
