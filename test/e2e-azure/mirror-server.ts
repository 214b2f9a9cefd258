import { once } from "node:events";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";

export interface MirrorServer extends AsyncDisposable {
  port: number;
  url: string;
}

/** Serves a folder on loopback, as any web server would. */
export async function serveMirror(folder: string): Promise<MirrorServer> {
  const server = createServer((request, response) => {
    const path = join(
      folder,
      normalize(decodeURIComponent(new URL(request.url ?? "/", "http://m").pathname)),
    );
    const send = async (): Promise<void> => {
      const { size } = await stat(path);
      response.writeHead(200, { "content-length": size });
      await pipeline(createReadStream(path), response);
    };
    send().catch(() => {
      if (!response.headersSent) response.writeHead(404);
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the mirror does not listen");
  const { port } = address;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
