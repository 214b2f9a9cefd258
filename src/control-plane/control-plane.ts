/** Where workers join: what the bootstrap must know of the cluster. */
export interface ControlPlane {
  /** For messages: "the lab", "kind cluster stargate-demo", "100.64.0.1". */
  readonly description: string;
  /** URL of the API server as workers reach it. Its host is in the API server certificate's names. */
  readonly server: string;
  /** PEM of the cluster's certificate authority. */
  readonly caPem: string;
  /** Kubelet configuration the cluster's own kubelet-config must be overridden with on workers (kind needs some). */
  readonly kubeletOverrides: Readonly<Record<string, unknown>>;
}

export type ControlPlaneMode = "embedded" | "kind" | "tailscale";
