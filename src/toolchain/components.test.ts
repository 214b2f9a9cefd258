import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { packagePath } from "../lib/assets.ts";
import { programsOf } from "./build-component.ts";
import { componentsFor } from "./components.ts";
import { kubernetesReleases } from "./kubernetes-versions.ts";
import { images } from "./node-bundle.ts";

const components = kubernetesReleases.flatMap((release) => componentsFor(release, "amd64"));

void test("every component's module is there", () => {
  for (const { recipe } of components)
    assert.ok(existsSync(packagePath(`toolchain/${recipe.module}/go.mod`)), recipe.module);
});

void test("a downloaded component has every program that a built one has, under the same names", () => {
  const multicall = new Set(["mx", "node"]);
  for (const { name, recipe, official } of components) {
    if (official === undefined) continue;
    const downloaded = official.flatMap(({ save, unpack = [] }) => [
      ...(save === undefined ? [] : [save]),
      ...unpack,
    ]);
    const built = programsOf(recipe).filter((program) => !multicall.has(program));
    assert.deepEqual(downloaded.sort(), built.sort(), name);
  }
});

void test("the versions of the table are those that the module files pin", () => {
  const modules: Readonly<Record<string, string>> = {
    tailscale: "tailscale.com",
    headscale: "github.com/juanfont/headscale",
    flannel: "github.com/flannel-io/flannel",
    coredns: "github.com/coredns/coredns",
    "cni-plugins": "github.com/containernetworking/plugins",
    "flannel-cni-plugin": "github.com/containernetworking/plugins",
  };
  for (const { name, version, recipe } of components) {
    const module = modules[recipe.module];
    if (module === undefined) continue;
    const text = readFileSync(packagePath(`toolchain/${recipe.module}/go.mod`), "utf8");
    assert.ok(text.includes(`${module} v${version}`), `${name} ${version}`);
  }
});

void test("image references carry the versions of the components", () => {
  for (const [name, reference] of [
    ["pause", images.pause],
    ["coredns", images.coredns],
    ["flannel", images.flannel],
    ["agnhost", images.agnhost],
  ] as const) {
    const component = components.find((candidate) => candidate.name === name);
    assert.ok(component);
    assert.match(reference, new RegExp(`:v?${component.version}$`));
  }
});
