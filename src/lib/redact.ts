const secrets = new Set<string>();

/** Shapes of secrets that this field uses, masked even where nobody registered the value. */
const patterns: RegExp[] = [
  /\btskey-[a-z]+-[A-Za-z0-9_-]+/g,
  /\bhskey-[a-z]+-[A-Za-z0-9_-]+/g,
  /\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, // kubeadm bootstrap token
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /\b(authorization:?\s+(?:bearer|basic))\s+\S+/gi,
];

export const MASK = "[redacted]";

/** Registers a value that must never be shown. Values under six characters are too common to mask. */
export function addSecret(value: string): void {
  const trimmed = value.trim();
  if (trimmed.length >= 6) secrets.add(trimmed);
}

/** The text with every registered secret, and everything shaped like one, masked. */
export function redact(text: string): string {
  let masked = text;
  for (const secret of secrets) masked = masked.replaceAll(secret, MASK);
  for (const pattern of patterns) masked = masked.replace(pattern, MASK);
  return masked;
}
