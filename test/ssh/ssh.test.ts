import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { queryObjects } from "node:v8";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { Host } from "../../src/remote/host.ts";
import { LineSplitter } from "../../src/remote/line-splitter.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";
import { sshdIsMissing, startSshd, type TestSshd } from "./start-sshd.ts";

void describe("SSH against a real sshd", { skip: sshdIsMissing }, () => {
  let sshd: TestSshd;
  let host: Host;
  let dir: string;
  const connector = createSshConnector(createDialer(undefined));
  before(async () => {
    dir = await mkdtemp("/tmp/sg-ssh-");
    sshd = await startSshd();
    host = await connector.connect(sshd.address);
  });
  after(async () => {
    await host[Symbol.asyncDispose]();
    await sshd.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const hard = [
    "two words",
    "it's",
    '"double"',
    "$(id)",
    "`id`",
    "line\nbreak",
    "back\\slash",
    "",
    "*",
    "ünï",
    "-n",
  ];
  for (const word of hard) {
    void it(`run() hands over ${JSON.stringify(word)} as it is`, async () => {
      const { stdout } = await host.run(["printf", "%s", word]);

      assert.equal(stdout, word);
    });
  }

  void it("run() returns output, errors and a wanted exit code", async () => {
    const result = await host.run(["bash", "-c", "echo out; echo err >&2; exit 3"], { okCodes: [3] });

    assert.deepEqual(result, { stdout: "out\n", stderr: "err\n", exitCode: 3 });
  });

  void it("run() fails with the last lines of what the command said", async () => {
    await assert.rejects(host.run(["bash", "-c", "echo no space left >&2; exit 4"]), {
      reason: "CommandFailed",
      message: /exit code 4\nno space left/,
    });
  });

  void it("run() fails without a secret in what the command said, be it cut anywhere", async () => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const stdin = `token abcdef.0123456789abcdef\n${pem}`;

    await assert.rejects(host.run(["bash", "-c", "cat >&2; exit 4"], { stdin }), {
      reason: "CommandFailed",
      message: /exit code 4\ntoken \[redacted\]\n\[redacted\]$/,
    });
  });

  void it("run() carries megabytes both ways, byte for byte", async () => {
    const content = randomBytes(3_000_000).toString("base64");

    const { stdout } = await host.run(["cat"], { stdin: content });

    assert.equal(stdout, content);
  });

  void it("run() hears the exit code of a command that does not read what it is given", async () => {
    const stdin = "x".repeat(5_000_000);

    const { exitCode } = await host.run(["bash", "-c", "exit 7"], { stdin, okCodes: [7] });

    assert.equal(exitCode, 7);
  });

  void it("a connection keeps nothing of commands that have ended", async () => {
    for (let count = 0; count < 20; count++) await host.run(["true"]);

    // Each command has one; the last may not be let go yet.
    assert.ok(queryObjects(LineSplitter, { format: "count" }) <= 2);
  });

  void it("run() hands out lines as they come, however they are cut", async () => {
    const lines: string[] = [];

    await host.run(["bash", "-c", "printf 'a\\nb'; sleep 0.05; printf 'c\\nd'"], {
      onLine: (line) => lines.push(line),
    });

    assert.deepEqual(lines, ["a", "bc", "d"]);
  });

  void it("run() ends a command that takes too long, and one whose signal aborts", async () => {
    const stop = new AbortController();

    await assert.rejects(host.run(["sleep", "60"], { timeoutMs: 100 }), { reason: "CommandTimeout" });
    const aborted = host.run(["bash", "-c", "echo started; sleep 60"], {
      signal: stop.signal,
      onLine: () => stop.abort(),
    });
    await assert.rejects(aborted, { name: "AbortError" });

    const soon = new AbortController();
    const beganMs = Date.now();
    const abortedEarly = host.run(["sleep", "60"], { signal: soon.signal, timeoutMs: 20_000 });
    soon.abort();
    await assert.rejects(abortedEarly, { name: "AbortError" });
    assert.ok(Date.now() - beganMs < 15_000, "an abort while the channel is opened counts, too");
  });

  void it("runScript() gives a script its inputs as data, and a child that reads stdin swallows none of it", async () => {
    const text = 'main() { cat >/dev/null; printf "%s|%s" "$ONE" "$TWO"; }\nmain\n';

    const { stdout } = await host.runScript({
      name: "try",
      text,
      inputs: { ONE: "it's $(id)", TWO: "a\nb" },
    });

    assert.equal(stdout, "it's $(id)|a\nb");
  });

  void it("upload() sends a file whole, with its mode", async () => {
    const content = randomBytes(20_000_000);
    await writeFile(join(dir, "source"), content);

    let last = 0;
    await host.upload(join(dir, "source"), join(dir, "deep", "target"), {
      mode: 0o600,
      onProgress: (sent) => void (last = sent),
    });

    assert.equal(last, content.length);
    assert.ok((await readFile(join(dir, "deep", "target"))).equals(content));
    assert.equal((await host.run(["stat", "-c", "%a", join(dir, "deep", "target")])).stdout, "600\n");
  });

  void it("upload() refuses content that is not what its checksum says, and leaves nothing behind", async () => {
    await writeFile(join(dir, "changed"), "not what was meant");
    const target = join(dir, "checked", "target");
    const sha256 = createHash("sha256").update("what was meant").digest("hex");

    await assert.rejects(host.upload(join(dir, "changed"), target, { sha256 }), {
      reason: "ChecksumMismatch",
      retriable: false,
    });
    assert.deepEqual(await readdir(join(dir, "checked")), []);

    await writeFile(join(dir, "changed"), "what was meant");
    await host.upload(join(dir, "changed"), target, { sha256 });
    assert.equal(await readFile(target, "utf8"), "what was meant");
  });

  void it("upload() that is cut leaves nothing behind", async () => {
    const stop = new AbortController();
    await writeFile(join(dir, "big"), Buffer.alloc(200_000_000));
    const other = await connector.connect(sshd.address);

    await assert.rejects(
      other.upload(join(dir, "big"), join(dir, "cut", "target"), {
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
      { name: "AbortError" },
    );
    await other[Symbol.asyncDispose]();

    // The receiver on the host sees the end of its input a moment later.
    await host.run(
      [
        "bash",
        "-c",
        'while [[ -n "$(ls -A "$1" 2>/dev/null)" ]]; do sleep 0.02; done',
        "wait",
        join(dir, "cut"),
      ],
      {
        timeoutMs: 90_000,
      },
    );
    assert.deepEqual(await readdir(join(dir, "cut")).catch(() => []), []);
  });

  void it("connect() refuses another host key before it tries to log in", async () => {
    const wrong = { ...sshd.address, hostKey: sshd.strangerHostKey, privateKey: sshd.strangerPrivateKey };

    await assert.rejects(connector.connect(wrong), {
      reason: "HostKeyMismatch",
      message: /SHA256:.*pinned is SHA256:/,
    });
  });

  void it("connect() refuses a host whose key is not known", async () => {
    await assert.rejects(connector.connect({ ...sshd.address, hostKey: "" }), { reason: "HostKeyMissing" });
  });

  void it("connect() tells a rejected login, as something that may pass", async () => {
    await assert.rejects(connector.connect({ ...sshd.address, privateKey: sshd.strangerPrivateKey }), {
      reason: "LoginRejected",
      retriable: true,
    });
  });

  void it("connect() tells a private key that is none", async () => {
    await assert.rejects(connector.connect({ ...sshd.address, privateKey: "nonsense" }), {
      reason: "CredentialsInvalid",
    });
  });

  void it("connect() tells a refused connection", async () => {
    await assert.rejects(connector.connect({ ...sshd.address, port: 1 }), {
      reason: "ConnectionRefused",
      retriable: true,
    });
  });

  void it("run() tells a connection that was cut in the middle", async () => {
    const other = await connector.connect(sshd.address);
    const running = other.run(["bash", "-c", "echo started; sleep 60"], {
      onLine: () => sshd.cutConnections(),
    });

    await assert.rejects(running, { reason: "ConnectionLost", retriable: true });
    await assert.rejects(other.run(["true"]), { reason: "ConnectionLost" });
    host = await connector.connect(sshd.address); // it was cut, too
  });
});
