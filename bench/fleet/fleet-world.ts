import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { ControllerProcess } from "../../test/chaos/controller-process.ts";
import { listen } from "../../test/chaos/router.ts";
import { Site } from "../../test/chaos/site.ts";
import { answerSocks, readSocksRequest } from "../../test/chaos/socks.ts";
import { FleetCluster, NAMESPACE, serverAt } from "./cluster.ts";
import { SimulatedHosts } from "./simulated-hosts.ts";

/** A real control plane, simulated hosts behind a SOCKS5 proxy, and the real controller as a program of its own. */
export class FleetWorld implements AsyncDisposable {
  readonly cluster: FleetCluster;
  readonly hosts: SimulatedHosts;
  stepMs = 0;
  /** Open SSH connections, and the most there ever were. */
  sessions = 0;
  mostSessions = 0;
  /** Called with the name of each host that is dialled. */
  onDial: (name: string) => void = () => undefined;
  readonly #site: Site;
  readonly #disposables = new AsyncDisposableStack();
  #socksPort = 0;

  private constructor(site: Site) {
    this.#site = site;
    this.cluster = new FleetCluster(site);
    this.hosts = new SimulatedHosts({
      stepMs: () => this.stepMs,
      join: (name, token) => this.cluster.join(name, token),
    });
  }

  static async start(): Promise<FleetWorld> {
    const site = await Site.start();
    const world = new FleetWorld(site);
    world.#disposables.use(site);
    const { port, close } = await listen("any port", async (socket) => {
      const name = serverAt(await readSocksRequest(socket));
      world.onDial(name);
      world.sessions++;
      world.mostSessions = Math.max(world.mostSessions, world.sessions);
      socket.once("close", () => world.sessions--);
      answerSocks(socket, "reached");
      world.hosts.accept(socket, name);
    });
    world.#socksPort = port;
    world.#disposables.defer(close);
    await world.cluster.createBasics(world.hosts);
    return world;
  }

  /** Starts the controller; the caller kills it. */
  async startController(concurrency: number): Promise<ControllerProcess> {
    const { folder, program, cacheDir, apiPort } = this.#site;
    const stateDir = join(folder, "state");
    await mkdir(stateDir, { recursive: true });
    const kubeconfig = join(stateDir, "kubeconfig");
    await this.#site.writeKubeconfig(kubeconfig, { port: apiPort, as: "controller" });
    const controller = new ControllerProcess({
      ...{ program, cacheDir, stateDir, kubeconfig, namespace: NAMESPACE, skewMs: 0, elects: false },
      socksPort: this.#socksPort,
      flags: ["--concurrency", String(concurrency)],
      onLine: (line) => {
        if (/ (WARN |ERROR)/.test(line)) process.stderr.write(`${line}\n`);
      },
    });
    controller.start();
    return controller;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposables.disposeAsync();
  }
}
