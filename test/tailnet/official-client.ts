import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { exec } from "../../src/lib/exec.ts";
import { findGo } from "../../src/toolchain/go.ts";
import { API_KEY, CLIENT, type FakeTailscaleApi } from "./fake-tailscale-api.ts";

const Results = z.array(
  z.strictObject({
    value: z.unknown(),
    error: z
      .strictObject({
        message: z.string(),
        status: z.number().optional(),
        code: z.string().optional(),
        data: z.unknown().optional(),
      })
      .optional(),
    unknown: z.string().optional(),
  }),
);
export type Result = z.infer<typeof Results>[number];

/** A call as go-client/main.go takes it. */
export type Call = { name: string } & Record<string, unknown>;

/** Makes calls with Tailscale's official Go client, built from go-client/. */
export interface OfficialClient {
  /** Makes these calls one after the other with one client. */
  call(api: FakeTailscaleApi, credential: object, ...calls: Call[]): Promise<Result[]>;
  remove(): Promise<void>;
}

export const BY_API_KEY = { apiKey: API_KEY };
export const BY_OAUTH = CLIENT;

export async function buildOfficialClient(signal: AbortSignal): Promise<OfficialClient> {
  const go = await findGo(process.env, signal);
  const dir = await mkdtemp(join(tmpdir(), "sg-go-client-"));
  const program = join(dir, "client");
  await exec([go.command, "build", "-trimpath", "-o", program, "."], {
    cwd: fileURLToPath(new URL("go-client", import.meta.url)),
    env: { ...go.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly" },
    signal,
  });
  return {
    async call(api, credential, ...calls) {
      const stdin = JSON.stringify({ origin: api.origin, ...credential, calls });
      const { stdout } = await exec([program], { stdin, signal, timeoutMs: 60_000 });
      return Results.parse(JSON.parse(stdout));
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
