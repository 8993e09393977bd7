/** A lab from its documents: defaults filled, names resolved, addresses assigned, every mistake reported. Pure. */
import type { Diagnostic } from "../errors.ts";
import { netnsName } from "../net/netns-name.ts";
import type { LostCheck } from "../lab/check.ts";
import type { LabInput } from "./input.ts";
import type { Lab } from "../lab/lab.ts";
import { probeNeed } from "../kube/pod/probe-need.ts";
import { MANIFEST_KINDS } from "../kube/registry.ts";
import { workloadText } from "../kube/workload/sets.ts";
import { workloadSpecs } from "../kube/workload/workload-spec.ts";
import { resolveSteps } from "../steps/resolve-step.ts";
import { resolveCaptures } from "../checks/capture/resolve-declared.ts";
import { resolveChecks } from "../checks/resolve-check.ts";
import { withFault } from "./fault.ts";
import { networkOf } from "../cluster/compile/network.ts";
import { resolveCluster } from "../cluster/resolve-cluster.ts";
import { addDevices } from "../fabric/device-table.ts";
import type { DeviceTable } from "../fabric/device-table.ts";
import { resolveEngines } from "./resolve-engines.ts";
import { resolveSysctls } from "../fabric/resolve-node.ts";
import { resolveTopology } from "../fabric/resolve-topology.ts";
import { DiagnosticList, Scope } from "../syntax/scope.ts";
import { withUplinks } from "../cluster/uplink-mtu.ts";
import { TargetIndex } from "../targets/select.ts";
import { withTargetPorts } from "../cluster/served-ports.ts";
import { NodeDraft } from "../fabric/node-draft.ts";
import type { Topology, TopologyNode } from "../fabric/topology.ts";
import { resolveWorkloads } from "../kube/workload/workload.ts";
import { labWithoutCommands, liveWithoutCommands } from "./without-commands.ts";

/** A file name's length (NAME_MAX): namespaces are files in /run/netns. */
const MAX_FILE_NAME = 255;

/** sysctls of cluster nodes are additions to these namespaces, like entries of spec.topology.nodes. */
function withNodeSysctls(topology: Topology, input: LabInput, scope: Scope): Topology {
  const nodes = new Map<string, TopologyNode>(topology.nodes.map((node) => [node.name, node]));
  for (const [i, doc] of (input.document.spec.cluster?.nodes ?? []).entries()) {
    if (typeof doc === "string" || doc.sysctls === undefined) continue;
    const place = scope.at("cluster", "nodes", i);
    const object = `cluster ${doc.name}`;
    const sysctls = resolveSysctls(doc.sysctls, object, place.at("sysctls"));
    const existing = nodes.get(doc.name);
    const base = existing ?? new NodeDraft(doc.name, "node", place.cause(object, "node")).finish();
    nodes.set(doc.name, { ...base, resources: [...sysctls, ...base.resources] });
  }
  return { nodes: [...nodes.values()], links: topology.links };
}

function checkNamespaceNames(lab: Pick<Lab, "name" | "cluster">, scope: Scope): void {
  for (const pod of lab.cluster?.pods ?? []) {
    if (pod.hostNetwork) continue;
    const name = netnsName(lab.name, { ns: pod.ns, node: pod.node });
    if (name.length <= MAX_FILE_NAME || pod.cause.source === undefined) continue;
    scope.mistakes.add(
      "error",
      pod.cause.source,
      [],
      `the namespace's name would have ${name.length} characters, more than ${MAX_FILE_NAME}`,
      "shorten the names of lab, node, namespace or pod",
    );
  }
}

