import { z } from "zod";

export const PartState = z.enum(["waiting", "starting", "ready", "failed", "stopped"]);

/** What the supervisor writes of each part, for `lab status` and for `lab up` to wait on. */
export const PartStatus = z.object({
  name: z.string(),
  state: PartState,
  pid: z.int().optional(),
  /** How often it was started again after it ended by itself. */
  restarts: z.int(),
  since: z.string(),
  /** Why it ended last, with the last lines of its log. */
  lastError: z.string().optional(),
});
export type PartStatus = z.infer<typeof PartStatus>;

export const SupervisorStatus = z.object({ pid: z.int(), parts: z.array(PartStatus) });
export type SupervisorStatus = z.infer<typeof SupervisorStatus>;
