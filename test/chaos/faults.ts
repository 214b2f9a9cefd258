import type { ChaosHost } from "./chaos-host.ts";
import type { ControllerProcess } from "./controller-process.ts";
import type { Fault } from "./plan.ts";
import type { Site } from "./site.ts";
import type { Way } from "./way.ts";

/** A controller and its own way to the API server. */
export interface Controller {
  process: ControllerProcess;
  apiWay: Way;
}

/** What of a run can go wrong. */
export interface Parts {
  site: Site;
  host: ChaosHost;
  controllers: readonly Controller[];
  /** From the controllers to the host. */
  sshWay: Way;
  /** From the host to the API server. */
  hostApiWay: Way;
  /** Resolves after this time, or at once when nothing is to go wrong any more. */
  pause: (ms: number) => Promise<void>;
}

/** Lets one thing go wrong, with these controllers where it is about them, and mends it. */
export async function happen(fault: Fault, victims: readonly Controller[], parts: Parts): Promise<void> {
  const { site, host, sshWay, hostApiWay, pause } = parts;
  const processes = victims.map(({ process }) => process);
  const apiWays = victims.map(({ apiWay }) => apiWay);
  switch (fault.kind) {
    case "kill-controller":
      await Promise.all(processes.map((process) => process.kill()));
      await pause(fault.downMs);
      return processes.forEach((process) => process.start());
    case "freeze-controller":
      for (const process of processes) process.freeze();
      await pause(fault.ms);
      return processes.forEach((process) => process.thaw());
    case "cut-ssh":
      return sshWay.cut();
    case "silent-router":
      return silence([sshWay, hostApiWay], fault, pause);
    case "no-router":
      return close([sshWay, hostApiWay], fault.ms, pause);
    case "silent-api":
      return silence(apiWays, fault, pause);
    case "no-api":
      return close(apiWays, fault.ms, pause);
    case "kill-api":
      return site.killApiServer(() => pause(fault.downMs));
    case "power-cut":
      return host.cutPower(() => pause(fault.offMs));
    case "full-disk":
      await host.host.disk.fill();
      await pause(fault.ms);
      return host.host.disk.makeRoom();
  }
}

async function silence(
  ways: readonly Way[],
  { ms, thenCut }: { ms: number; thenCut: boolean },
  pause: Parts["pause"],
): Promise<void> {
  for (const way of ways) way.silence();
  await pause(ms);
  for (const way of ways) {
    if (thenCut) way.cut();
    way.pass();
  }
}

async function close(ways: readonly Way[], ms: number, pause: Parts["pause"]): Promise<void> {
  for (const way of ways) {
    way.isOpen = false;
    way.cut();
  }
  await pause(ms);
  for (const way of ways) way.isOpen = true;
}
