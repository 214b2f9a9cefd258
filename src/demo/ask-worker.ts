import { request } from "node:http";
import { z } from "zod";
import { StargateError } from "../lib/errors.ts";
import type { Dialer } from "../remote/dialer.ts";

/** The port demo-web.yaml opens on every worker. */
const NODE_PORT = 30080;
const SERVICE = "demo-web.stargate-demo.svc.cluster.local";

const DialAnswer = z.object({
  responses: z.array(z.string()).default([]),
  errors: z.array(z.string()).default([]),
});

/**
 * Asks the demo pod of a worker for its name, through the tailnet and the router.
 * @throws StargateError PodUnreachable (retriable)
 */
export async function askPodName(dialer: Dialer, ipv4: string, signal?: AbortSignal): Promise<string> {
  return get(dialer, ipv4, "/hostname", signal);
}

/**
 * Has the demo pod of a worker ask the Service by its name, `tries` times, and returns the names of the pods that
 * answered: proof that names resolve there and that pods of other workers are reached.
 * @throws StargateError PodUnreachable (retriable)
 */
export async function askServiceFromPod(
  dialer: Dialer,
  ipv4: string,
  tries: number,
  signal?: AbortSignal,
): Promise<string[]> {
  const query = new URLSearchParams({
    host: SERVICE,
    port: "80",
    protocol: "http",
    request: "hostname",
    tries: String(tries),
  });
  const text = await get(dialer, ipv4, `/dial?${query.toString()}`, signal);
  const answer = DialAnswer.parse(JSON.parse(text));
  if (answer.errors.length > 0) throw unreachable(ipv4, answer.errors[0] ?? "");
  return [...new Set(answer.responses)].sort();
}

async function get(dialer: Dialer, ipv4: string, path: string, signal?: AbortSignal): Promise<string> {
  const socket = await dialer.dial({ host: ipv4, port: NODE_PORT }, { timeoutMs: 5_000, signal });
  try {
    return await new Promise<string>((resolve, reject) => {
      const ask = request(
        {
          host: ipv4,
          port: NODE_PORT,
          path,
          timeout: 15_000,
          createConnection: () => socket,
          ...(signal === undefined ? {} : { signal }),
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8");
          response.on("data", (part: string) => (text += part));
          response.on("error", reject);
          response.on("end", () => {
            if (response.statusCode === 200) resolve(text);
            else reject(unreachable(ipv4, `HTTP ${response.statusCode}`));
          });
        },
      );
      ask.on("timeout", () => ask.destroy(unreachable(ipv4, "no answer")));
      ask.on("error", (error) =>
        reject(error instanceof StargateError ? error : unreachable(ipv4, error.message)),
      );
      ask.end();
    });
  } finally {
    socket.destroy();
  }
}

function unreachable(ipv4: string, state: string): StargateError {
  return new StargateError("PodUnreachable", `Cannot ask the demo pod at ${ipv4}:${NODE_PORT}: ${state}`, {
    retriable: true,
    remedy: "Look at the pods with: kubectl get pods -A -o wide",
  });
}
