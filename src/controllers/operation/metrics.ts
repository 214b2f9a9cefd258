import type { Operation } from "../../api/v1alpha1/operation.ts";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

/** What the operation controller counts. */
export interface OperationMetrics {
  ended(phase: "Succeeded" | "Failed", reason: string): void;
  step(name: string, outcome: "succeeded" | "failed", seconds: number): void;
  /** Operations that this program works on now. */
  inFlight(change: 1 | -1): void;
  sshSessions(change: 1 | -1): void;
  /** Has the Operations that there are counted whenever somebody asks. */
  count(operations: () => Iterable<Pick<Operation, "status">>): void;
}

export function createOperationMetrics(registry: Registry, provider: string): OperationMetrics {
  const registers = [registry];
  const operations = new Counter({
    name: "stargate_operations_total",
    help: "Operations that ended, by phase and reason.",
    labelNames: ["provider", "phase", "reason"],
    registers,
  });
  const steps = new Histogram({
    name: "stargate_step_duration_seconds",
    help: "Time that the steps of Operations took.",
    labelNames: ["provider", "step", "outcome"],
    buckets: [0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640],
    registers,
  });
  const inFlight = new Gauge({
    name: "stargate_operations_in_flight",
    help: "Operations that are being worked on.",
    labelNames: ["provider"],
    registers,
  });
  const sessions = new Gauge({
    name: "stargate_ssh_sessions",
    help: "SSH connections to servers that are open.",
    labelNames: ["provider"],
    registers,
  });
  let there: () => Iterable<Pick<Operation, "status">> = () => [];
  const present = new Gauge({
    name: "stargate_operations_present",
    help: "Operations that there are, by phase and reason.",
    labelNames: ["provider", "phase", "reason"],
    registers,
    collect() {
      present.reset();
      for (const { status } of there()) {
        present.inc({ provider, phase: status.phase ?? "Pending", reason: status.reason ?? "" });
      }
    },
  });
  inFlight.set({ provider }, 0);
  sessions.set({ provider }, 0);
  return {
    ended: (phase, reason) => operations.inc({ provider, phase, reason }),
    step: (step, outcome, seconds) => steps.observe({ provider, step, outcome }, seconds),
    inFlight: (change) => inFlight.inc({ provider }, change),
    sshSessions: (change) => sessions.inc({ provider }, change),
    count(read) {
      there = read;
    },
  };
}
