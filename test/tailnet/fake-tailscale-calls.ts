import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { DEFAULT_POLICY, etagOf, parsePolicy, standardizeHuJson } from "./fake-policy.ts";
import { type FakeTailnet, showKey } from "./fake-tailnet.ts";

export interface Answer {
  status: number;
  body: string;
  headers?: Record<string, string>;
}

interface Asked {
  tailnet: FakeTailnet;
  /** The part of the path that names one device or key. */
  id: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
}

/** One call of the API. Query parameters other than these make it a call nobody knows. */
interface KnownCall {
  method: string;
  path: RegExp;
  query?: readonly string[];
  /** What the credential needs; reading is allowed by the scope's ":read" too. */
  scope: string;
  answer: (asked: Asked) => Answer;
}

const Routes = z.strictObject({ routes: z.array(z.cidrv4()) });
const KeyAsked = z.strictObject({
  capabilities: z.strictObject({
    devices: z.strictObject({
      create: z.strictObject({
        reusable: z.boolean(),
        ephemeral: z.boolean(),
        preauthorized: z.boolean(),
        tags: z.array(z.string()),
      }),
    }),
  }),
  expirySeconds: z.int().nonnegative().default(0),
  description: z
    .string()
    .max(50, "description too long")
    .regex(/^[A-Za-z0-9 -]*$/, "invalid description")
    .default(""),
});
/** Lifetime of a key that was asked for without one. */
const NINETY_DAYS = 90 * 24 * 3600;

const calls: readonly KnownCall[] = [
  {
    method: "GET",
    path: /^\/tailnet\/-\/devices$/,
    query: ["fields"],
    scope: "devices:core",
    answer: ({ tailnet, query }) =>
      done({
        devices: tailnet.devices.map((device) => tailnet.showDevice(device, query.get("fields") === "all")),
      }),
  },
  {
    method: "GET",
    path: /^\/device\/(?<id>[^/]+)$/,
    query: ["fields"],
    scope: "devices:core",
    answer: ({ tailnet, id, query }) => {
      const device = tailnet.findDevice(id);
      if (device === undefined) return failed(404, "no such device");
      return done(tailnet.showDevice(device, query.get("fields") === "all"));
    },
  },
  {
    method: "DELETE",
    path: /^\/device\/(?<id>[^/]+)$/,
    scope: "devices:core",
    answer: ({ tailnet, id }) => {
      const device = tailnet.findDevice(id);
      if (device === undefined) return failed(404, "no such device");
      tailnet.devices.splice(tailnet.devices.indexOf(device), 1);
      return empty();
    },
  },
  {
    method: "GET",
    path: /^\/device\/(?<id>[^/]+)\/routes$/,
    scope: "devices:routes",
    answer: ({ tailnet, id }) => showRoutes(tailnet, id),
  },
  {
    method: "POST",
    path: /^\/device\/(?<id>[^/]+)\/routes$/,
    scope: "devices:routes",
    answer: ({ tailnet, id, body }) => {
      const asked = Routes.safeParse(parseJson(body));
      if (!asked.success) return failed(400, "invalid routes");
      const device = tailnet.findDevice(id);
      if (device !== undefined) device.enabledRoutes = asked.data.routes;
      return showRoutes(tailnet, id);
    },
  },
  {
    method: "GET",
    path: /^\/tailnet\/-\/keys$/,
    query: ["all"],
    scope: "auth_keys",
    answer: ({ tailnet }) =>
      done({ keys: tailnet.keys.filter(({ revoked }) => !revoked).map(({ id }) => ({ id })) }),
  },
  { method: "POST", path: /^\/tailnet\/-\/keys$/, scope: "auth_keys", answer: makeKey },
  {
    method: "GET",
    path: /^\/tailnet\/-\/keys\/(?<id>[^/]+)$/,
    scope: "auth_keys",
    answer: ({ tailnet, id }) => {
      const key = tailnet.keys.find((one) => one.id === id);
      return key === undefined ? failed(404, "key not found") : done(showKey(key));
    },
  },
  {
    method: "DELETE",
    path: /^\/tailnet\/-\/keys\/(?<id>[^/]+)$/,
    scope: "auth_keys",
    answer: ({ tailnet, id }) => {
      const key = tailnet.keys.find((one) => one.id === id && !one.revoked);
      if (key === undefined) return failed(404, "key not found");
      key.revoked = true;
      return empty();
    },
  },
  { method: "GET", path: /^\/tailnet\/-\/acl$/, scope: "policy_file", answer: showPolicy },
  { method: "POST", path: /^\/tailnet\/-\/acl$/, scope: "policy_file", answer: setPolicy },
  {
    method: "POST",
    path: /^\/tailnet\/-\/acl\/validate$/,
    scope: "policy_file",
    // A bad policy is a good answer: 200 with a message. Only an empty body says that it is fine.
    answer: ({ body }) => {
      const parsed = parsePolicy(body);
      return "problem" in parsed ? done({ message: parsed.problem, data: [] }) : empty();
    },
  },
];

