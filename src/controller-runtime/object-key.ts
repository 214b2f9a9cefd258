/** Names one object of a known type. */
export interface ObjectKey {
  /** "" for cluster-scoped objects. */
  namespace: string;
  name: string;
}

/** The least that objects of every type have. */
export interface ApiObject {
  metadata: {
    name: string;
    namespace?: string | undefined;
    uid: string;
    resourceVersion: string;
  };
}

export function keyOf({ metadata }: ApiObject): ObjectKey {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}

/** The key as one word. Names never hold a slash. */
export function keyText({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf("/");
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
