import type { Trigger } from "../../controller-runtime/controller.ts";
import { keyOf, type ApiObject, type ObjectKey } from "../../controller-runtime/object-key.ts";

/** Wakes objects for news that no object tells of. */
export class Bell implements Trigger {
  #enqueue: (key: ObjectKey) => void = () => undefined;

  async waitForSync(): Promise<void> {
    return Promise.resolve();
  }

  subscribe(enqueue: (key: ObjectKey) => void): () => void {
    this.#enqueue = enqueue;
    return () => {
      if (this.#enqueue === enqueue) this.#enqueue = () => undefined;
    };
  }

  ring(objects: readonly ApiObject[]): void {
    for (const object of objects) this.#enqueue(keyOf(object));
  }
}
