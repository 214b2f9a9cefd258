import type { World } from "../lib/world.ts";

/** What every datacenter needs to be told, whoever makes it. Validated, with every default filled in. */
export interface DatacenterRequest {
  /** Host name of the router VM. Also names the datacenter: one router name, one datacenter. */
  routerName: string;
  /** Host names of further routers, which take over from the first; none where they are left out. */
  standbyNames?: readonly string[];
  /** Worker VM names, in the order of their addresses. */
  vmNames: readonly string[];
  /** The datacenter's subnet, for instance 192.168.100.0/24. */
  subnetCidr: string;
  adminUsername: string;
  /** Public key (one authorized_keys line) that may log in on every VM. */
  sshPublicKey: string;
  /**
   * Folder of a node bundle of this host. A provider that can gives it to workers on a volume labelled
   * STARGATE-ARTIFACTS, so that it need not be sent to each; others leave it.
   */
  artifactsDir?: string | undefined;
}

/** What router VMs need to join the tailnet. */
export interface RouterJoin {
  /** What the tailnet knows of this router now; "unknown" where it cannot be asked. */
  findDevice: (routerName: string) => Promise<"online" | "offline" | "absent" | "unknown">;
  /**
   * Called only if the router has to join: it has to be made, or its tailnet does not know it. Mints or reads the
   * tailnet key. The provider must keep it secret.
   */
  readAuthKey: (routerName: string) => Promise<string>;
  /** Undefined for Tailscale's own control server. */
  loginServer: string | undefined;
  tags: readonly string[];
  /**
   * Services on this host's loopback that the router must reach at the very same address (the lab's headscale
   * and DERP relay). Empty outside the lab.
   */
  loopbackPorts: readonly number[];
  /** True keeps every packet at home: relay only, no port mapping, no uplink but this host. Lab only. */
  isolated: boolean;
}

export interface InventoryEntry {
  name: string;
  ipv4: string;
  macAddress: string;
  /** The SSH host key, known before first contact: "ssh-ed25519 AAAA…". */
  hostKey: string;
}

/** A datacenter as it stands. */
export interface Inventory {
  providerId: string;
  subnetCidr: string;
  router: InventoryEntry;
  /** Further routers, which take over from the first. */
  standbyRouters?: InventoryEntry[];
  /** Where the workers' default route leads, if that is no router's own address but one that several hold in turn. */
  gateway?: string;
  workers: InventoryEntry[];
}

/** A worker that is to get a fresh disk. */
export interface ReimageRequest {
  /** The datacenter. */
  routerName: string;
  vmName: string;
  /** Names this wish, for instance an Operation's uid: for one id there is never a second fresh disk. */
  id: string;
  /** As in DatacenterRequest. */
  artifactsDir: string | undefined;
}

/**
 * Gives a worker a fresh disk: the same name, hardware address and address, another SSH host key, nothing of what was
 * on it.
 */
export interface Reimaging {
  /**
   * Makes sure that it can be done from this host, and gets ready what takes long (an image). Touches nothing of the
   * worker.
   * @throws StargateError DatacenterElsewhere where another host keeps the datacenter
   */
  prepare(request: ReimageRequest, world: World): Promise<void>;
  /**
   * Does it, and starts the worker. A call that was cut off is continued by the next with the same id; one whose work
   * is done does nothing but start a worker that is stopped. `pin` is called each time, as soon as the new host key is known:
   * nobody contacts the worker before. What it throws ends the call.
   */
  run(request: ReimageRequest, pin: (hostKey: string) => Promise<void>, world: World): Promise<void>;
}

/** One line of a plan, in the order of work: what --dry-run prints. */
export interface PlanLine {
  action: "create" | "update" | "start" | "unchanged" | "delete";
  what: string;
}

/**
 * Makes and removes the VMs of datacenters in one kind of place. Every call may be repeated: what is there stays,
 * what is missing is made, what is stopped is started.
 */
export interface Provider<Options = unknown> {
  /** Value of Server.spec.provider, of --provider, and the prefix of the controller's program name. */
  readonly id: string;
  /** Subnet used when none is given. */
  readonly defaultSubnetCidr: string;
  /** So many routers can serve a datacenter's workers, one taking over from the other. */
  readonly maxRouters: number;
  /** The subnet the flags ask for (each provider has its own flag for it); undefined where they do not say. */
  subnetFromFlags(flags: Readonly<Record<string, unknown>>): string | undefined;
  /** @throws UsageError */
  parseOptions(flags: Readonly<Record<string, unknown>>, world: World): Options;
  /** Checks what can be checked without making anything (host tools, disk, memory, names, overlaps). */
  preflight(request: DatacenterRequest, options: Options, world: World): Promise<void>;
  plan(request: DatacenterRequest, options: Options, world: World): Promise<PlanLine[]>;
  ensureDatacenter(
    request: DatacenterRequest,
    options: Options,
    join: RouterJoin,
    world: World,
  ): Promise<Inventory>;
  /**
   * Called once the routers are in the tailnet: removes their keys from wherever they still lie for a first boot.
   * Left out where no such place can be reached.
   */
  forgetJoinKey?(routerName: string, world: World): Promise<void>;
  /** Left out where workers cannot be given a fresh disk. */
  readonly reimaging?: Reimaging;
  /** The datacenter of this router as it stands, or undefined where there is none. */
  readInventory(routerName: string, world: World): Promise<Inventory | undefined>;
  /**
   * Removes everything ensureDatacenter made. A datacenter that is not there is fine. `flags` say where it is, for a
   * provider that may not know by itself.
   */
  destroyDatacenter(
    routerName: string,
    world: World,
    flags?: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Names of the datacenters (routers) this provider keeps here, for clean-up and overlap checks. */
  listDatacenters(world: World): Promise<Inventory[]>;
}
