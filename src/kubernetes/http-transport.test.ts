import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { Agent } from "undici";
import { createTransport, type Transport } from "./http-transport.ts";
import { loadCredentials } from "./kubeconfig.ts";

const folder = mkdtempSync(join(tmpdir(), "stargate-transport-"));
const [keyFile, certificateFile] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
execFileSync(
  "openssl",
  [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"],
    ...["-keyout", keyFile, "-out", certificateFile, "-subj", "/CN=test"],
    ...["-addext", "subjectAltName=IP:127.0.0.1"],
  ],
  { stdio: "ignore" },
);
const [key, cert] = [readFileSync(keyFile, "utf8"), readFileSync(certificateFile, "utf8")];
rmSync(folder, { recursive: true });

/** Takes connections and says nothing, so that a TLS handshake goes on for as long as the client waits. */
let silent: Server;
let server: string;
const taken: Socket[] = [];

beforeEach(async () => {
  // undici's time for a handshake, ten seconds, never passes: what ends, ends because of the signal.
  mock.timers.enable({ apis: ["setTimeout"] });
  silent = createServer((socket) => void taken.push(socket.on("error", () => undefined)));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  assert.ok(typeof address === "object" && address !== null);
  server = `https://127.0.0.1:${address.port}`;
});
afterEach(() => {
  mock.timers.reset();
  for (const socket of taken.splice(0)) socket.destroy();
  silent.close();
});

async function transportOfKubeconfig(): Promise<Transport> {
  const kubeconfig = {
    "current-context": "a",
    clusters: [
      { name: "a", cluster: { server, "certificate-authority-data": Buffer.from(cert).toString("base64") } },
    ],
    users: [{ name: "a", user: { token: "t" } }],
    contexts: [{ name: "a", context: { cluster: "a", user: "a" } }],
  };
  return createTransport(await loadCredentials({ kubeconfig: JSON.stringify(kubeconfig) }));
}

/** Begins a request and waits until the server has taken its connection. */
async function begin(transport: Transport, signal: AbortSignal): Promise<{ answer: Promise<unknown> }> {
  const connected = once(silent, "connection");
  const answer = transport.fetch({ action: "Cannot ask", method: "GET", path: "/version", signal });
  answer.catch(() => undefined); // looked at later
  await connected;
  return { answer };
}

void describe("a request that is aborted while its connection is being made", () => {
  void it("ends at once, and so does the connection", { timeout: 20_000 }, async () => {
    const stop = new AbortController();
    const { answer } = await begin(await transportOfKubeconfig(), stop.signal);
    const closed = once(taken[0] ?? silent, "close");
    taken[0]?.resume();

    stop.abort();

    await assert.rejects(answer, { name: "AbortError" });
    await closed;
  });

  void it("leaves the connection of another request alone", { timeout: 20_000 }, async () => {
    const [stop, other] = [new AbortController(), new AbortController()];
    const transport = await transportOfKubeconfig();
    const { answer } = await begin(transport, stop.signal);
    const { answer: otherAnswer } = await begin(transport, other.signal);

    stop.abort();
    await assert.rejects(answer, { name: "AbortError" });

    const talking = createHttpsServer({ key, cert }, (_asked, said) => void said.end('{"it":"answers"}'));
    talking.emit("connection", taken[1]);
    assert.deepEqual(await otherAnswer, { it: "answers" });
    assert.equal(taken.length, 2);
  });

  void it("ends at once where only the connection cannot be ended", { timeout: 20_000 }, async () => {
    const dispatcher = new Agent({ connect: { ca: cert } });
    const authenticate = async () => ({ headers: {}, dispatcher });
    const stop = new AbortController();
    const { answer } = await begin(createTransport({ server, caPem: cert, authenticate }), stop.signal);

    stop.abort();

    await assert.rejects(answer, { name: "AbortError" });
    await dispatcher.destroy();
  });

  void it("rejects with the reason of its signal", { timeout: 20_000 }, async () => {
    const stop = new AbortController();
    const { answer } = await begin(await transportOfKubeconfig(), stop.signal);

    stop.abort(new Error("the lease is lost"));

    await assert.rejects(answer, { message: "the lease is lost" });
  });
});
