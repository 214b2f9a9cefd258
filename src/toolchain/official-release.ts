/** One file that a project publishes, and where its checksum stands. */
export interface OfficialFile {
  url: string;
  /** A file holding the SHA-256 alone, or lines "sum  file name". */
  checksums: string;
  /** Keep the file itself under this name, executable. */
  save?: string;
  /** It is a .tar.gz: keep these programs out of it, wherever in it they are. */
  unpack?: readonly string[];
}

/** Everything that makes up a component as its makers publish it. */
export type OfficialRelease = readonly OfficialFile[];

/**
 * The SHA-256 of one file out of the text of a checksum file: the only sum there, or the line naming the file.
 * Undefined where it has none.
 */
export function findChecksum(text: string, fileName: string): string | undefined {
  const lines = text
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([sum = ""]) => /^[0-9a-fA-F]{64}$/.test(sum));
  const named = lines.find(([, name = ""]) => name.replace(/^\*|^\.\//, "") === fileName);
  const [only, ...others] = lines;
  const bare = others.length === 0 && only?.length === 1 ? only : undefined;
  return (named ?? bare)?.[0]?.toLowerCase();
}
