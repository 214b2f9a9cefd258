/** Locations of the fake, with the zones that they have. */
export const locations: Record<string, { displayName: string; zones: readonly string[] }> = {
  canadacentral: { displayName: "Canada Central", zones: ["1", "2", "3"] },
  canadaeast: { displayName: "Canada East", zones: [] },
  eastus: { displayName: "East US", zones: ["1", "2", "3"] },
  westeurope: { displayName: "West Europe", zones: ["1", "2", "3"] },
  westus: { displayName: "West US", zones: [] },
};

/** "Canada Central" is canadacentral. */
export function plainLocation(location: string): string {
  return location.toLowerCase().replaceAll(" ", "");
}
