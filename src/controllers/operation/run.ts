import type { Context } from "./context.ts";
import type { Work } from "./decide.ts";
import type { ServerResult } from "./hold.ts";
import type { StatusWriter } from "./status-writer.ts";

/** One run of an Operation: the Work, where its status goes, and when to stop (which leaves the host as it is). */
export interface Run {
  work: Work;
  ctx: Context;
  writer: StatusWriter;
  signal: AbortSignal;
  /** When the Operation is given up: what is made for it lives as long, and not much longer. */
  deadline: Date;
}

/** What a run that went well leaves. */
export interface Success {
  reason: string;
  message: string;
  server: ServerResult;
}

/**
 * One kind of Operation, from whatever state the server is in. May be run again at any point: what an earlier run
 * finished is found finished.
 * @throws StargateError retriable where the next run may get further
 */
export type Plan = (run: Run) => Promise<Success>;
