/** The rules of src/README.md about who may import whom, kept once as data. `scripts/check-imports.ts` enforces them. */

/** What a folder may import. `types`: of these folders only types (`import type`), which leave no trace at run time. */
export interface FolderRule {
  readonly values: readonly string[];
  readonly types: readonly string[];
  /** Synchronous and free of the outside world: no node modules but those of PURE_MODULES, no process, no clock, no chance. */
  readonly pure: boolean;
}

/** Files of src itself that everybody may import. */
export const SHARED_FILES = ["cause.ts", "errors.ts", "events.ts"] as const;

/** Node modules that keep a pure folder pure. */
export const PURE_MODULES = ["node:crypto", "node:buffer"] as const;

export const FOLDER_RULES = {
  schema: { values: [], types: ["model", "plan"], pure: false },
  load: { values: ["schema", "model"], types: ["plan"], pure: false },
  model: { values: [], types: ["schema", "plan"], pure: true },
  plan: { values: ["model"], types: [], pure: true },
  encode: { values: ["plan"], types: ["model"], pure: true },
  kernel: { values: [], types: ["plan", "model"], pure: false },
  apply: { values: ["kernel", "encode", "plan"], types: ["agent", "model"], pure: false },
  agent: { values: ["apply", "kernel", "capture", "plan", "encode"], types: ["model"], pure: false },
  drivers: { values: ["agent", "plan"], types: ["model"], pure: false },
  capture: { values: ["model"], types: ["plan", "agent"], pure: true },
  check: { values: ["capture", "model", "plan"], types: ["agent"], pure: false },
  report: { values: ["plan", "model", "encode", "capture"], types: ["agent", "check"], pure: false },
  tui: { values: ["plan", "model", "encode", "report", "capture"], types: ["agent", "check"], pure: false },
  cli: {
    values: ["schema", "load", "model", "plan", "encode", "kernel", "apply", "agent", "drivers", "capture", "check", "report", "tui"],
    types: [],
    pure: false,
  },
} as const satisfies Record<string, FolderRule>;

/** Files of a folder that others may import by value although the folder itself is closed to them: `[folder, target]`. */
export const DOORS: readonly (readonly [folder: string, target: string])[] = [];

/** No file is longer than this (blank lines and comments counted). */
export const MAX_LINES = 300;
