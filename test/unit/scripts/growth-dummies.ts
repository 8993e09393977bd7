/** One dummy of each kind of thing that grows: what a contributor adds, which is one folder (or file) and one line of a registry. */

export interface Dummy {
  /** `check kind`. */
  readonly what: string;
  /** New files, all of them in one folder of src, by path below src. */
  readonly files: Readonly<Record<string, string>>;
  /** The registry, below src, and the entry that is added to its list after `after`; `imports` where it must be imported. */
  readonly registry: string;
  readonly imports?: string | undefined;
  readonly after: string;
  readonly line: string;
  /** The project's own script that writes what is made of the registry. */
  readonly generate?: string | undefined;
  /** A module that is run in the copy beside src, and what it prints. */
  readonly proof: string;
  readonly prints: unknown;
}

const check: Dummy = {
  what: "check kind",
  files: {
    "checks/dummy/check.ts": `/** dummy: is true where its number is even. */
import * as z from "zod";
import type { Check } from "../../lab/check.ts";
import type { Target } from "../../net/target.ts";
import { lazy } from "../../syntax/lazy.ts";
import { checkFields, from } from "../check-fields.ts";
import { defineCheck } from "../kind.ts";
import { common, readFrom } from "../resolve-context.ts";

export interface DummyCheck extends Check {
  readonly kind: "dummy";
  readonly from: readonly Target[];
  readonly number: number;
}

export const dummy = defineCheck({
  kind: "dummy",
  schema: lazy(() => z.strictObject({ ...checkFields, from, dummy: z.int().describe("Any number") })),
  lesson: "Even numbers pass.",
  phase: "traffic",
  resolve(doc, fields, context, scope): DummyCheck {
    if (doc.dummy < 0) scope.at("dummy").error("the number is negative", "write 2");
    const sources = readFrom(doc.from, context, scope);
    return { ...common(fields, sources), kind: "dummy", from: sources, number: doc.dummy };
  },
  runner: () => import("./run.ts"),
});
`,
    "checks/dummy/run.ts": `/** Looks whether the number is even. */
import type { CheckFinding, RunContext } from "../kind.ts";
import { runLegs } from "../leg.ts";
import type { DummyCheck } from "./check.ts";

export async function run(check: DummyCheck, context: RunContext): Promise<CheckFinding> {
  const legs = check.from.map(({ text }) => ({
    label: text,
    look: async () => ({ ok: check.number % 2 === 0, got: String(check.number) }),
  }));
  return runLegs(check, context, legs, { expected: "an even number", negative: context.negative, overlap: false });
}
`,
  },
  registry: "checks/registry.ts",
  imports: `import { dummy } from "./dummy/check.ts";`,
  after: "  rejected,",
  line: "  dummy,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { labJsonSchema } from "./src/load/json-schema.ts";
import { runChecks } from "./src/checks/run-checks.ts";
import { resultLesson } from "./src/tui/lessons.ts";

const lab = (number) => \`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  topology: { nodes: { red: {} } }
  checks: [{ name: even, from: red, dummy: \${number} }]\`;
const { lab: good } = loadLabText(lab(4), "lab.yaml");
const [{ kind, from, number, within }] = good.checks;
let mistake;
try { loadLabText(lab(-1), "lab.yaml"); } catch (error) { mistake = error.diagnostics[0].message; }
const agent = { call: async (method) => (method === "forgetLeftovers" ? { forgotten: [] } : {}) };
const [{ status, got }] = await runChecks(good, agent, () => undefined);
const schema = JSON.stringify(labJsonSchema()).includes('"dummy":{');
console.log(JSON.stringify({ kind, from: from[0].text, number, within, mistake, status, got, schema, lesson: resultLesson("dummy") }));
`,
  prints: {
    kind: "dummy",
    from: "red",
    number: 4,
    within: 5000,
    mistake: "the number is negative",
    status: "passed",
    got: "4",
    schema: true,
    lesson: "Even numbers pass.",
  },
};

const reporter: Dummy = {
  what: "reporter",
  files: {
    "report/dummy.ts": `/** \`--dummy\`: the type of each event. */
import type { ReporterDefinition } from "./reporter.ts";

export const dummyReporter: ReporterDefinition = {
  name: "dummy",
  use: { by: "flag", help: "types of events" },
  make: ({ write }) => ({ onEvent: ({ type }) => write(\`\${type}\\n\`) }),
};
`,
  },
  registry: "report/reporters.ts",
  imports: `import { dummyReporter } from "./dummy.ts";`,
  after: "  tapReporter,",
  line: "  dummyReporter,",
  proof: `
import { Command } from "commander";
import { isMachineOutput, makeOutput } from "./src/cli/output.ts";
import { addOutputOptions } from "./src/cli/run-options.ts";

const command = addOutputOptions(new Command("up"));
command.parse(["--dummy"], { from: "user" });
const out = [];
const stdout = { write: (text) => out.push(text), columns: 100 };
const context = { cwd: ".", env: {}, stdout, stderr: stdout, raw: { stdout, stderr: stdout } };
const { sink, end } = makeOutput(context, command.opts(), { main: true });
sink({ type: "note", level: "info", text: "hello", labName: "t", at: 0 });
await end();
const help = /--dummy .*/.exec(command.helpInformation())[0].replace(/ +/, " ");
console.log(JSON.stringify({ out, help, machine: isMachineOutput(command.opts()) }));
`,
  prints: { out: ["note\n"], help: "--dummy types of events", machine: true },
};

