/** The link on the PATH that the first set-up makes, in a home folder of its own; for root in a mount namespace of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");
const program = join(root, "scripts/k8snet-lab");

let home = "";
let link = "";
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "k8snet-link-"));
  link = join(home, ".local/bin/k8snet-lab");
});
afterEach(() => rmSync(home, { recursive: true }));

/** `id`: what id(1) answers. */
function linkProgram(id: number, path = "/usr/bin:/bin", prefix: readonly string[] = [], after = ":"): string {
  const script = `ROOT=${root}; source scripts/set-up.sh; id() { echo ${id}; }; link_program; ${after}`;
  const [file = "", ...args] = [...prefix, "bash", "-euc", script];
  const { stdout, stderr, status } = spawnSync(file, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { HOME: home, PATH: path },
  });
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

test("of a user: in ~/.local/bin, said, with what the open shell lacks", () => {
  const said = linkProgram(1000);
  expect(readlinkSync(link)).toBe(program);
  expect(said).toContain(`${link} is a link to ${program} (--no-link skips it)`);
  expect(said).toContain(`export PATH="$PATH:${join(home, ".local/bin")}"`);
});

test("nothing is printed about a PATH that has the folder", () => {
  expect(linkProgram(1000, `/usr/bin:/bin:${join(home, ".local/bin")}`)).not.toContain("export PATH");
});

test("a second time makes and says nothing", () => {
  const path = `/usr/bin:/bin:${join(home, ".local/bin")}`;
  linkProgram(1000, path);
  expect(linkProgram(1000, path)).toBe("");
});

test("a k8snet-lab of another origin stays", () => {
  mkdirSync(join(home, ".local/bin"), { recursive: true });
  writeFileSync(link, "mine");
  expect(linkProgram(1000)).toContain(`${link} already exists`);
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin/k8snet-lab"), "#!/bin/sh\n", { mode: 0o755 });
  expect(linkProgram(1000, `/usr/bin:/bin:${join(home, "bin")}`)).toContain(
    `${join(home, "bin/k8snet-lab")}, which is left`,
  );
});

test("a home that cannot be written is not a failure", () => {
  writeFileSync(join(home, ".local"), "");
  expect(linkProgram(1000)).toContain("no link in");
  expect(existsSync(link)).toBe(false);
});

test("of root: in /usr/local/bin (needs root)", (context) => {
  context.skip(process.getuid?.() !== 0, "needs root");
  const own = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs tmpfs /usr/local/bin && exec "$@"', "sh"];
  const said = linkProgram(
    0,
    "/usr/bin:/bin:/usr/sbin:/sbin:/usr/local/bin",
    own,
    "readlink /usr/local/bin/k8snet-lab",
  );
  expect(said).toContain(`/usr/local/bin/k8snet-lab is a link to ${program}`);
  expect(said).toContain(`${program}\n`);
});
