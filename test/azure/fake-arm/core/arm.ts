import type { ArmClock } from "./clock.ts";
import type { ArmError } from "./arm-error.ts";
import type { Operations } from "./operations.ts";
import type { Random } from "./random.ts";
import type { Store } from "./store.ts";
import type { VmBackend, VmView } from "../compute/vm-backend.ts";
import type { Settings } from "../settings.ts";

/** What runs behind a VM. */
export interface Guest {
  backend: VmBackend;
  power: "starting" | "running" | "stopping" | "stopped" | "deallocating" | "deallocated";
}

/** The fake's whole state, handed to whatever answers a call. */
export interface Arm {
  settings: Settings;
  /** Where the fake listens: https://127.0.0.1:… */
  endpoint: string;
  clock: ArmClock;
  random: Random;
  store: Store;
  operations: Operations;
  /** Guests by the lower-case id of their VM. */
  guests: Map<string, Guest>;
  onVm: (vm: VmView) => VmBackend;
  /** Interfaces that a failed VM still holds, by lower-case id: until when, and for which VM. */
  reservedInterfaces: Map<string, { until: number; vmId: string }>;
  /** What is in use, by lower-case id, as of the last request; and what was until a moment ago. See release-lag.ts. */
  kept: Map<string, ArmError>;
  released: Map<string, { until: number; error: ArmError }>;
  /** A failure that a fault puts into the operation which the current call starts. */
  plannedFailure: ArmError | undefined;
  /** Logs to be had without a login, by the path and query of their link. */
  logs: Map<string, { until: number; read: () => Promise<string> }>;
}
