import { z } from "zod";

/** The parts of a CertificateSigningRequest we go by. */
export const CertificateSigningRequest = z.object({
  metadata: z.object({ name: z.string(), creationTimestamp: z.string() }),
  spec: z.object({
    request: z.string(),
    signerName: z.string(),
    username: z.string().default(""),
  }),
});
export type CertificateSigningRequest = z.infer<typeof CertificateSigningRequest>;

export const KUBELET_CLIENT_SIGNER = "kubernetes.io/kube-apiserver-client-kubelet";

/** OBJECT IDENTIFIER 2.5.4.3, commonName, as it stands before its value in a certificate request. */
const COMMON_NAME = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]);
const UTF8_STRING = 0x0c;
const PRINTABLE_STRING = 0x13;

/** True where this is the request of a kubelet that joined as `nodeName` with the token of `username`. */
export function isJoinOf(
  request: CertificateSigningRequest,
  { username, nodeName }: { username: string; nodeName: string },
): boolean {
  return (
    request.spec.signerName === KUBELET_CLIENT_SIGNER &&
    request.spec.username === username &&
    commonNameOf(request.spec.request) === `system:node:${nodeName}`
  );
}

/** Common name of the subject in a PEM certificate request, base64 once more as the API server holds it. */
export function commonNameOf(request: string): string | undefined {
  const pem = Buffer.from(request, "base64").toString("latin1");
  const body = /-----BEGIN CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[1];
  if (body === undefined) return undefined;
  const der = Buffer.from(body, "base64");
  const at = der.indexOf(COMMON_NAME);
  if (at < 0) return undefined;
  const [tag, length = 0] = der.subarray(at + COMMON_NAME.length);
  if ((tag !== UTF8_STRING && tag !== PRINTABLE_STRING) || length >= 0x80) return undefined; // names are short
  const value = at + COMMON_NAME.length + 2;
  return der.subarray(value, value + length).toString("utf8");
}
