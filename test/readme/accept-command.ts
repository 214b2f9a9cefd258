import { accessSync, constants, readFileSync } from "node:fs";
import type { Command } from "commander";
import { z } from "zod";
import { createControllerCommand } from "../../src/commands/controller.ts";
import { mxAzureCommand } from "../../src/commands/mx-azure.ts";
import { mxCommand } from "../../src/commands/mx.ts";
import { prepDcInventoryCommand } from "../../src/commands/prep-dc-inventory.ts";
import { joiningTailnetGiven } from "../../src/commands/tailnet-flags.ts";
import { decideControlPlane } from "../../src/control-plane/decide-control-plane.ts";
import { testWorld } from "../../src/lib/test-world.ts";
import { parseMxOptions } from "../../src/mx-azure/mx-options.ts";
import { findMistakes } from "../../src/prep-dc-inventory/check-request.ts";
import { parseScope } from "../../src/providers/azure/azure-options.ts";
import { providerById } from "../../src/providers/registry.ts";
import { decideTailnet } from "../../src/tailnet/choose-tailnet.ts";
import type { Words } from "./find-commands.ts";

const world = testWorld({});

const Inventory = z.looseObject({
  provider: z.string(),
  routerName: z.string(),
  vm: z.array(z.string()),
  adminUsername: z.string(),
  sshPublicKey: z.string(),
  namespace: z.string(),
});
const Controller = z.object({
  controlPlaneMode: z.enum(["embedded", "kind", "tailscale"]),
  controlPlaneIp: z.string(),
  controlPlaneHostname: z.string(),
});

/** What a program makes of its flags before it does anything; throws for values it does not take. */
const checks: Readonly<Record<string, (flags: unknown) => void>> = {
  "prep-dc-inventory": (flags) => {
    const given = Inventory.parse(flags);
    const provider = providerById(given.provider);
    provider.parseOptions(given, world);
    const request = {
      ...{ routerName: given.routerName, vmNames: given.vm, adminUsername: given.adminUsername },
      ...{ subnetCidr: provider.subnetFromFlags(given) ?? "", sshPublicKey: given.sshPublicKey },
    };
    const mistakes = findMistakes(request, given.namespace, {
      ...{ reserved: [], taken: [], routerNames: [], servers: [] },
    });
    if (mistakes.length > 0) throw new Error(mistakes.join("; "));
  },
  "mx-azure provision": (flags) => void parseMxOptions(z.looseObject({}).parse(flags), {}),
  "mx-azure status": (flags) => void parseScope(z.looseObject({}).parse(flags), {}),
  "mx-azure destroy": (flags) => void parseScope(z.looseObject({}).parse(flags), {}),
  "azure-controller": (flags) => {
    const { controlPlaneMode: mode, controlPlaneIp: ip, controlPlaneHostname } = Controller.parse(flags);
    const elsewhere = { kubeconfig: undefined, kubeconfigOfEnv: "/a", hasUsualKubeconfig: true };
    decideControlPlane({
      mode,
      ip,
      hostname: controlPlaneHostname,
      port: undefined,
      lab: undefined,
      ...elsewhere,
    });
  },
};

const programs: Readonly<Record<string, () => Command>> = {
  "bin/prep-dc-inventory": () => prepDcInventoryCommand(world),
  "bin/mx-azure": () => mxAzureCommand(world),
  "bin/azure-controller": () => createControllerCommand("azure", world),
  "bin/qemu-controller": () => createControllerCommand("qemu", world),
};

/**
 * Has the program of a command parse its arguments, and look at their values, as it does when it is run; nothing is
 * run. @throws for what it does not accept
 */
export async function acceptCommand([program = "", ...args]: Words): Promise<void> {
  if (program === "make") return requireTargets(args);
  if (program === "scripts/create-mx-cluster.sh") {
    accessSync(program, constants.X_OK);
    await parse(mxCommand(world), ["kind", "create", ...args]);
    return;
  }
  const build = programs[program];
  if (build === undefined) throw new Error(`there is no ${program}`);
  const { path, flags } = await parse(build(), args);
  await checkTailnet(flags);
  checks[path]?.(flags);
}

function requireTargets(targets: Words): void {
  const makefile = readFileSync("Makefile", "utf8");
  for (const target of targets) {
    if (!makefile.includes(`\n${target}:`)) throw new Error(`there is no make target ${target}`);
  }
}

async function parse(command: Command, args: Words): Promise<{ path: string; flags: unknown }> {
  const found: { path: string; flags: unknown }[] = [];
  watch(command, command.name(), (path, flags) => found.push({ path, flags }));
  await command.parseAsync([...args], { from: "user" });
  const [only] = found;
  if (only === undefined) throw new Error(`${command.name()} ${args.join(" ")} runs nothing`);
  return only;
}

/** Tells which command would be run, in the place of running it. */
function watch(command: Command, path: string, onRun: (path: string, flags: unknown) => void): void {
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  for (const child of command.commands) watch(child, `${path} ${child.name()}`, onRun);
  if (command.commands.length === 0) command.action(() => onRun(path, command.opts()));
}

/** Empty texts are what an unset variable of the shell leaves: as if the flag were not there. */
async function checkTailnet(flags: unknown): Promise<void> {
  const given = z.looseObject({}).parse(flags);
  decideTailnet(await joiningTailnetGiven(given, {}));
}
