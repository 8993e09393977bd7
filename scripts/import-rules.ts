/** The rules of src/README.md about who may import whom, kept once as data. scripts/check-imports.ts enforces them. */

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

export const FOLDER_RULES: Readonly<Record<string, FolderRule>> = {
  schema: folder({ types: ["model"] }),
  load: folder({ values: ["schema", "model"] }),
  model: folder({ types: ["schema", "plan"], pure: true }),
  plan: folder({ values: ["model"], pure: true }),
  encode: folder({ values: ["plan"], types: ["model"], pure: true }),
  kernel: folder({ types: ["plan"] }),
  apply: folder({ values: ["kernel", "encode", "plan"], types: ["agent"] }),
  agent: folder({ values: ["apply", "kernel", "capture", "plan", "encode"], types: ["model", "engine"] }),
  engine: folder({ values: ["agent", "model"] }),
  hub: folder({ values: ["agent", "engine", "plan"], types: ["apply", "model"] }),
  drivers: folder({ values: ["agent", "plan", "hub", "model"], types: ["engine"], lazy: ["engine"] }),
  capture: folder({ values: ["model"], types: ["plan", "agent"], pure: true }),
  check: folder({ values: ["capture", "model", "plan"], types: ["agent"] }),
  controller: folder({ values: ["load", "model", "plan", "agent"] }),
  report: folder({ values: ["plan", "model"], types: ["agent"] }),
  tui: folder({ values: ["plan", "model", "encode", "report"], types: ["agent", "cli"] }),
  cli: folder({
    values: [
      "schema",
      "load",
      "model",
      "plan",
      "encode",
      "kernel",
      "apply",
      "agent",
      "drivers",
      "engine",
      "capture",
      "check",
      "controller",
      "report",
    ],
    lazy: ["tui"],
  }),
};

/** Single files that a folder may use although the rest of their folder is closed to it: pure functions without a home. */
export const DOORS: Readonly<Record<string, readonly string[]>> = {
  model: ["plan/resource.ts"],
  schema: ["model/lasting-containers.ts", "model/legacy-address.ts", "model/pod-budget.ts", "model/special-address.ts"],
  check: ["agent/trace/last-seen.ts"],
  controller: ["agent/call-apply.ts"],
  hub: ["kernel/process-stat.ts"],
};

/** Files of src itself, which everybody may import. */
export const SHARED_FILES: readonly string[] = ["append.ts", "cause.ts", "errors.ts", "events.ts", "printable.ts"];

/** Node modules that a pure folder may use: bytes. */
export const PURE_MODULES: readonly string[] = ["node:buffer"];

/** Packages that belong to some folders: nobody else imports them. `types` of them may be used by everybody. */
export const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  // For names and addresses: node:crypto takes 5 ms to load.
  "@noble/hashes": ["model"],
  commander: ["cli"],
  dockerode: ["engine"],
  "dns-packet": ["agent", "capture"],
  // By import() only. Not in the agent: 15 ms to load, 2 ms more per program, and it kills what prints too much.
  execa: ["cli"],
  ink: ["tui"],
  koffi: ["kernel"],
  marked: ["report"],
  react: ["tui"],
  yaml: ["load", "cli", "report"],
  "js-yaml": ["load"],
  zod: ["schema", "load"],
};
