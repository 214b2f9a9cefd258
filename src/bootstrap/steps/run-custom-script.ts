import { StargateError } from "../../lib/errors.ts";
import { runDurable } from "../../remote/durable-script.ts";
import type { StepContext } from "../step-context.ts";

/** The profile's own script, as root. It knows NODE_NAME, NODE_IP and KUBERNETES_VERSION. */
export async function runCustomScript({
  work,
  host,
  name,
  signal,
  onLine,
}: StepContext): Promise<"done" | "skipped"> {
  const { server, profile, operation } = work;
  const text = profile.spec.customBootstrapScript ?? "";
  const inputs = {
    NODE_NAME: server.metadata.name,
    NODE_IP: server.spec.ipv4,
    KUBERNETES_VERSION: work.kubernetesVersion,
  };
  let last = "";
  try {
    await runDurable(
      host,
      { name, text, inputs },
      {
        operationUid: operation.metadata.uid,
        signal,
        onLine(line) {
          if (line.trim() !== "") last = line.trim();
          onLine(line);
        },
      },
    );
    return "done";
  } catch (error) {
    if (!(error instanceof StargateError) || error.reason !== "CommandFailed") throw error;
    throw new StargateError(
      "CustomScriptFailed",
      `Cannot make ${server.metadata.name} a node: the profile's own script failed${last === "" ? "" : ` (${last})`}`,
      {
        remedy: `Correct customBootstrapScript of the profile "${profile.metadata.name}", then create a new Operation.`,
        cause: error,
      },
    );
  }
}
