/** Kernel command line of our guest image, beside root= and console=. */
export const KERNEL_PARAMETERS: readonly string[] = [
  "rw", // the initrd mounts the root so, and nothing has to mount it again
  "quiet",
  // The kernel waits for good random numbers before it starts sshd; these two come at once.
  "random.trust_cpu=on",
  "random.trust_bootloader=on",
  // Self-tests of ciphers at each boot, and a security module whose tools are not in the image.
  "cryptomgr.notests",
  "apparmor=0",
  "audit=0",
];

/**
 * What an emulated guest gets beside. QEMU translates code once for each virtual address it is seen at: programs that
 * start at ever other addresses are translated ever again, which doubles the time of a boot (decision 30). An emulated
 * processor does not speculate either. Its clock does need the kernel's checks: measured at boot on a host with more to
 * do than it can, the time stamp counter was off by a factor of ten, and every time-out in the guest with it. What
 * watches clocks then takes another.
 */
export const EMULATION_PARAMETERS: readonly string[] = [
  "norandmaps",
  "nokaslr",
  "mitigations=off",
  "no_timer_check",
  "nowatchdog",
  // A kernel that changes its own code while another emulated processor runs it sometimes panics (int3 in the first ten
  // seconds, on a host with more to do than it can): it starts again instead of standing still for good.
  "panic=1",
];
