/** The rules of src/README.md about imports between folders, kept once as data. scripts/check-imports.ts enforces them. */

/** What the files of a folder of src may import from other folders. */
export interface FolderRule {
  /** Folders whose code it may use. */
  readonly values: readonly string[];
  /** Folders of which it may use types only: `import type` leaves nothing at run time. */
  readonly types: readonly string[];
  /** Folders that it may load only when they are needed, by `import()`. */
  readonly lazy: readonly string[];
  /** Synchronous, and the same output for the same input: no node modules but PURE_MODULES, no process, clock, chance. */
  readonly pure: boolean;
}

function folder(rule: Partial<FolderRule>): FolderRule {
  return { values: [], types: [], lazy: [], pure: false, ...rule };
}

/** From the ground floor up: no folder uses one that comes after it, and there are no circles. */
export const FOLDER_RULES: Readonly<Record<string, FolderRule>> = {
  net: folder({ pure: true }),
  cni: folder({ values: ["net"] }),
  routing: folder({ values: ["net"], pure: true }),
  resources: folder({ values: ["net"], types: ["cni", "routing"], pure: true }),
  kernel: folder({ values: ["net"], types: ["resources"] }),
  capture: folder({ values: ["net"], pure: true }),
  syntax: folder({ values: ["net"] }),
  faults: folder({ values: ["net", "resources", "syntax"], pure: true }),
  kube: folder({ values: ["net", "syntax"], types: ["resources", "faults"], pure: true }),
  fabric: folder({ values: ["net", "resources", "syntax"], pure: true }),
  cluster: folder({ values: ["net", "cni", "resources", "syntax", "kube", "routing", "fabric"], pure: true }),
  lab: folder({ types: ["net", "faults", "fabric", "cluster"], pure: true }),
  plan: folder({ values: ["net", "resources", "faults", "fabric", "cluster"], types: ["lab"], pure: true }),
  apply: folder({ values: ["net", "cni", "resources", "kernel", "plan"] }),
  services: folder({ values: ["net", "resources", "kernel", "capture", "apply"] }),
  dataplane: folder({ values: ["net", "routing", "kernel", "services"], types: ["resources"] }),
  engine: folder({ values: ["syntax"] }),
  agent: folder({
    values: ["resources", "kernel", "apply"],
    types: ["net", "syntax", "kube", "plan", "engine"],
    lazy: ["services"],
  }),
  targets: folder({ values: ["net", "syntax", "kube", "fabric", "cluster"], types: ["faults"], pure: true }),
  oracle: folder({ values: ["net", "syntax", "kube", "cluster", "targets"], types: ["fabric", "lab"], pure: true }),
  installed: folder({ values: ["net", "resources", "capture"], types: ["kube", "cluster", "agent", "oracle"] }),
  why: folder({
    values: ["net", "resources", "capture", "faults", "kube", "cluster", "plan", "services", "installed"],
    types: ["lab", "agent"],
  }),
  checks: folder({
    values: [
      "net",
      "resources",
      "capture",
      "syntax",
      "kube",
      "fabric",
      "cluster",
      "targets",
      "oracle",
      "installed",
      "why",
    ],
    types: ["lab", "apply", "services", "agent"],
  }),
  story: folder({
    values: ["net", "resources", "cluster", "services", "oracle", "installed", "why", "checks"],
    types: ["lab", "agent"],
  }),
  hub: folder({ values: ["net", "resources", "kernel", "services", "engine", "agent"], types: ["apply"] }),
  drivers: folder({ values: ["cluster", "lab", "agent", "hub"], types: ["net"], lazy: ["engine"] }),
  steps: folder({ values: ["faults", "syntax", "targets", "checks"], types: ["lab"], pure: true }),
  load: folder({
    values: [
      "net",
      "cni",
      "resources",
      "syntax",
      "faults",
      "kube",
      "fabric",
      "cluster",
      "lab",
      "targets",
      "oracle",
      "checks",
      "steps",
    ],
  }),
  live: folder({
    values: ["net", "resources", "syntax", "faults", "kube", "cluster", "plan", "agent", "targets", "load"],
    types: ["lab", "services"],
  }),
  doctor: folder({
    values: ["net", "resources", "kernel", "plan", "checks"],
    types: ["lab", "drivers"],
    lazy: ["engine"],
  }),
  workflow: folder({
    values: [
      "net",
      "resources",
      "kernel",
      "capture",
      "syntax",
      "faults",
      "kube",
      "cluster",
      "lab",
      "plan",
      "agent",
      "targets",
      "checks",
      "load",
    ],
    types: ["services", "engine", "drivers"],
    lazy: ["live", "doctor"],
  }),
  report: folder({
    values: ["net", "resources", "faults", "kube", "cluster", "plan", "targets", "oracle", "story"],
    types: ["lab"],
  }),
  tui: folder({
    values: ["net", "resources", "kube", "cluster", "plan", "targets", "oracle", "checks", "story", "report"],
    types: ["lab", "services"],
  }),
  cli: folder({
    values: [
      "net",
      "routing",
      "resources",
      "capture",
      "syntax",
      "faults",
      "kube",
      "cluster",
      "plan",
      "engine",
      "agent",
      "targets",
      "oracle",
      "installed",
      "checks",
      "story",
      "load",
      "workflow",
      "report",
    ],
    types: ["lab"],
    lazy: ["apply", "drivers", "live", "doctor", "tui"],
  }),
};

/** The half of a resource kind that acts on the kernel belongs to apply's floor, though it is beside the pure rest of its kind. */
export const APPLIERS = /^resources\/[^/]+\/apply\.ts$/;

/** What every lab that is read loads of a kind of check: pure, unlike `run.ts` beside it, which is loaded to run one. */
export const PURE_FILES = /^checks\/[^/]+\/(check|resolve|schema)\.ts$/;

/** Files of src itself, which every folder may import. */
export const SHARED_FILES: readonly string[] = [
  "append.ts",
  "cause.ts",
  "counting.ts",
  "errors.ts",
  "events.ts",
  "memo.ts",
  "printable.ts",
];

/** Node modules that a pure folder may use: bytes. */
export const PURE_MODULES: readonly string[] = ["node:buffer"];

/** Packages that belong to some folders: no other folder imports them. Their `types` may be used everywhere. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  // For names and addresses: node:crypto takes 5 ms to load.
  "@noble/hashes": ["net"],
  commander: ["cli"],
  dockerode: ["engine"],
  "dns-packet": ["services", "capture"],
  // By import() only. Not in the agent: 15 ms to load, 2 ms more per program, and it kills programs that print too much.
  execa: ["cli", "doctor"],
  ink: ["tui"],
  koffi: ["kernel"],
  marked: ["report"],
  react: ["tui"],
  yaml: ["syntax", "load", "cli", "report"],
  "js-yaml": ["syntax"],
  zod: ["syntax", "faults", "kube", "fabric", "cluster", "checks", "steps", "load"],
};
