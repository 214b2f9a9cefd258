import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { StargateError } from "../../lib/errors.ts";
import type { NodeBundle } from "../../toolchain/node-bundle.ts";
import { BootstrapStory, FACTS } from "../bootstrap-story.ts";

const STORE = "/var/lib/stargate/artifacts";
const contents = {
  "programs.tar.zst": "programs",
  "cni.tar.zst": "plugins",
  "pause.tar.zst": "pause",
  "big.tar.zst": "a larger image",
};
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const file = (name: keyof typeof contents, kind: NodeBundle["files"][number]["kind"], image?: string) => ({
  name,
  kind,
  sha256: sha256(contents[name]),
  bytes: contents[name].length,
  ...(image === undefined ? {} : { image }),
});
const bundle: NodeBundle = {
  kubernetesVersion: "1.37.2",
  architecture: "amd64",
  sandboxImage: "registry.k8s.io/pause:3.10.1",
  files: [
    file("programs.tar.zst", "programs"),
    file("cni.tar.zst", "cni-plugins"),
    file("pause.tar.zst", "image", "registry.k8s.io/pause:3.10.1"),
    file("big.tar.zst", "image", "example.com/big:1"),
  ],
};
const manifest = JSON.stringify(bundle);
const allMissing = `${Object.keys(contents).join("\n")}\n`;
const uploads = Object.fromEntries(
  Object.values(contents).map((text) => [`upload ${STORE}/${sha256(text)}`, {}]),
);
const MIRROR = {
  type: "Mirror",
  url: "https://mirror.example.com/stargate/",
  manifestSha256: sha256(manifest),
} as const;

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sg-bundle-"));
  await writeFile(join(folder, "manifest.json"), manifest);
  for (const [name, text] of Object.entries(contents)) await writeFile(join(folder, name), text);
});
after(async () => {
  await rm(folder, { recursive: true });
});

function cacheStory(
  answers: ConstructorParameters<typeof BootstrapStory>[0],
  version = "1.37",
): BootstrapStory {
  const story = new BootstrapStory(answers, {
    artifactSource: { type: "ControllerCache" },
    kubernetesVersion: version,
  });
  story.bundleFolder = folder;
  return story;
}

function uploadsOf(story: BootstrapStory): string[] {
  return story.host.calls.filter((call) => call.startsWith("upload "));
}

async function failureOf(story: BootstrapStory): Promise<StargateError> {
  return story.run().then(
    () => assert.fail("it did not fail"),
    (error: unknown) => (error instanceof StargateError ? error : assert.fail(String(error))),
  );
}

void test("the controller's bundle is sent, each file named by its checksum", async () => {
  const story = cacheStory({ ...uploads, "script find-artifacts": { stdout: allMissing } });

  await story.run();

  assert.deepEqual(uploadsOf(story), Object.keys(uploads));
  assert.deepEqual(story.asked, ["1.37.2 amd64"]);
  assert.ok(story.outcomes.includes("send-artifacts done"));
});

void test("what is on the host already is not sent again", async () => {
  const story = cacheStory({
    ...uploads,
    "script find-artifacts": [{ stdout: "big.tar.zst\n" }, { stdout: "" }],
  });

  await story.run();
  await story.run();

  assert.deepEqual(uploadsOf(story), [`upload ${STORE}/${sha256("a larger image")}`]);
  assert.equal(story.outcomes.filter((outcome) => outcome === "send-artifacts skipped").length, 1);
});

void test("the bundle's files are what Kubernetes is installed from, the largest image first", async () => {
  const story = cacheStory({});

  await story.run();

  const { inputs, text } = story.durable("install-kubernetes");
  assert.match(text, /node bundle/);
  assert.equal(inputs["PROGRAMS"], sha256("programs"));
  assert.equal(inputs["CNI_PLUGINS"], sha256("plugins"));
  assert.equal(
    inputs["IMAGES"],
    `${sha256("a larger image")} example.com/big:1\n${sha256("pause")} registry.k8s.io/pause:3.10.1`,
  );
  assert.equal(story.durable("install-containerd").inputs["SANDBOX_IMAGE"], bundle.sandboxImage);
});

