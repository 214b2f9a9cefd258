import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { runDurable, stopDurable } from "../../src/remote/durable-script.ts";
import type { Host } from "../../src/remote/host.ts";
import { hostsAreMissing, TestHost } from "./start-host.ts";

void describe("durable scripts on a host with systemd", { skip: hostsAreMissing }, () => {
  let host: TestHost;
  let session: Host;
  before(async () => {
    host = await TestHost.start();
    session = await host.connect();
  });
  after(async () => {
    await session[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  /** Runs a script for an Operation; `lines` gets its output. */
  function run(
    operationUid: string,
    text: string,
    {
      inputs = {},
      lines = [],
      by = session,
      onLine,
    }: {
      inputs?: Record<string, string>;
      lines?: string[];
      by?: Host;
      onLine?: (line: string) => void;
    } = {},
  ): Promise<number> {
    return runDurable(
      by,
      { name: "try", text, inputs },
      {
        operationUid,
        okCodes: [0, 5, 100],
        doneCodes: [0, 100],
        onLine: (line) => {
          lines.push(line);
          onLine?.(line);
        },
      },
    );
  }

  /** What the host noted of an Operation: "try started", "try ended 0". */
  async function journal(uid: string): Promise<string[]> {
    const { stdout } = await host.run("cat", "/var/lib/stargate/journal");
    return stdout
      .split("\n")
      .filter((line) => line.includes(uid))
      .map((line) => line.replace(/^\S+ \S+ /, "").replace(/ \d+s$/, ""));
  }

  void it("a script's output and exit code arrive, and what is done is not done again", async () => {
    const uid = randomUUID();
    const text = 'echo "$WORD"; echo to stderr >&2; exit 100';
    const [first, second]: [string[], string[]] = [[], []];

    assert.equal(await run(uid, text, { inputs: { WORD: "it's $(id)" }, lines: first }), 100);
    assert.equal(await run(uid, text, { inputs: { WORD: "it's $(id)" }, lines: second }), 100);

    assert.deepEqual(first, ["it's $(id)", "to stderr"]);
    assert.deepEqual(second, first);
    assert.deepEqual(await journal(uid), ["try started", "try ended 100"]);
  });

  void it("a script that ends while systemd is asked for it is done, and not run again", async () => {
    const uid = randomUUID();
    const text = "echo begins; until [[ -e /run/go ]]; do sleep 0.05; done";
    const slow = [
      "#!/bin/bash",
      'if [[ "$1" == show ]]; then touch /run/go; while /usr/bin/systemctl -q is-active "${@: -1}"; do sleep 0.05; done; fi',
      'exec /usr/bin/systemctl "$@"',
    ].join("\n");
    const begun = Promise.withResolvers<undefined>();
    const first = run(uid, text, { onLine: () => begun.resolve(undefined) });
    await begun.promise;
    await host.run(
      "sh",
      "-c",
      `printf '%s' '${slow}' >/usr/local/bin/systemctl; chmod +x /usr/local/bin/systemctl`,
    );
    const lines: string[] = [];

    assert.equal(await run(uid, text, { lines }), 0);

    await host.run("rm", "/usr/local/bin/systemctl");
    assert.equal(await first, 0);
    assert.deepEqual(lines, ["begins"]);
    assert.deepEqual(await journal(uid), ["try started", "try ended 0"]);
  });

  void it("a script that fails on a full disk need not say so itself", async () => {
    const operations = "/var/lib/stargate/operations";
    await host.run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", operations);
    const lines: string[] = [];

    assert.equal(await run(randomUUID(), "exit 5", { lines }), 5);

    await host.run("umount", operations);
    assert.match(lines.join("\n"), /No space left on device/);
    const others: string[] = [];
    assert.equal(await run(randomUUID(), "exit 5", { lines: others }), 5);
    assert.deepEqual(others, []);
  });

  void it("a script that cannot begin on a full disk leaves nothing, its inputs least of all", async () => {
    const uid = randomUUID();
    const secret = `secret-${randomUUID()}`;
    const folder = `/var/lib/stargate/operations/${uid}/try`;
    await host.run("mkdir", "-p", folder);
    await host.run("ln", "-s", "/dev/full", `${folder}/pid.new`);

    await assert.rejects(run(uid, "true", { inputs: { TOKEN: secret } }), { reason: "StepInterrupted" });

    assert.equal((await host.run("grep", "-rl", secret, "/run", "/var", "/tmp")).stdout, "");
    await stopDurable(session, { operationUid: uid, graceMs: 0 });
    assert.equal((await host.run("ls", folder)).stdout, "output");
  });

  void it("a script that failed runs again", async () => {
    const uid = randomUUID();

    assert.equal(await run(uid, "exit 5"), 5);
    assert.equal(await run(uid, "exit 5"), 5);

    assert.deepEqual(await journal(uid), ["try started", "try ended 5", "try started", "try ended 5"]);
  });

  void it("another Operation's same script runs again", async () => {
    const [one, two] = [randomUUID(), randomUUID()];

    await run(one, "true");
    await run(two, "true");

    assert.deepEqual(await journal(two), ["try started", "try ended 0"]);
  });

  void it("a lost connection ends nothing: the next caller hears all of it", async () => {
    const uid = randomUUID();
    const text = "echo begun; until [[ -e /shared/go-on ]]; do sleep 0.05; done; echo ended";
    const lines: string[] = [];

    await assert.rejects(run(uid, text, { onLine: () => host.cutConnections() }), {
      reason: "ConnectionLost",
    });
    session = await host.connect();
    const going = run(uid, text, { lines, onLine: () => void host.run("touch", "/shared/go-on") });
    assert.equal(await going, 0);

    assert.deepEqual(lines, ["begun", "ended"]);
    assert.deepEqual(await journal(uid), ["try started", "try ended 0"]);
  });

  void it("of callers at the same moment one starts it, and all hear of it", async () => {
    const uid = randomUUID();
    const callers = await Promise.all(Array.from({ length: 4 }, () => host.connect()));
    const heard = callers.map(() => new Array<string>());

    const codes = await Promise.all(
      callers.map((by, index) => run(uid, "sleep 0.3; echo done", { by, lines: heard[index] ?? [] })),
    );

    assert.deepEqual(codes, [0, 0, 0, 0]);
    assert.deepEqual(
      heard,
      callers.map(() => ["done"]),
    );
    assert.deepEqual(await journal(uid), ["try started", "try ended 0"]);
    await Promise.all(callers.map((by) => by[Symbol.asyncDispose]()));
  });

  void it("other inputs stop what runs with the old ones, and begin again", async () => {
    const uid = randomUUID();
    const text = 'echo "$ROUND"; [[ "$ROUND" == 2 ]] || sleep 600';
    const begun = Promise.withResolvers<undefined>();
    const first = run(uid, text, { inputs: { ROUND: "1" }, onLine: () => begun.resolve(undefined) });
    await begun.promise;
    const interrupted = assert.rejects(first, { reason: "StepInterrupted", retriable: true });

    const lines: string[] = [];
    assert.equal(await run(uid, text, { inputs: { ROUND: "2" }, lines, by: await host.connect() }), 0);

    await interrupted;
    assert.deepEqual(lines, ["2"]);
    assert.deepEqual(await journal(uid), ["try started", "try started", "try ended 0"]);
  });

  void it("a script that is killed is interrupted, and runs again when it is asked for", async () => {
    const uid = randomUUID();
    const text = "[[ -e /shared/killed ]] || { touch /shared/killed; kill -KILL 0; sleep 600; }";

    await assert.rejects(run(uid, text), { reason: "StepInterrupted", retriable: true });
    assert.equal(await run(uid, text), 0);
  });

  void it("inputs are neither on the disk nor on a command line nor left behind", async () => {
    const uid = randomUUID();
    const secret = `secret-${randomUUID()}`;
    const seen = Promise.withResolvers<string>();

    await run(uid, 'echo begun; until [[ -e /shared/looked ]]; do sleep 0.05; done; [[ -n "$TOKEN" ]]', {
      inputs: { TOKEN: secret },
      onLine: () =>
        void (async () => {
          const { stdout: processes } = await host.run("ps", "-ef");
          const { stdout: disk } = await host.run("grep", "-rl", secret, "/var", "/etc", "/root", "/home");
          seen.resolve(`${processes}${disk}`);
          await host.run("touch", "/shared/looked");
        })(),
    });

    assert.ok(!(await seen.promise).includes(secret));
    const { stdout } = await host.run("grep", "-rl", secret, "/run", "/var", "/tmp");
    assert.equal(stdout, "");
  });

  void it("stopDurable() stops what takes too long, and keeps only what it said", async () => {
    const uid = randomUUID();
    const begun = Promise.withResolvers<undefined>();
    const going = run(uid, "echo begun; sleep 600", {
      onLine: () => begun.resolve(undefined),
      by: await host.connect(),
    });
    const interrupted = assert.rejects(going, { reason: "StepInterrupted" });
    await begun.promise;

    const what = { operationUid: uid, graceMs: 0 };
    assert.deepEqual(await stopDurable(session, what), ["try"]);
    assert.deepEqual(await stopDurable(session, what), []);

    await interrupted;
    const { stdout: left } = await host.run("ls", `/var/lib/stargate/operations/${uid}/try`);
    assert.equal(left, "output");
    assert.equal((await host.run("pgrep", "-f", "sleep 600")).exitCode, 1);
    const { stdout } = await host.run("systemctl", "list-units", "--all", "--no-legend", "stargate-*");
    assert.equal(stdout.trim(), "");
  });

  void it("stopDurable() leaves what says that a script is done, and it is not run again", async () => {
    const uid = randomUUID();
    const lines: string[] = [];
    await run(uid, "echo done");

    await stopDurable(session, { operationUid: uid, graceMs: 0 });
    assert.equal(await run(uid, "echo done", { lines }), 0);

    assert.deepEqual(lines, ["done"]);
    assert.deepEqual(await journal(uid), ["try started", "try ended 0"]);
  });

  void it("stopDurable() lets a script end that ends in time", async () => {
    const uid = randomUUID();
    const by = await host.connect();
    const begun = Promise.withResolvers<undefined>();
    const going = run(uid, "echo begun; until [[ -e /shared/end ]]; do sleep 0.05; done; exit 5", {
      by,
      onLine: () => begun.resolve(undefined),
    });
    await begun.promise;

    const stopping = stopDurable(session, { operationUid: uid, graceMs: 20_000 });
    await host.run("touch", "/shared/end");

    assert.deepEqual(await stopping, []);
    assert.equal(await going, 5);
    assert.deepEqual(await journal(uid), ["try started", "try ended 5"]);
  });

  void it("another Operation's first script stops what an earlier one left running, and removes what it left", async () => {
    const [earlier, later] = [randomUUID(), randomUUID()];
    const begun = Promise.withResolvers<undefined>();
    const going = run(earlier, "echo begun; sleep 600", {
      onLine: () => begun.resolve(undefined),
      by: await host.connect(),
    });
    const interrupted = assert.rejects(going, { reason: "StepInterrupted" });
    await begun.promise;

    await run(later, "true");

    await interrupted;
    const { stdout: left } = await host.run("ls", `/var/lib/stargate/operations/${earlier}/try`);
    assert.equal(left.trim(), "output");
    assert.deepEqual(await journal(earlier), ["try started"]);
    assert.deepEqual(await journal(later), ["try started", "try ended 0"]);
  });

  void it("what the last ten operations said is kept, and no more", async () => {
    for (let count = 0; count < 12; count++) await run(randomUUID(), "true");

    const { stdout } = await host.run("ls", "/var/lib/stargate/operations");
    assert.equal(stdout.trim().split("\n").length, 10);
  });

  void it("a power cut interrupts it, and after the boot it begins again", async () => {
    const uid = randomUUID();
    const text = "[[ ! -e /shared/booted ]] || exit 0; echo begun; sleep 600";
    const off = Promise.withResolvers<undefined>();
    const cut = (): void => void host.powerOff().then(() => off.resolve(undefined), off.reject);
    const going = run(uid, text, { onLine: cut });
    await assert.rejects(going, { reason: "ConnectionLost", retriable: true });
    await off.promise; // the connection is gone before the last process is

    await host.boot();
    session = await host.connect();
    await host.run("touch", "/shared/booted");
    assert.equal(await run(uid, text), 0);

    assert.deepEqual(await journal(uid), ["try started", "try started", "try ended 0"]);
  });
});
