// Carries connections from one end to another: node relay.ts <tcp:PORT|unix:PATH> <tcp:PORT|unix:PATH>.
// Port 0 is any free one; the port is then the one line it prints.
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";

function end(text: string | undefined): { path: string } | { host: string; port: number } {
  const [kind, ...rest] = (text ?? "").split(":");
  if (kind === "unix") return { path: rest.join(":") };
  return { host: "127.0.0.1", port: Number(rest[0]) };
}

const from = end(process.argv[2]);
const to = end(process.argv[3]);
if ("path" in from) rmSync(from.path, { force: true });
const server = createServer((incoming) => {
  const outgoing = connect(to);
  incoming.pipe(outgoing).pipe(incoming);
  incoming.on("error", () => outgoing.destroy());
  outgoing.on("error", () => incoming.destroy());
});
server.listen(from, () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`${address.port}\n`);
});
