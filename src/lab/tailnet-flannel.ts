import { parse, parseAllDocuments, stringify } from "yaml";
import { z } from "zod";
import { readAsset } from "../lib/assets.ts";

const Plugin = z.object({ initContainer: z.looseObject({}), volume: z.looseObject({}) });
const DaemonSet = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        initContainers: z.array(z.looseObject({})),
        containers: z.tuple([
          z.looseObject({
            args: z.array(z.string()),
            env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
          }),
        ]),
        volumes: z.array(z.looseObject({})),
      }),
    }),
  }),
});

const ConfigMap = z.looseObject({ data: z.looseObject({ "net-conf.json": z.string() }) });
const NetConf = z.looseObject({ Backend: z.looseObject({}) });

/**
 * The lab's Flannel, for an MX that is itself in the tailnet. It must send by the tailnet's interface there, which
 * workers have not: they send by the one that leads to MX. It asks the API server at its tailnet address, as service
 * addresses need kube-proxy. Always in VXLAN: its workers may be in a cloud, whose network is no Ethernet on which
 * neighbours could be each other's next hop. It brings Flannel's plugin along, where nodes do not have it already.
 */
export function renderTailnetFlannel(
  address: string,
  { bringsPlugin = true }: { bringsPlugin?: boolean } = {},
): string {
  return parseAllDocuments(readAsset("lab/addons/flannel.yaml"))
    .map((document) => {
      const object: unknown = document.toJS();
      const kind = document.get("kind");
      if (kind === "DaemonSet") return stringify(adaptDaemonSet(object, address, bringsPlugin));
      return stringify(kind === "ConfigMap" ? withoutDirectRouting(object) : object);
    })
    .join("---\n");
}

function withoutDirectRouting(object: unknown): object {
  const configMap = ConfigMap.parse(object);
  const netConf = NetConf.parse(JSON.parse(configMap.data["net-conf.json"]));
  const changed = { ...netConf, Backend: { ...netConf.Backend, DirectRouting: false } };
  return { ...configMap, data: { ...configMap.data, "net-conf.json": `${JSON.stringify(changed)}\n` } };
}

function adaptDaemonSet(object: unknown, address: string, bringsPlugin: boolean): object {
  const daemonSet = DaemonSet.parse(object);
  const { spec } = daemonSet.spec.template;
  const [flannel] = spec.containers;
  flannel.args.push("--iface=tailscale0", `--iface-can-reach=${address}`);
  for (const variable of flannel.env) {
    if (variable.name === "KUBERNETES_SERVICE_HOST") variable.value = address;
    if (variable.name === "KUBERNETES_SERVICE_PORT") variable.value = "6443";
  }
  if (!bringsPlugin) return daemonSet;
  const plugin = Plugin.parse(parse(readAsset("lab/addons/flannel-plugin.yaml")));
  spec.initContainers.unshift(plugin.initContainer);
  spec.volumes.push(plugin.volume);
  return daemonSet;
}
