import { parseHostFacts } from "../host-facts.ts";
import { failure, scriptText, type Failures, type StepContext } from "../step-context.ts";

const FAILURES: Failures = {
  101: {
    reason: "UnsupportedOS",
    message: "its operating system is none we know",
    remedy: "Install Debian 12 or 13, or Ubuntu 22.04, 24.04 or 26.04, with cgroup v2, for amd64 or arm64.",
  },
  102: {
    reason: "NoDiskSpace",
    message: "less than 3 GiB are free below /var/lib",
    remedy: "Free space on the host or give it a larger disk, then create a new Operation.",
  },
};

/** Finds out what the host is, and refuses one that cannot become a worker before anything is changed. */
export async function inspectHost(ctx: StepContext): Promise<"done"> {
  const { host, signal } = ctx;
  const { stdout, exitCode } = await host.runScript(
    { name: ctx.name, text: scriptText("inspect-host.sh"), inputs: {} },
    { signal, okCodes: [0, 101, 102] },
  );
  const facts = parseHostFacts(stdout);
  const detail = `${facts.os}, ${facts.arch}, cgroup v${facts.cgroup}, ${facts["free-mib"]} MiB free`;
  if (exitCode !== 0) throw failure(ctx, FAILURES, exitCode, detail);
  ctx.facts.host = facts;
  ctx.onLine(detail);
  return "done";
}
