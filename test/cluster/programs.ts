import { join } from "node:path";
import { ensureToolchain } from "../../src/toolchain/ensure-toolchain.ts";
import type { HostProgram } from "../../src/toolchain/toolchain.ts";
import { testWorld } from "../../src/lib/test-world.ts";

/** Paths of real programs: below STARGATE_TEST_PROGRAMS_DIR where that is set, else from the toolchain's cache. */
export async function testPrograms(): Promise<(name: HostProgram) => string> {
  const dir = process.env["STARGATE_TEST_PROGRAMS_DIR"];
  if (dir !== undefined) return (name) => join(dir, name);
  const toolchain = await ensureToolchain({}, testWorld(process.env, { self: [process.execPath, ""] }));
  return (name) => toolchain.program(name);
}
