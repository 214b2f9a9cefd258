/**
 * Parts of tailscale that neither a router nor the lab's own device uses. Without peerapiserver, a tailscaled in
 * userspace listens on nothing but the loopback ports it is told to; the others save half of the build and a third of
 * what a router is sent.
 */
const unused = [
  "ace",
  "acme",
  "appconnectors",
  "aws",
  "bird",
  "captiveportal",
  "capture",
  "clientupdate",
  "cloud",
  "completion",
  "conn25",
  "completion_scripts",
  "dbus",
  "debugportmapper",
  "desktop_sessions",
  "doctor",
  "drive",
  "flashappliance",
  "identityfederation",
  "kube",
  "linkspeed",
  "linuxdnsfight",
  "netlog",
  "networkmanager",
  "peerapiserver",
  "posture",
  "qrcodes",
  "relayserver",
  "remoteconfig",
  "resolved",
  "routecheck",
  "runtimemetrics",
  "serve",
  "serviceclientprefs",
  "ssh",
  "synology",
  "syspolicy",
  "systray",
  "taildrop",
  "tailnetlock",
  "tap",
  "tpm",
  "tundevstats",
  "wakeonlan",
  "webbrowser",
  "webclient",
];

/** The build tags of tailscale, tailscaled and derper. */
export function tailscaleTags(): string {
  return unused.map((feature) => `ts_omit_${feature}`).join(",");
}
