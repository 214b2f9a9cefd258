import assert from "node:assert/strict";
import { test } from "node:test";
import { buildError, goBuildArguments, lineCounter, programsOf } from "./build-component.ts";
import { componentsFor } from "./components.ts";
import { kubernetesReleases } from "./kubernetes-versions.ts";

function recipeOf(name: string, version = 0) {
  const release = kubernetesReleases[version];
  assert.ok(release);
  const component = componentsFor(release, "amd64").find((candidate) => candidate.name === name);
  assert.ok(component);
  return component.recipe;
}

void test("goBuildArguments pins the module file and stamps the version of an older Kubernetes", () => {
  const recipe = recipeOf("kubernetes-mx", 1);
  if (recipe.kind !== "go") assert.fail("Kubernetes is built with Go");
  const argv = goBuildArguments(recipe, "/out");
  assert.ok(argv.includes("-modfile=v1.36.mod"));
  const flags = argv[argv.indexOf("-ldflags") + 1];
  assert.equal(
    flags,
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
  );
  assert.deepEqual(argv.slice(argv.indexOf("-o")), ["-o", "/out/", "./mx"]);
});

void test("goBuildArguments links a cgo program statically under its own name", () => {
  const recipe = recipeOf("flannel");
  if (recipe.kind !== "go") assert.fail("flannel is built with Go");
  const argv = goBuildArguments(recipe, "/out");
  assert.ok(argv.some((part) => part.endsWith('-linkmode external -extldflags "-static"')));
  assert.deepEqual(argv.slice(-3), ["-o", "/out/flanneld", "github.com/flannel-io/flannel"]);
});

void test("programsOf names built programs and the names a multicall program goes by", () => {
  assert.deepEqual(programsOf(recipeOf("kubernetes-node")), ["node", "kubelet", "kubeadm"]);
  assert.deepEqual(programsOf(recipeOf("pause")), ["pause"]);
});

void test("lineCounter counts downloads until the first package is compiled", () => {
  const details: string[] = [];
  const count = lineCounter((detail) => details.push(detail));
  for (const line of [
    "go: downloading k8s.io/api v0.37.2",
    "# warning: something",
    "internal/cpu",
    "k8s.io/api/core/v1",
  ])
    count(line);
  assert.deepEqual(details, ["1 modules downloaded", "1 packages compiled", "2 packages compiled"]);
});

void test("buildError leaves out progress lines and tells network trouble from a broken build", () => {
  const offline = buildError("coredns", [
    "internal/cpu",
    "go: downloading a v1",
    "main.go:4:2: a@v1: dial tcp 192.0.2.1:443: connect: connection refused",
  ]);
  assert.equal(offline.retriable, true);
  assert.match(offline.message, /^Build coredns: it ended with an error\nmain\.go:4:2/);
  assert.match(offline.remedy ?? "", /module proxy/);
  assert.equal(buildError("coredns", ["# pkg", "x.go:1:1: undefined: y"]).retriable, false);
});
