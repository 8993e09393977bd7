/**
 * Bundles the command line and the agent, so that they start fast and need only koffi.
 *   node scripts/build.ts [FOLDER]      default: dist
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { build, transform } from "esbuild";
import type { BuildOptions, Metafile, Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const dist = resolve(process.argv[2] ?? join(root, "dist"));
const fresh = `${dist}.${process.pid}`;

/**
 * `NAME.js` is a launcher that runs `NAME-main.js`. The command line is split so that its parts run when they are needed; the others
 * are in one piece. Everything is read at once: it must keep working when the next build replaces the files.
 */
const entries = [
  { name: "k8snet-lab", source: "src/cli/main.ts", splitting: true },
  { name: "agent", source: "src/agent/main.ts", splitting: false },
  { name: "hub", source: "src/hub/main.ts", splitting: false },
  { name: "dataplane", source: "src/dataplane/main.ts", splitting: false },
  { name: "reconcile", source: "src/live/main.ts", splitting: false },
] as const;

/**
 * The command line's own modules are not kept as files: 50 of them take as long to find and open as the code in them
 * takes to run. Such an import() becomes a require() in place, which still runs the module only when it is needed. Modules with
 * large packages stay separate.
 */
const IN_PLACE = /(?<!typeof )\bimport\(("\.[^"]*\.ts")\)/g;
const APART =
  /\/(?:program|version|tui-session|(?:engine|hub)\/[a-z-]+|commands\/(?:capture|completion|complete|doctor|explain|graph|image|modes|policy|schema|shell|exec))\.ts"$/;

const inPlace: Plugin = {
  name: "in-place",
  setup: ({ onLoad, onResolve, initialOptions }) => {
    // The reconciler resolves the checks of a lab and runs none: a fifth of it would be what runs them.
    if (Object.hasOwn(initialOptions.entryPoints ?? {}, "reconcile-main"))
      onLoad({ filter: /\/src\/checks\/[^/]+\/run\.ts$/ }, () => ({ contents: "export const run = undefined;" }));
    // Its facade reads every property of process, which takes 10 ms.
    onResolve({ filter: /^(?:node:)?process$/ }, ({ importer }) =>
      importer.includes("/commander/") ? { path: join(root, "scripts/process.ts") } : undefined,
    );
    onLoad(
      { filter: /\/src\/(?:checks|cli|doctor|drivers|installed|live|why|workflow)\/.*\.ts$/ },
      async ({ path }) => ({
        contents: (await readFile(path, "utf8")).replaceAll(IN_PLACE, (whole: string, name: string) =>
          APART.test(name) || path.endsWith("/cli/main.ts") ? whole : `Promise.resolve().then(() => require(${name}))`,
        ),
        loader: "ts",
      }),
    );
  },
};

/** For the PATH: finds the Node that runs it: that of the process that opened a lab's shell, the checkout's own, the system's. */
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

/**
 * One script with the modules of all chunks, for scripts/launcher.cjs. ES modules take node longer to load: it links them one by one,
 * and reads every property of its own modules that they import. Only esbuild's ES modules can be split, so they are turned
 * afterwards; except those that await at their top level, and what imports them, which stay files.
 */
async function writeProgram(name: string, chunks: ReadonlyMap<string, string>): Promise<void> {
  const turned = new Map<string, string>();
  const left = new Set<string>();
  await Promise.all(
    [...chunks].map(async ([chunk, text]) => {
      try {
        turned.set(chunk, withoutCopy((await transform(text, { ...TURN, format: "cjs" })).code));
      } catch (error) {
        if (!String(error).includes("Top-level await")) throw error;
        left.add(chunk);
      }
    }),
  );
  const importsOf = (text: string): readonly string[] =>
    [...text.matchAll(/^(?:import|export)[^;]*?"\.\/([^"]+)";$/gm)].map(([, from = ""]) => from);
  for (let before = -1; before !== left.size;) {
    before = left.size;
    for (const [chunk, text] of chunks) if (importsOf(text).some((from) => left.has(from))) left.add(chunk);
  }
  const fileOf = (chunk: string): string => (left.has(chunk) ? chunk.replace(/\.js$/, ".mjs") : chunk);
  const modules: string[] = [];
  for (const [chunk, text] of [...turned].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (left.has(chunk)) continue;
    const code = lazily(text).replaceAll(/\bimport\("\.\/([^"]+)"\)/g, (_, to: string) =>
      left.has(to) ? `require.module("./${fileOf(to)}")` : `Promise.resolve().then(() => require("./${to}"))`,
    );
    // The program is read as Latin-1, which is fastest: esbuild escapes what is beyond ASCII in strings, not in regular expressions.
    const plain = code.replaceAll(/[^\x00-\x7f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
    modules.push(`"./${chunk}": function (exports, require, module, __filename, __dirname) {\n${plain}\n}`);
  }
  // Those files get shared modules from the program, which has each once.
  const chunkPlugin: Plugin = {
    name: "program",
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /^\.\/[^/]+\.js$/ }, ({ path, kind }) =>
        kind !== "entry-point" && left.has(path.slice(2))
          ? { path: path.replace(/\.js$/, ".mjs"), external: true }
          : { path: path.slice(2), namespace: "chunk" },
      );
      onLoad({ filter: /./, namespace: "chunk" }, ({ path }) => ({
        contents: left.has(path) ? chunks.get(path) : `module.exports = LOAD("./${path}");`,
      }));
    },
  };
  if (left.size > 0) {
    const { outputFiles } = await build({
      ...TURN,
      entryPoints: [...left].map((chunk) => `./${chunk}`),
      outdir: fresh,
      bundle: true,
      write: false,
      format: "esm",
      external: [...common.external, `./${name}.js`],
      outExtension: { ".js": ".mjs" },
      banner: {
        js: `import { createRequire as createRequire_ } from "node:module"; const require = createRequire_(import.meta.url), LOAD = require("./${name}.js"), __dirname = import.meta.dirname, __filename = import.meta.filename;`,
      },
      plugins: [chunkPlugin],
    });
    for (const { path, contents } of outputFiles) await writeFile(join(fresh, basename(path)), contents);
  }
  // In ASCII, which is read in a third of the time: esbuild writes text so, but keeps some comments unchanged.
  const program = `({\n${modules.join(",\n")}\n})\n`.replaceAll(/[^\x00-\x7f]/g, "?");
  // esbuild is needed only by what the bundle does not do.
  const leftover = /.{0,60}(?<![.\w$])import\((?!"esbuild"\)).{0,40}/.exec(program);
  if (leftover !== null)
    throw new Error(`${name}: import() in the script, which has none: load it statically: ${leftover[0]}`);
  const id = createHash("sha256").update(program).digest("hex").slice(0, 12);
  const launcher = await readFile(join(root, "scripts/launcher.cjs"), "utf8");
  await writeFile(join(fresh, `${name}-main.js`), program);
  const filled = launcher.replace("%NAME%", name).replace("%BUILD%", id);
  const early = name === "k8snet-lab" ? await earlyPart() : '"none"';
  await writeFile(
    join(fresh, `${name}.js`),
    filled.replace('"%EARLY%"', () => early),
    { mode: 0o755 },
  );
}

