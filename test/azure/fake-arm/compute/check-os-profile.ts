import type { Target } from "../core/target.ts";
import { invalid, missing, unchangeable, type VmProperties } from "./vm-body.ts";

type OsProfile = NonNullable<VmProperties["osProfile"]>;

const MAX_CUSTOM_DATA_BYTES = 65_535;

/** Names that Azure refuses for the first user of a Linux VM (an excerpt). */
const REFUSED_USERS = ["admin", "administrator", "root", "test", "user", "guest", "sys", "backup", "console"];

/** What Azure demands of the osProfile of a new Linux VM. */
export function checkOsProfile(target: Target, profile: OsProfile | undefined): void {
  if (profile === undefined) throw missing("osProfile");
  const { adminUsername, adminPassword, linuxConfiguration, customData } = profile;
  const computerName = profile.computerName ?? target.name;
  if (computerName.length > 64 || !/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(computerName)) {
    throw invalid(
      "computerName",
      "Linux host name cannot exceed 64 characters in length or contain the following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
    );
  }
  if (adminUsername === undefined) throw missing("osProfile.adminUsername");
  if (
    REFUSED_USERS.includes(adminUsername.toLowerCase()) ||
    !/^[a-z_][a-z0-9_-]{0,63}$/i.test(adminUsername)
  ) {
    throw invalid(
      "adminUsername",
      "The Admin Username specified is not allowed. For more information about disallowed usernames, see https://aka.ms/vmosprofile",
    );
  }
  if (adminPassword === undefined && linuxConfiguration?.disablePasswordAuthentication !== true) {
    throw missing("osProfile.adminPassword");
  }
  checkKeys(adminUsername, adminPassword, profile);
  if (customData !== undefined) decodeCustomData(customData);
}

function checkKeys(user: string, password: string | undefined, { linuxConfiguration }: OsProfile): void {
  const keys = linuxConfiguration?.ssh?.publicKeys ?? [];
  if (password === undefined && keys.length === 0)
    throw missing("osProfile.linuxConfiguration.ssh.publicKeys");
  for (const { path, keyData } of keys) {
    const expected = `/home/${user}/.ssh/authorized_keys`;
    if (path !== expected) {
      throw invalid(
        "linuxConfiguration.ssh.publicKeys.path",
        `Destination path for SSH public keys is currently limited to its default value ${expected}  due to a known issue in Linux provisioning agent.`,
      );
    }
    if (!/^(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+={0,2}( .*)?\s*$/.test(keyData ?? "")) {
      throw invalid(
        "linuxConfiguration.ssh.publicKeys.keyData",
        "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.",
      );
    }
  }
}

/** The bytes of custom data. Throws where Azure would not take them. */
export function decodeCustomData(customData: string): Buffer {
  const bytes = Buffer.from(customData, "base64");
  const isBase64 = /^[A-Za-z0-9+/]*={0,2}$/.test(customData) && customData.length % 4 === 0;
  if (isBase64 && bytes.length <= MAX_CUSTOM_DATA_BYTES) return bytes;
  throw invalid(
    "customData",
    "Custom data in OSProfile must be in Base64 encoding and with a maximum length of 87380 characters.",
  );
}

/** What is fixed once a VM is there. A part that an update leaves out stays. */
export function checkOsProfileUnchanged(wanted: OsProfile | undefined, before: OsProfile | undefined): void {
  if (wanted === undefined || before === undefined) return;
  for (const field of ["computerName", "adminUsername", "customData"] as const) {
    if (wanted[field] !== undefined && wanted[field] !== before[field])
      throw unchangeable(`osProfile.${field}`);
  }
  const keysOf = (profile: OsProfile): string =>
    JSON.stringify((profile.linuxConfiguration?.ssh?.publicKeys ?? []).map(({ keyData }) => keyData?.trim()));
  if (wanted.linuxConfiguration?.ssh !== undefined && keysOf(wanted) !== keysOf(before)) {
    throw unchangeable("linuxConfiguration.ssh.publicKeys");
  }
}
