export function decideVersion(
  wanted: string,
  mx: string,
): { kind: "install"; version: string } | { kind: "refuse"; message: string } {
  const a = Number(wanted.split(".")[1]),
    b = Number(mx.split(".")[1]);
  return a > b || b - a > 3 ? { kind: "refuse", message: "skew" } : { kind: "install", version: wanted };
}
