import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { assetPath } from "../../../src/lib/assets.ts";
import { addressAt, parseSubnet } from "../../../src/lib/cidr.ts";
import { exec } from "../../../src/lib/exec.ts";
import { KeyCounter, options, request, startAzure, type AzureWorld } from "../azure-world.ts";
import type { NicView } from "../fake-arm/compute/vm-backend.ts";
import { letsIn } from "../fake-arm/network/admission.ts";
import { Vnets } from "./vnets.ts";

const skip = process.getuid?.() === 0 ? false : "network namespaces need root";
/** Exit codes of curl. */
const REFUSED = 7;
const TIMED_OUT = 28;
const SALT = `fabric-test-${process.pid}`;

/** The way packets of real guests go, with namespaces in the guests' place and one server as their internet. */
void describe("the network around guests of the fake Azure", { skip }, () => {
  const server = createServer((_, response) => response.end("the internet"));
  const guests: string[] = [];
  let azure: AzureWorld;
  let vnets: Vnets;
  let port = 0;
  let hostAddress = "";

  before(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    vnets = new Vnets(SALT, [port]);
    azure = await startAzure();
    await azure.provider.ensureDatacenter(request(), options(azure), new KeyCounter(), azure.run());
    for (const name of ["router-1", "worker-1", "worker-2"]) await plug(name);
    await ensure("worker-1");
  });

  after(async () => {
    for (const name of guests) await exec(["ip", "netns", "delete", name], { okCodes: [0, 1] });
    await vnets.removeAll();
    await azure[Symbol.asyncDispose]();
    server.close();
  });

  const nicsOf = (vm: string): NicView[] => azure.guests.get(vm)?.view.nics ?? [];
  const ensure = (vm: string) => vnets.ensure(azure.fake.arm, nicsOf(vm));
  const namespaceOf = (vm: string): string => `${SALT}-${vm}`;

  async function plug(vm: string): Promise<void> {
    ({ hostAddress } = await ensure(vm));
    guests.push(namespaceOf(vm));
    const nics = nicsOf(vm);
    await exec(["bash", new URL("stand-in-guest.sh", import.meta.url).pathname], {
      env: {
        GUEST: namespaceOf(vm),
        VNET: vnets.plug(nics[0] ?? raise("no interface")).namespace,
        NICS: nics.map((nic) => nicLine(nic, vnets.plug(nic).tap)).join("\n"),
        PLATFORM_RULES: new URL("platform/platform.nft", import.meta.url).pathname,
        HOST_ADDRESS: hostAddress,
        PORTS: String(port),
        ROUTER_RULES: nics.length > 1 ? assetPath("providers/azure/router/router.nft") : "",
        SUBNET: "10.50.1.0/24",
      },
    });
  }

  /** Exit code of a program in a guest. */
  const tryIn = async (vm: string, ...argv: string[]): Promise<number> =>
    (
      await exec(["ip", "netns", "exec", namespaceOf(vm), ...argv], {
        okCodes: Array.from({ length: 130 }, (_, code) => code),
      })
    ).exitCode;
  const fetchFrom = (vm: string, url: string) =>
    tryIn(vm, "curl", "--silent", "--fail", "--max-time", "1.5", "--output", "/dev/null", url);
  /** Whether a packet to an address, and its answer, find their way: a port that nobody listens on is refused. */
  const reaches = async (vm: string, address: string, ...more: string[]): Promise<boolean> =>
    (await tryIn(vm, "curl", "--silent", "--max-time", "1.5", ...more, `http://${address}:9/`)) === REFUSED;

  void it("gives a router its internet, at the very address it has on this host", async () => {
    assert.equal(await fetchFrom("router-1", `http://127.0.0.1:${port}/`), 0);
  });

  void it("gives a worker the same through the router, and through nothing else", async () => {
    assert.equal(await fetchFrom("worker-1", `http://127.0.0.1:${port}/`), 0);

    await exec(["ip", "-netns", namespaceOf("router-1"), "link", "set", "eth1", "down"]);
    assert.notEqual(await fetchFrom("worker-1", `http://127.0.0.1:${port}/`), 0);

    await exec(["ip", "-netns", namespaceOf("router-1"), "link", "set", "eth1", "up"]);
    await exec([
      "ip",
      "-netns",
      namespaceOf("router-1"),
      "route",
      "add",
      "default",
      "via",
      "10.50.1.1",
      "dev",
      "eth1",
      "metric",
      "200",
    ]);
    assert.equal(await fetchFrom("worker-1", `http://127.0.0.1:${port}/`), 0);
  });

  void it("leads neighbours to each other, as members of one subnet that share no Ethernet", async () => {
    assert.ok(await reaches("worker-1", "10.50.1.11"));
    const { stdout } = await exec(["ip", "-netns", namespaceOf("worker-1"), "-4", "neighbour", "show"]);
    const macOf = (address: string) => new RegExp(`^${address} .* lladdr (\\S+)`, "m").exec(stdout)?.[1];
    assert.ok(macOf("10.50.1.11"), stdout);
    assert.equal(macOf("10.50.1.11"), macOf("10.50.1.1"));
  });

  void it("takes no other sender's address from a worker, and any from the router", async () => {
    await exec(["ip", "-netns", namespaceOf("worker-1"), "address", "add", "10.99.0.1/32", "dev", "lo"]);
    await exec(["ip", "-netns", namespaceOf("router-1"), "address", "add", "10.99.0.2/32", "dev", "lo"]);

    assert.ok(!(await reaches("worker-1", "10.50.1.11", "--interface", "10.99.0.1")));
    assert.ok(await reaches("router-1", "10.50.1.10", "--interface", "10.99.0.2"));
  });

  void it("lets in what the security groups do, and nothing else", async () => {
    const sources = { "10.244.3.9": true, "192.168.100.10": true, "100.64.0.7": true, "203.0.113.9": false };
    const nic = azure.fake.arm.store.get(nicsOf("worker-1")[0]?.id ?? "") ?? raise("no interface");
    for (const [source, isLetIn] of Object.entries(sources)) {
      await exec(["ip", "-netns", namespaceOf("router-1"), "address", "add", `${source}/32`, "dev", "lo"]);

      assert.equal(await reaches("router-1", "10.50.1.10", "--interface", source), isLetIn, source);
      assert.equal(letsIn(azure.fake.arm, nic, { protocol: "Tcp", port: 9, from: source }), isLetIn, source);
    }
  });

  void it("leads to nothing else of this host, and nowhere beyond it", async () => {
    const other = createServer((_, response) => response.end("not for guests"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(typeof address === "object" && address !== null);

    assert.notEqual(await fetchFrom("router-1", `http://${hostAddress}:${address.port}/`), 0);
    assert.notEqual(await fetchFrom("router-1", "http://192.0.2.1/"), 0);
    other.close();
  });

  void it("lets nobody in from outside", async () => {
    const { namespace } = vnets.plug(nicsOf("worker-1")[0] ?? raise("no interface"));
    const { stdout } = await exec(["ip", "-netns", namespace, "-4", "-brief", "address", "show", "internet"]);
    const [, vnetAddress = ""] = /(198\.1[89]\.[0-9.]+)\/\d+/.exec(stdout) ?? raise(stdout);

    // From this host's end of the link, which is where the internet is.
    const { exitCode } = await exec(["curl", "--silent", "--max-time", "1", `http://${vnetAddress}:9/`], {
      okCodes: [REFUSED, TIMED_OUT],
    });

    assert.equal(exitCode, TIMED_OUT);
  });
});

function nicLine({ privateIpAddress, subnetCidr }: NicView, tap: string): string {
  const range = parseRange(subnetCidr);
  return `${tap} ${privateIpAddress}/${range.prefixLength} ${addressAt(range, 1)}`;
}

function parseRange(cidr: string) {
  return parseSubnet(cidr) ?? raise(`${cidr} is no subnet`);
}

function raise(message: string): never {
  throw new Error(message);
}
