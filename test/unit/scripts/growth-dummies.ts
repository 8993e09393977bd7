/** One dummy of each kind of thing that grows: what a contributor adds, which is one folder (or file) and one line of a registry. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

const CONTRIBUTING = join(import.meta.dirname, "../../../.github/CONTRIBUTING.md");

export interface Dummy {
  /** `check kind`. */
  readonly what: string;
  /** New files, all of them in one folder of src, by path below src. */
  readonly files: Readonly<Record<string, string>>;
  /** The registry, below src, and the entry that is added to its list after the text `after`; `imports` where it must be imported. */
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
  line: "\n  dummy,",
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

const fault: Dummy = {
  what: "kind of fault",
  files: {
    "faults/dummy/fault.ts": `/** dummy: an interface that has gone away. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { at } from "../fields.ts";
import { defineFault } from "../kind.ts";
import type { FaultPlace } from "../places.ts";

export const dummy = defineFault<{ readonly at: string }, { readonly place: FaultPlace }>({
  kind: "dummy",
  lesson: "All addresses of a place are gone.",
  schema: lazy(() => z.strictObject({ at })),
  resolve: ({ at: text }, places) => ({ place: places.place(text) }),
  describe: ({ place }) => \`\${place.text} has no address\`,
  inject: ({ place }, { resources }) => resources.filter((one) => one.kind !== "addr" || one.ns !== place.ns),
});
`,
  },
  registry: "faults/registry.ts",
  imports: `import { dummy } from "./dummy/fault.ts";`,
  after: "FAULT_KINDS: readonly FaultKind[] = [",
  line: "\n  dummy,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { labJsonSchema } from "./src/load/json-schema.ts";
import { planResources } from "./src/plan/plan-lab.ts";
import { describeFault } from "./src/faults/inject.ts";

const { lab } = loadLabText(\`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  topology: { nodes: { red: { interfaces: { eth0: { addresses: [10.0.0.1/24] } } }, blue: { interfaces: { eth0: { addresses: [10.0.0.2/24] } } } }, links: [{ endpoints: ["red:eth0", "blue:eth0"] }] }
  faults: [{ name: gone, dummy: { at: red } }]
  steps: [{ name: it goes, fault: gone }]\`, "lab.yaml");
const addresses = (one) => planResources(one).filter(({ kind }) => kind === "addr").map(({ ns }) => ns);
const schema = JSON.stringify(labJsonSchema()).includes('"dummy":{');
console.log(JSON.stringify({ before: addresses(lab), after: addresses({ ...lab, injected: lab.namedFaults }), says: lab.namedFaults.map(describeFault), schema }));
`,
  prints: { before: ["red", "blue"], after: ["blue"], says: ["dummy: red has no address"], schema: true },
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
  line: "\n  dummyReporter,",
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
    draft.add({ kind: "sysctl", key: "net.ipv4.ip_default_ttl", value: "65", cause });
  },
};
`,
  },
  registry: "cluster/policy/backends.ts",
  imports: `import { dummyBackend } from "./dummy/enforce.ts";`,
  after: "  nftables: nftablesBackend,",
  line: "\n  dummy: dummyBackend,",
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

const proxyMode: Dummy = {
  what: "kube-proxy mode",
  files: {
    "cluster/kube-proxy/dummy/mode.ts": `/** No rules: says in a sysctl of its node that it was there. */
import type { ProxyMode } from "../mode.ts";