/** The answer to a call by a credential that was accepted. 404 for anything the fake does not know. */
export function answerCall(
  tailnet: FakeTailnet,
  method: string,
  { url, path, headers, body }: { url: URL; path: string; headers: IncomingHttpHeaders; body: string },
): Answer {
  for (const call of calls) {
    const match = call.method === method ? call.path.exec(path) : null;
    if (match === null) continue;
    const unknown = [...url.searchParams.keys()].find((name) => !(call.query ?? []).includes(name));
    if (unknown !== undefined) return failed(404, `unknown parameter ${unknown}`);
    if (!isAllowed(tailnet, call)) return failed(403, "calling actor does not have enough permissions");
    return call.answer({ tailnet, id: match.groups?.["id"] ?? "", query: url.searchParams, headers, body });
  }
  return failed(404, "not found");
}

function isAllowed({ scopes }: FakeTailnet, { method, scope }: KnownCall): boolean {
  return scopes.has(scope) || (method === "GET" && scopes.has(`${scope}:read`));
}

function showRoutes(tailnet: FakeTailnet, id: string): Answer {
  const device = tailnet.findDevice(id);
  if (device === undefined) return failed(404, "no such device");
  return done({ advertisedRoutes: device.advertisedRoutes, enabledRoutes: device.enabledRoutes });
}

function makeKey({ tailnet, body }: Asked): Answer {
  const asked = KeyAsked.safeParse(parseJson(body));
  if (!asked.success) return failed(400, asked.error.issues[0]?.message ?? "invalid request");
  const { tags } = asked.data.capabilities.devices.create;
  const policy = parsePolicy(tailnet.policy);
  const owned = "policy" in policy ? policy.policy.tagOwners : {};
  if (tags.length === 0 || tags.some((tag) => !(tag in owned))) {
    return failed(400, `requested tags [${tags.join(" ")}] are invalid or not permitted`);
  }
  const id = `kKey${tailnet.keys.length + 1}`;
  const key = {
    id,
    key: `tskey-auth-${id}-s3cr3t`,
    revoked: false,
    created: new Date("2026-01-01T00:00:00Z"),
    request: { ...asked.data, expirySeconds: asked.data.expirySeconds || NINETY_DAYS },
  };
  tailnet.keys.push(key);
  return done({ ...showKey(key), key: key.key });
}

function showPolicy({ tailnet, headers }: Asked): Answer {
  const isHuJson = headers.accept === "application/hujson";
  return {
    status: 200,
    body: isHuJson ? tailnet.policy : standardizeHuJson(tailnet.policy),
    headers: { etag: etagOf(tailnet.policy), "content-type": headers.accept ?? "application/json" },
  };
}

function setPolicy(asked: Asked): Answer {
  const { tailnet, headers, body } = asked;
  const wanted = headers["if-match"];
  const isUntouched = tailnet.policy === DEFAULT_POLICY;
  const isCurrent = wanted === etagOf(tailnet.policy) || (wanted === '"ts-default"' && isUntouched);
  if (wanted !== undefined && !isCurrent) return failed(412, "precondition failed, invalid old hash");
  const parsed = parsePolicy(body);
  if ("problem" in parsed) return failed(400, parsed.problem);
  tailnet.policy = body;
  return showPolicy(asked);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function done(json: object): Answer {
  return { status: 200, body: JSON.stringify(json) };
}

function empty(): Answer {
  return { status: 200, body: "" };
}

export function failed(status: number, message: string): Answer {
  return { status, body: JSON.stringify({ message }) };
}
