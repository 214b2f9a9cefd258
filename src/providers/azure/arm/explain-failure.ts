import { StargateError } from "../../../lib/errors.ts";
import { NO_ANSWER, type ArmFailure } from "./arm-failure.ts";
import { busy, rules, type Meaning } from "./failure-rules.ts";

/** Reasons of failures that pass by themselves. */
const passing = new Set([
  "AzureBusy",
  "AzureInUse",
  "AzureThrottled",
  "AzureUnavailable",
  "AzureAgentNotReady",
]);

/** True for a failure after which the same call is worth making again, now. */
export function passesByItself(error: unknown): boolean {
  return error instanceof StargateError && passing.has(error.reason);
}

/** The error people see. `action` begins it: "Cannot create VM vm-1". */
export function explainFailure(action: string, failure: ArmFailure): StargateError {
  const meaning = meaningOf(failure);
  const text = (part: string | ((of: ArmFailure) => string)): string =>
    typeof part === "string" ? part : part(failure);
  const said = failure.message.replaceAll(/\s+/g, " ").trim().slice(0, 400);
  const code = failure.code === "" ? `HTTP ${failure.status}` : failure.code;
  return new StargateError(meaning.reason, `${action}: ${text(meaning.state)} (${code}: ${said})`, {
    remedy: text(meaning.remedy),
    retriable: meaning.waits ?? false,
  });
}

function meaningOf(failure: ArmFailure): Meaning {
  const rule = rules.find(
    ([codes, , message]) =>
      codes.test(failure.code) && (message === undefined || message.test(failure.message)),
  );
  return rule?.[1] ?? meaningOfStatus(failure);
}

function meaningOfStatus({ status, code }: ArmFailure): Meaning {
  if (code === NO_ANSWER) {
    return {
      reason: "AzureUnreachable",
      state: "Azure does not answer",
      remedy: "Check the network and proxy settings (HTTPS_PROXY) of this host, and run the command again.",
    };
  }
  if (status === 404) {
    return { reason: "AzureNotFound", state: "it does not exist", remedy: "Run the command again." };
  }
  if (status === 412) {
    return {
      reason: "AzureChanged",
      state: "somebody changed it meanwhile",
      remedy: "Run the command again.",
    };
  }
  if (status === 429) return { ...busy("Azure asks for fewer requests"), reason: "AzureThrottled" };
  if (status !== undefined && status >= 500) {
    return { ...busy("Azure has a failure of its own"), reason: "AzureUnavailable" };
  }
  return {
    reason: "AzureRefused",
    state: "Azure refuses",
    remedy: "Correct what Azure says. What was made so far is kept: run the command again to go on.",
  };
}
