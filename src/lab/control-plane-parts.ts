import { join } from "node:path";
import { stringify } from "yaml";
import { makePrivateDir, writeFileAtomic } from "../lib/files.ts";
import type { Toolchain } from "../toolchain/toolchain.ts";
import type { LabPaths } from "./lab-paths.ts";
import type { LabPorts } from "./lab-state.ts";
import { MX_TAILNET_ADDRESS, POD_CIDR, SERVICE_CIDR } from "./networks.ts";
import type { Part } from "./part.ts";
import { httpsReady } from "./probe.ts";

/** Path of the socket that is relayed to the tailnet's CONNECT proxy. */
export function egressSocket(paths: LabPaths): string {
  return join(paths.run, "egress.sock");
}

/** etcd and the three programs of a control plane, on loopback, with the certificates kubeadm made. */
export function controlPlaneParts(paths: LabPaths, ports: LabPorts, toolchain: Toolchain): Part[] {
  const pki = (name: string) => join(paths.pki, name);
  const conf = (name: string) => join(paths.kubernetes, name);
  const adminCertificate = {
    ca: pki("ca.crt"),
    cert: pki("apiserver-kubelet-client.crt"),
    key: pki("apiserver-kubelet-client.key"),
  };
  const etcdClient = `https://127.0.0.1:${ports.etcdClient}`;
  const etcdPeer = `https://127.0.0.1:${ports.etcdPeer}`;
  const parts: Part[] = [
    {
      name: "etcd",
      needs: [],
      argv: [
        toolchain.program("etcd"),
        `--name=mx`,
        `--data-dir=${paths.etcd}`,
        `--listen-client-urls=${etcdClient}`,
        `--advertise-client-urls=${etcdClient}`,
        `--listen-peer-urls=${etcdPeer}`,
        `--initial-advertise-peer-urls=${etcdPeer}`,
        `--initial-cluster=mx=${etcdPeer}`,
        ...["--client-cert-auth", `--trusted-ca-file=${pki("etcd/ca.crt")}`],
        ...[`--cert-file=${pki("etcd/server.crt")}`, `--key-file=${pki("etcd/server.key")}`],
        ...["--peer-client-cert-auth", `--peer-trusted-ca-file=${pki("etcd/ca.crt")}`],
        ...[`--peer-cert-file=${pki("etcd/peer.crt")}`, `--peer-key-file=${pki("etcd/peer.key")}`],
        "--log-level=warn",
      ],
      prepare: async () => {
        await makePrivateDir(paths.etcd);
      },
      isReady: httpsReady(ports.etcdClient, "/health", {
        ca: pki("etcd/ca.crt"),
        cert: pki("apiserver-etcd-client.crt"),
        key: pki("apiserver-etcd-client.key"),
      }),
      stopTimeoutMs: 10_000,
    },
    {
      name: "kube-apiserver",
      needs: ["etcd"],
      argv: [
        toolchain.program("kube-apiserver"),
        ...["--bind-address=127.0.0.1", `--secure-port=${ports.apiServer}`],
        `--advertise-address=${MX_TAILNET_ADDRESS}`,
        ...[`--etcd-servers=${etcdClient}`, `--etcd-cafile=${pki("etcd/ca.crt")}`],
        ...[
          `--etcd-certfile=${pki("apiserver-etcd-client.crt")}`,
          `--etcd-keyfile=${pki("apiserver-etcd-client.key")}`,
        ],
        `--service-cluster-ip-range=${SERVICE_CIDR}`,
        `--client-ca-file=${pki("ca.crt")}`,
        ...[`--tls-cert-file=${pki("apiserver.crt")}`, `--tls-private-key-file=${pki("apiserver.key")}`],
        `--kubelet-client-certificate=${pki("apiserver-kubelet-client.crt")}`,
        `--kubelet-client-key=${pki("apiserver-kubelet-client.key")}`,
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        ...[
          `--service-account-key-file=${pki("sa.pub")}`,
          `--service-account-signing-key-file=${pki("sa.key")}`,
        ],
        `--requestheader-client-ca-file=${pki("front-proxy-ca.crt")}`,
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-username-headers=X-Remote-User",
        `--proxy-client-cert-file=${pki("front-proxy-client.crt")}`,
        `--proxy-client-key-file=${pki("front-proxy-client.key")}`,
        "--enable-bootstrap-token-auth",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        `--egress-selector-config-file=${conf("egress-selector.yaml")}`,
        // Kubelets are known by address; asking DNS for a node's name first would fail and cost seconds.
        "--kubelet-preferred-address-types=InternalIP",
        "--shutdown-delay-duration=0s",
        "--shutdown-send-retry-after=false",
        "--shutdown-watch-termination-grace-period=1s",
      ],
      prepare: () => writeFileAtomic(conf("egress-selector.yaml"), renderEgressSelector(paths), 0o600),
      isReady: httpsReady(ports.apiServer, "/readyz", adminCertificate),
      stopTimeoutMs: 5_000,
    },
    {
      name: "kube-controller-manager",
      needs: ["kube-apiserver"],
      argv: [
        toolchain.program("kube-controller-manager"),
        ...["--bind-address=127.0.0.1", `--secure-port=${ports.controllerManager}`],
        ...authenticatedBy(conf("controller-manager.conf")),
        "--controllers=*,bootstrapsigner,tokencleaner",
        ...[
          "--allocate-node-cidrs",
          `--cluster-cidr=${POD_CIDR}`,
          `--service-cluster-ip-range=${SERVICE_CIDR}`,
        ],
        ...[`--cluster-signing-cert-file=${pki("ca.crt")}`, `--cluster-signing-key-file=${pki("ca.key")}`],
        ...[`--client-ca-file=${pki("ca.crt")}`, `--root-ca-file=${pki("ca.crt")}`],
        `--requestheader-client-ca-file=${pki("front-proxy-ca.crt")}`,
        `--service-account-private-key-file=${pki("sa.key")}`,
        "--use-service-account-credentials",
        "--leader-elect=false", // there is one
      ],
      isReady: httpsReady(ports.controllerManager, "/healthz"),
      stopTimeoutMs: 3_000,
    },
    {
      name: "kube-scheduler",
      needs: ["kube-apiserver"],
      argv: [
        toolchain.program("kube-scheduler"),
        ...["--bind-address=127.0.0.1", `--secure-port=${ports.scheduler}`],
        ...authenticatedBy(conf("scheduler.conf")),
        "--leader-elect=false",
      ],
      isReady: httpsReady(ports.scheduler, "/healthz"),
      stopTimeoutMs: 3_000,
    },
  ];
  return parts;
}

function authenticatedBy(kubeconfig: string): string[] {
  return [
    `--kubeconfig=${kubeconfig}`,
    `--authentication-kubeconfig=${kubeconfig}`,
    `--authorization-kubeconfig=${kubeconfig}`,
  ];
}

/** The API server's way to kubelets (logs, exec): by the tailnet's proxy. Everything else goes straight. */
function renderEgressSelector(paths: LabPaths): string {
  const connection = {
    proxyProtocol: "HTTPConnect",
    // A TCP transport without TLS makes kube-apiserver 1.37 panic at start; a unix socket does not.
    transport: { uds: { udsName: egressSocket(paths) } },
  };
  return stringify({
    apiVersion: "apiserver.k8s.io/v1beta1",
    kind: "EgressSelectorConfiguration",
    egressSelections: [{ name: "cluster", connection }],
  });
}
