import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { ScriptResult } from "../fake-arm/compute/vm-backend.ts";

interface Waiting {
  resolve: (result: ScriptResult) => void;
  reject: (error: Error) => void;
}

/** This host's end of a guest's agent: the virtio port that agent.sh listens to. A request waits until the guest is up. */
export class GuestAgent {
  readonly #socket: Socket;
  readonly #waiting = new Map<string, Waiting>();
  #next = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on("line", (line) => this.#take(line));
    socket.on("error", () => undefined).on("close", () => this.#end());
  }

  static async connect(path: string): Promise<GuestAgent> {
    const socket = connect({ path });
    await once(socket, "connect");
    return new GuestAgent(socket);
  }

  /** @throws Error where the guest goes away, or the signal comes first */
  run(script: string, signal?: AbortSignal): Promise<ScriptResult> {
    if (this.#socket.destroyed) return Promise.reject(new Error("the guest does not run"));
    const id = String(++this.#next);
    const { promise, resolve, reject } = Promise.withResolvers<ScriptResult>();
    this.#waiting.set(id, { resolve, reject });
    signal?.addEventListener("abort", () => reject(new Error("the guest's agent does not answer")));
    this.#socket.write(`${id} ${Buffer.from(script).toString("base64")}\n`);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(line: string): void {
    const [id = "", exitCode, stdout = "", stderr = ""] = line.split(" ");
    const waiting = this.#waiting.get(id);
    if (waiting === undefined || exitCode === undefined) return;
    this.#waiting.delete(id);
    const decode = (text: string): string => Buffer.from(text.slice(1), "base64").toString("utf8");
    waiting.resolve({ exitCode: Number(exitCode), stdout: decode(stdout), stderr: decode(stderr) });
  }

  #end(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error("the guest went away"));
    this.#waiting.clear();
  }
}
