import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import type { Answer, Call } from "../core/answer.ts";
import type { Arm } from "../core/arm.ts";
import { ArmError } from "../core/arm-error.ts";
import { invalidContent } from "../core/check-request.ts";
import type { Json } from "../core/json.ts";
import type { Access } from "./access.ts";
import { errorOf, type Fault } from "./faults.ts";
import { checkApiVersion, matchEndpoint } from "./match-endpoint.ts";
import { noteReleases } from "./release-lag.ts";
import type { Throttle } from "./throttle.ts";
import type { VmThrottle } from "./vm-throttle.ts";
import type { Tokens } from "./tokens.ts";

export interface Edge {
  arm: Arm;
  tokens: Tokens;
  access: Access;
  throttle: Throttle;
  vmThrottle: VmThrottle;
}

export interface RawCall {
  method: string;
  url: URL;
  headers: IncomingHttpHeaders;
  text: string;
}

/** Answers anything that comes in: tokens, logs, or ARM's own calls with their headers. */
export async function answerCall(edge: Edge, raw: RawCall, fault: Fault | undefined): Promise<Answer> {
  const { url, method } = raw;
  const login = /^\/([^/]+)\/(v2\.0\/\.well-known\/openid-configuration|oauth2\/v2\.0\/token)$/.exec(
    url.pathname,
  );
  if (login !== null) {
    if (fault?.kind === "answer") return { status: fault.status, body: { error: fault.code } };
    return method === "POST"
      ? edge.tokens.issue(login[1] ?? "", new URLSearchParams(raw.text))
      : edge.tokens.describe(url.origin);
  }
  if (url.pathname === "/msi/token") return edge.tokens.issueManaged(header(raw, "x-identity-header"));
  if (url.pathname.startsWith("/bootdiagnostics-")) return await readLog(edge.arm, url);
  const { arm } = edge;
  arm.clock.tick();
  // Guests that are already done must be seen as done.
  await Promise.resolve();
  arm.operations.settle();
  noteReleases(arm);
  const tracing = {
    "x-ms-request-id": arm.random.uuid(),
    "x-ms-correlation-request-id": header(raw, "x-ms-correlation-request-id") ?? arm.random.uuid(),
    "x-ms-routing-request-id": `FAKE:${new Date(arm.clock.now()).toISOString()}:${arm.random.uuid()}`,
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cache-control": "no-cache",
  };
  const limits: Record<string, string> = {};
  try {
    const answer = await answerArm(edge, raw, fault, limits);
    return { ...answer, headers: { ...tracing, ...limits, ...answer.headers } };
  } catch (error) {
    if (!(error instanceof ArmError)) throw error;
    return {
      status: error.status,
      body: { error: error.toJson() },
      headers: { ...tracing, ...limits, "x-ms-error-code": error.code, ...error.headers },
    };
  }
}

/** Storage answers in XML, and to anyone whose link is good. */
async function readLog(arm: Arm, { pathname, search }: URL): Promise<Answer> {
  const log = arm.logs.get(`${pathname}${search}`);
  if (log !== undefined && log.until > arm.clock.now()) return { status: 200, text: await log.read() };
  return { status: 403, text: "<Error><Code>AuthenticationFailed</Code></Error>" };
}

async function answerArm(
  edge: Edge,
  raw: RawCall,
  fault: Fault | undefined,
  limits: Record<string, string>,
): Promise<Answer> {
  const { arm } = edge;
  edge.tokens.check(header(raw, "authorization"));
  Object.assign(limits, edge.throttle.take(raw.method), edge.vmThrottle.take(raw.method, raw.url.pathname));
  if (fault?.kind === "answer" && fault.afterApplying !== true) throw errorOf(fault);
  const matched = matchEndpoint(raw.method, raw.url.pathname);
  checkApiVersion(matched, raw.url.searchParams.get("api-version"));
  if (matched.endpoint.path.includes(":sub")) checkSubscription(arm, matched.params("sub"));
  edge.access.check(matched.endpoint.action, raw.url.pathname);
  arm.plannedFailure = fault?.kind === "failOperation" ? errorOf(fault) : undefined;
  const answer = await matched.endpoint.answer(arm, matched.params, toCall(raw));
  arm.plannedFailure = undefined;
  if (fault?.kind === "answer") throw errorOf(fault);
  return answer;
}

const Guid = z.guid();

function checkSubscription(arm: Arm, subscription: string): void {
  if (subscription.toLowerCase() === arm.settings.subscriptionId.toLowerCase()) return;
  if (Guid.safeParse(subscription).success) {
    throw new ArmError(404, "SubscriptionNotFound", `The subscription '${subscription}' could not be found.`);
  }
  throw new ArmError(
    400,
    "InvalidSubscriptionId",
    `The provided subscription identifier '${subscription}' is malformed or invalid.`,
  );
}

function toCall({ method, url, headers, text }: RawCall): Call {
  return {
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value]),
    ),
    body: readBody(text, headers["content-type"]),
  };
}

function readBody(text: string, contentType: string | undefined): Json | undefined {
  if (text === "") return undefined;
  if (contentType?.toLowerCase().includes("json") !== true) {
    throw new ArmError(
      415,
      "UnsupportedMediaType",
      "The content media type is not supported. Only 'application/json' is.",
    );
  }
  try {
    return z.json().parse(JSON.parse(text));
  } catch {
    throw invalidContent("The request content was invalid and could not be deserialized: it is not JSON.");
  }
}

function header({ headers }: RawCall, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
