/**
 * Writes the registries of resource kinds from src/resources/kinds.ts: a pure half for all programs, and how each is applied, which
 * only the agent loads.
 *   npm run registry
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { KINDS } from "../src/resources/kinds.ts";

const root = join(import.meta.dirname, "..");

interface Registry {
  readonly file: string;
  readonly header: string;
  readonly name: string;
  /** What each entry is, and where it comes from. */
  readonly entry: (kind: string) => { readonly value: string; readonly from: string };
  readonly satisfies?: { readonly type: string; readonly imports: string } | undefined;
}

const REGISTRIES: readonly Registry[] = [
  {
    file: "src/resources/registry.ts",
    header: "All kinds of resources.",
    name: "DEFINITIONS",
    entry: (kind) => ({ value: `${kind}Definition`, from: `./${kind}/definition.ts` }),
  },
  {
    file: "src/apply/registry.ts",
    header: "How all kinds of resources are applied.",
    name: "APPLIERS",
    entry: (kind) => ({ value: kind, from: `../resources/${kind}/apply.ts` }),
    satisfies: {
      type: "{ [K in ResourceKind]: RuntimeApplier<K> }",
      imports:
        'import type { ResourceKind } from "../resources/resource.ts";\nimport type { RuntimeApplier } from "./kind.ts";\n',
    },
  },
];

/** Files of the registries by path, with their text. */
export function registries(kinds: readonly string[] = KINDS): ReadonlyMap<string, string> {
  return new Map(
    REGISTRIES.map(({ file, header, name, entry, satisfies }) => {
      const entries = kinds.map((kind) => ({ kind, ...entry(kind) }));
      const imports = entries.map(({ value, from }) => `import { ${value} } from "${from}";\n`).join("");
      const lines = entries.map(({ kind, value }) => `  ${kind === value ? kind : `${kind}: ${value}`},\n`).join("");
      const end = satisfies === undefined ? "" : ` satisfies ${satisfies.type}`;
      const first = `/** ${header} Made by \`npm run registry\` from resources/kinds.ts. */\n`;
      const text = `${first}${imports}${satisfies?.imports ?? ""}\nexport const ${name} = {\n${lines}}${end};\n`;
      return [file, text] as const;
    }),
  );
}

if (import.meta.main) for (const [file, text] of registries()) writeFileSync(join(root, file), text);
