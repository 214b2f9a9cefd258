import type { Subnet } from "../../../lib/cidr.ts";
import type { BridgeNetwork } from "../datacenter-state.ts";
import type { Network } from "./network.ts";

export function bridgeNetwork(_state: BridgeNetwork, _subnet: Subnet): Network {
  throw new Error("not yet");
}

export async function chooseBridge(
  _place: { dir: string; subnet: Subnet },
  _takenUplinks: readonly string[],
  _signal: AbortSignal,
): Promise<BridgeNetwork> {
  throw new Error("not yet");
}
