/**
 * Adds the optional packages for other platforms that package-lock.json lacks. npm leaves them out when the registry
 * that it asked does not have them (a mirror with one platform only), and `npm ci` then refuses the whole file on
 * every machine. Run it after `npm install NAME` behind such a mirror.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const SYSTEMS = ["android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32", "aix"];
const CPUS = ["arm64", "arm", "x64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x"];
const LIBCS: Readonly<Record<string, string>> = { gnu: "glibc", gnueabihf: "glibc", musl: "musl", musleabihf: "musl" };

/** What `@scope/name-linux-arm64-gnu` runs on, read from its name: these packages are all named so. */
function platform(name: string): Pick<Entry, "os" | "cpu" | "libc"> {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.find((system) => words.includes(system));
  const cpu = CPUS.find((one) => words.includes(one));
  const libc = words.map((word) => LIBCS[word]).find((one) => one !== undefined);
  if (os === undefined || cpu === undefined) throw new Error(`${name}: cannot determine the platform from the name`);
  return { cpu: [cpu], ...(libc === undefined || os !== "linux" ? {} : { libc: [libc] }), os: [os] };
}

const path = join(import.meta.dirname, "..", "package-lock.json");
const lock = JSON.parse(await readFile(path, "utf8")) as { packages: Record<string, Entry> };
const added: string[] = [];
for (const [folder, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const there = [`${folder}/node_modules/${name}`, `node_modules/${name}`].some(
      (key) => lock.packages[key] !== undefined,
    );
    if (folder === "" || there || !/^\d+\.\d+\.\d+/.test(version)) continue;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...platform(name),
      ...(entry.dev === true ? { dev: true } : {}),
      optional: true,
    };
    added.push(`${name}@${version}`);
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
if (added.length > 0) await writeFile(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? "package-lock.json is complete" : `added ${added.length}: ${added.join(", ")}`);
