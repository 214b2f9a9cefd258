import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, it } from "node:test";
import { assetPath } from "../../src/lib/assets.ts";
import { exec } from "../../src/lib/exec.ts";
import { canMakeNetworks } from "../../src/providers/qemu/network/capabilities.ts";

const NAME = `sgr${process.pid}`;
const FILES = assetPath("providers/qemu/guest/router");
const PORT = 2222;

const skip = (await canMakeNetworks()) ? false : "takes root";

async function network(action: "make" | "remove"): Promise<void> {
  const script = new URL("./several-routers.sh", import.meta.url).pathname;
  await exec(["bash", script], { env: { PATH: process.env["PATH"] ?? "", NAME, FILES, ACTION: action } });
}

function inPlace(place: string, argv: readonly string[]): [string, ...string[]] {
  return ["ip", "netns", "exec", `${NAME}-${place}`, ...argv];
}

/** Somebody at this place who says from where he sees others come. */
async function listen(place: string): Promise<ChildProcess> {
  const code = `require("node:net").createServer((socket) => socket.end(socket.remoteAddress + "\\n")).listen(${PORT}, "0.0.0.0", () => console.log("on"))`;
  const [file, ...args] = inPlace(place, [process.execPath, "-e", code]);
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  return child;
}

/** The address that `to` sees when somebody at `place` connects; undefined where no answer comes. */
async function connect(place: string, to: string): Promise<string | undefined> {
  const talk = 'exec 3<>"/dev/tcp/$0/$1" && read -r -u 3 answer && printf %s "$answer"';
  const argv = inPlace(place, ["timeout", "2", "bash", "-c", talk, to, String(PORT)]);
  const { exitCode, stdout } = await exec(argv, { okCodes: [0, 1, 124] });
  return exitCode === 0 ? stdout : undefined;
}

// The rules only: which router holds the gateway, and which is primary, is set up by hand to be one each.
void describe(
  "two routers, of which one holds the gateway and the other is the tailnet's primary",
  { skip },
  () => {
    const listening: ChildProcess[] = [];
    before(async () => {
      await network("make");
      listening.push(await listen("vm"), await listen("mx"), await listen("ra"));
    });
    after(async () => {
      for (const child of listening) child.kill("SIGKILL");
      await network("remove");
    });

    void it("would lose what one router alone can leave as it is", async () => {
      assert.equal(await connect("mx", "192.168.100.10"), undefined);
      assert.equal(await connect("mx", "192.168.100.2"), undefined);
    });

    void it("lead from MX to a worker and back", async () => {
      const load = async (router: string): Promise<void> => {
        const rules = `{ echo "define subnet = 192.168.100.0/24"; cat "$0/several.nft"; } | nft --file -`;
        await exec(inPlace(router, ["bash", "-c", rules, FILES]));
      };
      await Promise.all([load("ra"), load("rb")]);

      assert.equal(await connect("mx", "192.168.100.10"), "192.168.100.3");
    });

    void it("lead from a worker to MX, which sees the router that holds the gateway", async () => {
      assert.equal(await connect("vm", "100.64.0.1"), "100.64.0.2");
    });

    void it("lead from MX through the primary to the other router's own address", async () => {
      assert.equal(await connect("mx", "192.168.100.2"), "192.168.100.3");
    });
  },
);
