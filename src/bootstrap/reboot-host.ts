import type { Host } from "../remote/host.ts";
import { scriptText } from "./step-context.ts";

/** Asks for a restart of the host, once a boot however often it is called. Returns before the host goes down. */
export async function rebootHost(
  { host, operationUid, bootId }: { host: Host; operationUid: string; bootId: string },
  signal: AbortSignal,
): Promise<void> {
  const inputs = { OPERATION_UID: operationUid, BOOT_ID: bootId };
  await host.runScript(
    { name: "reboot-host", text: scriptText("reboot-host.sh"), inputs },
    { signal, okCodes: [0, 100] },
  );
}
