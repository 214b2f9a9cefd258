import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { Agent, request, type Dispatcher } from "undici";
import { withoutHttp2 } from "./http1.ts";

const folder = mkdtempSync(join(tmpdir(), "stargate-http1-"));
const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
    ...["-keyout", key, "-out", certificate, "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"],
  ],
  { stdio: "ignore" },
);
const ca = readFileSync(certificate, "utf8");

void it("speaks HTTP/1.1 with a server that would rather speak HTTP/2", async () => {
  const server = createSecureServer(
    { allowHTTP1: true, key: readFileSync(key), cert: ca },
    (asked, answer) => void answer.end(asked.httpVersion),
  );
  rmSync(folder, { recursive: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agents = [new Agent({ connect: { ca } }), new Agent({ connect: { ca } })] as const;
  const versionBy = async (dispatcher: Dispatcher): Promise<string> => {
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    const { body } = await request(`https://127.0.0.1:${address.port}`, { dispatcher });
    return body.text();
  };
  try {
    assert.equal(await versionBy(agents[0]), "2.0");
    assert.equal(await versionBy(withoutHttp2(agents[1])), "1.1");
  } finally {
    await Promise.all(agents.map((agent) => agent.close()));
    server.close();
  }
});
