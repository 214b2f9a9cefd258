import { ROUTER_TAG, type Device } from "../../tailnet/tailnet.ts";

/**
 * The device of this router. Anybody in a tailnet may call his machine what he likes, but not everybody may give it
 * our tag: where a device with the tag has the name, no other counts. A router that was made anew leaves its old
 * device behind under the same name, offline.
 */
export function findRouter(devices: readonly Device[], name: string): Device | undefined {
  const named = devices.filter(({ hostname }) => hostname === name);
  const tagged = named.filter(isTagged);
  const candidates = tagged.length > 0 ? tagged : named;
  return candidates.find(({ online }) => online) ?? candidates[0];
}

export function isTagged({ tags }: Device): boolean {
  return tags.includes(ROUTER_TAG);
}
