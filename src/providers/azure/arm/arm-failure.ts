import { z } from "zod";
import { refusals } from "./retry-policy.ts";

/** What Azure said about a call that failed, however it said it. */
export interface ArmFailure {
  /** HTTP status; undefined where no answer came, or where an operation failed that was accepted at first. */
  status: number | undefined;
  /** Azure's word for it, for instance "SkuNotAvailable"; "" where there is none. */
  code: string;
  message: string;
}

const SdkError = z.looseObject({
  name: z.string().default("Error"),
  message: z.string(),
  code: z.string().optional(),
  statusCode: z.number().optional(),
  request: z.unknown().optional(),
});

const Detail = z.looseObject({ code: z.string().optional(), message: z.string().optional() });

const ErrorBody = z.looseObject({
  error: z.looseObject({
    code: z.string(),
    message: z.string().default(""),
    details: z.array(Detail).default([]),
    innererror: Detail.optional(),
  }),
});

/** Errors of the identity library: no token could be had at all. */
const NO_TOKEN =
  /^(CredentialUnavailableError|AggregateAuthenticationError|AuthenticationError|AuthenticationRequiredError)$/;

/** A login that could not even be tried. */
const NO_NETWORK =
  /endpoints_resolution_error|network_error|ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN/;

/** Failures that have no code of Azure's. */
export const NOT_LOGGED_IN = "NotLoggedIn";
export const NO_ANSWER = "NoAnswer";

/** Undefined for what is no failure of Azure's (a bug, an abort). */
export function readArmFailure(error: unknown): ArmFailure | undefined {
  const parsed = SdkError.safeParse(error);
  if (!parsed.success) return undefined;
  const { name, message, code, statusCode, request } = parsed.data;
  if (NO_TOKEN.test(name)) {
    return { status: undefined, code: NO_NETWORK.test(message) ? NO_ANSWER : NOT_LOGGED_IN, message };
  }
  const operation = /^The long-running operation has failed(?:\. (\w+)\. ([\s\S]*))?$/.exec(message);
  if (operation !== null) {
    return { status: undefined, code: operation[1] ?? "OperationFailed", message: operation[2] ?? message };
  }
  if (message === "Operation was canceled") return { status: undefined, code: "Canceled", message };
  if (name !== "RestError") return undefined;
  if (statusCode === undefined) return { status: undefined, code: NO_ANSWER, message };
  const body = typeof request === "object" && request !== null ? (refusals.get(request) ?? "") : "";
  return { status: statusCode, ...codeAndMessage(body, code ?? "", message) };
}

/** The innermost code says most: the outer ones are often just "BadRequest" or "DeploymentFailed". */
function codeAndMessage(body: string, code: string, message: string): { code: string; message: string } {
  try {
    const { error } = ErrorBody.parse(JSON.parse(body));
    const [detail] = error.details;
    const isVague = /^(BadRequest|Conflict|InvalidRequest|DeploymentFailed|Failed)$/.test(error.code);
    const text = [error.message, ...error.details.map((one) => one.message ?? "")]
      .filter((part) => part !== "")
      .join(" ");
    return { code: isVague ? (detail?.code ?? error.code) : error.code, message: text };
  } catch {
    return { code, message };
  }
}
