import { spawn } from "node:child_process";
import { once } from "node:events";
import { withTimeout } from "../../lib/clock.ts";
import { isErrno } from "../../lib/files.ts";
import { hostArchitecture } from "../../toolchain/host-architecture.ts";
import type { GuestImage } from "./guest/guest-image.ts";

/** Where KVM works, the first line comes within half a second. */
const WATCHDOG_MS = 8_000;
const FIRST_LINES = /Linux version|SeaBIOS|UEFI/;

/** Starts a kernel, or the firmware where the image brings none, under KVM and waits for its first line. */
export async function bootsUnderKvm({ kernel }: GuestImage, signal: AbortSignal): Promise<boolean> {
  const isArm = hostArchitecture(process.arch) === "arm64";
  const program = isArm ? "qemu-system-aarch64" : "qemu-system-x86_64";
  const console = isArm ? "ttyAMA0" : "ttyS0";
  const args = [
    ...["-machine", isArm ? "virt" : "q35", "-accel", "kvm", "-cpu", "host", "-m", "256", "-no-reboot"],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-chardev", "stdio,id=out,signal=off"],
    ...(kernel !== undefined
      ? ["-serial", "chardev:out", "-kernel", kernel.vmlinuz, "-append", `console=${console} panic=-1`]
      : isArm
        ? ["-serial", "chardev:out"]
        : ["-device", "isa-debugcon,iobase=0x402,chardev=out"]),
  ];
  const stop = withTimeout(WATCHDOG_MS, signal);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "ignore"] });
  const ended = once(child, "close");
  const kill = (): void => void child.kill("SIGKILL");
  stop.addEventListener("abort", kill, { once: true });
  let seen = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    seen += text;
    if (FIRST_LINES.test(seen)) kill();
  });
  try {
    await ended;
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error; // the caller's checks tell that QEMU is missing
  } finally {
    stop.removeEventListener("abort", kill);
  }
  signal.throwIfAborted();
  return FIRST_LINES.test(seen);
}
