import type { OfficialRelease } from "./official-release.ts";
import type { KubernetesRelease } from "./kubernetes-versions.ts";
import { tailscaleTags } from "./tailscale-tags.ts";

export type Architecture = "amd64" | "arm64";

/** How a component is made from Go modules: one `go build` in a folder of toolchain/. */
export interface GoRecipe {
  kind: "go";
  /** Folder of toolchain/ whose go.mod pins it. */
  module: string;
  /** Another go.mod of that folder. */
  modFile?: string;
  /** What to build; each becomes a program named for the last part of its path, unless `output` says otherwise. */
  packages: readonly string[];
  /** Name of the program, where there is only one package and its path ends in another word. */
  output?: string;
  ldflags?: string;
  tags?: string;
  /** Linked against a static C library; the others need no C compiler. */
  cgo?: boolean;
  /** Multicall programs: name under which one is started -> the file that acts as it. */
  links?: Readonly<Record<string, string>>;
}

/** How a component is made from one C file that a Go module carries. */
export interface CRecipe {
  kind: "c";
  module: string;
  /** The Go module that carries the file. */
  carrier: string;
  source: string;
  output: string;
  defines: Readonly<Record<string, string>>;
}

/** Programs that are built, or downloaded, together and kept in one folder of the cache. */
export interface Component {
  name: string;
  version: string;
  recipe: GoRecipe | CRecipe;
  /** Where its makers publish it with checksums; absent where they do not. */
  official?: OfficialRelease;
}

const kubernetesTag = "providerless";
const mxPrograms = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubeadm", "kubectl"];
const cniPlugins = ["main/bridge", "main/loopback", "ipam/host-local", "meta/portmap", "meta/bandwidth"];

const tailscale = {
  kind: "go",
  module: "tailscale",
  tags: tailscaleTags(),
  // Programs say "unknown build" of themselves unless the linker is told their version.
  ldflags: ["longStamp", "shortStamp"].map((name) => `-X tailscale.com/version.${name}=1.102.3`).join(" "),
} as const;

/** Stamps the version that kubeadm and the API server go by. */
export function versionFlags(version: string): string {
  const [major = "", minor = ""] = version.split(".");
  const variables = { gitVersion: `v${version}`, gitMajor: major, gitMinor: minor };
  return Object.entries(variables)
    .map(([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`)
    .join(" ");
}

function github(repository: string, tag: string): string {
  return `https://github.com/${repository}/releases/download/${tag}`;
}

/** Every component for one Kubernetes version, in the order they are worth building: the longest first. */
export function componentsFor(release: KubernetesRelease, arch: Architecture): readonly Component[] {
  const { version, etcd, modFile } = release;
  const kubernetes = {
    kind: "go",
    module: "kubernetes",
    modFile,
    tags: kubernetesTag,
    ldflags: versionFlags(version),
  } as const;
  const fromKubernetes = (name: string) => ({
    url: `https://dl.k8s.io/v${version}/bin/linux/${arch}/${name}`,
    checksums: `https://dl.k8s.io/v${version}/bin/linux/${arch}/${name}.sha256`,
    save: name,
  });
  return [
    {
      name: "kubernetes-mx",
      version,
      recipe: {
        ...kubernetes,
        packages: ["./mx"],
        links: Object.fromEntries([...mxPrograms, "etcd"].map((name) => [name, "mx"])),
      },
      official: [
        ...mxPrograms.map(fromKubernetes),
        {
          url: `${github("etcd-io/etcd", `v${etcd}`)}/etcd-v${etcd}-linux-${arch}.tar.gz`,
          checksums: `${github("etcd-io/etcd", `v${etcd}`)}/SHA256SUMS`,
          unpack: ["etcd"],
        },
      ],
    },
    {
      name: "kubernetes-node",
      version,
      recipe: { ...kubernetes, packages: ["./node"], links: { kubelet: "node", kubeadm: "node" } },
      official: ["kubelet", "kubeadm"].map(fromKubernetes),
    },
    {
      name: "kube-proxy",
      version,
      recipe: { ...kubernetes, packages: ["k8s.io/kubernetes/cmd/kube-proxy"] },
      official: [fromKubernetes("kube-proxy")],
    },
    {
      name: "agnhost",
      version: "2.66.1",
      recipe: { kind: "go", module: "kubernetes", packages: ["k8s.io/kubernetes/test/images/agnhost"] },
    },
    {
      name: "tailscale",
      version: "1.102.3",
      recipe: { ...tailscale, packages: ["tailscale.com/cmd/tailscale", "tailscale.com/cmd/tailscaled"] },
    },
    {
      name: "derper",
      version: "1.102.3",
      recipe: { ...tailscale, packages: ["tailscale.com/cmd/derper"] },
    },
    {
      name: "headscale",
      version: "0.29.2",
      recipe: { kind: "go", module: "headscale", packages: ["github.com/juanfont/headscale/cmd/headscale"] },
      official: [
        {
          url: `${github("juanfont/headscale", "v0.29.2")}/headscale_0.29.2_linux_${arch}`,
          checksums: `${github("juanfont/headscale", "v0.29.2")}/checksums.txt`,
          save: "headscale",
        },
      ],
    },
    {
      name: "flannel",
      version: "0.28.10",
      recipe: {
        kind: "go",
        module: "flannel",
        ldflags: "-X github.com/flannel-io/flannel/pkg/version.Version=v0.28.10",
        packages: ["github.com/flannel-io/flannel"],
        output: "flanneld",
        cgo: true,
      },
    },
    {
      name: "flannel-install-conf",
      version: "0.28.10",
      recipe: {
        kind: "go",
        module: "flannel",
        packages: ["github.com/flannel-io/flannel/cmd/install_conf"],
        output: "install-conf",
      },
    },
    {
      name: "coredns",
      version: "1.15.0",
      recipe: { kind: "go", module: "coredns", packages: ["."], output: "coredns" },
      official: [
        {
          url: `${github("coredns/coredns", "v1.15.0")}/coredns_1.15.0_linux_${arch}.tgz`,
          checksums: `${github("coredns/coredns", "v1.15.0")}/coredns_1.15.0_linux_${arch}.tgz.sha256`,
          unpack: ["coredns"],
        },
      ],
    },
    {
      name: "cni-plugins",
      version: "1.9.1",
      recipe: {
        kind: "go",
        module: "cni-plugins",
        packages: cniPlugins.map((name) => `github.com/containernetworking/plugins/plugins/${name}`),
      },
      official: [
        {
          url: `${github("containernetworking/plugins", "v1.9.1")}/cni-plugins-linux-${arch}-v1.9.1.tgz`,
          checksums: `${github("containernetworking/plugins", "v1.9.1")}/cni-plugins-linux-${arch}-v1.9.1.tgz.sha256`,
          unpack: cniPlugins.map((name) => name.replace(/^.*\//, "")),
        },
      ],
    },
    {
      // The last release of the CNI plugins that carried it; its own repository has no module that can be had.
      name: "flannel-cni-plugin",
      version: "0.9.1",
      recipe: {
        kind: "go",
        module: "flannel-cni-plugin",
        packages: ["github.com/containernetworking/plugins/plugins/meta/flannel"],
      },
    },
    {
      name: "pause",
      version: "3.10.1",
      recipe: {
        kind: "c",
        module: "kubernetes",
        carrier: "k8s.io/kubernetes",
        source: "build/pause/linux/pause.c",
        output: "pause",
        defines: { VERSION: "3.10.1" },
      },
    },
  ];
}
