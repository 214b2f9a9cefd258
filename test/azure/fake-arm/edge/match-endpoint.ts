import { ArmError } from "../core/arm-error.ts";
import { endpoints, type Endpoint, type Params } from "../endpoints.ts";

export interface Matched {
  endpoint: Endpoint;
  params: Params;
}

const patterns = endpoints.map((endpoint) => ({ endpoint, segments: endpoint.path.split("/") }));

/** The endpoint that a call names. Throws ARM's 404 or 405 where there is none. */
export function matchEndpoint(method: string, path: string): Matched {
  const parts = path.split("/");
  let isKnownPath = false;
  for (const { endpoint, segments } of patterns) {
    const values = match(segments, parts);
    if (values === undefined) continue;
    isKnownPath = true;
    if (endpoint.method !== method) continue;
    return {
      endpoint,
      params: (name) => {
        const value = values.get(name);
        if (value === undefined) throw new Error(`${endpoint.path} has no :${name}`);
        return value;
      },
    };
  }
  if (isKnownPath) {
    throw new ArmError(
      405,
      "HttpMethodNotAllowed",
      `The HTTP method '${method}' is not supported at scope '${path}'.`,
    );
  }
  throw new ArmError(
    404,
    "InvalidResourceType",
    `The resource type could not be found for path '${path}' (or the fake does not have it).`,
  );
}

function match(segments: readonly string[], parts: readonly string[]): Map<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const values = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if (segment.startsWith(":")) {
      if (part === "") return undefined;
      values.set(segment.slice(1), decodeURIComponent(part));
    } else if (segment.toLowerCase() !== part.toLowerCase()) return undefined;
  }
  return values;
}

/** Every call says which version of the API it speaks, and it is one that there is. */
export function checkApiVersion({ endpoint }: Matched, version: string | null): void {
  if (version === null) {
    throw new ArmError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  if (endpoint.apiVersions.includes(version)) return;
  const supported = endpoint.apiVersions.join(", ");
  const [, namespace] = /\/providers\/(Microsoft\.\w+)\//.exec(endpoint.path) ?? [];
  if (namespace === undefined) {
    throw new ArmError(
      400,
      "InvalidApiVersionParameter",
      `The api-version '${version}' is invalid. The supported versions are '${supported}'.`,
    );
  }
  throw new ArmError(
    400,
    "NoRegisteredProviderFound",
    `No registered resource provider found for API version '${version}' for type '${endpoint.action.split("/")[1]}'. The supported api-versions are '${supported}'.`,
  );
}