export const dummy: ProxyMode = {
  name: "dummy",
  engine: "iptables",
  rules({ proxy: { cause } }, draft) {
    draft.add({ kind: "sysctl", key: "net.ipv4.ip_default_ttl", value: "66", cause });
  },
};
`,
  },
  registry: "cluster/kube-proxy/modes.ts",
  imports: `import { dummy } from "./dummy/mode.ts";`,
  after: "  nftables,",
  line: "\n  dummy,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { planResources } from "./src/plan/plan-lab.ts";

const { lab } = loadLabText(\`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  cluster: { nodes: [node1, { name: node2, kubeProxy: dummy }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: web }, spec: { ports: [{ port: 80 }] } }\`, "lab.yaml");
const set = planResources(lab).filter((one) => one.kind === "sysctl" && one.key === "net.ipv4.ip_default_ttl");
console.log(JSON.stringify(set.map(({ ns, value }) => [ns, value])));
`,
  prints: [["node2", "66"]],
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
  listed: ["link"],
  script: "own",
  key: ({ dev }) => [dev],
  describe: ({ dev, text }) => \`alias \${text} dev \${dev}\`,
  heading: (_alias, described) => described,
  addresses: ({ ns, dev }) => [{ ns, dev, address: "192.0.2.1/32", family: "ipv4" }],
  tunnel: ({ ns, dev, text }) => ({ ns, device: dev, tunnel: "alias", local: text, remote: text === "a" ? "b" : "a" }),
  program: ({ text }) => ["echo", text],
  ofContainer: true,
  ruleCause: ({ cause }, { table }) => (table === "alias" ? cause : undefined),
  plan: aliasPlan,
  encode: aliasEncoder,
};
`,
    "resources/alias/plan.ts": `/** Names of devices. */
import { changed, ids, SAME } from "../kind.ts";
import type { KindPlan } from "../kind.ts";
import type { AliasResource } from "./definition.ts";

export const aliasPlan: KindPlan<AliasResource> = {
  dependencies(alias, index) {
    const home = ids(index.device(alias.ns, alias.dev));
    return { needs: home, diesWith: home };
  },
  compare: (alias, observed) => (observed.namespace(alias.ns) === undefined ? changed(["is it there?"]) : SAME),
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
  line: `\n  "alias",`,
  generate: "scripts/registry.ts",
  proof: `
import { DEFINITIONS } from "./src/resources/registry.ts";
import { APPLIERS } from "./src/apply/registry.ts";
import { differencesInList } from "./src/why/differences.ts";
import { LabGraph } from "./src/why/lab-graph.ts";
import { labView } from "./src/resources/lab-view.ts";
import { ruleCauses } from "./src/installed/rule-causes.ts";
import { podKilled } from "./src/faults/pod-killed/fault.ts";
import { isProgram } from "./src/resources/definitions.ts";

