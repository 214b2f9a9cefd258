import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { InMemoryBackend } from "./compute/in-memory-backend.ts";
import type { VmBackend, VmView } from "./compute/vm-backend.ts";
import type { Answer } from "./core/answer.ts";
import type { Arm } from "./core/arm.ts";
import { ArmError } from "./core/arm-error.ts";
import { SteppedClock, type ArmClock } from "./core/clock.ts";
import { Operations } from "./core/operations.ts";
import { Random } from "./core/random.ts";
import { Store } from "./core/store.ts";
import { Access } from "./edge/access.ts";
import { answerCall, type Edge } from "./edge/answer-call.ts";
import { getCertificate } from "./edge/certificate.ts";
import { Faults } from "./edge/faults.ts";
import { Throttle } from "./edge/throttle.ts";
import { VmThrottle } from "./edge/vm-throttle.ts";
import { Tokens } from "./edge/tokens.ts";
import { defaultSettings, type Settings } from "./settings.ts";

export interface FakeArmOptions {
  settings?: Partial<Settings>;
  /** Default: time that passes with requests only. */
  clock?: ArmClock;
  seed?: number;
  /** What runs behind each VM. Default: nothing but memory. */
  onVm?: (vm: VmView) => VmBackend;
}

/** A call that was answered, as it can be looked up afterwards. */
export interface AnsweredCall {
  method: string;
  path: string;
  /** "reset" where the connection was broken instead. */
  status: number | "reset";
  code: string | undefined;
}

/**
 * A stand-in of ours for Azure Resource Manager and the token endpoint: in memory, over TLS on a free loopback port.
 * README.md says what it holds callers to, and what it does not know.
 */
export class FakeArm {
  readonly settings: Settings;
  readonly faults = new Faults();
  readonly access: Access;
  readonly tokens: Tokens;
  readonly calls: AnsweredCall[] = [];
  readonly arm: Arm;
  /** In PEM: what clients have to trust. */
  readonly certificate: string;
  readonly #edge: Edge;
  readonly #server: Server;

  private constructor(server: Server, port: number, certificate: string, options: FakeArmOptions) {
    this.#server = server;
    this.certificate = certificate;
    this.settings = structuredClone({ ...defaultSettings, ...options.settings });
    const clock = options.clock ?? new SteppedClock();
    const random = new Random(options.seed ?? 1);
    this.arm = {
      settings: this.settings,
      endpoint: `https://127.0.0.1:${port}`,
      clock,
      random,
      store: new Store(),
      operations: new Operations(clock, random),
      guests: new Map(),
      onVm: options.onVm ?? ((vm) => new InMemoryBackend(vm, { clock })),
      reservedInterfaces: new Map(),
      kept: new Map(),
      released: new Map(),
      plannedFailure: undefined,
      logs: new Map(),
    };
    this.access = new Access(this.settings);
    this.tokens = new Tokens(this.settings);
    this.#edge = {
      arm: this.arm,
      tokens: this.tokens,
      access: this.access,
      throttle: new Throttle(this.arm),
      vmThrottle: new VmThrottle(this.arm),
    };
  }

  static async start(options: FakeArmOptions = {}): Promise<FakeArm> {
    const { key, certificate } = await getCertificate();
    const server = createServer({ key, cert: certificate });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the fake does not listen");
    const fake = new FakeArm(server, address.port, certificate, options);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      fake
        .#serve(request, response)
        .catch((error: unknown) => response.destroy(new Error("fake", { cause: error })));
    });
    return fake;
  }

  /** Of ARM, and of the token endpoint. */
  get endpoint(): string {
    return this.arm.endpoint;
  }

  /** Nothing answers any more, and the guests are gone with it. */
  async stop(): Promise<void> {
    await Promise.allSettled([...this.arm.guests.values()].map(({ backend }) => backend.remove()));
    this.arm.guests.clear();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const method = request.method ?? "GET";
    const url = new URL(request.url ?? "/", this.endpoint);
    const fault = this.faults.next(method, url.pathname);
    if (fault?.kind === "delay") await sleep(fault.ms);
    if (fault?.kind === "reset" && fault.when === "before") {
      this.#breakOff(method, url, response);
      return;
    }
    const answer = await answerCall(this.#edge, { method, url, headers: request.headers, text: body }, fault);
    if (fault?.kind === "reset") this.#breakOff(method, url, response);
    else this.#send(method, url, response, answer);
  }

  #breakOff(method: string, url: URL, response: ServerResponse): void {
    this.calls.push({ method, path: url.pathname, status: "reset", code: undefined });
    response.socket?.resetAndDestroy();
  }

  #send(
    method: string,
    url: URL,
    response: ServerResponse,
    { status, headers = {}, body, text: plain }: Answer,
  ): void {
    this.calls.push({ method, path: url.pathname, status, code: headers["x-ms-error-code"] });
    const content = plain ?? (body === undefined ? undefined : JSON.stringify(body));
    response.writeHead(status, {
      ...headers,
      ...(content === undefined
        ? { "content-length": "0" }
        : { "content-type": plain === undefined ? "application/json; charset=utf-8" : "text/plain" }),
    });
    response.end(method === "HEAD" ? undefined : content);
  }
}

export { ArmError };
