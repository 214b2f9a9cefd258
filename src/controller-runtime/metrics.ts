import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { QueueObserver } from "./work-queue.ts";

/** What a controller tells of its work. */
export interface ControllerMetrics extends QueueObserver {
  onBegin(): void;
  /** `errorReason` is undefined where the work did not throw. */
  onEnd(durationMs: number, errorReason: string | undefined): void;
}

const seconds = [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 180, 600, 1800];

/** Prometheus metrics of controllers, one set in a registry. Call the result with each controller's name. */
export function createControllerMetrics(registry: Registry): (controller: string) => ControllerMetrics {
  const labelNames = ["controller"] as const;
  const registers = [registry];
  const depth = new Gauge({
    name: "stargate_queue_depth",
    help: "Objects that are ready and wait for a worker.",
    labelNames,
    registers,
  });
  const waited = new Histogram({
    name: "stargate_queue_wait_seconds",
    help: "How long objects waited for a worker.",
    buckets: seconds,
    labelNames,
    registers,
  });
  const inFlight = new Gauge({
    name: "stargate_reconciles_in_flight",
    help: "Objects being worked on now.",
    labelNames,
    registers,
  });
  const duration = new Histogram({
    name: "stargate_reconcile_seconds",
    help: "How long one turn of work on an object took.",
    buckets: seconds,
    labelNames,
    registers,
  });
  const errors = new Counter({
    name: "stargate_reconcile_errors_total",
    help: "Turns of work that ended in an error and are tried again.",
    labelNames: ["controller", "reason"] as const,
    registers,
  });
  return (controller) => ({
    onDepth: (count) => depth.set({ controller }, count),
    onStart: (waitedMs) => waited.observe({ controller }, waitedMs / 1000),
    onBegin: () => inFlight.inc({ controller }),
    onEnd(durationMs, reason) {
      inFlight.dec({ controller });
      duration.observe({ controller }, durationMs / 1000);
      if (reason !== undefined) errors.inc({ controller, reason });
    },
  });
}
