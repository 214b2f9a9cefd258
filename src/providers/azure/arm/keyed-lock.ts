/** Runs work one after the other for each key, and side by side for different keys. */
export interface KeyedLock {
  hold<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** Azure refuses two writes to one virtual network, security group or route table at a time: ours wait for each other. */
export function createKeyedLock(): KeyedLock {
  const last = new Map<string, Promise<void>>();
  return {
    async hold(key, work) {
      const id = key.toLowerCase();
      const before = last.get(id);
      const mine = Promise.withResolvers<void>();
      last.set(id, mine.promise);
      try {
        await before;
        return await work();
      } finally {
        mine.resolve();
        if (last.get(id) === mine.promise) last.delete(id);
      }
    },
  };
}
