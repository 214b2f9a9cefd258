import type { Host } from "../../remote/host.ts";
import type { OperationMetrics } from "./metrics.ts";

/** The host, counted among the open SSH sessions until it is let go. */
export function countingSession(host: Host, metrics: Pick<OperationMetrics, "sshSessions">): Host {
  let isOpen = true;
  metrics.sshSessions(1);
  return {
    name: host.name,
    run: (argv, options) => host.run(argv, options),
    runScript: (script, options) => host.runScript(script, options),
    upload: (localPath, remotePath, options) => host.upload(localPath, remotePath, options),
    async [Symbol.asyncDispose]() {
      if (isOpen) metrics.sshSessions(-1);
      isOpen = false;
      await host[Symbol.asyncDispose]();
    },
  };
}
