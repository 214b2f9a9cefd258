/** The package repository for a version: there is one a minor. */
export function packageRepository(version: string): { url: string; minor: string } {
  const minor = version.split(".").slice(0, 2).join(".");
  return { url: `https://pkgs.k8s.io/core:/stable:/v${minor}/deb`, minor };
}