/** Resolves a lab. `lab` is what could be resolved; use it only when no diagnostic is an error. */
export function resolveLab(given: LabInput): { readonly lab: Lab; readonly diagnostics: readonly Diagnostic[] } {
  const isFixed = given.running?.live.fixed === true;
  const input = {
    ...given,
    ...(isFixed ? {} : { document: withFault(given.document) }),
    ...(given.noCommands === true && given.running !== undefined
      ? { running: { ...given.running, live: liveWithoutCommands(given.running.live) } }
      : {}),
  };
  const mistakes = new DiagnosticList(input.incomplete);
  const root = new Scope(mistakes, input.locate);
  const scope = root.at("spec");
  const { metadata, spec } = input.document;

  if (spec.fault?.cluster !== undefined && given.document.spec.cluster === undefined)
    scope.at("fault", "cluster").dangling("the lab has no cluster to overlay this on", "add spec.cluster");
  const workloads = resolveWorkloads(input.manifests, mistakes, input.running, input.lacking);
  const [manifest] = input.manifests;
  if (spec.cluster === undefined && manifest !== undefined) {
    new Scope(mistakes, manifest.locate, manifest.path).dangling(
      "the lab has manifests but no cluster to run them on",
      "add spec.cluster: { nodes: [node1, node2] }",
    );
  }
  const wire = input.wire?.mtu ?? input.running?.cluster?.wireMtu;
  const resolved =
    spec.cluster === undefined ? undefined : resolveCluster(spec.cluster, workloads, scope.at("cluster"), wire);
  const bare = resolved?.cluster;
  if (bare === undefined && spec.topology === undefined) {
    scope.dangling("the lab is empty", "add spec.topology (namespaces and links) or spec.cluster (nodes and pods)");
  }
  const made = bare === undefined ? undefined : networkOf(bare).devices;
  const devices = new Map<string, DeviceTable>();
  if (made !== undefined) addDevices(devices, made, true);
  const raw = resolveTopology(
    spec.topology ?? {},
    { cluster: bare, families: resolved?.families, devices, deleted: input.running?.live.deleted },
    scope.at("topology"),
  );
  const topology = withNodeSysctls(raw.topology, input, scope);
  const cluster =
    bare === undefined
      ? undefined
      : withTargetPorts(withUplinks(bare, topology, raw.families, scope.at("topology")), topology);

  const index = new TargetIndex({ topology, cluster, devices: made });
  const lost: LostCheck[] | undefined = input.running === undefined ? undefined : [];
  const captureScope = scope.at("captures");
  const captures = resolveCaptures(
    spec.captures ?? [],
    index,
    lost === undefined ? captureScope : captureScope.muted(),
  );
  const context = { index, families: raw.families, captures, less: resolved?.less };
  const checks = resolveChecks(spec.checks ?? [], context, scope.at("checks"), lost);
  const nodeNames = (spec.cluster?.nodes ?? []).map((node) => (typeof node === "string" ? node : node.name));
  const engines = spec.engines === undefined ? undefined : resolveEngines(spec.engines, nodeNames, scope.at("engines"));
  const names = {
    workloads: workloadSpecs(input.manifests, cluster?.nodes ?? []).map((spec) => ({
      ...spec,
      text: workloadText(spec),
    })),
    namespaces: workloads.namespaces.map((namespace) => namespace.name),
    deletable: MANIFEST_KINDS.flatMap(({ deletable, words }) => (deletable === true ? words : [])),
    probeNeed: probeNeed(cluster?.pods ?? []),
  };
  const steps = resolveSteps(spec.steps ?? [], { ...context, ...names }, scope.at("steps"), lost);
  const lab: Lab = {
    name: metadata.name,
    ...(metadata.title === undefined ? {} : { title: metadata.title }),
    ...(metadata.description === undefined ? {} : { description: metadata.description }),
    ...(metadata.solution === undefined ? {} : { solution: metadata.solution }),
    ...(spec.fault === undefined ? {} : { fault: isFixed ? "fixed" : "present" }),
    file: input.file,
    source: root.at("metadata", "name").source(),
    topology,
    ...(cluster === undefined ? {} : { cluster }),
    ...(engines === undefined ? {} : { engines }),
    captures,
    checks,
    ...(steps.length === 0 ? {} : { steps }),
    ...(lost === undefined || lost.length === 0 ? {} : { lost }),
    families: raw.families,
  };
  checkNamespaceNames(lab, root.at("metadata", "name"));
  return { lab: input.noCommands === true ? labWithoutCommands(lab) : lab, diagnostics: mistakes.diagnostics };
}
