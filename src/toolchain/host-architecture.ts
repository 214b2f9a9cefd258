import { StargateError } from "../lib/errors.ts";
import type { Architecture } from "./components.ts";

/**
 * What Go and Kubernetes call the processor that Node.js runs on.
 * @throws StargateError UnsupportedArchitecture
 */
export function hostArchitecture(nodeArch: string): Architecture {
  if (nodeArch === "x64") return "amd64";
  if (nodeArch === "arm64") return "arm64";
  throw new StargateError(
    "UnsupportedArchitecture",
    `Choose programs for this host: its processor is ${nodeArch}, and there are only amd64 and arm64`,
  );
}
