import { isObject, type Json } from "./json.ts";

/**
 * Members of a body that the SDK's own reader for its type never looks at: ARM has no such member. `read` is the
 * SDK's, so that bodies are held against Microsoft's models and not against what a client happens to send.
 */
export function findUnknownMembers(body: Json, read: (body: unknown) => unknown): string[] {
  const looked = new Map<string, Set<string>>();
  read(watch(body, "", looked));
  return neverRead(body, "", looked);
}

function watch(value: unknown, path: string, looked: Map<string, Set<string>>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const read = new Set<string>();
  looked.set(path, read);
  return new Proxy(value, {
    get(target, member) {
      const found: unknown = Reflect.get(target, member);
      if (typeof member === "symbol" || typeof found === "function") return found;
      read.add(member);
      return watch(found, `${path}.${member}`, looked);
    },
    ownKeys(target) {
      for (const member of Object.keys(target)) read.add(member);
      return Reflect.ownKeys(target);
    },
  });
}

function neverRead(value: unknown, path: string, looked: Map<string, Set<string>>): string[] {
  const read = looked.get(path);
  // An object that was taken whole, without a look inside, may hold anything.
  if (read === undefined || read.size === 0) return [];
  const members: [string, unknown][] = Array.isArray(value)
    ? value.map((one: unknown, index) => [String(index), one])
    : isObject(value)
      ? Object.entries(value)
      : [];
  return members.flatMap(([member, inner]) =>
    read.has(member) || Array.isArray(value)
      ? neverRead(inner, `${path}.${member}`, looked)
      : [`${path}.${member}`.slice(1)],
  );
}
