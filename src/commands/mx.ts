import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import type { MxRequest } from "../mx-kind/create-mx-cluster.ts";
import { DEFAULT_CLUSTER, namesFor } from "../mx-kind/names.ts";
import { checkSshKey } from "../mx-kind/ssh-key.ts";
import { isErrno } from "../lib/files.ts";
import { addSecret } from "../lib/redact.ts";
import type { World } from "../lib/world.ts";
import { addJoiningFlags, joiningTailnetGiven, type JoiningFlags } from "./tailnet-flags.ts";

interface Flags extends JoiningFlags {
  name: string;
  image?: string;
  sshPrivateKey?: string;
}

/** `stargate mx`: clusters that datacenters' workers join, made by other tools than the lab. */
export function mxCommand(world: World): Command {
  const kind = new Command("kind").description("An MX cluster in Docker, by kind, inside your tailnet");
  addFlags(
    kind
      .command("create")
      .description("Makes the cluster, or completes and repairs the one that is there")
      .option("--image <image>", "kind's node image, which says the Kubernetes version (default: kind's own)")
      .option(
        "--ssh-private-key <path>",
        "private key for the credentials Secrets (default: ~/.ssh/id_ed25519 or ~/.ssh/id_rsa)",
      ),
  ).action((flags: Flags) => create(flags, world));
  addFlags(kind.command("delete").description("Removes the cluster and its device in the tailnet")).action(
    async (flags: Flags) => {
      const names = namesFor(flags.name);
      const [{ deleteMxCluster }, { chooseTailnet }] = await Promise.all([
        import("../mx-kind/delete-mx-cluster.ts"),
        import("../tailnet/choose-tailnet.ts"),
      ]);
      await deleteMxCluster(names, chooseTailnet(await joiningTailnetGiven(flags, world.env)), world);
      world.print(`MX cluster ${names.cluster} is gone`);
    },
  );
  return new Command("mx").description("The central cluster that workers join").addCommand(kind);
}

function addFlags(command: Command): Command {
  return addJoiningFlags(
    command.option("--name <name>", "name of the kind cluster", DEFAULT_CLUSTER),
    "the cluster",
  );
}

async function create(flags: Flags, world: World): Promise<void> {
  const names = namesFor(flags.name);
  const [{ createMxCluster }, { chooseTailnet }] = await Promise.all([
    import("../mx-kind/create-mx-cluster.ts"),
    import("../tailnet/choose-tailnet.ts"),
  ]);
  const given = await joiningTailnetGiven(flags, world.env);
  const tailnet = chooseTailnet(given) ?? {
    missing:
      "no key was given. Set TAILSCALE_AUTH_KEY (Tailscale admin console, Settings, Keys), or TAILSCALE_CLIENT_ID " +
      "and TAILSCALE_CLIENT_SECRET",
  };
  const authKey = given.authKey?.trim();
  const request: MxRequest = {
    names,
    image: flags.image,
    tailnet,
    ssh: await readSshKey(flags.sshPrivateKey),
    authKey: authKey === "" ? undefined : authKey,
  };
  const { version, address } = await createMxCluster(request, world);
  world.print(
    [
      `MX cluster ${names.cluster} is ready: Kubernetes ${version} at https://${address}:6443`,
      `  kubectl config use-context kind-${names.cluster}`,
      "  controllers: --control-plane-mode=kind" +
        (names.cluster === DEFAULT_CLUSTER ? "" : ` --control-plane-hostname=${names.container}`),
    ].join("\n"),
  );
}

async function readSshKey(named: string | undefined): Promise<MxRequest["ssh"]> {
  const paths =
    named === undefined ? ["id_ed25519", "id_rsa"].map((name) => join(homedir(), ".ssh", name)) : [named];
  for (const path of paths) {
    try {
      const privateKey = await readFile(path, "utf8");
      addSecret(privateKey);
      const problem = await checkSshKey(privateKey);
      return problem === undefined
        ? { privateKey, isKeyNamed: named !== undefined }
        : { missing: `${path} ${problem}` };
    } catch (error) {
      if (!isErrno(error, "ENOENT")) throw error;
    }
  }
  return {
    missing: `there is no ${paths.join(" nor ")}. Make one (ssh-keygen -t ed25519 -N ""), or name another by --ssh-private-key`,
  };
}
