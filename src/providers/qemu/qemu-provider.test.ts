import { describeProvider } from "../provider.conformance.ts";
import { qemuProvider } from "./qemu-provider.ts";

describeProvider({
  provider: qemuProvider,
  goodFlags: { provider: "qemu", qemuNetwork: "rootless" },
  badFlags: { qemuMemory: "much" },
});
