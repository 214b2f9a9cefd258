/**
 * On a Secret whose private key nobody chose: the public half of that key, as publicKeyOf() gives it. For as long as
 * the Secret still holds that key, the one that a datacenter is made with may take its place.
 */
export const ASSUMED_KEY = "stargate.io/assumed-key";

export interface LoginSecret {
  namespace: string;
  name: string;
  username: string;
  privateKey: string;
  /** Public half of the key, where nobody chose it. */
  assumedKey: string | undefined;
}

/** The Secret by which controllers log in, as it is applied. */
export function renderLoginSecret({
  namespace,
  name,
  username,
  privateKey,
  assumedKey,
}: LoginSecret): object {
  const annotations = assumedKey === undefined ? {} : { annotations: { [ASSUMED_KEY]: assumedKey } };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace, ...annotations },
    type: "Opaque",
    stringData: { username, privateKey },
  };
}
