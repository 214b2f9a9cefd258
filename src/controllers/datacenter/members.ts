import type { Datacenter } from "../../api/v1alpha1/datacenter.ts";
import type { Server } from "../../api/v1alpha1/server.ts";
import { contains, parseSubnet } from "../../lib/cidr.ts";

/** True for a Server that lies behind this datacenter's routers. One that names no router is told by its address. */
export function isBehind(datacenter: Datacenter, { metadata, spec }: Server): boolean {
  if (metadata.namespace !== datacenter.metadata.namespace) return false;
  const router = spec.router?.name;
  if (router !== undefined) return datacenter.spec.routers.some(({ name }) => name === router);
  return datacenter.spec.subnets.some((cidr) => {
    const subnet = parseSubnet(cidr);
    return subnet !== undefined && contains(subnet, spec.ipv4);
  });
}
