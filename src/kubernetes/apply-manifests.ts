import { StargateError } from "../lib/errors.ts";
import { retry } from "../lib/retry.ts";
import type { KubeClient } from "./client.ts";
import { parseManifests, type Manifest } from "./manifests.ts";
import { customResourceDefinitions } from "./resources.ts";
import { describeResource } from "./resource-path.ts";
import { CustomResourceDefinition } from "./schemas.ts";

export interface ApplyManifestsOptions {
  signal?: AbortSignal | undefined;
  /** For how long new resource types may take to be served. */
  timeoutMs?: number;
}

/**
 * Applies every object of a YAML text by server-side apply: namespaces and CustomResourceDefinitions first, the rest
 * when those are served. Applying the same text again changes nothing. Fields that somebody else changed become ours.
 */
export async function applyManifests(
  client: KubeClient,
  yamlText: string,
  { signal, timeoutMs = 30_000 }: ApplyManifestsOptions = {},
): Promise<void> {
  const manifests = parseManifests(yamlText);
  const apply = async ({ type, ref, body }: Manifest): Promise<string> =>
    client.apply(type, ref, body, { force: true, signal });

  for (const manifest of manifests.filter(isFirst)) await apply(manifest);
  for (const { kind, ref } of manifests) {
    if (kind === "CustomResourceDefinition") await waitUntilServed(client, ref.name, { signal, timeoutMs });
  }
  for (const manifest of manifests) {
    if (isFirst(manifest)) continue;
    // An established type is not served by every part of the API server in the same instant.
    await retry(() => apply(manifest), { timeoutMs, signal, isRetriable: isTypeMissing, minDelayMs: 100 });
  }
}

function isFirst({ kind }: Manifest): boolean {
  return kind === "Namespace" || kind === "CustomResourceDefinition";
}

async function waitUntilServed(
  client: KubeClient,
  name: string,
  { signal, timeoutMs }: { signal: AbortSignal | undefined; timeoutMs: number },
): Promise<void> {
  const ref = { namespace: "", name };
  const check = async (): Promise<void> => {
    const crd = await client.get(customResourceDefinitions, ref, CustomResourceDefinition, signal);
    const find = (type: string) => crd.status.conditions.find((condition) => condition.type === type);
    if (find("Established")?.status === "True") return;
    const names = find("NamesAccepted");
    throw new StargateError(
      "CrdNotServed",
      `Cannot use ${describeResource(customResourceDefinitions, ref)}: ` +
        (names?.status === "False" ? names.message : "the API server does not serve it yet"),
      { retriable: true, remedy: `Read kubectl describe crd ${name}.` },
    );
  };
  await retry(check, { timeoutMs, signal, minDelayMs: 50, maxDelayMs: 500 });
}

function isTypeMissing(error: unknown): boolean {
  return error instanceof StargateError && error.reason === "ApiTypeMissing";
}
