import { createHash } from "node:crypto";
import { addressAt, parseSubnet } from "../../../src/lib/cidr.ts";
import { exec } from "../../../src/lib/exec.ts";
import { assetPath } from "../../../src/lib/assets.ts";
import { readHostRoutes } from "../../../src/providers/qemu/host-facts.ts";
import { chooseLink } from "../../../src/providers/qemu/network/bridge.ts";
import type { Arm } from "../fake-arm/core/arm.ts";
import { parentId } from "../fake-arm/core/store.ts";
import type { NicView } from "../fake-arm/compute/vm-backend.ts";
import { planVnet, VnetNames } from "./plan-vnet.ts";

const HOST_INDEX = 1;
const VNET_INDEX = 2;

interface Vnet {
  /** Of its namespace, of the link to this host, and of this host's table of rules. */
  name: string;
  link: string;
  names: VnetNames;
}

/** The emulated networks of one fake: each virtual network is a network namespace of its own. Needs root. */
export class Vnets {
  readonly #vnets = new Map<string, Vnet>();
  readonly #salt: string;
  readonly #ports: readonly number[];
  #last: Promise<unknown> = Promise.resolve();

  /** `ports` of this host's loopback are all the internet that guests get. */
  constructor(salt: string, ports: readonly number[]) {
    this.#salt = salt;
    this.#ports = ports;
  }

  /** Brings the network of these interfaces up to what the fake knows now; returns where guests find this host. */
  async ensure(arm: Arm, nics: readonly NicView[]): Promise<{ hostAddress: string }> {
    return this.#oneByOne(async () => {
      const [first] = nics;
      if (first === undefined) throw new Error("a VM has an interface");
      const vnetId = parentId(first.subnetId);
      const vnet = await this.#vnetOf(vnetId);
      const [hostAddress, vnetAddress] = [HOST_INDEX, VNET_INDEX].map((index) => addressIn(vnet.link, index));
      await runScript("make-vnet.sh", {
        NAME: vnet.name,
        HOST_ADDRESS: hostAddress ?? "",
        VNET_ADDRESS: vnetAddress ?? "",
        PREFIX_LENGTH: String(rangeOf(vnet.link).prefixLength),
        PORTS: this.#ports.join(", "),
        ISOLATED_RULES: assetPath("providers/qemu/network/isolated.nft"),
        ...planVnet(arm, vnetId, vnet.names),
      });
      return { hostAddress: hostAddress ?? "" };
    });
  }

  /** QEMU's -netdev for an interface, and the namespace that QEMU must run in. */
  plug(nic: NicView): { tap: string; namespace: string } {
    const vnet = this.#vnets.get(parentId(nic.subnetId).toLowerCase());
    if (vnet === undefined) throw new Error("the network is made first");
    return { tap: vnet.names.of("nic", nic.id), namespace: vnet.name };
  }

  async removeAll(): Promise<void> {
    await this.#oneByOne(async () => {
      for (const { name } of this.#vnets.values()) await runScript("remove-vnet.sh", { NAME: name });
      this.#vnets.clear();
    });
  }

  async #vnetOf(id: string): Promise<Vnet> {
    const key = id.toLowerCase();
    const known = this.#vnets.get(key);
    if (known !== undefined) return known;
    const hash = createHash("sha256").update(`${this.#salt}${key}`).digest();
    const routes = await readHostRoutes(AbortSignal.timeout(10_000));
    const taken = [...routes.map(({ cidr }) => cidr), ...[...this.#vnets.values()].map(({ link }) => link)];
    const vnet: Vnet = {
      name: `sgaz${hash.toString("hex").slice(0, 10)}`,
      link: chooseLink(hash.readUInt32BE(0), taken),
      names: new VnetNames(),
    };
    this.#vnets.set(key, vnet);
    return vnet;
  }

  async #oneByOne<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

function rangeOf(cidr: string) {
  const range = parseSubnet(cidr);
  if (range === undefined) throw new Error(`${cidr} is no subnet`);
  return range;
}

function addressIn(cidr: string, index: number): string {
  return addressAt(rangeOf(cidr), index);
}

async function runScript(name: string, inputs: Record<string, string>): Promise<void> {
  await exec(["bash", new URL(name, import.meta.url).pathname], {
    env: inputs,
  });
}
