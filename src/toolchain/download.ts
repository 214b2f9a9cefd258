import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { EnvHttpProxyAgent, fetch } from "undici";
import { withTimeout } from "../lib/clock.ts";
import { StargateError } from "../lib/errors.ts";
import { isErrno } from "../lib/files.ts";
import type { Env } from "../lib/paths.ts";
import { retry } from "../lib/retry.ts";
import { findChecksum, type OfficialFile } from "./official-release.ts";

export interface Downloader {
  /** Fetches a published file, verified against its published checksum, to `folder`; resumes what was begun. */
  fetchVerified(file: OfficialFile, folder: string, onBytes: (done: number) => void): Promise<string>;
  /** The same for a file whose SHA-256 is known already. */
  fetchPinned(
    file: { url: string; sha256: string },
    folder: string,
    onBytes: (done: number) => void,
  ): Promise<string>;
  /** True when the host of this URL answers within `timeoutMs`. */
  isReachable(url: string, timeoutMs: number): Promise<boolean>;
}

export interface DownloaderOptions {
  env: Env;
  signal: AbortSignal;
  /** How long to keep trying while the network drops what was begun. */
  retryMs?: number;
}

/** A downloader that goes by http_proxy, https_proxy and no_proxy. */
export function createDownloader({ env, signal, retryMs = 60_000 }: DownloaderOptions): Downloader {
  const dispatcher = new EnvHttpProxyAgent({
    ...proxySetting("httpProxy", env["http_proxy"] ?? env["HTTP_PROXY"]),
    ...proxySetting("httpsProxy", env["https_proxy"] ?? env["HTTPS_PROXY"]),
    ...proxySetting("noProxy", env["no_proxy"] ?? env["NO_PROXY"]),
    allowH2: false,
    connectTimeout: 10_000,
    bodyTimeout: 60_000,
  });
  const get = async (url: string, headers: Record<string, string> = {}, stop = signal) => {
    const response = await fetch(url, { dispatcher, headers, signal: stop }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new StargateError("DownloadFailed", `Download ${url}: no answer`, {
        remedy: "Check this host's way to the internet, or set STARGATE_TOOLCHAIN=build.",
        retriable: true,
        cause,
      });
    });
    if (response.ok || response.status === 416) return response;
    await response.body?.cancel();
    throw new StargateError("DownloadFailed", `Download ${url}: status ${response.status}`, {
      remedy: "Set STARGATE_TOOLCHAIN=build to build from source instead.",
      retriable: response.status >= 500 || response.status === 429,
    });
  };
  const patiently = <T>(work: () => Promise<T>): Promise<T> => retry(work, { timeoutMs: retryMs, signal });

  /** Adds what is missing to a part file. */
  const fetchRest = async (url: string, part: string, onBytes: (done: number) => void): Promise<void> => {
    const begun = await sizeOf(part);
    const response = await get(url, begun > 0 ? { range: `bytes=${begun}-` } : {});
    if (response.status === 416) {
      await response.body?.cancel(); // there is nothing beyond what we have
      return;
    }
    const resumed = response.status === 206;
    let done = resumed ? begun : 0;
    try {
      await using file = await open(part, resumed ? "a" : "w");
      for await (const chunk of response.body ?? []) {
        // Each is in the file before the next is taken: a connection that breaks loses nothing that had come.
        await file.appendFile(chunk);
        done += chunk.length;
        onBytes(done);
      }
    } catch (cause) {
      signal.throwIfAborted();
      throw brokenOff(url, part, done, cause);
    }
  };

  const fetchPinned: Downloader["fetchPinned"] = async ({ url, sha256: expected }, folder, onBytes) => {
    await mkdir(folder, { recursive: true });
    const whole = join(folder, `${expected}-${basename(new URL(url).pathname)}`);
    if ((await sizeOf(whole)) > 0) return whole;
    const part = `${whole}.part`; // named by its sum: a part of another release is never continued
    await patiently(() => fetchRest(url, part, onBytes));
    const actual = await sha256Of(part);
    if (actual !== expected) {
      await rm(part, { force: true });
      throw new StargateError(
        "ChecksumMismatch",
        `Download ${url}: SHA-256 is ${actual}, published is ${expected}`,
        {
          remedy:
            "Run the command again; if it stays so, do not trust that source and set STARGATE_TOOLCHAIN=build.",
        },
      );
    }
    await rename(part, whole);
    return whole;
  };

  return {
    fetchPinned,
    async fetchVerified({ url, checksums }, folder, onBytes) {
      const name = basename(new URL(url).pathname);
      const sums = await patiently(async () => (await get(checksums)).text());
      const sha256 = findChecksum(sums, name);
      if (sha256 === undefined) {
        throw new StargateError(
          "ChecksumMissing",
          `Download ${url}: ${checksums} holds no SHA-256 for ${name}`,
        );
      }
      return fetchPinned({ url, sha256 }, folder, onBytes);
    },
    async isReachable(url, timeoutMs) {
      try {
        const response = await fetch(url, {
          method: "HEAD",
          dispatcher,
          signal: withTimeout(timeoutMs, signal),
        });
        await response.body?.cancel();
        return response.status < 500;
      } catch {
        signal.throwIfAborted();
        return false;
      }
    },
  };
}

function brokenOff(url: string, part: string, done: number, cause: unknown): StargateError {
  const remedy = "Run the command again: it continues where this one stopped.";
  return isErrno(cause, "ENOSPC") || isErrno(cause, "EDQUOT")
    ? new StargateError("NoDiskSpace", `Download ${url}: no space left for ${part} after ${done} bytes`, {
        remedy: `Free space there. ${remedy}`,
        cause,
      })
    : new StargateError("DownloadFailed", `Download ${url}: the connection broke after ${done} bytes`, {
        remedy,
        retriable: true,
        cause,
      });
}

function proxySetting<K extends string>(name: K, value: string | undefined): Partial<Record<K, string>> {
  // An empty string means "none" to undici, whatever the surrounding environment says.
  const setting: Partial<Record<string, string>> = { [name]: value ?? "" };
  return setting;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isErrno(error, "ENOENT")) return 0;
    throw error;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  if ((await sizeOf(path)) > 0) await pipeline(createReadStream(path), hash);
  else hash.end();
  return hash.digest("hex");
}
