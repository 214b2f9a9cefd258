import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../../src/lib/exec.ts";

export const MX_TAILNET_ADDRESS = "100.64.0.7";

/**
 * What an MX VM would be, but for the VM: a certificate authority, an API server that asks for client certificates and
 * tells its version, and a SOCKS5 proxy that stands for the way into the tailnet.
 */
export class FakeMx implements AsyncDisposable {
  readonly pki: string;
  readonly proxyUrl: string;
  /** Subjects of the client certificates that came, in order. */
  readonly clients: string[];
  readonly #servers: readonly (Server | HttpsServer)[];

  private constructor(pki: string, proxyPort: number, clients: string[], servers: (Server | HttpsServer)[]) {
    this.pki = pki;
    this.proxyUrl = `socks5://127.0.0.1:${proxyPort}`;
    this.clients = clients;
    this.#servers = servers;
  }

  static async start(): Promise<FakeMx> {
    const pki = await makePki();
    const clients: string[] = [];
    const api = createHttpsServer(
      {
        cert: await readFile(join(pki, "server.crt")),
        key: await readFile(join(pki, "server.key")),
        ca: await readFile(join(pki, "ca.crt")),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (request, response) => {
        const socket = request.socket;
        const subject = "getPeerCertificate" in socket ? JSON.stringify(readSubject(socket)) : "";
        clients.push(subject);
        response.writeHead(request.url === "/version" ? 200 : 404, { "content-type": "application/json" });
        response.end(JSON.stringify({ gitVersion: "v1.37.2" }));
      },
    );
    const apiPort = await listen(api);
    const proxy = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(Buffer.from([5, 0]));
        socket.once("data", (wish) => {
          // Version, command, reserved, IPv4, address, port.
          const address = wish.subarray(4, 8).join(".");
          if (wish[3] !== 1 || address !== MX_TAILNET_ADDRESS || wish.readUInt16BE(8) !== 6443) {
            socket.destroy();
            return;
          }
          const upstream = connect(apiPort, "127.0.0.1");
          upstream.on("error", () => socket.destroy());
          socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]));
          socket.pipe(upstream).pipe(socket);
        });
      });
    });
    return new FakeMx(pki, await listen(proxy), clients, [api, proxy]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      if ("closeAllConnections" in server) server.closeAllConnections();
      server.close();
    }
    await rm(this.pki, { recursive: true, force: true });
  }
}

function readSubject(socket: object): unknown {
  const read: unknown = Reflect.get(socket, "getPeerCertificate");
  if (typeof read !== "function") return undefined;
  const certificate: unknown = Reflect.apply(read, socket, []);
  return typeof certificate === "object" && certificate !== null && "subject" in certificate
    ? certificate.subject
    : undefined;
}

async function listen(server: Server | HttpsServer): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === "string") throw new Error("the fake does not listen");
  return address.port;
}

async function makePki(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "stargate-mx-pki-"));
  const openssl = (...args: string[]) => exec(["openssl", ...args], { cwd: dir });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];
  await openssl(
    "req",
    "-x509",
    ...key,
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=kubernetes",
    "-days",
    "2",
  );
  await openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=kube-apiserver");
  await writeFile(join(dir, "extensions"), `subjectAltName=IP:${MX_TAILNET_ADDRESS}\n`);
  await openssl(
    ...["x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "1"],
    ...["-days", "2", "-extfile", "extensions", "-out", "server.crt"],
  );
  return dir;
}