const cause = { object: "alias", reason: "written" };
const made = (ns, text) => ({ kind: "alias", id: \`alias:\${ns}:eth0\`, ns, node: ns, dev: "eth0", text, cause });
const [alias, other] = [made("red", "a"), made("blue", "b")];
const applied = { [alias.id]: alias };
const [differs] = differencesInList({ namespaces: {}, applied }, "red", "link");
const tunnels = labView([alias, other]).tunnels.map((ends) => ends.map(({ ns }) => ns).join("-"));
const owners = new LabGraph([alias, other]).owners("192.0.2.1");
const left = podKilled.inject({ place: { ns: "red" } }, { resources: [alias, other] }).map(({ ns }) => ns);
const why = ruleCauses({ ns: "red" }, applied, "ipv4")({ table: "alias", chain: "", index: 0, rule: "" });
console.log(JSON.stringify({ lives: DEFINITIONS.alias.lives, acts: Object.keys(APPLIERS.alias), differs: differs.text, tunnels, owners, left, why, runs: isProgram(alias) }));
`,
  prints: {
    lives: "kernel",
    acts: ["create", "update", "remove"],
    differs: "alias a dev eth0: is it there?",
    tunnels: ["blue-red"],
    owners: ["red", "blue"],
    left: ["blue"],
    why: "alias: written",
    runs: true,
  },
};

const manifest: Dummy = {
  what: "manifest kind",
  files: {
    "kube/team/schema.ts": `/** Team manifests: a namespace for each member. */
import * as z from "zod";
import { DNS_LABEL } from "../../syntax/kube-names.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";

const schema = z.strictObject({
  apiVersion: z.literal("example.com/v1"),
  kind: z.literal("Team"),
  metadata: objectMeta,
  spec: z.strictObject({ members: z.array(z.string()) }),
});

type TeamDocument = z.infer<typeof schema>;

export const teamKind: ManifestKind<"Team", TeamDocument> = {
  kind: "Team",
  apiVersion: "example.com/v1",
  words: ["team", "teams"],
  schema,
  validate({ metadata, spec }, report) {
    checkMetadata(metadata, DNS_LABEL, ["metadata"], report);
    if (spec.members.length === 0) report(["spec", "members"], "Required value");
  },
  resolve({ metadata, spec }, _scope, { namespaces }) {
    for (const member of spec.members) namespaces.set(member, { team: metadata.name });
  },
};
`,
  },
  registry: "kube/registry.ts",
  imports: `import { teamKind } from "./team/schema.ts";`,
  after: "  secretKind,",
  line: "\n  teamKind,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";

const lab = (members) => \`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec: { cluster: { nodes: [{ name: node1 }] } }
---
apiVersion: example.com/v1
kind: Team
metadata: { name: red }
spec: { members: [\${members}] }\`;
const { lab: good } = loadLabText(lab("ann, bob"), "lab.yaml");
let mistake;
try { loadLabText(lab(""), "lab.yaml"); } catch (error) { mistake = error.diagnostics[0].message; }
const teams = good.clusters[0].namespaces.filter(({ labels }) => labels.team === "red").map(({ name }) => name);
console.log(JSON.stringify({ teams, mistake }));
`,
  prints: { teams: ["ann", "bob"], mistake: 'Team "red": spec.members: Required value' },
};

const plugin: Dummy = {
  what: "network plugin",
  files: {
    "cluster/cni/dummy/dummy.ts": `/** Puts 20 bytes around a packet, and leaves the way between nodes to others. */
import { nodeIpam } from "../node-parts.ts";
import { bridgeAttachment } from "../bridge.ts";
import { podMtu } from "../pod-mtu.ts";
import type { NetworkPlugin } from "../plugin.ts";
import { DEFAULT_SWITCHES } from "../../policy/switches.ts";

export const dummy: NetworkPlugin = {
  name: "dummy",
  lesson: "There is nothing between the nodes.",
  schema: ({ z, mtu }) => z.strictObject({ plugin: z.literal("dummy"), mtu: mtu.optional() }),
  plain: { plugin: "dummy" },
  resolve: ({ mtu }, _facts, scope) => ({ plugin: "dummy", mtu, cause: scope.cause("spec.cluster.cni", "dummy") }),
  ipam: nodeIpam({ firstPod: 2 }),
  claimMarks() {},
  requirements: () => [],
  switches: DEFAULT_SWITCHES,
  bridged: () => true,
  overhead: () => 20,
  nodeDevices() {},
  nodeRules() {},
  attachment: (cluster, node) =>
    bridgeAttachment(node, {
      bridge: "dummy0",
      network: "dummy",
      mtu: podMtu(dummy, cluster, node),
      routes: {},
      routeReason: "none",
      cause: cluster.cni.cause,
    }),
  nodeAddresses: () => [],
  path: (_cluster, from, _to, family) => ({
    source: (from.pod?.address ?? from.node.address)[family] ?? "",
    masquerades: false,
    mtu: 1480,
  }),
  tunnelPorts: () => [],
};
`,
  },
  registry: "cluster/cni/registry.ts",
  imports: `import { dummy } from "./dummy/dummy.ts";`,
  after: "  flannel,",
  line: "\n  dummy,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { planResources } from "./src/plan/plan-lab.ts";

const { lab } = loadLabText(\`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec: { cluster: { nodes: [{ name: node1 }], cni: { plugin: dummy } } }
---
apiVersion: v1
kind: Pod
metadata: { name: web }
spec: { containers: [{ name: web, image: nginx }] }\`, "lab.yaml");
const bridges = planResources(lab).filter((one) => one.kind === "bridge" && one.ns === "node1");
console.log(JSON.stringify(bridges.map(({ name, mtu }) => [name, mtu])));
`,
  prints: [["dummy0", 1480]],
};

/** What CONTRIBUTING shows, to the letter. */
const recipe: Dummy = {
  what: "check kind by the recipe of CONTRIBUTING",
  files: Object.fromEntries(
    [...readFileSync(CONTRIBUTING, "utf8").matchAll(/^```ts src\/(checks\/\S+)\n(.*?)^```$/gms)].map(
      ([, path = "", code = ""]) => [path, code],
    ),
  ),
  registry: "checks/registry.ts",
  imports: `import { listens } from "./listens/check.ts";`,
  after: "  sticky,",
  line: "  listens,",
  proof: `
import { loadLabText } from "./src/load/load-lab.ts";
import { runChecks } from "./src/checks/run-checks.ts";

const lab = (words) => \`apiVersion: k8snet-lab/v1
kind: Lab
metadata: { name: t }
spec:
  topology: { nodes: { red: {} } }
  checks: [{ name: listens, from: red, \${words} }]\`;
const agent = {
  call: async (method, { argv }) =>
    method === "run" ? { stdout: argv.at(-1) === "sport = :80" ? "LISTEN 0 128 *:80" : "", stderr: "", exitCode: 0 } : { forgotten: [] },
};
const results = [];
for (const words of ["listens: 80", 'listens: 81, expect: "no"']) {
  const [{ status, got, reproduce }] = await runChecks(loadLabText(lab(words), "lab.yaml").lab, agent, () => undefined);
  results.push([status, got, reproduce]);
}
try { loadLabText(lab("listens: 80, expect: maybe"), "lab.yaml"); } catch (error) { results.push(error.diagnostics[0].source.line); }
console.log(JSON.stringify(results));
`,
  prints: [
    ["passed", "a socket listens", "k8snet-lab exec t red -- ss -Hltn 'sport = :80'"],
    ["passed", "no socket listens", "k8snet-lab exec t red -- ss -Hltn 'sport = :81'"],
    6,
  ],
};

const workload: Dummy = {
  what: "workload kind",
  files: {
    "kube/clone-set/schema.ts": `/** CloneSets: a workload like a ReplicaSet, with a label of its own. */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { replicaSetController } from "../replica-set/controller.ts";
import { workloadManifest } from "../workload/manifest.ts";
import { checkWorkloadSpec, replicatedSpec, workloadSpec } from "../workload/schema.ts";

export const cloneSetKind = workloadManifest({
  kind: "CloneSet",
  apiVersion: "apps.kruise.io/v1alpha1",
  words: ["clone", "cloneset", "clonesets"],
  spec: lazy(() => z.strictObject(workloadSpec)),
  check(object, report) {
    checkWorkloadSpec(object.spec, "CloneSet", report);
  },
  workload: {
    scales: true,
    template: ["spec", "template"],
    count: ["spec", "replicas"],
    identity: [["spec", "selector"]],
    workload: ({ spec }) =>
      replicatedSpec(spec, {
        ...replicaSetController,
        pod: (of) => ({ base: of.name, labels: { "clone-of": of.name } }),
      }),
  },
});
`,
  },
  registry: "kube/registry.ts",
  imports: 'import { cloneSetKind } from "./clone-set/schema.ts";',
  after: "const KINDS = [",
  line: "  cloneSetKind,",
  proof: `
const { loadLabText } = await import("./src/load/load-lab.ts");
const { targetIndex } = await import("./src/targets/parse-target.ts");
const { scale } = await import("./src/live/changes.ts");
const { workloadSpecs } = await import("./src/kube/workload/workload-spec.ts");
const { UNTOUCHED } = await import("./src/kube/workload/live-state.ts");
const { reconcile } = await import("./src/live/reconcile.ts");
const text = [
  "{ apiVersion: k8snet-lab/v1, kind: Lab, metadata: { name: a }, spec: { cluster: { nodes: [n1, n2] }, steps: [ { name: s, scale: { target: clone/web, replicas: 3 } } ] } }",
  "{ apiVersion: apps.kruise.io/v1alpha1, kind: CloneSet, metadata: { name: web }, spec: { replicas: 2, selector: { matchLabels: { app: web } }, template: { metadata: { labels: { app: web } }, spec: { containers: [ { name: c } ] } } } }",
].join("\\n---\\n");
const { lab, input } = loadLabText(text, "a.yaml");
const specs = workloadSpecs(input.manifests, lab.clusters[0].nodes);
const live = scale("clonesets/web", 4)(UNTOUCHED, { lab, input, specs });
const next = reconcile(live, { specs, pods: lab.clusters[0].pods, now: 1, drained: new Set() });
const { readUrl } = await import("./src/targets/destination.ts");
const mistakes = [];
readUrl("http://clone/none/path", targetIndex(lab), { dangling: (message) => mistakes.push(message) });
console.log(JSON.stringify([
  mistakes,
  targetIndex(lab).find("clone/web").length,
  lab.clusters[0].pods.map(({ labels }) => labels["clone-of"]),
  next.workloads["CloneSet default/web"].sets[0].ordinals,
]));`,
  prints: [['there is no CloneSet with pods "clone/none"'], 2, ["web", "web"], [0, 1, 2, 3]],
};

export const DUMMIES: readonly Dummy[] = [
  check,
  fault,
  recipe,
  reporter,
  policyBackend,
  proxyMode,
  resource,
  manifest,
  plugin,
  workload,
];
