import { gzipSync } from "node:zlib";
import { parse, stringify } from "yaml";
import { z } from "zod";

/** Bytes that Azure takes at most, before base64. */
const MAX_CUSTOM_DATA = 65_535;
/** Files longer than this are sent compressed. */
const PLAIN_LENGTH = 4_096;

const CloudConfig = z.looseObject({
  write_files: z.array(z.looseObject({ path: z.string(), content: z.string() })).default([]),
});

/**
 * cloud-config out of a YAML file of ours, with the contents of its files put in. Values are data: they never become
 * part of YAML's syntax or of a script.
 */
export function renderCloudConfig(template: string, contents: Readonly<Record<string, string>>): string {
  const config = CloudConfig.parse(parse(template));
  const known = new Set(config.write_files.map(({ path }) => path));
  for (const path of Object.keys(contents)) {
    if (!known.has(path)) throw new RangeError(`the template writes no file ${path}`);
  }
  const files = config.write_files.map((file) => {
    const content = contents[file.path] ?? file.content;
    if (content === "") throw new RangeError(`nothing was given for ${file.path}`);
    return { ...file, ...encodeContent(content) };
  });
  return `#cloud-config\n${stringify({ ...config, write_files: files }, { lineWidth: 0 })}`;
}

function encodeContent(content: string): { content: string; encoding?: string } {
  if (content.length <= PLAIN_LENGTH) return { content };
  return { encoding: "gz+b64", content: gzipSync(content, { level: 9 }).toString("base64") };
}

/** As Azure takes it. */
export function encodeCustomData(cloudConfig: string): string {
  const bytes = Buffer.from(cloudConfig);
  if (bytes.length > MAX_CUSTOM_DATA) throw new RangeError(`customData has ${bytes.length} bytes`);
  return bytes.toString("base64");
}
