import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClientSecretCredential } from "@azure/identity";
import { silentLog } from "../../src/lib/log.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { silentProgress } from "../../src/lib/progress.ts";
import type { World } from "../../src/lib/world.ts";
import { connectArm } from "../../src/providers/azure/arm/connect-arm.ts";
import { createAzureProvider, type ConnectArm } from "../../src/providers/azure/azure-provider.ts";
import type { AzureOptions } from "../../src/providers/azure/azure-options.ts";
import type { DatacenterRequest, Provider, RouterJoin } from "../../src/providers/provider.ts";
import type { VmView } from "./fake-arm/compute/vm-backend.ts";
import { SteppedClock } from "./fake-arm/core/clock.ts";
import { FakeArm } from "./fake-arm/fake-arm.ts";
import type { Settings } from "./fake-arm/settings.ts";
import { ScriptedGuest } from "./scripted-guest.ts";

export const SSH_PUBLIC_KEY =
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtlZXBpdHNlY3JldGtlZXBpdHNlY3JldGtlZXBpdHM test";

/** The fake's time, which can end a run at any request. */
export class RequestClock extends SteppedClock {
  #requests = 0;
  #work: Promise<unknown> = Promise.resolve();
  #crash: { at: number; stop: () => void } | undefined;

  /** Calls `stop` as soon as so many more requests have come in. */
  crashAfter(requests: number, stop: () => void): void {
    this.#crash = { at: this.#requests + requests, stop };
  }

  override tick(): void {
    super.tick();
    this.#requests += 1;
    if (this.#crash === undefined || this.#requests < this.#crash.at) return;
    const { stop } = this.#crash;
    this.#crash = undefined;
    stop();
  }

  /** Real work that takes real time: this clock stands still until it is done. */
  waitFor(work: Promise<unknown>): void {
    this.#work = Promise.allSettled([this.#work, work]);
  }

  override async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await this.#work;
    await super.sleep(ms, signal);
  }

  /** From now on, no run ends early. */
  calm(): void {
    this.#crash = undefined;
  }
}

/** A fake Azure, our provider connected to it, and everything the provider touches: time passes as it waits. */
export interface AzureWorld extends AsyncDisposable {
  fake: FakeArm;
  clock: RequestClock;
  provider: Provider<AzureOptions>;
  connect: ConnectArm;
  /** Lines of progress, in order. */
  progress: string[];
  /** Guests by the name of their VM: those that are there now, and those that were. */
  guests: Map<string, ScriptedGuest>;
  /** Told of each guest that is made. */
  onGuest: ((guest: ScriptedGuest) => void) | undefined;
  /** A world of its own for one run, which `signal` ends. */
  run(signal?: AbortSignal): World;
}

export async function startAzure(
  settings: Partial<Settings> = {},
  seed = 1,
  makeGuest: (vm: VmView) => ScriptedGuest = (vm) => new ScriptedGuest(vm),
): Promise<AzureWorld> {
  const clock = new RequestClock();
  const guests = new Map<string, ScriptedGuest>();
  const fake = await FakeArm.start({
    settings,
    seed,
    clock,
    onVm: (vm) => {
      const guest = makeGuest(vm);
      guests.set(vm.name, guest);
      azure.onGuest?.(guest);
      return guest;
    },
  });
  const stateDir = await mkdtemp(join(tmpdir(), "stargate-azure-"));
  const progress: string[] = [];
  const connect = connectorTo(fake);
  const azure: AzureWorld = {
    fake,
    clock,
    guests,
    onGuest: undefined,
    progress,
    connect,
    provider: createAzureProvider(connect),
    run: (signal = new AbortController().signal) => ({
      env: { AZURE_RESOURCE_MANAGER_ENDPOINT: fake.endpoint },
      paths: pathsFrom({ STARGATE_STATE_DIR: stateDir }),
      clock,
      log: silentLog,
      progress: {
        say: (line) => progress.push(line),
        step: (title, work) => {
          progress.push(title);
          return silentProgress.step(title, work);
        },
      },
      print: () => undefined,
      self: [process.execPath, ""],
      isInteractive: false,
      signal,
    }),
    async [Symbol.asyncDispose]() {
      await fake.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
  return azure;
}

/** As a program would log in by its environment, but that the fake's certificate is handed over. */
export function connectorTo(fake: FakeArm): ConnectArm {
  const { tenantId, clientId, clientSecret } = fake.settings;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: fake.endpoint,
    disableInstanceDiscovery: true,
    tlsOptions: { ca: fake.certificate },
  });
  return (subscriptionId, world) =>
    connectArm({ subscriptionId, credential, endpoint: fake.endpoint, caPem: fake.certificate }, world);
}

export function request(changes: Partial<DatacenterRequest> = {}): DatacenterRequest {
  return {
    routerName: "router-1",
    vmNames: ["worker-1", "worker-2"],
    subnetCidr: "10.50.1.0/24",
    adminUsername: "azureuser",
    sshPublicKey: SSH_PUBLIC_KEY,
    ...changes,
  };
}

export function options(azure: AzureWorld, flags: Record<string, unknown> = {}): AzureOptions {
  return azure.provider.parseOptions(
    { subscriptionId: azure.fake.settings.subscriptionId, resourceGroup: "dc", zone: "1", ...flags },
    azure.run(),
  );
}

/** A tailnet that gives out keys and knows whoever joined with one of them. */
export class KeyCounter implements RouterJoin {
  readonly keys: string[] = [];
  readonly loginServer = undefined;
  readonly tags = ["tag:stargate-router"];
  readonly loopbackPorts = [];
  readonly isolated = false;
  device: "online" | "offline" | "absent" | "unknown" = "unknown";

  findDevice = async () => this.device;

  readAuthKey = async () => {
    const key = `tskey-auth-k${this.keys.length + 1}-secret`;
    this.keys.push(key);
    return key;
  };
}
