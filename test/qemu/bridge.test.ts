import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { after, before, describe, it } from "node:test";
import { exec } from "../../src/lib/exec.ts";
import { testWorld } from "../../src/lib/test-world.ts";
import { bridgeNetwork } from "../../src/providers/qemu/network/bridge.ts";
import { canMakeNetworks } from "../../src/providers/qemu/network/capabilities.ts";
import { sampleDatacenter } from "../../src/providers/qemu/sample-datacenter.ts";

const NAME = "sgtest00000000";
const ROUTER = "198.18.255.242/30";
const HOST = "198.18.255.241";

const skip = (await canMakeNetworks()) ? false : "takes root";

/** What this host's own network looks like, without what a bridge network may add. */
async function hostNetwork(): Promise<string> {
  const outputs = await Promise.all([
    exec(["ip", "-oneline", "link", "show"]),
    exec(["ip", "route", "show", "table", "all"]),
    exec(["nft", "list", "ruleset"]),
    exec(["ip", "netns", "list"]),
    readFile("/proc/sys/net/ipv4/ip_forward", "utf8"),
  ]);
  return outputs
    .map((output) => (typeof output === "string" ? output : output.stdout))
    .join("\n")
    .split("\n")
    .filter((line) => line.includes(NAME) || line.includes("198.18.255."))
    .join("\n");
}

void describe("a bridge network", { skip }, () => {
  const world = testWorld({ PATH: process.env["PATH"] ?? "", STARGATE_STATE_DIR: "/nonexistent" });
  const network = bridgeNetwork(
    { mode: "bridge", name: NAME, uplinkCidr: "198.18.255.240/30" },
    sampleDatacenter,
  );
  const servers: Server[] = [];
  let open: number;
  let closed: number;
  let everywhere: number;

  async function listen(host: string): Promise<number> {
    const server = createServer((socket) => socket.end("hello")).listen(0, host);
    servers.push(server);
    await once(server, "listening");
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return address.port;
  }

  /** True where a program in the namespace, standing in for the router, gets an answer. */
  async function canReach(host: string, port: number): Promise<boolean> {
    const talk = 'exec 3<>"/dev/tcp/$0/$1" && read -r -n 5 -u 3 answer && [[ $answer == hello ]]';
    const argv = network.inside(["timeout", "2", "bash", "-c", talk, host, String(port)]);
    const { exitCode } = await exec(argv, { okCodes: [0, 1, 124] });
    return exitCode === 0;
  }

  before(async () => {
    [open, closed, everywhere] = await Promise.all([
      listen("127.0.0.1"),
      listen("127.0.0.1"),
      listen("0.0.0.0"),
    ]);
    await network.remove(world);
  });
  after(async () => {
    await network.remove(world);
    for (const server of servers) server.close();
  });

  void it("lets an isolated router reach the ports it needs on this host's loopback, and nothing else", async () => {
    const way = { isolated: true, loopbackPorts: [open] };

    await network.ensure(way, world);
    await network.ensure(way, world);
    await exec(["ip", "-netns", NAME, "address", "add", ROUTER, "dev", "wan"]);
    await exec(["ip", "-netns", NAME, "route", "add", "default", "via", HOST]);

    assert.equal(await canReach(HOST, open), true);
    assert.equal(await canReach(HOST, closed), false);
    assert.equal(await canReach(HOST, everywhere), false);
    assert.equal(await canReach("127.0.0.1", open), false);
  });

  void it("has a tap for every VM, on the LAN's bridge", async () => {
    const { stdout } = await exec(["ip", "-netns", NAME, "-oneline", "link", "show", "master", "lan"]);

    const names = [...stdout.matchAll(/^\d+: (\w+)/gm)].map(([, name]) => name);
    assert.deepEqual(names, ["lan1", "lan10", "lan11"]);
  });

  void it("is repaired when a part of it was lost", async () => {
    await exec(["nft", "delete", "table", "inet", NAME]);
    await exec(["ip", "link", "delete", NAME]);

    await network.ensure({ isolated: true, loopbackPorts: [open] }, world);

    assert.equal(await canReach(HOST, open), true);
    assert.equal(await canReach(HOST, closed), false);
  });

  void it("leaves nothing of itself behind", async () => {
    await network.remove(world);
    await network.remove(world);

    assert.equal(await hostNetwork(), "");
  });
});
