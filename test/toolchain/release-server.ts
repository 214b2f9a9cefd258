import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { TestContext } from "node:test";

/** What the server does with the next request for a path; after that it serves the file as it should. */
export type Misbehaviour = "404" | "503" | "half";

/** A server of release files on loopback, with their checksums at <path>.sha256, that can misbehave. */
export interface ReleaseServer {
  url: (path: string) => string;
  /** "GET path range" of each request, in order. */
  requests: string[];
  /** Answers to come for a path, first one next. */
  misbehave: (path: string, ...how: Misbehaviour[]) => void;
  /** Breaks the connections that got half. */
  cut: () => void;
  /** Publishes another checksum than the file has. */
  forge: (path: string) => void;
}

export async function startReleaseServer(
  t: TestContext,
  files: Record<string, Buffer>,
): Promise<ReleaseServer> {
  const requests: string[] = [];
  const plans = new Map<string, Misbehaviour[]>();
  const forged = new Set<string>();
  const halves: ServerResponse[] = [];

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const path = (request.url ?? "/").slice(1);
    const range = request.headers.range;
    requests.push([request.method, path, range].filter((part) => part !== undefined).join(" "));
    const how = plans.get(path)?.shift();
    const summed = path.endsWith(".sha256") ? path.slice(0, -".sha256".length) : undefined;
    const content = summed === undefined ? files[path] : checksumFile(summed);
    if (how === "404" || how === "503" || content === undefined) {
      response.writeHead(how === "503" ? 503 : 404).end();
      return;
    }
    const from = range === undefined ? 0 : Number(/bytes=(\d+)-/.exec(range)?.[1] ?? 0);
    if (from > 0 && from >= content.length) {
      response.writeHead(416).end();
      return;
    }
    response.writeHead(from > 0 ? 206 : 200, { "content-length": content.length - from });
    if (how === "half") {
      halves.push(response);
      response.write(content.subarray(from, from + Math.floor((content.length - from) / 2)));
    } else {
      response.end(content.subarray(from));
    }
  };
  const checksumFile = (path: string): Buffer | undefined => {
    const content = files[path];
    if (content === undefined) return undefined;
    const sum = forged.has(path) ? "0".repeat(64) : createHash("sha256").update(content).digest("hex");
    return Buffer.from(`${sum}  ${path}\n`);
  };

  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: (path) => `http://127.0.0.1:${address.port}/${path}`,
    requests,
    misbehave: (path, ...how) => void plans.set(path, how),
    cut: () => halves.splice(0).forEach((response) => response.destroy()),
    forge: (path) => void forged.add(path),
  };
}
