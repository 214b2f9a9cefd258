const UNITS = { h: 3_600_000, m: 60_000, s: 1_000 } as const;

/** Hours, minutes and seconds as people write them in Kubernetes: "90s", "30m", "1h30m". */
export const durationPattern = /^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/;

/** Milliseconds of a duration like "1h30m". Text that is none counts as nothing. */
export function parseDurationMs(text: string): number {
  if (!durationPattern.test(text)) return 0;
  let ms = 0;
  for (const [, count = "", unit] of text.matchAll(/([0-9]+)([hms])/g)) {
    if (unit === "h" || unit === "m" || unit === "s") ms += Number(count) * UNITS[unit];
  }
  return ms;
}

/** A duration for people: "30 minutes", "90 seconds". */
export function describeDuration(ms: number): string {
  const [count, unit] = ms >= 120_000 ? [ms / UNITS.m, "minute"] : [ms / UNITS.s, "second"];
  const rounded = Math.round(count);
  return `${rounded} ${unit}${rounded === 1 ? "" : "s"}`;
}
