import assert from "node:assert/strict";
import { chown, lstat, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { giveBack } from "./give-back.ts";
import { pathsFrom } from "./paths.ts";

const CALLER = { uid: 54_321, gid: 54_322 };
const OTHER = 54_323;

void describe("giveBack()", { skip: process.getuid?.() !== 0 && "only root can give files away" }, () => {
  let top = "";
  before(async () => {
    top = await mkdtemp(join(tmpdir(), "stargate-give-back-"));
  });
  after(() => rm(top, { recursive: true, force: true }));

  /** A home with what a run of root's left in it. */
  async function homeOf(owner: number, name: string): Promise<{ home: string; datacenter: string }> {
    const home = join(top, name);
    const datacenter = join(home, ".local/state/stargate/datacenters/router");
    await mkdir(datacenter, { recursive: true });
    await writeFile(join(datacenter, "datacenter.json"), "{}");
    await writeFile(join(datacenter, "of-another"), "");
    await chown(join(datacenter, "of-another"), OTHER, OTHER);
    await writeFile(join(home, "elsewhere"), "");
    await symlink(join(home, "elsewhere"), join(datacenter, "link"));
    await chown(home, owner, owner);
    return { home, datacenter };
  }

  const ownerOf = async (path: string): Promise<number> => (await lstat(path)).uid;
  const below = (home: string) => ({
    ...{ HOME: home, SUDO_UID: String(CALLER.uid), SUDO_GID: String(CALLER.gid) },
  });

  void it("gives the caller of sudo what root made in his folders, and nothing else", async () => {
    const { home, datacenter } = await homeOf(CALLER.uid, "caller");

    await giveBack(pathsFrom(below(home)), below(home));

    for (const path of [join(datacenter, "datacenter.json"), join(datacenter, "link"), datacenter]) {
      assert.equal(await ownerOf(path), CALLER.uid, path);
    }
    assert.equal(await ownerOf(join(home, ".local")), CALLER.uid);
    assert.equal(await ownerOf(join(datacenter, "of-another")), OTHER);
    assert.equal(await ownerOf(join(home, "elsewhere")), 0); // what a link leads to
  });

  void it("leaves the home of root, or of somebody else, as it is", async () => {
    const { home, datacenter } = await homeOf(OTHER, "other");

    await giveBack(pathsFrom(below(home)), below(home));

    assert.equal(await ownerOf(datacenter), 0);
  });

  void it("does nothing without sudo", async () => {
    const { home, datacenter } = await homeOf(CALLER.uid, "no-sudo");

    await giveBack(pathsFrom({ HOME: home }), { HOME: home });

    assert.equal(await ownerOf(datacenter), 0);
  });
});
