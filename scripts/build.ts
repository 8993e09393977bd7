/**
 * Bundles the command line and the agent, so that they start fast and need only koffi beside them.
 *   node scripts/build.ts [FOLDER]      default: dist
 */
import { chmod, copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { build } from "esbuild";
import type { BuildOptions, Metafile, Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = resolve(process.argv[2] ?? join(root, "dist"));
const fresh = `${dist}.${process.pid}`;

/**
 * `NAME.js` is a launcher that switches the compile cache on and then loads `NAME-main.js`. The command line loads its
 * parts when they are needed. The agent is one file: it must go on when the next build replaces what lies beside it.
 */
const entries = [
  { name: "k8snet-lab", source: "src/cli/main.ts", splitting: true },
  { name: "agent", source: "src/agent/main.ts", splitting: false },
  { name: "hub", source: "src/hub/main.ts", splitting: false },
  { name: "reconcile", source: "src/controller/main.ts", splitting: false },
] as const;

/**
 * The command line's own modules are not worth files of their own: 50 of them take as long to find and open as all that is in them
 * takes to run. Such an import() becomes a require() in place, which still runs the module only when it is asked for. What brings
 * large packages along stays apart.
 */
const IN_PLACE = /(?<!typeof )\bimport\(("\.[^"]*\.ts")\)/g;
const APART =
  /\/(?:program|version|tui-session|(?:engine|hub)\/[a-z-]+|commands\/(?:capture|completion|complete|doctor|explain|graph|image|modes|policy|schema|shell|exec))\.ts"$/;

const inPlace: Plugin = {
  name: "in-place",
  setup: ({ onLoad, onResolve }) => {
    // Its facade asks for every property of process, which takes 10 ms.
    onResolve({ filter: /^(?:node:)?process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: join(root, "scripts/process.ts") } : undefined,
    );
    onLoad({ filter: /\/src\/(?:cli|drivers|check|controller)\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replaceAll(IN_PLACE, (whole: string, name: string) =>
        APART.test(name) || path.endsWith("/cli/main.ts") ? whole : `Promise.resolve().then(() => require(${name}))`,
      ),
      loader: "ts",
    }));
  },
};

/** A static import would be compiled before the cache is on: hence two files. */
function launcher(name: string): string {
  return `#!/usr/bin/env node
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

// An old Node has no such cache; it is told so by what is loaded below.
if (module.enableCompileCache !== undefined) {
  // Beside the code where that can be written, so that nobody else can put code there; else in the user's own cache.
  const { FAILED } = module.constants.compileCacheStatus;
  // Each command has a cache: it keeps the functions that were used by the time it was written, which is once.
  const command = /^[a-z]+$/.test(process.argv[2] ?? "") ? process.argv[2] : "other";
  if (module.enableCompileCache(join(import.meta.dirname, ".cache", command)).status === FAILED) {
    module.enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "k8snet-lab", command));
  }
}
await import("./${name}-main.js");
`;
}

/** For the PATH: finds the Node that runs it: the one of whoever opened a lab's shell, the checkout's own, the system's. */
const PROGRAM = `#!/bin/sh
here=$0
while [ -L "$here" ]; do
  there=$(readlink "$here")
  case $there in /*) here=$there ;; *) here=$(dirname "$here")/$there ;; esac
done
here=$(cd "$(dirname "$here")" && pwd -P)
own=$here/../../.node/bin/node
if [ -x "\${K8SNET_LAB_NODE-}" ]; then node=$K8SNET_LAB_NODE; elif [ -x "$own" ]; then node=$own; else node=node; fi
K8SNET_LAB_CALLED=\${K8SNET_LAB_CALLED-$0}
export K8SNET_LAB_CALLED
exec "$node" "$here/../k8snet-lab.js" "$@"
`;

/** The licence texts of everything that is bundled, as their licences ask for. */
async function notices(inputs: readonly string[]): Promise<string> {
  const folders = new Set<string>();
  for (const input of inputs) {
    const match = /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input);
    if (match !== null) folders.add(match[0]);
  }
  const parts: string[] = [];
  for (const folder of [...folders].sort()) {
    const manifest: unknown = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
    const { name, version, license } = manifest as { name: string; version: string; license?: string };
    const file = (await readdir(join(root, folder))).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const text =
      file === undefined ? `(licence: ${license ?? "not stated"})` : await readFile(join(root, folder, file), "utf8");
    parts.push(`${name} ${version} (${license ?? "see below"})\n\n${text.trim()}\n`);
  }
  return `The files in this folder contain the following packages.\n\n${parts.join(`\n${"-".repeat(78)}\n\n`)}`;
}

const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  jsx: "automatic",
  sourcemap: true,
  sourcesContent: false,
  // All chunks lie flat, so that `import.meta.dirname` is dist/ in each of them.
  chunkNames: "[name]-[hash]",
  // koffi is native; Ink asks for its devtools only when DEV=true.
  // The sources ask esbuild for the agent of the node image; the bundle has it.
  external: ["koffi", "react-devtools-core", "esbuild"],
  // dockerode's own ssh and BuildKit sessions are not used: the system's ssh forwards sockets, images are built without.
  alias: {
    ssh2: "./scripts/unused-module.cjs",
    "@grpc/grpc-js": "./scripts/unused-module.cjs",
    "@grpc/proto-loader": "./scripts/unused-module.cjs",
    protobufjs: "./scripts/unused-module.cjs",
  },
  define: {
    "process.env.NODE_ENV": '"production"',
    // The launcher is the main module; what it loads must still know that it was started, not imported.
    "import.meta.main": "true",
    // How src tells the bundle from the sources, where that matters.
    "process.env.K8SNET_LAB_BUNDLED": '"1"',
  },
  // CommonJS packages inside an ES module ask for node's own modules by require.
  banner: {
    js: 'import { createRequire as createRequire_ } from "node:module"; const require = createRequire_(import.meta.url);',
  },
  plugins: [inPlace],
  metafile: true,
  logLevel: "warning",
  logLimit: 0,
} as const satisfies BuildOptions;

