import { existsSync } from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { createLog, type LogLevel } from "../lib/log.ts";
import type { World } from "../lib/world.ts";
import type { ControlPlaneMode } from "../control-plane/control-plane.ts";
import { DEFAULT_API_SERVER_PORT, decideControlPlane } from "../control-plane/decide-control-plane.ts";
import { addLeaseTimeFlags, leaseTimesOf, type LeaseTimeFlags } from "./lease-times.ts";
import { addTailnetFlags, tailnetGiven, type TailnetFlags } from "./tailnet-flags.ts";

interface Flags extends TailnetFlags, LeaseTimeFlags {
  controlPlaneMode?: ControlPlaneMode;
  controlPlaneIp?: string;
  controlPlaneHostname?: string;
  controlPlaneSshUser?: string;
  controlPlanePort?: number;
  adminUsername?: string;
  kubeconfig?: string;
  namespace?: string;
  concurrency: number;
  datacenterConcurrency?: number;
  metricsBindAddress: string;
  leaderElect: boolean;
  tailnetProxy?: string;
  logLevel?: LogLevel;
}

/** Each controller has its own port, so that they run side by side on one host. */
const METRICS_ADDRESS: Readonly<Record<string, string>> = { qemu: "127.0.0.1:9801", azure: "127.0.0.1:9802" };

/** `<provider>-controller`: watches Servers and Operations of one provider, and carries the Operations out. */
export function createControllerCommand(providerId: string, world: World): Command {
  const command = new Command(`${providerId}-controller`).description(
    `Makes ${providerId} servers nodes of the cluster, as Operations ask for it`,
  );
  return addTailnetFlags(addLeaseTimeFlags(command))
    .addOption(
      new Option(
        "--control-plane-mode <mode>",
        "where workers join; found out where it is not given",
      ).choices(["embedded", "kind", "tailscale"]),
    )
    .option("--control-plane-ip <address>", "tailnet address of the control plane (modes tailscale and kind)")
    .option("--control-plane-hostname <name>", "tailnet name of the control plane; for kind, its container")
    .option(
      "--control-plane-ssh-user <user>",
      "accepted as in earlier versions; nothing is done there by SSH",
    )
    .option(
      "--control-plane-port <port>",
      `port of the API server (default: ${DEFAULT_API_SERVER_PORT})`,
      wholeNumber,
    )
    .option("--admin-username <user>", "user to log in as where neither Secret nor profile names one")
    .option(
      "--kubeconfig <path>",
      "kubeconfig of the cluster (default: the lab's, KUBECONFIG, ~/.kube/config)",
    )
    .option("--namespace <namespace>", "serve this namespace only (default: all)")
    .option(
      "--concurrency <count>",
      "Operations worked on at once, besides those that wait for their next try",
      wholeNumber,
      10,
    )
    .option(
      "--datacenter-concurrency <count>",
      "Operations under way at once, waiting for a try or not, in a datacenter without spec.maxConcurrentOperations (default: as --concurrency)",
      wholeNumber,
    )
    .option(
      "--metrics-bind-address <address>",
      "where /metrics, /healthz and /readyz are served; 0 for nowhere",
      METRICS_ADDRESS[providerId] ?? "127.0.0.1:9800",
    )
    .option("--leader-elect", "wait for the Lease of this controller before working", true)
    .option("--no-leader-elect", "do not wait for a Lease before working (only where no second one can run)")
    .option(
      "--tailnet-proxy <url>",
      "SOCKS5 proxy into the tailnet, for instance socks5://127.0.0.1:1055 (default: the lab's; else none)",
    )
    .addOption(
      new Option("--log-level <level>", "how much is logged").choices(["debug", "info", "warn", "error"]),
    )
    .action(async (flags: Flags) => {
      const [{ readLabState }, { runController }, { usualKubeconfig }] = await Promise.all([
        import("../lab/lab-state.ts"),
        import("../controllers/run-controller.ts"),
        import("../kubernetes/kubeconfig.ts"),
      ]);
      const lab = await readLabState(world.paths.labDir);
      const plan = decideControlPlane({
        mode: flags.controlPlaneMode,
        ip: flags.controlPlaneIp,
        hostname: flags.controlPlaneHostname,
        port: flags.controlPlanePort,
        kubeconfig: flags.kubeconfig,
        kubeconfigOfEnv: world.env["KUBECONFIG"],
        hasUsualKubeconfig: existsSync(usualKubeconfig(world.env)),
        lab,
      });
      await runController(
        {
          providerId,
          loadProvider: async () => (await import("../providers/registry.ts")).providerById(providerId),
          plan,
          adminUsername: flags.adminUsername,
          namespace: flags.namespace,
          concurrency: flags.concurrency,
          datacenterConcurrency: flags.datacenterConcurrency,
          metricsBindAddress: flags.metricsBindAddress === "0" ? undefined : flags.metricsBindAddress,
          leaderElect: flags.leaderElect,
          leaseTimes: leaseTimesOf(flags),
          tailnetProxy: flags.tailnetProxy ?? (plan.mode === "embedded" ? plan.lab.socksProxy : undefined),
          tailnet: await tailnetGiven(flags, world.env),
        },
        flags.logLevel === undefined ? world : { ...world, log: logAt(flags.logLevel) },
      );
    });
}

function logAt(level: LogLevel): World["log"] {
  return createLog({ write: (line) => process.stderr.write(`${line}\n`), level });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new InvalidArgumentError("It must be a whole number from 1 to 65535.");
  }
  return value;
}
