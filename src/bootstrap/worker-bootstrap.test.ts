import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { profileWith } from "../api/v1alpha1/test-objects.ts";
import { BootstrapStory, FACTS, TOKEN } from "./bootstrap-story.ts";

const { signal } = new AbortController();

void test("the bootstrap runs its steps in order, and says which found nothing to do", async () => {
  const story = new BootstrapStory({}, { customBootstrapScript: "echo hello" });

  await story.run();

  assert.deepEqual(story.outcomes, [
    "inspect-host done",
    "send-artifacts skipped",
    "reset-node skipped",
    "configure-kernel done",
    "install-containerd done",
    "install-kubernetes done",
    "run-custom-script done",
    "join-cluster done",
  ]);
  assert.deepEqual(
    story.outcomes.map((outcome) => outcome.split(" ")[0]),
    story.bootstrap.outline(story.request.work).map(({ name }) => name),
  );
});

void test("the bootstrap has a step for the profile's own script only where it has one", () => {
  const story = new BootstrapStory();
  const names = (customBootstrapScript?: string) =>
    story.bootstrap
      .outline({ profile: profileWith(customBootstrapScript === undefined ? {} : { customBootstrapScript }) })
      .map(({ name }) => name);

  assert.ok(!names().includes("run-custom-script"));
  assert.ok(!names("  \n").includes("run-custom-script"));
  assert.equal(names("true").at(-2), "run-custom-script");
  assert.equal(names("true").at(-1), "join-cluster");
});

void test("the bootstrap hands the profile's own script what it may need", async () => {
  const customBootstrapScript = 'echo "$NODE_NAME"';
  const story = new BootstrapStory({}, { customBootstrapScript, kubernetesVersion: "1.37.2" });

  await story.run();

  assert.deepEqual(story.durable("run-custom-script"), {
    name: "run-custom-script",
    text: customBootstrapScript,
    inputs: { NODE_NAME: "vm-1", NODE_IP: "192.168.100.10", KUBERNETES_VERSION: "1.37.2" },
  });
});

void test("the bootstrap joins with the Operation's token, at the server workers reach", async () => {
  const story = new BootstrapStory({}, {}, { cgroupRoot: "/" });

  await story.run();

  const { inputs } = story.durable("join-cluster");
  assert.equal(inputs["API_SERVER"], "100.64.0.1:6443");
  assert.deepEqual(JSON.parse(inputs["KUBELET_PATCH"] ?? ""), { cgroupRoot: "/" });
  assert.match(inputs["JOIN_CONFIGURATION"] ?? "", /v1beta4/);
  const discovery: unknown = parse(inputs["DISCOVERY_KUBECONFIG"] ?? "");
  assert.deepEqual(Object(discovery).users, [{ name: "bootstrap", user: { token: TOKEN } }]);
});

void test("the token reaches a host as an input only: no command line, script or line of output holds it", async () => {
  const story = new BootstrapStory();

  await story.run();

  const secret = TOKEN.split(".")[1] ?? "";
  const holding = story.host.scripts.filter(({ inputs }) => JSON.stringify(inputs).includes(secret));
  assert.deepEqual(
    holding.map(({ name }) => name),
    ["join-cluster"],
  );
  for (const { text, inputs } of story.host.scripts) {
    assert.ok(!text.includes(secret));
    assert.ok(!(inputs["SCRIPT"] ?? "").includes(secret));
  }
  assert.ok(![...story.host.calls, ...story.lines].some((text) => text.includes(secret)));
});

void test("a script that changes the host runs durably, under its own Operation", async () => {
  const story = new BootstrapStory({}, { customBootstrapScript: "true" });

  await story.run();

  const durable = story.host.scripts.filter(({ inputs }) => inputs["OPERATION_UID"] === "uid-of-op-1");
  assert.deepEqual(
    durable.map(({ name }) => name),
    [
      "reset-node",
      "configure-kernel",
      "install-containerd",
      "install-kubernetes",
      "run-custom-script",
      "join-cluster",
    ],
  );
  assert.ok(durable.every(({ name, inputs }) => inputs["STEP"] === name));
});

void test("a bootstrap that is run again asks for the same scripts with the same digests", async () => {
  const digests = async () => {
    const story = new BootstrapStory({}, { customBootstrapScript: "true" });
    await story.run();
    return story.host.scripts.map(({ inputs }) => inputs["DIGEST"]);
  };

  assert.deepEqual(await digests(), await digests());
});

void test("stop() stops what an Operation left going on the host, and says what it was", async () => {
  const story = new BootstrapStory({ "script stop": { stdout: "install-kubernetes\n" } });
  const what = { host: story.host, operationUid: "uid-of-op-1", graceMs: 1_500 };

  assert.deepEqual(await story.bootstrap.stop(what, signal), ["install-kubernetes"]);

  assert.deepEqual(story.host.scripts[0]?.inputs, { OPERATION_UID: "uid-of-op-1", GRACE_SECONDS: "2" });
});

void test("reboot() asks for a restart of this very boot", async () => {
  const story = new BootstrapStory({ "script reboot-host": { exitCode: 100 } });

  await story.bootstrap.reboot({ host: story.host, operationUid: "uid-of-op-1", bootId: "b1" }, signal);

  assert.deepEqual(story.host.scripts[0]?.inputs, { OPERATION_UID: "uid-of-op-1", BOOT_ID: "b1" });
});

