import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { exec } from "../../src/lib/exec.ts";
import { silentLog } from "../../src/lib/log.ts";
import { pathsFrom } from "../../src/lib/paths.ts";
import { silentProgress } from "../../src/lib/progress.ts";
import type { World } from "../../src/lib/world.ts";
import { readLabState, type LabState } from "../../src/lab/lab-state.ts";
import { ensureGuestImage } from "../../src/providers/qemu/guest/guest-image.ts";
import type { VmView } from "../azure/fake-arm/compute/vm-backend.ts";
import { ScaledClock } from "../azure/fake-arm/core/clock.ts";
import { FakeArm } from "../azure/fake-arm/fake-arm.ts";
import { loginEnvironment } from "../azure/fake-arm/logins.ts";
import { makePlatformDisk, QemuGuest, type GuestHost } from "../azure/guests/qemu-guest.ts";
import { Vnets } from "../azure/guests/vnets.ts";
import { serveMirror } from "./mirror-server.ts";
import { Shell } from "./shell.ts";
import { Transcript } from "./transcript.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Short, as guests take real time anyway. */
const DURATIONS = {
  ...{ network: 300, vmCreate: 1_000, vmDelete: 1_000, vmUpdate: 300, vmAction: 1_000 },
  ...{ disk: 300, groupDelete: 1_000, providerRegister: 500, runCommand: 100 },
};

/** Everything a story is played on: a lab, a fake Azure with real guests in it, a mirror, and a home of its own. */
export interface Stage extends AsyncDisposable {
  shell: Shell;
  transcript: Transcript;
  fake: FakeArm;
  lab: LabState;
  mirrorUrl: string;
  /** As --mirror prints it, for profiles. */
  manifestSha256: string;
  home: string;
  /** For what is too long to be shown. */
  logs: string;
}

export async function setStage(transcriptPath: string | undefined): Promise<Stage> {
  if (process.getuid?.() !== 0) throw new Error("network namespaces need root");
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp("/tmp/sgaz-");
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const [home, logs, programs, state] = ["home", "logs", "bin", "s"].map((name) => join(dir, name));
  if (home === undefined || logs === undefined || programs === undefined || state === undefined)
    throw new Error();
  for (const folder of [join(home, ".ssh"), join(home, ".kube"), logs, programs]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  const own = pathsFrom(process.env);
  const env: Record<string, string> = {
    PATH: `${programs}:${ROOT}node_modules/.bin:${process.env["PATH"] ?? ""}`,
    HOME: home,
    CI: "true", // plain lines
    STARGATE_STATE_DIR: state,
    STARGATE_CACHE_DIR: own.cacheDir,
  };
  const transcript = new Transcript(transcriptPath, [
    [home, "~"],
    [dir, "/tmp/stage"],
    [own.cacheDir, "~/.cache/stargate"],
    [ROOT, "./"],
  ]);
  const shell = new Shell(env, transcript);
  stack.defer(() => shell.stop());
  await exec([
    "ssh-keygen",
    "-q",
    "-t",
    "ed25519",
    "-N",
    "",
    "-C",
    "me",
    "-f",
    join(home, ".ssh", "id_ed25519"),
  ]);

  transcript.note("A lab for its tailnet, and a mirror");
  stack.defer(async () => void (await exec(["bin/stargate", "lab", "destroy"], { env, okCodes: [0, 1, 2] })));
  await shell.type("bin/stargate lab up");
  const filled = await shell.type(`bin/stargate toolchain --mirror ${join(own.cacheDir, "test-mirror")}`);
  const manifestSha256 = /manifestSha256: ([0-9a-f]{64})$/m.exec(filled)?.[1];
  if (manifestSha256 === undefined) throw new Error("the mirror's checksum was not printed");
  const mirror = stack.use(await serveMirror(join(own.cacheDir, "test-mirror")));
  const world = worldFor(env, transcript);
  const lab = await readLabState(world.paths.labDir);
  if (lab === undefined) throw new Error("the lab says nothing of itself");
  await writePrograms(programs, env, world);

  const ports = [lab.ports.headscale, lab.ports.derp, mirror.port];
  const vnets = new Vnets(dir, ports);
  stack.defer(() => vnets.removeAll());
  const host: GuestHost = {
    ...{ dir: join(dir, "g"), ports, vnets, world, memoryMiB, niceness },
    image: await ensureGuestImage(undefined, world),
    accelerator: "tcg",
    arm: () => fake.arm,
  };
  await mkdir(host.dir, { mode: 0o700 });
  await makePlatformDisk(host);
  const fake: FakeArm = await FakeArm.start({
    settings: { durations: DURATIONS },
    clock: new ScaledClock(1),
    onVm: (vm) => new QemuGuest(vm, host),
  });
  stack.defer(() => fake.stop());
  const login = await loginEnvironment(fake, "environment", dir);
  for (const [name, value] of Object.entries(login)) {
    if (name.startsWith("AZURE_") || name.startsWith("NODE_")) env[name] = value;
  }
  const kept = stack.move();
  return {
    ...{ shell, transcript, fake, lab, home, logs, mirrorUrl: mirror.url, manifestSha256 },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  };
}

/** Standard_D2s_v5 has 8 GiB; this host may not. */
function memoryMiB({ name, nics }: VmView): number {
  if (nics.length > 1) return 1_024;
  return name.includes("mx") ? 3_072 : 2_048;
}

function niceness({ name }: VmView): number {
  return name.includes("mx") ? 0 : 15;
}

/** What a reader has on his PATH: kubectl, and tailscale that speaks to a tailscaled (here the lab's). */
async function writePrograms(folder: string, env: Record<string, string>, world: World): Promise<void> {
  const path = async (name: string): Promise<string> =>
    (await exec(["bin/stargate", "toolchain", "--print", name], { env })).stdout.trim();
  const socket = join(world.paths.labDir, "run", "tailscaled.sock");
  const lines = {
    kubectl: `exec ${await path("kubectl")} "$@"`,
    tailscale: `exec ${await path("tailscale")} --socket ${socket} "$@"`,
    headscale: `exec ${await path("headscale")} -c ${join(world.paths.labDir, "headscale", "config.yaml")} "$@"`,
  };
  for (const [name, line] of Object.entries(lines)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${line}\n`);
    await chmod(join(folder, name), 0o755);
  }
}

function worldFor(env: Record<string, string>, transcript: Transcript): World {
  return {
    env: { ...process.env, ...env },
    paths: pathsFrom(env),
    clock: systemClock,
    log: silentLog,
    progress: silentProgress,
    print: (text) => transcript.write(text),
    self: [process.execPath, ""],
    isInteractive: false,
    signal: new AbortController().signal,
  };
}
