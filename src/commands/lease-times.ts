import { InvalidArgumentError, type Command } from "commander";
import { LEASE_TIMES, type LeaseTimes } from "../controller-runtime/leader-election.ts";
import { durationPattern, parseDurationMs } from "../lib/duration.ts";
import { UsageError } from "../lib/errors.ts";

export interface LeaseTimeFlags {
  leaderElectLeaseDuration: string;
  leaderElectRenewDeadline: string;
  leaderElectRetryPeriod: string;
}

/** Called as in Kubernetes' own components, and with the same defaults. */
export function addLeaseTimeFlags(command: Command): Command {
  return command
    .option(
      "--leader-elect-lease-duration <duration>",
      "another controller takes over when the leader has said nothing for so long",
      leaseTime,
      seconds(LEASE_TIMES.durationMs),
    )
    .option(
      "--leader-elect-renew-deadline <duration>",
      "a leader that cannot renew its Lease for so long stops",
      leaseTime,
      seconds(LEASE_TIMES.renewDeadlineMs),
    )
    .option(
      "--leader-elect-retry-period <duration>",
      "how often the Lease is renewed, or asked for",
      leaseTime,
      seconds(LEASE_TIMES.retryMs),
    );
}

/** @throws UsageError where a leader would stop later than another one begins */
export function leaseTimesOf(flags: LeaseTimeFlags): LeaseTimes {
  const durationMs = parseDurationMs(flags.leaderElectLeaseDuration);
  const renewDeadlineMs = parseDurationMs(flags.leaderElectRenewDeadline);
  const retryMs = parseDurationMs(flags.leaderElectRetryPeriod);
  if (durationMs > renewDeadlineMs && renewDeadlineMs > retryMs)
    return { durationMs, renewDeadlineMs, retryMs };
  throw new UsageError(
    "--leader-elect-lease-duration has to be longer than --leader-elect-renew-deadline, and that longer than --leader-elect-retry-period",
  );
}

function seconds(ms: number): string {
  return `${ms / 1000}s`;
}

/** A Lease counts in whole seconds. */
function leaseTime(text: string): string {
  if (durationPattern.test(text) && parseDurationMs(text) > 0) return text;
  throw new InvalidArgumentError("It must be minutes and seconds, for instance 15s.");
}
