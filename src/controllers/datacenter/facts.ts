import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Device } from "../../tailnet/tailnet.ts";

/** Why something is not known or not done: a reason for status, and a sentence for people. */
export interface Problem {
  reason: string;
  message: string;
}

/** What the tailnet's control plane says. */
export type TailnetFacts =
  /** It was not asked yet: what was known before still counts. */
  { kind: "pending" } | ({ kind: "unknown" } & Problem) | { kind: "devices"; devices: readonly Device[] };

/** Whether a Server's SSH daemon answers. */
export type Reach = { kind: "unknown" } | { kind: "reachable" } | { kind: "unreachable"; problem: string };

export interface ServerFact {
  name: string;
  reach: Reach;
}

/** A range of addresses that is somebody's, and whose: "the cluster's pods". */
export interface OwnedRange {
  cidr: string;
  what: string;
}

/** Everything decide() goes by. */
export interface Facts {
  datacenter: Datacenter;
  /** Every other Datacenter there is, whoever looks after it. */
  others: readonly Datacenter[];
  tailnet: TailnetFacts;
  /** Routers that nothing comes through, whatever the tailnet says; by name, with what was met. */
  silent: ReadonlyMap<string, string>;
  /** Why routes of a router could not be approved when that was tried last; by the router's name. */
  approvalProblems: ReadonlyMap<string, Problem>;
  servers: readonly ServerFact[];
  /** Ranges no datacenter may use: its routes would take the cluster's own traffic. */
  reserved: readonly OwnedRange[];
  /** Networks of the host this runs on, where servers are reached by its own routes. */
  hostNetworks: readonly OwnedRange[];
}
