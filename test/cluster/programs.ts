import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { silentLog } from "../../src/lib/log.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { silentProgress } from "../../src/lib/progress.ts";
import { ensureToolchain } from "../../src/toolchain/ensure-toolchain.ts";
import type { HostProgram } from "../../src/toolchain/toolchain.ts";

/** Paths of real programs: below STARGATE_TEST_PROGRAMS_DIR where that is set, else from the toolchain's cache. */
export async function testPrograms(): Promise<(name: HostProgram) => string> {
  const dir = process.env["STARGATE_TEST_PROGRAMS_DIR"];
  if (dir !== undefined) return (name) => join(dir, name);
  const toolchain = await ensureToolchain(
    {},
    {
      env: process.env,
      paths: pathsFrom(process.env),
      clock: systemClock,
      log: silentLog,
      progress: silentProgress,
      print: () => undefined,
      self: [process.execPath, ""],
      isInteractive: false,
      signal: new AbortController().signal,
    },
  );
  return (name) => toolchain.program(name);
}
