import { readFileIfExists } from "../../../lib/files.ts";

/** Where this host's name servers are told; the first file that names one outside this host counts. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** This host's name servers, as far as others can ask them. */
export async function readNameservers(): Promise<string[]> {
  for (const file of FILES) {
    const found = parseNameservers((await readFileIfExists(file)) ?? "");
    if (found.length > 0) return found;
  }
  return [];
}

/** Pure: the IPv4 name servers of a resolv.conf, without those on loopback. */
export function parseNameservers(text: string): string[] {
  return [...text.matchAll(/^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/gm)]
    .map(([, address = ""]) => address)
    .filter((address) => !address.startsWith("127."));
}
