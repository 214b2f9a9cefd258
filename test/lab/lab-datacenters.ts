import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { Datacenter } from "../../src/api/v1alpha1/datacenter.ts";
import type { Condition } from "../../src/api/v1alpha1/kind.ts";
import { Operation } from "../../src/api/v1alpha1/operation.ts";
import { Server } from "../../src/api/v1alpha1/server.ts";
import { renderOperation } from "../../src/demo/create-operation.ts";
import { DEMO } from "../../src/demo/demo-names.ts";
import { LabState } from "../../src/lab/lab-state.ts";
import { LAB_ADMIN_USERNAME } from "../../src/lab/cluster-objects.ts";
import { packagePath } from "../../src/lib/assets.ts";
import { retry } from "../../src/lib/retry.ts";
import { createDialer } from "../../src/remote/create-dialer.ts";
import type { Dialer } from "../../src/remote/dialer.ts";
import { createSshConnector } from "../../src/remote/ssh.ts";
import { createHeadscale } from "../../src/tailnet/headscale/headscale.ts";
import type { Tailnet } from "../../src/tailnet/tailnet.ts";
import { privateState, run, type Outcome } from "./program.ts";

const PidFile = z.object({ pid: z.int() });

/** A lab of the test's own with datacenters in it, as somebody with our programs and kubectl sees it. */
export class LabDatacenters {
  readonly #private = privateState();
  readonly stateDir = join(this.#private.stateDir, "s");
  readonly #env = { ...this.#private.env, STARGATE_LOG_DIR: this.#private.stateDir };
  #kubectl: string | undefined;

  get lab(): LabState {
    return LabState.parse(JSON.parse(readFileSync(join(this.stateDir, "lab/lab.json"), "utf8")));
  }

  get dialer(): Dialer {
    return createDialer(this.lab.socksProxy);
  }

  get tailnet(): Tailnet {
    const { headscaleUrl: url, headscaleApiKeyPath } = this.lab;
    return createHeadscale({ url, apiKey: readFileSync(headscaleApiKeyPath, "utf8").trim() });
  }

  /** Runs one of our programs from source; its failure fails the test. */
  async run(program: string, ...args: string[]): Promise<string> {
    const { exitCode, output } = await run(commandOf(program, args), this.#env);
    assert.equal(exitCode, 0, output);
    return output;
  }

  async prepare(router: string, subnet: string, ...more: string[]): Promise<string> {
    return this.run(
      "prep-dc-inventory",
      ...[
        "--provider",
        "qemu",
        "--qemu-network",
        "rootless",
        "--router-name",
        router,
        "--qemu-subnet-cidr",
        subnet,
        ...more,
      ],
    );
  }

  async kubectl(args: readonly string[], stdin?: string): Promise<Outcome> {
    this.#kubectl ??= (await this.run("stargate", "toolchain", "--print", "kubectl")).trim();
    return run([this.#kubectl, ...args], { ...this.#env, KUBECONFIG: this.lab.kubeconfigPath }, stdin);
  }

  async get<T>(schema: z.ZodType<T>, ...args: string[]): Promise<T> {
    const { exitCode, output } = await this.kubectl(["get", ...args, "-o", "json"]);
    assert.equal(exitCode, 0, output);
    return schema.parse(JSON.parse(output));
  }

  async apply(text: string): Promise<void> {
    const { exitCode, output } = await this.kubectl(["apply", "-f", "-"], text);
    assert.equal(exitCode, 0, output);
  }

  async repave(name: string, server: string): Promise<void> {
    await this.apply(JSON.stringify(renderOperation(name, server)));
  }

  async operation(name: string): Promise<Operation> {
    return this.get(Operation, "operation", name, "-n", DEMO.namespace);
  }

  async datacenter(name: string): Promise<Datacenter> {
    return this.get(Datacenter, "datacenter", name, "-n", DEMO.namespace);
  }

  /** The Datacenter once its conditions are as told. */
  async waitForDatacenter(
    name: string,
    wanted: Readonly<Record<string, Condition["status"]>>,
    timeoutMs: number,
  ): Promise<Datacenter> {
    return this.waitFor(async () => {
      const datacenter = await this.datacenter(name);
      for (const [type, status] of Object.entries(wanted)) {
        const found = datacenter.status.conditions?.find((condition) => condition.type === type);
        assert.equal(found?.status, status, `${type}: ${JSON.stringify(datacenter.status)}`);
      }
      return datacenter;
    }, timeoutMs);
  }

  /** What `look` returns, once it does not fail any more. */
  async waitFor<T>(look: () => Promise<T>, timeoutMs: number): Promise<T> {
    return retry(look, { timeoutMs, minDelayMs: 250, maxDelayMs: 1_000, isRetriable: () => true });
  }

  /** Runs a script as root on a server, through its router. */
  async runOn(server: string, name: string, inputs: Readonly<Record<string, string>> = {}): Promise<string> {
    const { spec } = await this.get(Server, "server", server, "-n", DEMO.namespace);
    const connector = createSshConnector(this.dialer);
    await using host = await connector.connect({
      ...{ name: server, ipv4: spec.ipv4, port: spec.sshPort, hostKey: spec.hostKey ?? "" },
      ...{ username: LAB_ADMIN_USERNAME, privateKey: readFileSync(this.lab.sshPrivateKeyPath, "utf8") },
    });
    const text = readFileSync(new URL(`./${name}.sh`, import.meta.url), "utf8");
    return (await host.runScript({ name, text, inputs }, { timeoutMs: 180_000 })).stdout;
  }

  /** Ends a VM as when its plug is pulled. */
  pullPlug(datacenter: string, vm: string): void {
    const path = join(this.stateDir, "datacenters", datacenter, vm, "qemu.pid.json");
    process.kill(PidFile.parse(JSON.parse(readFileSync(path, "utf8"))).pid, "SIGKILL");
  }

  async remove(): Promise<void> {
    await run(commandOf("stargate", ["clean-all", "--yes", "--keep-cache"]), this.#env);
    await rm(this.#private.stateDir, { recursive: true, force: true });
  }
}

function commandOf(program: string, args: readonly string[]): [string, ...string[]] {
  return [process.execPath, packagePath(`src/main/${program}.ts`), ...args];
}
