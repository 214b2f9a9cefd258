/** "a" and "b": names of things, for messages. */
export function quoted(things: readonly { name: string }[]): string {
  const names = things.map(({ name }) => `"${name}"`);
  const last = names.pop() ?? "nothing";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}

/** Several remarks as one sentence. */
export function sentence(...remarks: readonly string[]): string {
  const text = remarks.join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
