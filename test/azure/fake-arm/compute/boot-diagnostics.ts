import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { unsourcedError } from "../core/arm-error.ts";
import type { Resource } from "../core/store.ts";
import { requireGuest } from "./vm-actions.ts";
import { readVm } from "./vm-body.ts";

/** Links to the serial console's log and a screenshot, which need no login but end after a while. */
export function retrieveBootDiagnostics(arm: Arm, vm: Resource, call: Call): Answer {
  if (readVm(vm.properties).diagnosticsProfile?.bootDiagnostics?.enabled !== true) {
    throw unsourcedError(409, `Boot diagnostics is not enabled for the virtual machine '${vm.name}'.`);
  }
  const { backend } = requireGuest(arm, vm);
  const folder = `/bootdiagnostics-${vm.guid.slice(0, 8)}-${vm.guid}/${vm.name}.${vm.guid}`;
  const signature = `sv=2025-05-05&sr=b&sp=r&sig=${arm.random.hex(32)}`;
  const log = `${folder}.serialconsole.log`;
  const minutes = Number(call.query.get("sasUriExpirationTimeInMinutes") ?? 120);
  const until = arm.clock.now() + minutes * 60_000;
  arm.logs.set(`${log}?${signature}`, { until, read: () => backend.readSerialLog() });
  return {
    status: 200,
    body: {
      consoleScreenshotBlobUri: `${arm.endpoint}${folder}.screenshot.bmp?${signature}`,
      serialConsoleLogBlobUri: `${arm.endpoint}${log}?${signature}`,
    },
  };
}