/** esbuild copies what a module exports, getter by getter, for modules that are CommonJS by birth: none of these is. */
function withoutCopy(code: string): string {
  const copied =
    /var stdin_exports=\{\};__export\(stdin_exports,([^]*?)\);module\.exports=__toCommonJS\(stdin_exports\);/;
  return code.replace(copied, (_, names: string) => `__export(exports,${names});`);
}

/** An expression that is the exports of src/drivers/early-agent.ts. */
async function earlyPart(): Promise<string> {
  const source = join(root, "src/drivers/early-agent.ts");
  const { outputFiles } = await build({
    ...common,
    ...TURN,
    format: "cjs",
    minifyIdentifiers: false,
    // It would join the declarations that lazily() looks for.
    minifySyntax: false,
    entryPoints: [source],
    metafile: false,
    plugins: [],
  });
  return `(() => { const module = { exports: {} }; ${lazily(outputFiles[0]?.text ?? "")}; return module.exports; })()`;
}

/** Node's own modules are loaded when they are used: http2 takes 8 ms, crypto 3, and most commands need neither. */
function lazily(code: string): string {
  const names = new Set<string>();
  const declared = code.replaceAll(
    /\bvar (import_\w+)=(require\("node:[\w/]+"\));/g,
    (_, name: string, load: string) => {
      names.add(name);
      return `var ${name}_,${name}=()=>${name}_??=${load};`;
    },
  );
  return declared.replaceAll(/\b(import_\w+)(?=\.)/g, (_, name: string) => (names.has(name) ? `(${name}())` : name));
}

/** The licence texts of everything that is bundled, as their licences require. */
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

const TURN = {
  platform: "node",
  target: "node24",
  minifyWhitespace: true,
  lineLimit: 160,
  logLevel: "silent",
} as const;
const common = {
  absWorkingDir: root,
  outdir: fresh,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node24",
  jsx: "automatic",
  write: false,
  // All chunks are in one folder, so that `import.meta.dirname` is dist/ in each of them.
  chunkNames: "[name]-[hash]",
  // koffi is native; Ink loads its devtools only when DEV=true.
  // The sources use esbuild for the agent of the node image; the bundle has it.
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
    "import.meta.dirname": "__dirname",
    "import.meta.filename": "__filename",
    // How src distinguishes the bundle from the sources, where that matters.
    "process.env.K8SNET_LAB_BUNDLED": '"1"',
  },
  plugins: [inPlace],
  // Shorter text and fewer names: read and loaded from the code cache in less time.
  minifyIdentifiers: true,
  minifySyntax: true,
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
    const { metafile, outputFiles } = await build({ ...common, splitting, entryPoints: { [`${name}-main`]: source } });
    await writeProgram(name, new Map(outputFiles.map(({ path, text }) => [basename(path), text])));
    Object.assign(outputs, metafile.outputs);
    Object.assign(inputs, metafile.inputs);
  }
  await writeFile(join(fresh, "package.json"), '{ "type": "commonjs" }\n');
  await mkdir(join(fresh, "bin"));
  await writeFile(join(fresh, "bin/k8snet-lab"), PROGRAM, { mode: 0o755 });
  await copyFile(join(root, "scripts/Dockerfile"), join(fresh, "Dockerfile"));
  await writeFile(join(fresh, "THIRD-PARTY-LICENSES.txt"), await notices(Object.keys(inputs)));

  // Swap whole folders, so that a command that runs at the same time never sees half a build.
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
  // esbuild has already printed what is wrong with a source.
  if (!(error instanceof Error && "errors" in error)) throw error;
  process.exitCode = 1;
} finally {
  await rm(fresh, { recursive: true, force: true });
}
