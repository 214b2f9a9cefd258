/** One word for a POSIX shell, whatever it holds. NUL cannot be in an argument at all. */
export function quote(word: string): string {
  if (word.includes("\0")) throw new RangeError("a shell word cannot hold a NUL byte");
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** An argument vector as one command line for a POSIX shell. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}

/** `export NAME='value'` lines. Names are ours; values are data. */
export function exportLines(inputs: Readonly<Record<string, string>>): string {
  return Object.entries(inputs)
    .map(([name, value]) => {
      if (!/^[A-Z][A-Z0-9_]*$/.test(name)) throw new RangeError(`"${name}" is no name for a script's input`);
      return `export ${name}=${quote(value)}\n`;
    })
    .join("");
}
