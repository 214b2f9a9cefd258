/** Kubernetes of an MX cluster in Azure where none is asked for. Apart, because the program's help names it. */
export const DEFAULT_KUBERNETES = "1.37";
