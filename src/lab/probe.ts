import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { StargateError } from "../lib/errors.ts";

export interface TlsFiles {
  ca: string;
  cert?: string;
  key?: string;
}

/** Ready when https://127.0.0.1:port/path answers 200. Without a CA file the certificate is the part's own. */
export function httpsReady(
  port: number,
  path: string,
  files?: TlsFiles,
): (signal: AbortSignal) => Promise<void> {
  return async (signal) => {
    const read = async (file: string | undefined) => (file === undefined ? undefined : readFile(file));
    const [ca, cert, key] = await Promise.all([read(files?.ca), read(files?.cert), read(files?.key)]);
    await new Promise<void>((resolve, reject) => {
      const ask = request(
        {
          host: "127.0.0.1",
          port,
          path,
          signal,
          timeout: 3_000,
          agent: false,
          // A health port on loopback that has made its own certificate a moment ago: there is nothing to compare with.
          rejectUnauthorized: ca !== undefined,
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined || key === undefined ? {} : { cert, key }),
        },
        (response) => {
          response.resume();
          if (response.statusCode === 200) resolve();
          else reject(notReady(port, path, `HTTP ${response.statusCode ?? 0}`));
        },
      );
      ask.on("timeout", () => ask.destroy(notReady(port, path, "no answer")));
      ask.on("error", reject);
      ask.end();
    });
  };
}

function notReady(port: number, path: string, state: string): StargateError {
  return new StargateError("NotReady", `https://127.0.0.1:${port}${path}: ${state}`, { retriable: true });
}
