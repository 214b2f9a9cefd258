/**
 * Where what is there falls short of what is wanted, as paths: "securityRules.allow-direct.access". Only what is wanted
 * is compared: Azure adds much of its own, and others may add theirs. Lists of objects are matched by name (or id),
 * lists of plain values must hold every wanted one.
 */
export function findDifferences(wanted: unknown, actual: unknown, path = ""): string[] {
  if (wanted === undefined) return [];
  if (Array.isArray(wanted)) return inList(wanted, actual, path);
  if (isRecord(wanted)) {
    const entries = Object.entries(wanted).filter(([, value]) => value !== undefined);
    if (!isRecord(actual)) return entries.length === 0 ? [] : [path === "" ? "everything" : path];
    return entries.flatMap(([key, value]) =>
      findDifferences(value, actual[key], path === "" ? key : `${path}.${key}`),
    );
  }
  return isEqual(wanted, actual, path) ? [] : [path];
}

function inList(wanted: readonly unknown[], actual: unknown, path: string): string[] {
  const have: readonly unknown[] = Array.isArray(actual) ? actual : [];
  return wanted.flatMap((item) => {
    if (!isRecord(item)) return have.some((one) => isEqual(item, one, path)) ? [] : [path];
    const label = labelOf(item);
    const match = have.find((one) => isRecord(one) && labelOf(one).toLowerCase() === label.toLowerCase());
    return findDifferences(item, match, `${path}.${label.split("/").at(-1)}`);
  });
}

function labelOf(item: Record<string, unknown>): string {
  const label = item["name"] ?? item["id"];
  return typeof label === "string" ? label : "";
}

/** Ids and locations come back in other cases, and locations with spaces ("Canada Central"). */
function isEqual(wanted: unknown, actual: unknown, path: string): boolean {
  if (typeof wanted !== "string" || typeof actual !== "string") return wanted === actual;
  if (/(^|\.)(id|vmSize)$/.test(path)) return wanted.toLowerCase() === actual.toLowerCase();
  if (/(^|\.)location$/.test(path)) return plainLocation(wanted) === plainLocation(actual);
  return wanted === actual;
}

/** A location as it is written in requests: "Canada Central" is canadacentral. */
export function plainLocation(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
