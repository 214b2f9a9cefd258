import { rm } from "node:fs/promises";
import { StargateError } from "../lib/errors.ts";
import { makePrivateDir } from "../lib/files.ts";
import type { World } from "../lib/world.ts";
import { ensureToolchain } from "../toolchain/ensure-toolchain.ts";
import { startConnectRelay } from "./connect-relay.ts";
import { controlPlaneParts, egressSocket } from "./control-plane-parts.ts";
import { labPaths } from "./lab-paths.ts";
import { readLabState } from "./lab-state.ts";
import { supervise } from "./supervise.ts";
import { tailnetParts } from "./tailnet-parts.ts";

/** The supervisor's whole life: `stargate lab supervise`, started by `lab up` and ended by `lab down`. */
export async function runSupervisor(world: World): Promise<void> {
  const state = await readLabState(world.paths.labDir);
  if (state === undefined) {
    throw new StargateError("LabMissing", `There is no lab in ${world.paths.labDir}`, {
      remedy: "Bring it up: bin/stargate lab up.",
    });
  }
  const paths = labPaths(world.paths.labDir);
  const toolchain = await ensureToolchain({ kubernetes: state.kubernetesVersion }, world);
  await makePrivateDir(paths.run);
  const relay = await startConnectRelay(egressSocket(paths), state.ports.httpProxy);
  const parts = [
    ...tailnetParts(paths, state.ports, toolchain),
    ...controlPlaneParts(paths, state.ports, toolchain),
  ];
  await supervise(parts, paths, world);
  relay.close();
  await rm(egressSocket(paths), { force: true });
}
