import { randomUUID } from "node:crypto";
import type { DatacenterRequest } from "../provider.ts";
import { routerNamesOf } from "../routers.ts";
import { assignAddresses, placeRouters, subnetOf } from "../assign-addresses.ts";
import type { Datacenter, NetworkState, RouterVmState, VmState } from "./datacenter-state.ts";
import type { VmFacts } from "./decide.ts";
import { makeHostKeyPair } from "./guest/host-keys.ts";
import { macAddressFor } from "./mac-address.ts";
import { ROUTER_SIZE, type VmSize } from "./qemu-options.ts";

interface Place {
  name: string;
  ipv4: string;
}

/** Everything there is to know about a datacenter that is not there yet. Makes nothing. */
export async function draftDatacenter(
  request: DatacenterRequest,
  network: NetworkState,
  signal: AbortSignal,
): Promise<Datacenter> {
  const { routerName, subnetCidr, adminUsername, sshPublicKey } = request;
  const places = placeRouters(routerNamesOf(request), subnetOf(subnetCidr));
  const draftRouter = async (place: Place): Promise<RouterVmState> => ({
    ...(await draftVm(routerName, place, ROUTER_SIZE, signal)),
    uplinkMacAddress: macAddressFor(routerName, place.name, "uplink"),
  });
  const [router, ...standbyRouters] = await Promise.all(places.map(draftRouter));
  if (router === undefined) throw new RangeError(`${routerName} has no router`); // it names one itself
  return {
    version: 1,
    ...{ subnetCidr, adminUsername, sshPublicKey, network },
    ...{ router, standbyRouters, workers: [] },
  };
}

/**
 * The datacenter with the workers of a request: new ones added, those that do not run brought to the size asked for
 * (a running one changes when it is next started).
 */
export async function addWorkers(
  datacenter: Datacenter,
  request: DatacenterRequest,
  size: VmSize,
  facts: ReadonlyMap<string, VmFacts>,
  signal: AbortSignal,
): Promise<Datacenter> {
  const places = assignAddresses(datacenter.workers, request.vmNames, subnetOf(datacenter.subnetCidr));
  const drafted = await Promise.all(
    places
      .filter(({ name }) => datacenter.workers.every((known) => known.name !== name))
      .map((place) => draftVm(request.routerName, place, size, signal)),
  );
  const resized = datacenter.workers.map((vm) => {
    const isLeft = !request.vmNames.includes(vm.name) || facts.get(vm.name)?.isRunning === true;
    return isLeft
      ? vm
      : { ...vm, ...size, diskGiB: facts.get(vm.name)?.hasDisk === true ? vm.diskGiB : size.diskGiB };
  });
  return { ...datacenter, workers: [...resized, ...drafted] };
}

async function draftVm(
  routerName: string,
  { name, ipv4 }: Place,
  size: VmSize,
  signal: AbortSignal,
): Promise<VmState> {
  return {
    name,
    ipv4,
    macAddress: macAddressFor(routerName, name, "lan"),
    uuid: randomUUID(),
    ...size,
    hostKey: await makeHostKeyPair(signal),
  };
}