void test("the bundle is that of the host's architecture and the profile's own patch version", async () => {
  const arm = { "script inspect-host": { stdout: FACTS.replace("amd64", "arm64") } };

  const story = cacheStory(arm, "1.36.1");
  await story.run();

  assert.deepEqual(story.asked, ["1.36.1 arm64"]);
});

void test("a bundle that is not there, or is none, is told with the command that makes it", async () => {
  const missing = cacheStory({});
  missing.bundleFolder = join(folder, "not", "there");
  const broken = cacheStory({});
  broken.bundleFolder = await mkdtemp(join(folder, "broken-"));
  await writeFile(join(broken.bundleFolder, "manifest.json"), "{");

  const [first, second] = [await failureOf(missing), await failureOf(broken)];

  assert.equal(first.reason, "BundleMissing");
  assert.match(first.remedy ?? "", /stargate toolchain --kubernetes 1\.37\.2/);
  assert.equal(second.reason, "BundleInvalid");
  assert.ok(!missing.outcomes.includes("reset-node skipped"));
});

void test("a minor that nobody made a bundle for is told before the host is changed", async () => {
  const story = cacheStory({}, "1.34");

  assert.equal((await failureOf(story)).reason, "VersionNotFound");
  assert.deepEqual(story.outcomes, ["inspect-host done"]);
});

void test("a mirror's bundle is fetched by the host, what is missing only", async () => {
  const story = new BootstrapStory(
    {
      "script fetch-artifacts": [{ stdout: manifest }, { stdout: "fetched big.tar.zst\n" }],
      "script find-artifacts": { stdout: "big.tar.zst\n" },
    },
    { artifactSource: MIRROR },
  );

  await story.run();

  const fetches = story.host.scripts.filter(({ name }) => name === "fetch-artifacts");
  assert.deepEqual(
    fetches.map(({ inputs }) => inputs),
    ["", `${sha256("a larger image")} big.tar.zst`].map((FILES) => ({
      URL: "https://mirror.example.com/stargate/v1.37.2-linux-amd64",
      MANIFEST_SHA256: sha256(manifest),
      FILES,
    })),
  );
  assert.deepEqual(uploadsOf(story), []);
  assert.equal(story.durable("install-kubernetes").inputs["PROGRAMS"], sha256("programs"));
});

const mirrorRows = [
  { exitCode: 103, reason: "ArtifactsUnreachable", retriable: true },
  { exitCode: 104, reason: "ArtifactsCorrupt", retriable: false },
];
for (const { exitCode, reason, retriable } of mirrorRows) {
  void test(`a mirror's exit code ${exitCode} means ${reason}`, async () => {
    const story = new BootstrapStory(
      { "script fetch-artifacts": { exitCode, stderr: "curl: (6) could not resolve\n" } },
      { artifactSource: MIRROR },
    );

    const error = await failureOf(story);

    assert.equal(error.reason, reason);
    assert.equal(error.retriable, retriable);
    assert.match(error.message, /mirror\.example\.com.*could not resolve/);
  });
}

void test("a mirror whose manifest is none is refused", async () => {
  const story = new BootstrapStory(
    { "script fetch-artifacts": { stdout: "<html>" } },
    { artifactSource: MIRROR },
  );

  assert.equal((await failureOf(story)).reason, "BundleInvalid");
});

void test("packages: nothing is sent, and the repository is asked before the host is taken apart", async () => {
  const story = new BootstrapStory({}, { kubernetesVersion: "1.36.3" });

  await story.run();

  const { calls, scripts } = story.host;
  assert.ok(calls.indexOf("script check-packages") < calls.indexOf("script reset-node"));
  assert.equal(
    scripts.find(({ name }) => name === "check-packages")?.inputs["URL"],
    "https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release",
  );
  assert.deepEqual(story.durable("install-kubernetes").inputs, {
    VERSION: "1.36.3",
    MINOR: "1.36",
    URL: "https://pkgs.k8s.io/core:/stable:/v1.36/deb",
  });
});
