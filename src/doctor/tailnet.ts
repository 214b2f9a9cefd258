import { request } from "undici";
import { withoutHttp2 } from "../lib/http1.ts";
import { z } from "zod";
import { parseSubnet, overlaps } from "../lib/cidr.ts";
import { StargateError } from "../lib/errors.ts";
import { ROUTER_TAG, type Device, type Tailnet } from "../tailnet/tailnet.ts";
import { attempt, ok, red, redFor, skipped, warning, type Attempt, type Finding } from "./finding.ts";

/** What an OAuth client of Tailscale must be allowed; and, unless routers join with a key that was given, to make one. */
const neededScopes = ["devices:core", "devices:routes"] as const;
const scopeForKeys = "auth_keys";

export interface TailnetFacts {
  description: string;
  access: Attempt<void>;
  devices: Attempt<Device[]>;
  /** What the token of an OAuth client may do; undefined where the credential is of another kind. */
  scopes: Attempt<string[]> | undefined;
  /** Whether routers join with an auth key that was given, so that none is made for them. */
  hasAuthKey: boolean;
}

/** An OAuth client whose token tells its scopes, and where the token is had. */
export interface OAuthClient {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
}

export async function readTailnet(
  tailnet: Tailnet,
  { oauth, hasAuthKey }: { oauth: OAuthClient | undefined; hasAuthKey: boolean },
  signal: AbortSignal,
): Promise<TailnetFacts> {
  const [access, devices, scopes] = await Promise.all([
    attempt(() => tailnet.checkAccess(signal), signal),
    attempt(() => tailnet.listDevices(signal), signal),
    oauth === undefined ? undefined : attempt(() => readScopes(oauth, signal), signal),
  ]);
  return { description: tailnet.description, access, devices, scopes, hasAuthKey };
}

/** Pure. */
export function judgeTailnet(facts: TailnetFacts): Finding[] {
  const { description, access, devices, scopes, hasAuthKey } = facts;
  const findings = [
    "error" in access
      ? redFor(
          "credentials",
          access.error,
          "Check the credentials, and that the tailnet's API can be reached.",
        )
      : ok("credentials", `${description} accepts them`),
    ...(scopes === undefined ? [] : [judgeScopes(scopes, hasAuthKey)]),
  ];
  if ("error" in devices) {
    const isManual =
      devices.error instanceof StargateError && devices.error.reason === "ManualApprovalNeeded";
    if (isManual)
      return [
        ...findings,
        skipped("devices", "an auth key alone cannot list them: look in the admin console"),
      ];
    return "error" in access
      ? findings
      : [...findings, redFor("devices", devices.error, "Run the doctor again.")];
  }
  return [...findings, ...judgeDevices(devices.value)];
}

function judgeScopes(scopes: Attempt<string[]>, hasAuthKey: boolean): Finding {
  if ("error" in scopes) return skipped("scopes", "no token was had that tells them");
  const has = new Set(scopes.value);
  const isMissing = (scope: string): boolean => !has.has(scope) && !has.has("all");
  const needed = hasAuthKey ? neededScopes : [...neededScopes, scopeForKeys];
  const missing = needed.filter(isMissing);
  if (missing.length > 0) {
    return red(
      "scopes",
      `the OAuth client lacks ${missing.join(", ")}`,
      `Give it ${needed.join(", ")}, with the tag ${ROUTER_TAG}: https://login.tailscale.com/admin/settings/oauth.`,
    );
  }
  const isKeyUsed = hasAuthKey && isMissing(scopeForKeys);
  return ok(
    "scopes",
    isKeyUsed
      ? `${needed.join(", ")}; ${scopeForKeys} is not needed, as routers join with the auth key that was given`
      : needed.join(", "),
  );
}

function judgeDevices(devices: readonly Device[]): Finding[] {
  const ours = devices.filter(({ tags }) => tags.includes(ROUTER_TAG));
  const online = ours.filter((device) => device.online);
  const twice = new Set(
    online.map(({ hostname }) => hostname).filter((name, index, names) => names.indexOf(name) !== index),
  );
  const stale = ours.filter(
    (device) => !device.online && online.some(({ hostname }) => hostname === device.hostname),
  );
  return [
    ok(
      "devices",
      `${devices.length}, of which ${ours.length} carry ${ROUTER_TAG} and ${online.length} of these are online`,
    ),
    ...[...twice].map((name) =>
      red(
        "devices",
        `${name} is online twice`,
        "Remove the one that is not meant, or give its router another name.",
      ),
    ),
    ...(stale.length === 0
      ? []
      : [
          warning(
            "devices",
            `left over from routers made anew: ${stale.map(({ hostname, id }) => `${hostname} (${id})`).join(", ")}`,
            "Run prep-dc-inventory again, or remove them in the tailnet's admin console.",
          ),
        ]),
    ...findOverlaps(online),
  ];
}

/** Two routers of one very subnet are a pair; subnets that only share addresses take each other's traffic. */
function findOverlaps(devices: readonly Device[]): Finding[] {
  const routes = devices.flatMap(({ hostname, enabledRoutes }) =>
    enabledRoutes.flatMap((cidr) => {
      const subnet = parseSubnet(cidr);
      return subnet === undefined ? [] : [{ hostname, subnet }];
    }),
  );
  return routes.flatMap((one, index) =>
    routes
      .slice(index + 1)
      .filter(({ subnet }) => subnet.cidr !== one.subnet.cidr && overlaps(subnet, one.subnet))
      .map((other) =>
        red(
          "routes",
          `${one.subnet.cidr} of ${one.hostname} and ${other.subnet.cidr} of ${other.hostname} overlap`,
          "Give one of the datacenters another subnet: the narrower route takes the other's traffic.",
        ),
      ),
  );
}

const Token = z.object({ scope: z.string() });

async function readScopes(
  { baseUrl, clientId, clientSecret }: OAuthClient,
  signal: AbortSignal,
): Promise<string[]> {
  const form = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  const { statusCode, body } = await request(`${baseUrl}/oauth/token`, {
    dispatcher: withoutHttp2(),
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
    headersTimeout: 20_000,
    signal,
  });
  const answer = await body.text();
  if (statusCode !== 200) throw new Error(`the token endpoint answered ${statusCode}`);
  return Token.parse(JSON.parse(answer)).scope.split(" ").filter(Boolean);
}
