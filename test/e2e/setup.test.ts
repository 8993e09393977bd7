/**
 * The two commands at the top of the README on a machine that has nothing: a copy of this checkout without packages,
 * without a build, with an old Node on the PATH. Downloads Node and the packages.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ONLINE } from "../downloads.ts";

const root = join(import.meta.dirname, "../..");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const isRoot = process.getuid?.() === 0;
const OWNER = 12_345;

let folder: string;
let copy: string;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = copy): Run {
  const [file = "", ...rest] = [...ONLINE, command, ...args];
  const { status, stdout, stderr } = spawnSync(file, rest, {
    cwd,
    encoding: "utf8",
    timeout: 120_000,
    env: { HOME: process.env.HOME ?? "/root", ...registryEnvironment(), PATH: join(folder, "bin"), ...env },
  });
  return { status, stdout, stderr };
}

/** How this machine reaches its registry. */
function registryEnvironment(): Record<string, string> {
  const wanted = /proxy|_CA_|CERT|^npm_config_registry$/i;
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value]) =>
      wanted.test(key) && value !== undefined ? [[key, value]] : [],
    ),
  );
}

/** A program of our own on the PATH. */
function shim(name: string, text: string): void {
  rmSync(join(folder, "bin", name), { force: true });
  writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(folder, "bin", name), 0o755);
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "k8snet-setup-"));
  copy = join(folder, "checkout");
  const skip = new Set(
    [".git", ".node", "node_modules", "dist", "artifacts", ".vagrant"].map((name) => join(root, name)),
  );
  cpSync(root, copy, { recursive: true, filter: (source) => !skip.has(source) });
  mkdirSync(join(folder, "bin"));
  for (const from of ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]) {
    for (const name of readdirSync(from)) {
      if (!existsSync(join(folder, "bin", name)) && !["node", "npm", "apt-get"].includes(name)) {
        try {
          symlinkSync(join(from, name), join(folder, "bin", name));
        } catch {
          // A dangling link of the same name is there already.
        }
      }
    }
  }
  shim("node", "echo v18.19.0");
  shim("npm", "echo 9.2.0");
  shim("apt-get", `echo "$@" >> ${folder}/apt.log`);
  if (isRoot) spawnSync("chown", ["-R", `${OWNER}:${OWNER}`, copy]);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("set-up", () => {
  test("of a bare checkout: Node, packages, build, then the command itself", { timeout: 150_000 }, () => {
    const first = run("scripts/k8snet-lab", ["--no-link", "--version"]);
    expect(first.stderr).toContain("node on this machine is v18.19.0; putting Node 24");
    expect(first.stderr).toContain("installing packages (npm ci)");
    expect(first.stderr).toContain("building");
    expect(first.stdout).toBe(`${version}\n`);
    expect(first.status).toBe(0);
    expect(existsSync(join(folder, "apt.log")), "nothing of the system was missing").toBe(false);
  });

  test("what was made under sudo belongs to the owner of the checkout (needs root)", (context) => {
    context.skip(!isRoot, "needs root");
    for (const path of ["dist/k8snet-lab.js", "node_modules/koffi/package.json", ".node/bin/node"]) {
      expect(statSync(join(copy, path)).uid, path).toBe(OWNER);
    }
  });

  test("a second time costs less than 0.1 s of processor time beyond the command", () => {
    const node = join(copy, ".node/bin/node");
    // By the clock it would be what else the machine does.
    const processorTime = (...argv: readonly string[]): number => {
      const { stdout, stderr } = run("bash", ["-c", `TIMEFORMAT='%U %S'; time "$@"`, "-", ...argv, "--version"]);
      expect(stdout).toBe(`${version}\n`);
      const [user = NaN, system = NaN] = stderr.trim().split(" ").map(Number);
      return (user + system) * 1000;
    };
    const beyond: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const bare = processorTime(node, "dist/k8snet-lab.js");
      beyond.push(processorTime("scripts/k8snet-lab") - bare);
    }
    expect(beyond.sort((a, b) => a - b)[2]).toBeLessThan(100);
  });

  test("a source that changed is built again, once", () => {
    const later = new Date();
    utimesSync(join(copy, "src/errors.ts"), later, later);
    expect(run("scripts/k8snet-lab", ["--version"]).stderr).toContain("building");
    expect(run("scripts/k8snet-lab", ["--version"]).stderr).toBe("");
  });

  describe("as on macOS", () => {
    const mac = (): string => join(folder, "mac");
    const onMac = (...args: readonly string[]): Run => run("env", [`PATH=${mac()}`, "scripts/k8snet-lab", ...args]);
    const refusing = (option: string, program: string): string =>
      `case " $* " in *" ${option} "*) echo "illegal option" >&2; exit 1 ;; esac\nexec /usr/bin/${program} "$@"`;

    beforeAll(() => {
      mkdirSync(mac());
      // All that set-up may use there: of Linux's tools none, no flock, no sha512sum.
      for (const name of "awk basename bash cat chown cut dirname env find head id ln ls mkdir mv rm sed sh sleep".split(
        " ",
      ))
        symlinkSync(`/usr/bin/${name}`, join(mac(), name));
      shim("../mac/uname", "echo Darwin");
      shim("../mac/stat", "echo 'usage: stat [-FLnq] [-f format | -l | -r | -s | -x]' >&2; exit 1");
      shim("../mac/readlink", refusing("-f", "readlink"));
    });

    test("what is newer is built; npm's own files a second apart are one installation; a dead process's lock is ignored", () => {
      const [earlier, later] = [new Date(Date.now() - 1000), new Date()];
      utimesSync(join(copy, "node_modules/.package-lock.json"), earlier, earlier);
      utimesSync(join(copy, "package-lock.json"), later, later);
      symlinkSync("99999999", join(copy, ".node/lock.link"));
      const { status, stdout, stderr } = onMac("--version");
      expect(stderr).toMatch(/^k8snet-lab: building\ndist: .*\n$/);
      expect(stdout).toBe(`${version}\n`);
      expect(status).toBe(0);
      expect(existsSync(join(copy, ".node/lock.link"))).toBe(false);
      if (isRoot) expect(statSync(join(copy, "dist/k8snet-lab.js")).uid).toBe(OWNER);
      expect(onMac("validate", "labs/overlay.yaml")).toMatchObject({ status: 0, stderr: "" });
    });

    test("without Node it says what to install", () => {
      renameSync(join(copy, ".node/bin/node"), join(copy, ".node/bin/node.away"));
      const { status, stderr } = onMac("--version");
      renameSync(join(copy, ".node/bin/node.away"), join(copy, ".node/bin/node"));
      expect(stderr).toMatch(/Node.js 24 or later is needed\n +hint: brew install node/);
      expect(status).toBe(3);
    });
  });

  test("works from any folder, with labs named relative to it", () => {
    const { status, stderr } = run("../scripts/k8snet-lab", ["validate", "overlay.yaml"], {}, join(copy, "labs"));
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("a missing tool is installed by name, and nothing else is (needs root)", (context) => {
    context.skip(!isRoot, "needs root");
    rmSync(join(folder, "bin/tcpdump"));
    const { stderr, status } = run("scripts/k8snet-lab", ["--version"]);
    expect(stderr).toContain("installing with apt-get: tcpdump\n");
    expect(readFileSync(join(folder, "apt.log"), "utf8")).toBe("install -qq -y --no-install-recommends tcpdump\n");
    expect(status).toBe(0);
  });

  test("without apt-get it says what to install, and ends with 3", () => {
    rmSync(join(folder, "bin/tcpdump"), { force: true });
    rmSync(join(folder, "bin/apt-get"));
    shim("dnf", "exit 1");
    const { stderr, status } = run("scripts/k8snet-lab", ["--version"]);
    expect(stderr).toContain("these commands are missing: tcpdump\n    hint: sudo dnf install tcpdump\n");
    expect(status).toBe(3);
    symlinkSync("/usr/bin/tcpdump", join(folder, "bin/tcpdump"));
  });
});

describe("as a package", () => {
  const prefix = (): string => join(folder, "prefix");
  const npm = (...args: readonly string[]): Run => {
    const own = join(copy, ".node/npm/bin/npm-cli.js");
    return run(join(copy, ".node/bin/node"), [own, ...args], {
      PATH: `${join(copy, ".node/bin")}:${join(folder, "bin")}`,
    });
  };
  const installed = (...args: readonly string[]): Run =>
    run(join(prefix(), "bin/k8snet-lab"), args, { PATH: `${join(copy, ".node/bin")}:${join(folder, "bin")}` }, folder);

  test("npm install -g . puts k8snet-lab on the PATH", { timeout: 60_000 }, () => {
    expect(npm("install", "--global", ".", "--prefix", prefix()).status).toBe(0);
    expect(installed("--version").stdout).toBe(`${version}\n`);
    rmSync(prefix(), { recursive: true });
  });

  test("what npm pack makes runs on its own, and has no sources", { timeout: 90_000 }, () => {
    const packed = npm("pack", "--json", "--silent");
    const listing = /"filename":\s*"(?<file>[^"]+)"/.exec(packed.stdout)?.groups?.file ?? "";
    expect(listing).toBe(`k8snet-lab-${version}.tgz`);
    const files = spawnSync("tar", ["-tzf", join(copy, listing)], { encoding: "utf8" })
      .stdout.trim()
      .split("\n");
    expect(files).toContain("package/dist/bin/k8snet-lab");
    expect(files).toContain("package/labs/overlay.yaml");
    expect(files).toContain("package/labs/schema.json");
    expect(files).toContain("package/labs/docs/guide.md");
    expect(files).toContain("package/CHANGELOG.md");
    expect(files.filter((file) => /^package\/(src|test|scripts)\/|\/\.(cache|stamp)/.test(file))).toEqual([]);
    expect(npm("install", "--global", join(copy, listing), "--prefix", prefix()).status).toBe(0);
    expect(installed("--version").stdout).toBe(`${version}\n`);
    expect(installed("validate", join(copy, "labs/overlay.yaml")).status).toBe(0);
    // What is loaded only when it is needed is bundled as well.
    expect(installed("down", join(copy, "labs/overlay.yaml"), "--driver", "netns").stderr).toMatch(
      /^error: (?:there is no lab overlay|lab overlay is not up)\n/u,
    );
  });
});
