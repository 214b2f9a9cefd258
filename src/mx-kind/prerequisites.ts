import { z } from "zod";
import { describeError, isAborted, StargateError } from "../lib/errors.ts";
import { exec } from "../lib/exec.ts";
import type { Architecture } from "../toolchain/components.ts";

interface Missing {
  missing: string;
}

/** What was found of the programs that an MX cluster by kind needs; text of why not where one is missing. */
export interface Found {
  docker: { architecture: string } | Missing;
  kind: { version: string } | Missing;
  kubectl: { version: string } | Missing;
}

const DockerVersion = z.object({ Server: z.object({ Arch: z.string() }).nullish() });
const KubectlVersion = z.object({ clientVersion: z.object({ gitVersion: z.string() }) });

/** Asks every program for its version, side by side. Changes nothing. */
export async function lookForPrograms(signal: AbortSignal): Promise<Found> {
  const [docker, kind, kubectl] = await Promise.all([
    ask(["docker", "version", "--format", "json"], signal, (out) => {
      const server = DockerVersion.parse(JSON.parse(out)).Server;
      return server === null || server === undefined
        ? { missing: "its daemon does not answer" }
        : { architecture: server.Arch };
    }),
    ask(["kind", "version", "--quiet"], signal, (out) => ({ version: out.trim() })),
    ask(["kubectl", "version", "--client", "--output=json"], signal, (out) => ({
      version: KubectlVersion.parse(JSON.parse(out)).clientVersion.gitVersion,
    })),
  ]);
  return { docker, kind, kubectl };
}

async function ask<T>(
  argv: readonly [string, ...string[]],
  signal: AbortSignal,
  parse: (out: string) => T,
): Promise<T | Missing> {
  try {
    return parse((await exec(argv, { signal, timeoutMs: 20_000 })).stdout);
  } catch (error) {
    signal.throwIfAborted();
    if (isAborted(error)) throw error;
    const isAbsent = error instanceof StargateError && error.reason === "ProgramMissing";
    return { missing: isAbsent ? "it is not installed" : describeError(error).replaceAll("\n", " ") };
  }
}

/** Pure: a line for each thing that is missing, with what to do about it. */
export function findMissing({ docker, kind, kubectl }: Found): string[] {
  return [
    ...("missing" in docker
      ? [
          `docker: ${docker.missing}. Install Docker Engine and start it (systemctl start docker); ` +
            "your user must be in the group docker",
        ]
      : []),
    ...("architecture" in docker && architectureOf(docker.architecture) === undefined
      ? [`docker: its processor is ${docker.architecture}. Use a daemon on amd64 or arm64`]
      : []),
    ...("missing" in kind
      ? [`kind: ${kind.missing}. Install it: go install sigs.k8s.io/kind@latest, or https://kind.sigs.k8s.io`]
      : []),
    ...("missing" in kubectl
      ? [
          `kubectl: ${kubectl.missing}. Install it from https://kubernetes.io/docs/tasks/tools, or put the one that ` +
            "`bin/stargate toolchain --print kubectl` names on PATH",
        ]
      : []),
  ];
}

/** What Go calls a processor; undefined for one we have no programs for. */
export function architectureOf(text: string): Architecture | undefined {
  if (text === "amd64" || text === "x86_64") return "amd64";
  return text === "arm64" || text === "aarch64" ? "arm64" : undefined;
}
