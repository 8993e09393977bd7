/** A cluster around plain manifests: namespaces, workloads and NetworkPolicies as they are found, everything else of a pod left away. */
import { readdirSync, statSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { InputError, UsageError } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import type { Lab } from "../model/lab.ts";
import { resolveLab } from "../model/resolve-lab.ts";
import { API_VERSION } from "../schema/lab.ts";
import type { LabDocument } from "../schema/lab.ts";
import { readManifests } from "./manifest.ts";
import { formatPath } from "../model/path.ts";
import { reduceManifests } from "./reduce-manifest.ts";
import type { MadeFrom } from "./reduce-manifest.ts";
import { manifestFiles, readText, UnreadableFile } from "./text-file.ts";
import { MAX_INPUT, parseStream } from "./yaml-stream.ts";
import type { StreamDocument } from "./yaml-stream.ts";

export interface PolicyLabOptions {
  readonly cwd: string;
  /** Also the folders in the folders. */
  readonly recursive?: boolean | undefined;
  /** What `-` reads. */
  readonly stdin?: string | undefined;
  readonly name?: string | undefined;
  readonly backend?: "iptables" | "nftables" | undefined;
  readonly dualStack?: boolean | undefined;
}

export interface PolicyLab {
  /** Two nodes or more, no checks. */
  readonly lab: Lab;
  readonly warnings: readonly Diagnostic[];
  /** Namespaces that no manifest declares: they have no labels but their name. */
  readonly implied: ReadonlySet<string>;
  /** Kinds that say nothing about pods or policies, and how many of each. */
  readonly ignored: ReadonlyMap<string, number>;
}

const PODS_PER_NODE = 200;

function folders(entry: string, cwd: string): readonly string[] {
  const path = resolve(cwd, entry);
  const deeper = readdirSync(path, { withFileTypes: true, recursive: true }).filter((one) => one.isDirectory());
  return [entry, ...deeper.map((one) => join(entry, join(one.parentPath, one.name).slice(path.length))).toSorted()];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readFiles(entries: readonly string[], options: PolicyLabOptions): StreamDocument[] {
  const documents: StreamDocument[] = [];
  const mistakes: Diagnostic[] = [];
  const seen = new Set<string>();
  let budget = MAX_INPUT;
  const read = (name: string, text: string): void => {
    budget -= text.length;
    if (budget < 0) throw new UsageError(`the manifests have more than ${MAX_INPUT / 1e6} million characters together`);
    const stream = parseStream(text, name);
    mistakes.push(...stream.diagnostics);
    documents.push(...stream.documents);
  };
  for (const entry of entries) {
    try {
      if (entry === "-") {
        read("stdin", options.stdin ?? "");
        continue;
      }
      const wide = options.recursive === true && isFolder(resolve(options.cwd, entry));
      const found = (wide ? folders(entry, options.cwd) : [entry]).flatMap((one) =>
        manifestFiles(one, ".", options.cwd),
      );
      if (found.length === 0) {
        throw new UsageError(
          `the folder ${JSON.stringify(entry)} holds no manifests`,
          `manifests end in .yaml, .yml or .json${wide ? "" : "; -R also looks into its folders"}`,
        );
      }
      for (const file of found) {
        // A file that is named is read whatever its name is; kustomize's own files are no manifests.
        if (seen.has(file.path) || (file.name !== entry && basename(file.path).startsWith("kustomization."))) continue;
        seen.add(file.path);
        read(file.name, readText(file.path));
      }
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new UsageError(
        `cannot read ${JSON.stringify(entry)}: ${error.message}`,
        extname(entry) === "" ? "name a file, a folder, or - for stdin" : "is the path right?",
      );
    }
  }
  if (mistakes.length > 0) throw new InputError(mistakes);
  return documents;
}

function labDocument(pods: number, options: PolicyLabOptions): LabDocument {
  const nodes = Array.from({ length: Math.max(2, Math.ceil(pods / PODS_PER_NODE)) }, (_, i) => `node${i + 1}`);
  return {
    apiVersion: API_VERSION,
    kind: "Lab",
    metadata: { name: options.name ?? "policy" },
    spec: {
      cluster: {
        nodes,
        dns: false,
        // Room for a load balancer's address for each Service of a large cluster.
        loadBalancer: { cidr: "192.168.60.0/22" },
        ...(options.dualStack === true
          ? { nodeCIDR: ["192.168.48.0/20", "fd00:192:168::/64"], podCIDR: ["10.244.0.0/16", "fd00:10:244::/56"] }
          : { nodeCIDR: "192.168.48.0/20" }),
        networkPolicy: { backend: options.backend ?? "iptables" },
        internet: { servers: [80, 443] },
      },
    },
  };
}

/** In the words of the file: a pod that was made of a CronJob is told as the CronJob, with the path that leads there. */
function asWritten(diagnostic: Diagnostic, made: ReadonlyMap<string, MadeFrom>): Diagnostic {
  const [, name] = /^Pod "([^"]*)": /.exec(diagnostic.message) ?? [];
  const from = made.get(`${diagnostic.source?.file} ${name}`);
  if (name === undefined || from === undefined || from.kind === "Deployment" || from.kind === "ReplicaSet")
    return diagnostic;
  const rest = diagnostic.message.slice(`Pod "${name}": `.length);
  const { path = "" } = diagnostic;
  const inTemplate = path.startsWith("spec") || path.startsWith("metadata.labels");
  const whole = inTemplate ? `${formatPath(from.template)}.${path}` : path;
  const told = rest.startsWith(`${path}: `) ? `${whole}${rest.slice(path.length)}` : rest;
  return { ...diagnostic, message: `${from.kind} "${from.name}": ${told}`, path: whole };
}

/** The pods of one workload share their mistakes. */
function onceEach(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ source, path }) => {
    const key = `${source?.file}:${source?.line}:${source?.column} ${path}`;
    return path === undefined || (!seen.has(key) && seen.add(key) !== undefined);
  });
}

/** Kernels without SCTP have no server for it; policies let its packets through or not all the same. */
function withoutNeedOfSctp(lab: Lab): Lab {
  if (lab.cluster === undefined) return lab;
  const pods = lab.cluster.pods.map((pod) => ({
    ...pod,
    containers: pod.containers.map((container) => ({
      ...container,
      ports: container.ports.map((port) => (port.protocol === "sctp" ? { ...port, optional: true } : port)),
    })),
  }));
  return { ...lab, cluster: { ...lab.cluster, pods } };
}

/** Reads files, folders and `-`. Throws InputError with all mistakes, UsageError for what cannot be read. */
export function loadPolicyLab(entries: readonly string[], options: PolicyLabOptions): PolicyLab {
  const documents = readFiles(entries, options);
  const { reduced, implied, ignored, made, pods } = reduceManifests(documents);
  const manifests = readManifests(reduced);
  const resolved = resolveLab({
    file: entries[0] ?? "",
    document: labDocument(pods, options),
    locate: () => ({ file: entries[0] ?? "", line: 1, column: 1 }),
    manifests: manifests.manifests,
    incomplete: manifests.incomplete,
  });
  const diagnostics = onceEach([...manifests.diagnostics, ...resolved.diagnostics].map((one) => asWritten(one, made)));
  if (diagnostics.some(({ severity }) => severity === "error")) throw new InputError(diagnostics);
  return { lab: withoutNeedOfSctp(resolved.lab), warnings: diagnostics, implied, ignored };
}