const policyBackend: Dummy = {
  what: "policy backend",
  files: {
    "cluster/policy/dummy/enforce.ts": `/** Enforces nothing, and says so in a sysctl of each node. */
import type { PolicyBackend } from "../backend.ts";

export const dummyBackend: PolicyBackend = {
  enforce(_fences, { cause }, draft) {
    draft.sysctls.push({ key: "net.ipv4.ip_default_ttl", value: "65", cause });
  },
};
`,
  },
  registry: "cluster/policy/backends.ts",
  imports: `import { dummyBackend } from "./dummy/enforce.ts";`,
  after: "  nftables: nftablesBackend,",
  line: "  dummy: dummyBackend,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { planResources } from "./src/plan/plan-lab.ts";

const { lab } = loadLabText(\`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  cluster: { nodes: [{ name: node1 }], networkPolicy: { backend: dummy } }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, image: nginx }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny }
spec: { podSelector: {}, policyTypes: [Ingress] }\`, "lab.yaml");
const set = planResources(lab).filter((one) => one.kind === "sysctl" && one.key === "net.ipv4.ip_default_ttl");
console.log(JSON.stringify(set.map(({ ns, value }) => [ns, value])));
`,
  prints: [["node1", "65"]],
};

const resource: Dummy = {
  what: "resource kind",
  files: {
    "resources/alias/definition.ts": `/** Names of devices. */
import type { ResourceDefinition } from "../definition.ts";
import type { ResourceBase } from "../resource.ts";
import { aliasEncoder } from "./encode.ts";
import { aliasPlan } from "./plan.ts";

export interface AliasResource extends ResourceBase {
  readonly kind: "alias";
  readonly dev: string;
  readonly text: string;
}

export const aliasDefinition: ResourceDefinition<AliasResource> = {
  kind: "alias",
  lives: "kernel",
  speed: "netlink",
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ dev, text }) => \`alias \${text} dev \${dev}\`,
  plan: aliasPlan,
  encode: aliasEncoder,
};
`,
    "resources/alias/plan.ts": `/** Names of devices. */
import { ids, MISSING, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import type { AliasResource } from "./definition.ts";

export const aliasPlan: KindPlan<AliasResource> = {
  dependencies(alias, index) {
    const home = ids(index.device(alias.ns, alias.dev));
    return { needs: home, diesWith: home };
  },
  compare: (alias, observed) => (observed.state.applied[alias.id] === undefined ? MISSING : SAME),
  replaces: () => false,
};
`,
    "resources/alias/encode.ts": `/** Names of devices. */
import type { KindEncoder } from "../encode-kind.ts";
import type { AliasResource } from "./definition.ts";

export const aliasEncoder: KindEncoder<AliasResource> = {
  create: (alias, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", alias.text)],
  update: (alias, _before, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", alias.text)],
  remove: (alias, shell) => [shell.ip(alias, "link", "set", alias.dev, "alias", "")],
};
`,
    "resources/alias/apply.ts": `/** Names of devices. */
import type { SyncApplier } from "../../apply/kind.ts";

export const alias = {
  create(resource, context) {
    context.netns(resource.ns);
  },
  update(resource, _before, context) {
    this.create(resource, context);
  },
  remove() {},
} satisfies SyncApplier<"alias">;
`,
  },
  registry: "resources/kinds.ts",
  after: `  "qdisc",`,
  line: `  "alias",`,
  generate: "scripts/registry.ts",
  proof: `
import { DEFINITIONS } from "./src/resources/registry.ts";
import { APPLIERS } from "./src/apply/registry.ts";
import { describeResource } from "./src/resources/definitions.ts";

const alias = { kind: "alias", id: "alias:red:eth0", ns: "red", dev: "eth0", text: "uplink" };
console.log(JSON.stringify([DEFINITIONS.alias.lives, Object.keys(APPLIERS.alias), describeResource(alias)]));
`,
  prints: ["kernel", ["create", "update", "remove"], "alias uplink dev eth0"],
};

export const DUMMIES: readonly Dummy[] = [check, reporter, policyBackend, resource];
