import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

interface Certificate {
  key: string;
  certificate: string;
}

let made: Promise<Certificate> | undefined;

/** A certificate for 127.0.0.1 that vouches for itself: clients take it as their CA. One for a process is enough. */
export async function getCertificate(): Promise<Certificate> {
  made ??= makeCertificate();
  return await made;
}

async function makeCertificate(): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), "fake-arm-"));
  const keyFile = join(folder, "key.pem");
  const certificateFile = join(folder, "certificate.pem");
  try {
    await execa("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "30",
      ],
      ...["-subj", "/CN=fake ARM", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", keyFile, "-out", certificateFile],
    ]);
    return { key: await readFile(keyFile, "utf8"), certificate: await readFile(certificateFile, "utf8") };
  } finally {
    await rm(folder, { recursive: true });
  }
}
