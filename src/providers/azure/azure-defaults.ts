// Apart from the options they belong to, so that a program's help can name them without loading what parses them.

export const DEFAULT_LOCATION = "canadacentral";
export const DEFAULT_VM_SIZE = "Standard_D2s_v5";
export const DEFAULT_IMAGE = "Canonical:ubuntu-24_04-lts:server:latest";
export const DEFAULT_SUBNET_CIDR = "10.50.1.0/24";