void test("the clean steps take the node apart, then remove what was installed", async () => {
  const story = new BootstrapStory({ "script reset-node": {}, "script clean-host": { exitCode: 100 } });
  const outcomes: string[] = [];

  for (const step of story.bootstrap.cleanSteps(story.request)) {
    outcomes.push(`${step.name} ${await step.run({ signal, onLine: () => undefined })}`);
  }

  assert.deepEqual(outcomes, ["reset-node done", "clean-host skipped"]);
  assert.deepEqual(
    story.bootstrap.cleanOutline().map(({ name }) => name),
    ["reset-node", "clean-host"],
  );
  assert.equal(story.durable("clean-host").inputs["PROGRAMS"], undefined);
});

void test("preparations come before everything that changes the host", () => {
  const story = new BootstrapStory();

  const outline = story.bootstrap.outline(story.request.work);

  assert.deepEqual(
    outline.filter(({ isPreparation }) => isPreparation).map(({ name }) => name),
    ["inspect-host", "send-artifacts"],
  );
  assert.ok(outline.slice(0, 2).every(({ isPreparation }) => isPreparation));
});

interface Row {
  step: string;
  exitCode: number;
  output?: string;
  reason: string;
  retriable: boolean;
  says: RegExp;
}

const rows: Row[] = [
  {
    step: "inspect-host",
    exitCode: 101,
    output: FACTS.replace("debian 13", "fedora 44"),
    reason: "UnsupportedOS",
    retriable: false,
    says: /fedora 44, amd64, cgroup v2/,
  },
  {
    step: "inspect-host",
    exitCode: 102,
    output: FACTS.replace("=9000", "=500"),
    reason: "NoDiskSpace",
    retriable: false,
    says: /500 MiB free/,
  },
  {
    step: "check-packages",
    exitCode: 103,
    output: "no route\n",
    reason: "ArtifactsUnreachable",
    retriable: true,
    says: /pkgs\.k8s\.io.*no route/,
  },
  {
    step: "reset-node",
    exitCode: 1,
    output: "broken\n",
    reason: "CommandFailed",
    retriable: false,
    says: /exit code 1\nbroken/,
  },
  {
    step: "reset-node",
    exitCode: 120,
    reason: "StepInterrupted",
    retriable: true,
    says: /ended before it was done/,
  },
  {
    step: "configure-kernel",
    exitCode: 1,
    output: "modprobe: FATAL\n",
    reason: "CommandFailed",
    retriable: false,
    says: /modprobe/,
  },
  {
    step: "install-containerd",
    exitCode: 103,
    output: "E: no candidate\n",
    reason: "ArtifactsUnreachable",
    retriable: true,
    says: /container runtime.*no candidate/,
  },
  {
    step: "install-containerd",
    exitCode: 105,
    output: "containerd 1.5.9, Kubernetes 1.37\n",
    reason: "UnsupportedRuntime",
    retriable: false,
    says: /containerd 1\.5\.9/,
  },
  {
    step: "install-kubernetes",
    exitCode: 103,
    reason: "ArtifactsUnreachable",
    retriable: true,
    says: /packages cannot be had from https:\/\/pkgs/,
  },
  {
    step: "install-kubernetes",
    exitCode: 106,
    reason: "VersionNotFound",
    retriable: false,
    says: /has no kubelet 1\.37/,
  },
  {
    step: "install-kubernetes",
    exitCode: 100,
    output: "tar: write error: No space left on device\n",
    reason: "none",
    retriable: false,
    says: /^$/,
  },
  {
    step: "install-kubernetes",
    exitCode: 2,
    output: "tar: write error: No space left on device\nbye\n",
    reason: "NoDiskSpace",
    retriable: false,
    says: /its disk is full/,
  },
  {
    step: "install-kubernetes",
    exitCode: 103,
    output: "write: No space left on device\n",
    reason: "NoDiskSpace",
    retriable: false,
    says: /its disk is full/,
  },
  {
    step: "run-custom-script",
    exitCode: 7,
    output: "my own\n",
    reason: "CustomScriptFailed",
    retriable: false,
    says: /own script failed \(my own\)/,
  },
  {
    step: "join-cluster",
    exitCode: 107,
    output: "no answer\n",
    reason: "ApiServerUnreachable",
    retriable: true,
    says: /100\.64\.0\.1:6443.*no answer/,
  },
  { step: "join-cluster", exitCode: 108, reason: "JoinFailed", retriable: true, says: /on the way/ },
  {
    step: "join-cluster",
    exitCode: 109,
    output: "[ERROR Port-10250]\n",
    reason: "JoinRefused",
    retriable: false,
    says: /Port-10250/,
  },
];

for (const { step, exitCode, output = "", reason, retriable, says } of rows) {
  void test(`exit code ${exitCode} of ${step} means ${reason}`, async () => {
    const story = new BootstrapStory(
      { [`script ${step}`]: { exitCode, [step === "check-packages" ? "stderr" : "stdout"]: output } },
      { customBootstrapScript: "true" },
    );

    const error = await story.run().then(
      () => ({ reason: "none", retriable: false, message: "" }),
      (thrown: unknown) => Object(thrown),
    );

    assert.equal(error.reason, reason, error.message);
    assert.equal(error.retriable, retriable);
    assert.match(error.message, says);
  });
}
