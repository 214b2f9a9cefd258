import { generateKeyPairSync, sign } from "node:crypto";

/** A certificate request as the kubelet that is to be this node makes it, in the API's double base64. */
export function certificateRequestOf(name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const attribute = (oid: string, value: string): Buffer =>
    der(0x31, der(0x30, der(0x06, Buffer.from(oid, "hex")), der(0x0c, Buffer.from(value))));
  const subject = der(0x30, attribute("55040a", "system:nodes"), attribute("550403", `system:node:${name}`));
  const version = der(0x02, Buffer.from([0]));
  const info = der(0x30, version, subject, publicKey.export({ type: "spki", format: "der" }), der(0xa0));
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));
  const signature = der(0x03, Buffer.from([0]), sign("sha256", info, privateKey));
  const lines = der(0x30, info, ecdsaWithSha256, signature).toString("base64").replace(/.{64}/g, "$&\n");
  const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
  return Buffer.from(pem).toString("base64");
}

/** One DER value: tag, length, content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
