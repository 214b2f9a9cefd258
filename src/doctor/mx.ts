import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";
import { apiServerUrl, DEFAULT_API_SERVER_PORT } from "../control-plane/decide-control-plane.ts";
import { withTimeout } from "../lib/clock.ts";
import { StargateError } from "../lib/errors.ts";
import type { KubeClient } from "../kubernetes/client.ts";
import { attempt, ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";

/** The oldest version that kubeadm's v1beta4 and our own CEL rules are known to work with. */
const OLDEST_MINOR = 31;
const DAY_MS = 24 * 3_600_000;

export interface ApiFacts {
  server: string;
  version: Attempt<string>;
  certificate: Attempt<X509Certificate>;
  /** URL that workers join, or why it is not known here. */
  workerServer: Attempt<string>;
  nowMs: number;
}

export async function readApi(
  client: KubeClient,
  workerServer: Attempt<string>,
  nowMs: number,
  signal: AbortSignal,
): Promise<ApiFacts> {
  const [version, certificate] = await Promise.all([
    attempt(() => client.readVersion(withTimeout(20_000, signal)), signal),
    attempt(() => readCertificate(client, signal), signal),
  ]);
  return { server: client.server, version, certificate, workerServer, nowMs };
}

/** Pure. */
export function judgeApi({ server, version, certificate, workerServer, nowMs }: ApiFacts): Finding[] {
  if ("error" in version) return [redFor("API server", version.error, `Check that ${server} answers.`)];
  return [
    judgeVersion(version.value, server),
    ...("error" in certificate
      ? [skipped("certificate", "it could not be read")]
      : [judgeExpiry(certificate.value, nowMs), judgeNames(certificate.value, workerServer)]),
  ];
}

function judgeVersion(version: string, server: string): Finding {
  const minor = Number(/^v1\.(\d+)/.exec(version)?.[1] ?? 0);
  if (minor >= OLDEST_MINOR) return ok("API server", `${version} at ${server}`);
  return red("API server", `${version} is too old`, `Upgrade the cluster to v1.${OLDEST_MINOR} or newer.`);
}

function judgeExpiry(certificate: X509Certificate, nowMs: number): Finding {
  const days = Math.floor((certificate.validToDate.getTime() - nowMs) / DAY_MS);
  const found = days < 0 ? `it ran out ${-days} days ago` : `valid for ${days} days`;
  const remedy = "Renew it on the control plane: kubeadm certs renew apiserver.";
  if (days < 0) return red("certificate", found, remedy);
  return days < 30 ? warning("certificate", found, remedy) : ok("certificate", found);
}

function judgeNames(certificate: X509Certificate, workerServer: Attempt<string>): Finding {
  const check = "certificate names";
  if ("error" in workerServer) {
    const { error } = workerServer;
    return skipped(
      check,
      error instanceof StargateError ? error.message : "where workers join is not known here",
    );
  }
  const { hostname } = new URL(workerServer.value);
  const isNamed = isIP(hostname) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(hostname);
  if (isNamed !== undefined) return ok(check, `${hostname}, where workers join, is one of them`);
  return red(
    check,
    `${hostname}, where workers join, is none of ${certificate.subjectAltName ?? "none"}`,
    "Make the certificate anew with it in apiServer.certSANs (kubeadm init phase certs apiserver); " +
      "for kind: bin/stargate mx kind create.",
  );
}

/** The certificate that the API server shows, whoever it is for. */
async function readCertificate(client: KubeClient, signal: AbortSignal): Promise<X509Certificate> {
  const { hostname, port } = new URL(client.server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = connect({
    host,
    port: port === "" ? 443 : Number(port),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: false, // it is looked at, not trusted; whether it is trusted shows in every other call
  });
  const limited = withTimeout(10_000, signal);
  try {
    return await new Promise<X509Certificate>((resolve, reject) => {
      limited.addEventListener("abort", () => reject(new Error("no answer")), { once: true });
      socket.once("error", reject);
      socket.once("secureConnect", () => {
        const certificate = socket.getPeerX509Certificate();
        if (certificate === undefined) reject(new Error("no certificate"));
        else resolve(certificate);
      });
    });
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}

/** Where workers join, from what is known without asking: the lab, a flag, or an API server that is not on loopback. */
export function workerServerOf({
  labServer,
  controlPlaneIp,
  controlPlanePort = DEFAULT_API_SERVER_PORT,
  clientServer,
}: {
  labServer: string | undefined;
  controlPlaneIp: string | undefined;
  controlPlanePort?: number | undefined;
  clientServer: string;
}): string | undefined {
  if (labServer !== undefined) return labServer;
  if (controlPlaneIp !== undefined) return apiServerUrl(controlPlaneIp, controlPlanePort);
  const host = new URL(clientServer).hostname;
  return host === "localhost" || host === "[::1]" || host.startsWith("127.") ? undefined : clientServer;
}
