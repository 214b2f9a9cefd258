/** Labels by which a datacenter's objects are found again. */
export const DATACENTER_LABEL = "stargate.io/datacenter";
export const PROVIDER_LABEL = "stargate.io/provider";
