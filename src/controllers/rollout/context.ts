import type { Rollout } from "../../api/v1alpha1/rollout.ts";
import type { Informer } from "../../controller-runtime/informer.ts";
import type { KubeClient } from "../../kubernetes/client.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Log } from "../../lib/log.ts";
import type { Informers } from "../operation/informers.ts";
import type { Reporter } from "./report.ts";
import type { Unheard } from "./unheard.ts";

/** Everything the reconciler needs of the outside. */
export interface Context {
  client: KubeClient;
  clock: Clock;
  log: Log;
  rollouts: Informer<Rollout>;
  informers: Informers;
  unheard: Unheard;
  reporter: Reporter;
}