await rm(fresh, { recursive: true, force: true });
await mkdir(fresh, { recursive: true });
try {
  const outputs: Metafile["outputs"] = {};
  const inputs: Metafile["inputs"] = {};
  for (const { name, source, splitting } of entries) {
    const { metafile } = await build({ ...common, splitting, entryPoints: { [`${name}-main`]: source } });
    Object.assign(outputs, metafile.outputs);
    Object.assign(inputs, metafile.inputs);
    await writeFile(join(fresh, `${name}.js`), launcher(name));
    await chmod(join(fresh, `${name}.js`), 0o755);
  }
  await mkdir(join(fresh, "bin"));
  await writeFile(join(fresh, "bin/k8snet-lab"), PROGRAM, { mode: 0o755 });
  await copyFile(join(root, "scripts/Dockerfile"), join(fresh, "Dockerfile"));
  await writeFile(join(fresh, "THIRD-PARTY-LICENSES.txt"), await notices(Object.keys(inputs)));

  // Swap whole folders, so that a command that runs meanwhile never meets half a build.
  const old = `${fresh}.old`;
  await rename(dist, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(fresh, dist);
  await rm(old, { recursive: true, force: true });

  const bytes = Object.entries(outputs).reduce(
    (sum, [path, output]) => sum + (path.endsWith(".js") ? output.bytes : 0),
    0,
  );
  console.log(
    `${basename(dist)}: ${entries.map(({ name }) => `${name}.js`).join(", ")} and chunks, ${(bytes / 1024).toFixed(0)} kB`,
  );
} catch (error) {
  // What is wrong with a source, esbuild has printed already.
  if (!(error instanceof Error && "errors" in error)) throw error;
  process.exitCode = 1;
} finally {
  await rm(fresh, { recursive: true, force: true });
}
