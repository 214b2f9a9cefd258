import { randomUUID } from "node:crypto";
import type { ServerReimager } from "../../src/controllers/operation/context.ts";
import { StargateError } from "../../src/lib/errors.ts";
import type { HostConnector } from "../../src/remote/host.ts";
import type { FakeDatacenter } from "./fake-datacenter.ts";

type Moment = "prepare" | "before the pin" | "after the pin" | "after the reimage";

/**
 * A provider with fresh disks for the hosts of a FakeDatacenter: it remembers wishes, as real ones do, and its hosts
 * answer only to who has pinned the key they have. A test may halt it at each moment, and see what is so then.
 */
export class FakeReimager implements ServerReimager {
  /** Fresh disks in order, each as "vm-1 for <uid>". */
  readonly freshDisks: string[] = [];
  /** Reached by a call, and not gone on from before it is stopped. */
  halt: Moment | undefined;
  readonly reached = new Map<Moment, PromiseWithResolvers<undefined>>();
  readonly #datacenter: FakeDatacenter;
  readonly #keys = new Map<string, { id: string; key: string }>();
  readonly #running = new Map<string, string>();

  constructor(datacenter: FakeDatacenter) {
    this.#datacenter = datacenter;
  }

  /** Contact with hosts that pin the right key only. */
  readonly connector: HostConnector = {
    connect: async (address, options) => {
      const key = this.#running.get(address.name) ?? "ssh-ed25519 AAAA";
      if (address.hostKey !== key) {
        throw new StargateError("HostKeyMismatch", `${address.name} has another key than ${address.hostKey}`);
      }
      return this.#datacenter.connector.connect(address, options);
    },
  };

  readonly prepare: ServerReimager["prepare"] = async (_request, { signal }) =>
    this.#moment("prepare", signal);

  readonly reimage: ServerReimager["reimage"] = async ({ server, operationUid }, { pin, signal }) => {
    const { name } = server.metadata;
    const known = this.#keys.get(name);
    const key = known?.id === operationUid ? known.key : `ssh-ed25519 ${randomUUID().replaceAll("-", "")}`;
    this.#keys.set(name, { id: operationUid, key });
    await this.#moment("before the pin", signal);
    await pin(key);
    await this.#moment("after the pin", signal);
    if (this.#running.get(name) !== key) {
      this.#running.set(name, key);
      this.freshDisks.push(`${name} for ${operationUid}`);
      this.#datacenter.hosts.delete(name); // nothing of what was on it is known any more
    }
    await this.#moment("after the reimage", signal);
  };

  /** When it is reached for the first time. */
  async until(moment: Moment): Promise<void> {
    await this.#reachedOf(moment).promise;
  }

  #reachedOf(moment: Moment): PromiseWithResolvers<undefined> {
    const known = this.reached.get(moment) ?? Promise.withResolvers<undefined>();
    this.reached.set(moment, known);
    return known;
  }

  async #moment(moment: Moment, signal: AbortSignal): Promise<void> {
    this.#reachedOf(moment).resolve(undefined);
    if (this.halt !== moment) return;
    await new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(new DOMException("killed", "AbortError")));
    });
  }
}
