import { z } from "zod";
import { describeError, StargateError } from "../lib/errors.ts";
import { ThrottledError } from "./tailnet.ts";

/** What the errors of one service say to a person. */
export interface ServiceWords {
  /** "Tailscale" or "Headscale at http://…". */
  description: string;
  baseUrl: string;
  /** What to do when the credential is not accepted. */
  unauthorizedRemedy: string;
  /** What to do when the credential may not do this; `needs` is the scope the call needs. */
  forbiddenRemedy: (needs: string | undefined) => string;
}

/** Tailscale says {message}, its token endpoint {error, error_description}, Headscale {code, message}. */
const ErrorAnswer = z.object({
  message: z.string().optional(),
  error_description: z.string().optional(),
  error: z.string().optional(),
});

/** An answer that is no success, as an error of the seam. */
export interface FailedAnswer {
  /** Begins the message: "Cannot list the devices of the tailnet". */
  action: string;
  status: number;
  text: string;
  needs?: string | undefined;
  /** Statuses that mean another one. */
  readStatusAs?: Readonly<Record<number, number>>;
  /** Where a redirect points. */
  location?: string | undefined;
  /** How long a 429 asks to wait. */
  retryAfterMs?: number | undefined;
}

export function errorFromAnswer(answer: FailedAnswer, words: ServiceWords): StargateError {
  const { reason, remedy, retriable = false } = classify(answer, words);
  const said = saidIn(answer.text);
  const state = `${words.description} answered ${answer.status}${said === "" ? "" : `: ${said}`}`;
  const message = `${answer.action}: ${state}`;
  if (answer.retryAfterMs !== undefined) return new ThrottledError(message, remedy, answer.retryAfterMs);
  return new StargateError(reason, message, {
    retriable,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

interface Class {
  reason: string;
  remedy?: string;
  retriable?: boolean;
}

function classify(answer: FailedAnswer, words: ServiceWords): Class {
  const { needs, location } = answer;
  const status = answer.readStatusAs?.[answer.status] ?? answer.status;
  if (status >= 500) {
    return {
      reason: "TailnetUnavailable",
      retriable: true,
      remedy: "Run the command again in a few minutes.",
    };
  }
  if (status >= 300 && status < 400) {
    const elsewhere = location === undefined ? "the URL it redirects to" : location;
    return { reason: "TailnetInvalid", remedy: `Give the URL of the service itself: ${elsewhere}.` };
  }
  switch (status) {
    case 401:
      return { reason: "TailnetUnauthorized", remedy: words.unauthorizedRemedy };
    case 403:
      return { reason: "TailnetForbidden", remedy: words.forbiddenRemedy(needs) };
    case 404:
      return { reason: "TailnetNotFound" };
    case 409:
    case 412:
      return { reason: "TailnetConflict" };
    case 429:
      return {
        reason: "TailnetThrottled",
        retriable: true,
        remedy: "Too many calls were made with this credential. Run the command again in a few minutes.",
      };
    default:
      return { reason: "TailnetInvalid" };
  }
}

/** The error for a call that got no answer, or not all of it. */
export function errorFromConnection(action: string, words: ServiceWords, cause: unknown): StargateError {
  const code = errorCode(cause);
  if (code !== undefined && /CERT|SIGNATURE|ISSUER/.test(code)) {
    return new StargateError(
      "TailnetInvalid",
      `${action}: the certificate of ${words.baseUrl} is not trusted`,
      {
        remedy: `Make this host trust the certificate (${code}): set NODE_EXTRA_CA_CERTS to its authority's file.`,
        cause,
      },
    );
  }
  return new StargateError(
    "TailnetUnavailable",
    `${action}: no answer from ${words.baseUrl} (${code ?? describeError(cause)})`,
    { retriable: true, remedy: `Check that ${words.baseUrl} can be reached from this host.`, cause },
  );
}

/** True where the request cannot have reached the service, so that even a call that makes things may be repeated. */
export function isUnsent(cause: unknown): boolean {
  const code = errorCode(cause);
  return (
    code !== undefined && ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"].includes(code)
  );
}

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? errorCode(error.errors[0]) : errorCode(error.cause);
}

function saidIn(text: string): string {
  try {
    const parsed = ErrorAnswer.safeParse(JSON.parse(text));
    if (parsed.success) {
      const said = parsed.data.message ?? parsed.data.error_description ?? parsed.data.error;
      if (said !== undefined) return said;
    }
  } catch {
    // Headscale's 401 and every proxy in between answer in plain text or HTML.
  }
  return text.trim().split("\n")[0]?.slice(0, 200) ?? "";
}
