/** What the demo makes. README's Quick Start uses the same names. */
export const DEMO = {
  namespace: "simulator-dc",
  profile: "qemu-k8s-worker",
  router: "stargate-qemu-router",
  workers: ["stargate-qemu-vm-1", "stargate-qemu-vm-2"],
  subnetCidr: "192.168.100.0/24",
} as const;
