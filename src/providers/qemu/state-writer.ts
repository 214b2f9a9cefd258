import { withRouters, writeDatacenter, type Datacenter, type RouterJoinState } from "./datacenter-state.ts";

/** Writes down what becomes of routers that are started side by side: none overwrites what another one has written. */
export class StateWriter {
  readonly #dir: string;
  #datacenter: Datacenter;
  #written: Promise<void> = Promise.resolve();

  constructor(dir: string, datacenter: Datacenter) {
    this.#dir = dir;
    this.#datacenter = datacenter;
  }

  /** Resolves when it stands in the file how this router was told to join. */
  async setJoin(routerName: string, join: RouterJoinState): Promise<void> {
    this.#datacenter = withRouters(this.#datacenter, (router) =>
      router.name === routerName ? { ...router, join } : router,
    );
    const now = this.#datacenter;
    const turn = this.#written.then(() => writeDatacenter(this.#dir, now));
    this.#written = turn.catch(() => undefined);
    return turn;
  }
}
