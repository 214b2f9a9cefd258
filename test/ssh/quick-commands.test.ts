import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import ssh2 from "ssh2";
import { z } from "zod";
import { createDialer } from "../../src/remote/create-dialer.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";

const Keys = z.object({ private: z.string(), public: z.string() });
const newKeys = () => Keys.parse(ssh2.utils.generateKeyPairSync("ed25519"));

void test("run() hears the exit code of a command that had ended when it was told to have begun", async () => {
  const [host, user] = [newKeys(), newKeys()];
  const server = new ssh2.Server({ hostKeys: [host.private] });
  const listener = createServer((socket) => {
    server.once("connection", (client) => {
      client.on("authentication", (context) => context.accept());
      client.on("session", (acceptSession) => {
        acceptSession().on("exec", (accept) => {
          socket.cork(); // all of it in one packet
          const channel = accept();
          channel.write("done\n");
          channel.exit(3);
          channel.end();
          setImmediate(() => socket.uncork());
        });
      });
    });
    server.injectSocket(socket);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  assert.ok(address !== null && typeof address === "object");
  const { port } = address;

  const session = await createSshConnector(createDialer(undefined)).connect({
    ...{ name: "quick", ipv4: "127.0.0.1", port, username: "ubuntu" },
    ...{ privateKey: user.private, hostKey: host.public.trim() },
  });
  const results = [];
  for (let count = 0; count < 5; count++) results.push(await session.run(["true"], { okCodes: [3] }));

  assert.deepEqual(
    results.map(({ exitCode, stdout }) => `${exitCode} ${stdout}`),
    Array.from({ length: 5 }, () => "3 done\n"),
  );
  await session[Symbol.asyncDispose]();
  listener.close();
});
