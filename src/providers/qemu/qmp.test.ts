import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, describe, it } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import { QMP_SOCKET, runQmp } from "./qmp.ts";

/** A fake of QEMU's control socket: greets, wants to be asked for its capabilities first, then answers by this. */
async function startFakeQmp(dir: string, answer: (execute: string) => string[]): Promise<Server> {
  const server = createServer((socket) => {
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    let isNegotiated = false;
    createInterface({ input: socket }).on("line", (line) => {
      const execute = /"execute":"([^"]+)"/.exec(line)?.[1] ?? "";
      assert.equal(execute === "qmp_capabilities", !isNegotiated, `${execute} out of order`);
      const lines = isNegotiated ? answer(execute) : ['{"return": {}}'];
      isNegotiated = true;
      if (lines.length === 0) socket.end();
      for (const text of lines) socket.write(`${text}\r\n`);
    });
  });
  const here = process.cwd();
  process.chdir(dir); // the path itself is too long to listen on
  server.listen(QMP_SOCKET);
  await once(server, "listening");
  process.chdir(here);
  return server;
}

void describe("runQmp()", () => {
  const { signal } = new AbortController();
  let root: string;
  let dir: string;
  let server: Server | undefined;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "stargate-qmp-"));
    dir = join(root, "a-rather-long-name-".repeat(8), "r1");
    await mkdir(dir, { recursive: true });
  });
  afterEach(async () => {
    server?.close();
    server = undefined;
    await rm(join(dir, QMP_SOCKET), { force: true });
  });
  after(() => rm(root, { recursive: true }));

  void it("returns the answer, past events, however long the folder's path is", async () => {
    server = await startFakeQmp(dir, () => [
      '{"timestamp": {}, "event": "RESUME"}',
      '{"return": {"status": "running"}}',
    ]);

    assert.deepEqual(await runQmp(dir, "query-status", signal), { status: "running" });
  });

  void it("takes a closed connection as the answer to quit", async () => {
    server = await startFakeQmp(dir, () => []);

    assert.equal(await runQmp(dir, "quit", signal), undefined);
  });

  void it("says what QEMU refuses", async () => {
    server = await startFakeQmp(dir, () => ['{"error": {"class": "GenericError", "desc": "not now"}}']);

    await assert.rejects(runQmp(dir, "system_powerdown", signal), /refused system_powerdown: not now/);
  });

  void it("may be tried again where nothing listens", async () => {
    await assert.rejects(
      runQmp(dir, "query-status", signal),
      (error) => error instanceof StargateError && error.reason === "QmpUnavailable" && error.retriable,
    );
  });
});
