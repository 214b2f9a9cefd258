/** Address ranges of the lab's cluster: they must not overlap any datacenter's subnet. */
export const POD_CIDR = "10.244.0.0/16";
export const SERVICE_CIDR = "10.96.0.0/12";
/** Address of the cluster's DNS service, by convention the tenth of the service range. */
export const DNS_SERVICE_IP = "10.96.0.10";
/** The first address headscale gives out. MX is the first device of a new tailnet, and gets it. */
export const MX_TAILNET_ADDRESS = "100.64.0.1";
