import { z } from "zod";
import { describeError, StargateError } from "../lib/errors.ts";

/** What the API server answers when it does not do what was asked: metav1.Status. */
const Status = z.object({
  kind: z.literal("Status"),
  message: z.string().default(""),
  reason: z.string().default(""),
  code: z.number().optional(),
  details: z
    .object({
      name: z.string().optional(),
      kind: z.string().optional(),
      causes: z.array(z.object({ field: z.string().optional(), message: z.string().optional() })).default([]),
    })
    .optional(),
});
type Status = z.infer<typeof Status>;

/**
 * The error for an HTTP answer that is no success. `action` begins the message: "Cannot read nodes "a"".
 */
export function errorFromAnswer(action: string, code: number, body: string): StargateError {
  const status = parseStatus(body);
  const said = status?.message === undefined || status.message === "" ? firstLine(body) : status.message;
  const { reason, remedy, retriable = false } = classify(code, status);
  return new StargateError(reason, `${action}: ${said === "" ? `HTTP ${code}` : said}`, {
    retriable,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

interface Class {
  reason: string;
  remedy?: string;
  retriable?: boolean;
}

function classify(code: number, status: Status | undefined): Class {
  switch (code) {
    case 401:
      return {
        reason: "ApiUnauthorized",
        remedy: "Use a kubeconfig whose credentials are valid: `kubectl auth whoami` must answer.",
      };
    case 403:
      return {
        reason: "ApiForbidden",
        remedy: "Grant this user what config/rbac/ lists, or use another kubeconfig.",
      };
    case 404:
      return classifyNotFound(status);
    case 409:
      return status?.reason === "AlreadyExists"
        ? { reason: "ApiAlreadyExists" }
        : { reason: "ApiConflict", remedy: "Read the object again and repeat the change." };
    case 410:
      return { reason: "ApiExpired", retriable: true };
    case 429:
      return { reason: "ApiThrottled", retriable: true };
    default:
      // The API server answers 500 to an applied object that does not fit its type.
      if (status?.message.startsWith("failed to create typed patch object") === true) {
        return { reason: "ApiInvalid" };
      }
      return code >= 500 ? { reason: "ApiUnavailable", retriable: true } : { reason: "ApiInvalid" };
  }
}

function classifyNotFound(status: Status | undefined): Class {
  if (status?.details?.name !== undefined) {
    const { kind, name } = status.details;
    return kind === "namespaces"
      ? { reason: "ApiNotFound", remedy: `Create it: kubectl create namespace ${name}.` }
      : { reason: "ApiNotFound" };
  }
  // No object is named: it is the whole resource type that the server does not know (yet).
  return {
    reason: "ApiTypeMissing",
    remedy: "Install the CustomResourceDefinitions: kubectl apply -f config/crd.",
    retriable: true,
  };
}

/** The error for a request that got no answer. */
export function errorFromConnection(action: string, server: string, cause: unknown): StargateError {
  const code = errorCode(cause);
  if (code !== undefined && /CERT|SIGNATURE|ISSUER|ERR_TLS/.test(code) && !/ALERT/.test(code)) {
    return new StargateError(
      "ApiUntrusted",
      `${action}: the certificate of ${server} is not the one this kubeconfig trusts (${code})`,
      { remedy: "Use the kubeconfig of this very cluster; it may have been created anew.", cause },
    );
  }
  return new StargateError("ApiUnavailable", `${action}: no answer from ${server} (${reasonOf(cause)})`, {
    retriable: true,
    remedy: `Check that the API server runs and can be reached from here: curl -k ${server}/livez.`,
    cause,
  });
}

/**
 * What an API server that has not read its roles yet says to everybody and everything.
 * `action` begins the message.
 */
export function notReadyError(action: string): StargateError {
  return new StargateError(
    "ApiUnavailable",
    `${action}: the API server forbids it, and does not say that it is ready: it may be starting`,
    {
      retriable: true,
      remedy:
        "Wait for it: `kubectl get --raw '/readyz?verbose'` says what it lacks. " +
        "If this user may not even ask that, grant it what config/rbac/ lists.",
    },
  );
}

/** The error inside a watch: an ERROR event carries a Status. */
export function errorFromWatch(action: string, object: unknown): StargateError {
  const status = Status.safeParse(object);
  return errorFromAnswer(
    action,
    status.success ? (status.data.code ?? 500) : 500,
    JSON.stringify(object ?? null),
  );
}

export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : errorCode(error.cause);
}

function reasonOf(cause: unknown): string {
  const text = describeError(cause);
  const first = cause instanceof AggregateError ? describeError(cause.errors[0]) : "";
  return first === "" ? text : first;
}

function parseStatus(body: string): Status | undefined {
  try {
    const parsed = Status.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined; // proxies and the oldest paths answer in plain text
  }
}

function firstLine(text: string): string {
  return text.trim().split("\n")[0]?.slice(0, 300) ?? "";
}
